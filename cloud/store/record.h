/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_RECORD_H
#define CLOUD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the server keeps: one struct per table, and a description of each struct's columns, so
 * that a store needs no code per table.
 *
 * Each record begins with `struct record_head`. Ids are given by the server and never reused.
 * Times are ms since 1970 UTC, 0 = never or not. Texts are UTF-8 and end with NUL; an array is
 * as long as the longest text that is accepted; a `const char *` may be NULL, which is stored
 * as "". A store copies what it is handed, and what a visitor sees is gone when the visitor
 * returns.
 *
 * The tenant is a column of every table, and not a member here: there is one, "DEFAULT".
 */
enum record_kind {
    RECORD_PRODUCT,
    RECORD_DEVICE,
    RECORD_CONTACT,
    RECORD_TAG,
    RECORD_TOKEN,
    RECORD_FIRMWARE,
    RECORD_DEPLOYMENT,
    RECORD_GROUP,
    RECORD_ACTION,
    RECORD_TRIES,
    RECORD_EVENT,
    RECORD_AUDIT,
    RECORD_SETTING,
    RECORD_OUTBOX,
    RECORD_KINDS,
};

struct record_head {
    int64_t id;
    uint32_t rev; /* 1 for a new row, and grows by one with each change: the store counts */
};

/* Lengths without NUL. */
enum {
    RECORD_NAME_MAX = 64,
    RECORD_CONTROLLER_ID_MAX = 128,
    RECORD_FIELD_MAX = 8,    /* hardware and version as the MCU says them in 0x02 */
    RECORD_VERSION_MAX = 64, /* a version that is typed, of an opaque file */
    RECORD_REASON_MAX = 160,
    RECORD_FILE_NAME_MAX = 128,
};

/* What a device is: the keys that its bootloader knows, and its hardware. */
struct record_product {
    struct record_head head;
    char name[RECORD_NAME_MAX + 1]; /* unique */
    char product_key[33];           /* the vendor's, or "" */
    char hardware[RECORD_FIELD_MAX + 1];
    char key1[65], key2[65]; /* Ed25519 public keys, 64 hex digits, or "" */
    bool unsigned_ok;
    int64_t slot_size; /* bytes of the MCU's slot, which limit a file; 0 = not known */
};

struct record_device {
    struct record_head head;
    char controller_id[RECORD_CONTROLLER_ID_MAX + 1]; /* unique */
    char name[RECORD_NAME_MAX + 1];
    int64_t product;                     /* 0 = not known yet */
    char hardware[RECORD_FIELD_MAX + 1]; /* as reported, "" = never */
    char version[RECORD_VERSION_MAX + 1];
    bool reports_version; /* it has said its version by itself at least once */
    char mac[13];
    char product_key[33];
    int64_t first_at;
    char hold_reason[RECORD_REASON_MAX + 1]; /* "" = not on hold */
    const char *attributes;                  /* a JSON object of strings */
};

/* The last contact of a device; its id is the device's. Written in batches, without a check of
 * `rev`: up to 5 s of it may be lost. */
struct record_contact {
    struct record_head head;
    int64_t last_at;
    int64_t polls;
};

struct record_tag {
    struct record_head head;
    int64_t device;
    char tag[RECORD_NAME_MAX + 1]; /* unique with device */
};

enum token_kind {
    TOKEN_TARGET = 1,
    TOKEN_GATEWAY,
    TOKEN_CLAIM,
    TOKEN_API,
    TOKEN_SESSION,
    TOKEN_SETUP
};
enum token_role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };

struct record_token {
    struct record_head head;
    int64_t kind;  /* enum token_kind */
    char hash[65]; /* SHA-256 in hex, unique; the token itself is kept nowhere */
    int64_t owner; /* TARGET: the device */
    int64_t role;  /* API, SESSION: enum token_role */
    char name[RECORD_NAME_MAX + 1];
    int64_t uses_left; /* CLAIM, SETUP; -1 = any number */
    int64_t created_at, expires_at, revoked_at;
};

enum firmware_kind { FIRMWARE_OTTER = 1, FIRMWARE_PLAIN, FIRMWARE_OPAQUE };
enum firmware_signature {
    SIGNATURE_GOOD = 1,
    SIGNATURE_UNKNOWN_KEY,
    SIGNATURE_NONE,
    SIGNATURE_BAD
};

struct record_firmware {
    struct record_head head;
    int64_t kind;                        /* enum firmware_kind */
    int64_t product;                     /* never 0 */
    char name[RECORD_FILE_NAME_MAX + 1]; /* the file's, as uploaded */
    char hardware[RECORD_FIELD_MAX + 1]; /* "" = any (opaque) */
    char version[RECORD_VERSION_MAX + 1];
    int64_t number;                      /* otter: of the trailer */
    char from_min[RECORD_FIELD_MAX + 1]; /* lowest version that may take it, or "" */
    int64_t key_id, signature;           /* otter: enum firmware_signature */
    char sha256[65], sha1[41], md5[33];
    int64_t size;
    int64_t created_at, archived_at;
    int64_t proven_at; /* since when one device runs it */
    const char *notes;
};

enum deployment_mode { MODE_SILENT = 1, MODE_MANUAL };
enum deployment_state {
    DEPLOYMENT_ACTIVE = 1,
    DEPLOYMENT_PAUSED,
    DEPLOYMENT_CANCELLED,
    DEPLOYMENT_ENDED /* each device of its list is done, or its time is over */
};

struct record_deployment {
    struct record_head head;
    int64_t firmware;
    char name[RECORD_NAME_MAX + 1];
    const char *rule; /* which devices: rule.h */
    int64_t mode;     /* enum deployment_mode */
    int64_t starts_at, ends_at;
    int64_t window_from, window_to; /* minutes of the day, UTC; equal = always */
    int64_t attempts;               /* of one action, 1 to ACTION_ATTEMPTS_MAX */
    int64_t state;                  /* enum deployment_state */
    char created_by[RECORD_NAME_MAX + 1];
    int64_t created_at;
};

/* A part of a deployment's devices: ordinal 0 is the one device that must succeed first, 1 all
 * others. */
struct record_group {
    struct record_head head;
    int64_t deployment, ordinal;
    int64_t share; /* devices at most; 0 = all that are left */
    int64_t need_ok, max_failed;
};

struct record_action {
    struct record_head head;
    int64_t deployment, group, device, firmware; /* `device` is unique where `open` */
    bool open;
    int64_t state; /* enum action_state */
    int64_t state_before_cancel;
    int64_t attempt;                    /* number of the current one, from 1; 0 = none yet */
    int64_t count, of;                  /* progress, as the device says it */
    int64_t code;                       /* the device's reason, otter/reason.h; 0 = none */
    char reason[RECORD_REASON_MAX + 1]; /* in words, once closed */
    bool by_word;                       /* confirmed by the client's word alone */
    bool late;                          /* the truth came after it was closed */
    int64_t created_at, changed_at, outcome_at;
    int64_t deadline_at;      /* for people */
    int64_t deadline_left_ms; /* what was left of it when this was written; 0 = none */
};

/* Attempts of one image on one device, over all deployments. */
struct record_tries {
    struct record_head head;
    int64_t device;
    char sha256[65]; /* unique with device */
    int64_t tries;
};

/* One line of a device's timeline. */
struct record_event {
    struct record_head head;
    int64_t device, action, attempt;
    int64_t at;
    char kind[33]; /* "poll.first", "action.state", "version", ... */
    int64_t state; /* action.state: enum action_state */
    int64_t code;
    char actor[RECORD_NAME_MAX + 1]; /* "device", "clock", or who by name */
    bool final;                      /* retention keeps it */
    const char *detail;
};

/* What people did; each entry's hash covers the one before it. `previous_hash` is unique, so
 * that the chain has no forks (audit.h). */
struct record_audit {
    struct record_head head;
    int64_t at;
    char actor[RECORD_NAME_MAX + 1];
    char verb[33];
    char object[RECORD_NAME_MAX + 1];
    const char *before, *after; /* the value; of several members JSON; "" = there is none */
    char previous_hash[65], hash[65];
};

struct record_setting {
    struct record_head head;
    char name[RECORD_NAME_MAX + 1]; /* unique */
    const char *value;
};

/* A message that must go out even after kill -9. */
struct record_outbox {
    struct record_head head;
    char kind[33]; /* "webhook" */
    int64_t not_before, tries;
    const char *payload;
};

/* ---- the description ---- */
enum record_type { RECORD_INT64, RECORD_BOOL, RECORD_TEXT, RECORD_LONG_TEXT };

struct record_column {
    const char *name;
    enum record_type type;
    size_t offset, size; /* in the struct */
};

struct record_table {
    const char *name;
    const struct record_column *columns; /* without id and rev, which every table has */
    size_t column_count;
    size_t size;              /* of the struct */
    const char *unique;       /* columns that are unique together, with commas; or NULL */
    const char *unique_where; /* ... only among the rows where this BOOL column is true */
    const char *indexed;      /* columns by which rows are looked up, with commas; or NULL */
};

/* The table of a kind; never NULL for a kind below RECORD_KINDS. */
const struct record_table *record_table(enum record_kind kind);

/* Is `name` one of the words of `list`, which are parted by commas? NULL is an empty list. */
bool record_list_has(const char *list, const char *name);

/* The value of a column of type INT64 or BOOL. */
int64_t record_int(const struct record_column *column, const void *record);

/* The value of a column of type TEXT or LONG_TEXT, never NULL, and its length. Of an array
 * without NUL the last byte is not taken. */
const char *record_text(const struct record_column *column, const void *record,
                        size_t *out_len);

/* Copy a record with its long texts into one piece of memory: record_copy_size() bytes, aligned
 * as malloc() does it. A NULL text is "" in the copy. */
size_t record_copy_size(enum record_kind kind, const void *record);
void record_copy(enum record_kind kind, const void *record, void *out_copy);

#endif
