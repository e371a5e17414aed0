/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_H
#define CLOUD_FLEET_H

#include <stdbool.h>
#include <stdint.h>
#include "cloud/rules/action.h"
#include "cloud/ddi/ddi.h"
#include "cloud/rules/preflight.h"
#include "cloud/store/record.h"
#include "cloud/rules/rule.h"
#include "cloud/store/store.h"
#include "host/error.h"
#include "otter/err.h"

/* All that the server knows of devices, firmware and deployments, and all that may happen to
 * it: the calls of devices, of people and of the clock. Below it is a store, above it DDI and
 * REST; it knows no HTTP and no SQL.
 *
 * What a poll needs is in memory; polls are counted and not written. Every change goes to the
 * store first, and is visible in memory, and answered, when it is durable. A change that meets
 * another one is made again from the newer state; the callers never see that.
 *
 * Any thread may call. `done` is called once per call, from the caller's thread or from the
 * store's, without a lock held; what `out_` points to must stay until then, all other
 * parameters may go as soon as the call returns.
 */
struct fleet;

enum fleet_result {
    FLEET_DONE,
    FLEET_UNAUTHORIZED, /* no token, or a wrong one */
    FLEET_FORBIDDEN,    /* a good token that may not do this */
    FLEET_NOT_FOUND,
    FLEET_GONE,     /* the action is closed, and this changes nothing any more */
    FLEET_CONFLICT, /* with what is there: the name exists, the record was changed since, ... */
    FLEET_INVALID,  /* a value that cannot be */
    FLEET_REFUSED,  /* by a rule of the server: one device first, nobody can take it, ... */
    FLEET_BUSY,     /* too many changes of one thing at once: try again */
    FLEET_FULL,     /* the disk is full */
    FLEET_READ_ONLY,
    FLEET_FAILED,
};

struct fleet_answer {
    enum fleet_result result;
    int64_t id;       /* of what was made */
    char reason[240]; /* for a person; "" if DONE */
};

typedef void fleet_done(void *ctx, const struct fleet_answer *answer);

/* ---- life ---- */
struct fleet_clock {
    int64_t (*wall_ms)(void *ctx); /* since 1970; may jump */
    int64_t (*steady_ms)(void *ctx);
    void *ctx;
};

/* Load everything from `store`, which must outlive the fleet. */
OTTER_MUST_CHECK int fleet_open(struct store *store, const struct fleet_clock *clock,
                                struct fleet **out_fleet, struct host_error *out_error);

/* After the last call; changes under way must have been answered (store->close()). */
void fleet_close(struct fleet *fleet);

/* Deadlines, contacts, retention, and a step of the sweep: what is due. Call it once a
 * second. */
void fleet_tick(struct fleet *fleet);

/* A step of the sweep: make the actions that deployments want for devices, and end deployments.
 * Call it while fleet_wants_sweep() is true, with pauses in which others get the lock: a step
 * holds it for FLEET_LOOKS_MAX looks of a deployment at a device at most. */
enum { FLEET_LOOKS_MAX = 10000 };
void fleet_sweep(struct fleet *fleet);
bool fleet_wants_sweep(struct fleet *fleet);

/* Write all contacts now: before the end. */
void fleet_save_contacts(struct fleet *fleet);

/* ---- settings: in the store, changed by REST ---- */
enum fleet_registration {
    REGISTRATION_CLOSED,     /* nobody: a claim code is good for nothing */
    REGISTRATION_ALLOW_LIST, /* who was entered beforehand and shows a claim code */
    REGISTRATION_CLAIM,      /* who shows a claim code; the default */
    REGISTRATION_OPEN,       /* anyone, without a token: for a closed network */
};

/* What a webhook may be told of; "test" is none of them. */
enum fleet_webhook_event {
    WEBHOOK_ACTION_FAILED,
    WEBHOOK_ACTION_TIMED_OUT,
    WEBHOOK_ACTION_REJECTED,
    WEBHOOK_ACTION_EXPIRED,
    WEBHOOK_ACTION_LOST,      /* confirmed before, and now another version runs */
    WEBHOOK_ACTION_CORRECTED, /* closed without success, and it runs the version after all */
    WEBHOOK_ACTION_CANCELLED,
    WEBHOOK_ACTION_CONFIRMED,
    WEBHOOK_DEPLOYMENT_PAUSED, /* by failures; not by a person */
    WEBHOOK_DEPLOYMENT_ENDED,  /* each device of its list is done, or its time is over */
    WEBHOOK_EVENTS,
};
const char *fleet_webhook_event_name(enum fleet_webhook_event event);

enum { FLEET_URL_MAX = 512, FLEET_WEBHOOK_SECRET_MAX = 128 };

struct fleet_settings {
    enum fleet_registration registration; /* "registration": closed, allow-list, claim, open */
    bool offers_stopped;                  /* "offers_stopped": yes, no: nothing is offered */
    uint32_t poll_interval_s;             /* "poll_interval_s": 300 */
    uint32_t poll_fast_s;                 /* "poll_fast_s": 5, while an action is open */
    uint32_t tries_max;                   /* "tries_max": of an image on a device: 3 */
    uint32_t retention_days;              /* "retention_days": 90 */
    uint32_t webhook_retry_s;             /* "webhook_retry_s": 10, the first wait */
    uint32_t webhook_timeout_s;           /* "webhook_timeout_s": 10, of one request */
    uint32_t webhook_events;              /* "webhook_events": names with commas; as 1 << */
    char webhook_url[FLEET_URL_MAX + 1];  /* "webhook_url": "" = off */
    char webhook_secret[FLEET_WEBHOOK_SECRET_MAX + 1]; /* "webhook_secret": "" = not signed */
};
void fleet_get_settings(struct fleet *fleet, struct fleet_settings *out_settings);

struct fleet_setting {
    const char *name, *value;
};
/* Set all of these, or none: each name at most once. The reason names the one that cannot be,
 * and what is allowed. */
void fleet_set(struct fleet *fleet, const char *actor, const struct fleet_setting settings[],
               size_t count, fleet_done *done, void *ctx);

/* ---- calls of devices ---- */
struct fleet_caller {
    const char *controller_id;
    const char *authorization; /* the header's value, or NULL */
    const char *own_token;     /* X-Otter-Token beside a claim code, or NULL */
};

/* Who is it? Synchronous. DONE with the device's id, or UNAUTHORIZED, NOT_FOUND. */
void fleet_identify(struct fleet *fleet, const struct fleet_caller *caller,
                    struct fleet_answer *out_answer);

/* A root poll; the only call that registers a device. */
struct fleet_poll {
    int64_t device;
    uint32_t interval_s;
    bool wants_config;
    enum ddi_link link;
    int64_t id;
    uint32_t deployment_hash;
    int64_t installed_id;
};
void fleet_poll(struct fleet *fleet, const struct fleet_caller *caller,
                struct fleet_poll *out_poll, fleet_done *done, void *ctx);

/* What a job says. */
struct fleet_job {
    int64_t id;
    struct record_firmware firmware;
};
enum fleet_job_kind {
    FLEET_JOB_DEPLOYMENT,
    FLEET_JOB_CONFIRMATION,
    FLEET_JOB_CANCEL,
    FLEET_JOB_INSTALLED
};
void fleet_read_job(struct fleet *fleet, int64_t device, enum fleet_job_kind kind, int64_t id,
                    struct fleet_job *out_job, fleet_done *done, void *ctx);
/* The confirmation that waits: its id, or 0. */
int64_t fleet_confirmation(struct fleet *fleet, int64_t device);

void fleet_feedback(struct fleet *fleet, int64_t device, int64_t id,
                    const struct ddi_feedback *feedback, fleet_done *done, void *ctx);
void fleet_cancel_feedback(struct fleet *fleet, int64_t device, int64_t id,
                           const struct ddi_feedback *feedback, fleet_done *done, void *ctx);
void fleet_confirm(struct fleet *fleet, int64_t device, int64_t id,
                   const struct ddi_confirmation *confirmation, fleet_done *done, void *ctx);

/* configData. hw_ver, sw_ver, product_key and mac are what the MCU reports; `sw_ver` is the
 * truth about what runs. */
void fleet_report(struct fleet *fleet, int64_t device, const struct ddi_config *config,
                  fleet_done *done, void *ctx);

/* The firmware with this module id and file name, if it is offered to the device now: DONE,
 * NOT_FOUND or FORBIDDEN. Synchronous. */
void fleet_artifact(struct fleet *fleet, int64_t device, int64_t firmware, const char *file,
                    struct record_firmware *out_firmware, struct fleet_answer *out_answer);
/* Bytes of it were sent, up to `off`; 0 = none. */
void fleet_bytes_sent(struct fleet *fleet, int64_t device, int64_t firmware, int64_t off);

/* ---- calls of people; `actor` is a name for audit and timelines ---- */
/* What the signature of a firmware is worth, if its product's keys are others than at the
 * upload. */
struct fleet_signature {
    int64_t firmware;
    int64_t signature; /* enum firmware_signature */
};
/* Make (head.id 0), or change the one with this id and rev; and with it what these signatures
 * (NULL = none) are worth by its keys. */
void fleet_put_product(struct fleet *fleet, const char *actor,
                       const struct record_product *product,
                       const struct fleet_signature signatures[], size_t signature_count,
                       fleet_done *done, void *ctx);
/* Would fleet_add_firmware() take it now? DONE or why not. Synchronous. */
void fleet_check_firmware(struct fleet *fleet, const struct record_firmware *firmware,
                          struct fleet_answer *out_answer);
/* Its file is durable already. The id is given. */
void fleet_add_firmware(struct fleet *fleet, const char *actor,
                        const struct record_firmware *firmware, fleet_done *done, void *ctx);
void fleet_archive_firmware(struct fleet *fleet, const char *actor, int64_t id, bool archived,
                            fleet_done *done, void *ctx);

/* Members of `deployment` that count: firmware, name, rule, mode, times, window, attempts.
 * REFUSED if nobody can take it. A firmware that no device runs yet goes to one device
 * first. */
void fleet_deploy(struct fleet *fleet, const char *actor,
                  const struct record_deployment *deployment, fleet_done *done, void *ctx);
/* ACTIVE, PAUSED or CANCELLED; cancelled ends its actions. */
void fleet_set_deployment(struct fleet *fleet, const char *actor, int64_t id,
                          enum deployment_state state, fleet_done *done, void *ctx);

enum fleet_command { FLEET_APPROVE, FLEET_DENY, FLEET_CANCEL, FLEET_RETRY };
void fleet_command_action(struct fleet *fleet, const char *actor, int64_t action,
                          enum fleet_command command, fleet_done *done, void *ctx);

struct fleet_device_change { /* NULL or -1 = stays as it is */
    const char *name, *hold_reason;
    int64_t product;
    const char *add_tag, *remove_tag;
};
/* Enter a device beforehand. */
void fleet_add_device(struct fleet *fleet, const char *actor, const char *controller_id,
                      int64_t product, fleet_done *done, void *ctx);
void fleet_change_device(struct fleet *fleet, const char *actor, int64_t device,
                         const struct fleet_device_change *wish, fleet_done *done, void *ctx);
void fleet_delete_device(struct fleet *fleet, const char *actor, int64_t device,
                         fleet_done *done, void *ctx);

/* ---- tokens ---- */
enum { FLEET_SECRET_SIZE = 33 }; /* 32 letters and digits */
/* Make a token; `wish` says kind, owner, role, name, uses_left, expires_at. The secret is shown
 * once, in `out_secret`, and kept nowhere. A device has at most two. */
void fleet_make_token(struct fleet *fleet, const char *actor, const struct record_token *wish,
                      char out_secret[FLEET_SECRET_SIZE], fleet_done *done, void *ctx);
void fleet_revoke_token(struct fleet *fleet, const char *actor, int64_t id, fleet_done *done,
                        void *ctx);

/* Who is the person with this API or session token? False: nobody, or nobody any more. */
struct fleet_person {
    int64_t token;
    enum token_role role;
    char name[RECORD_NAME_MAX + 1];
};
bool fleet_identify_person(struct fleet *fleet, const char *secret,
                           struct fleet_person *out_person);
/* Would the same person be known by this token still? For what goes on after the call. */
bool fleet_is_person_good(struct fleet *fleet, int64_t token);

/* Use up the set-up token: the first admin's API token and a session. */
void fleet_set_up(struct fleet *fleet, const char *setup_secret,
                  char out_api_secret[FLEET_SECRET_SIZE],
                  char out_session_secret[FLEET_SECRET_SIZE], fleet_done *done, void *ctx);
/* Is there an admin yet? */
bool fleet_is_set_up(struct fleet *fleet);

/* ---- messages that wait to be sent (the webhook) ---- */
/* They are written with what they tell of, so that none is lost or invented; above so many that
 * wait, further ones are dropped and counted. */
enum { FLEET_OUTBOX_MAX = 100000 };

/* Write a test message. CONFLICT if the webhook is off. */
void fleet_test_webhook(struct fleet *fleet, const char *actor, fleet_done *done, void *ctx);

struct fleet_message {
    int64_t id;
    int64_t tries;     /* that failed */
    int64_t age_ms;    /* at least; of a clock that jumps it is not believed */
    char event_id[64]; /* of the message, for ever */
    char *payload;     /* JSON; free it */
};
/* The oldest message behind the one with the id `after`, whether it is due or not; or, with
 * FLEET_MESSAGES_DUE, the oldest one that is due. Returns 1, 0 if there is none, -1 if the
 * store cannot be read. On the caller's thread. */
enum { FLEET_MESSAGES_DUE = -1 };
OTTER_MUST_CHECK int fleet_next_message(struct fleet *fleet, int64_t after,
                                        struct fleet_message *out_message);

enum fleet_message_end { FLEET_MESSAGE_SENT, FLEET_MESSAGE_FAILED, FLEET_MESSAGE_GIVEN_UP };
/* What became of it. FAILED: it is due again in `wait_ms`. `reason`: why not, for people. */
void fleet_end_message(struct fleet *fleet, int64_t id, enum fleet_message_end end,
                       int64_t wait_ms, const char *reason, fleet_done *done, void *ctx);

/* ---- what is there: for lists, pre-flight, metrics ---- */
struct fleet_device {
    int64_t id;
    uint32_t rev;
    const char *controller_id, *name, *hold_reason;
    const char *hardware, *version;
    int64_t product;
    const char *product_name;
    bool is_online, reports_version;
    int64_t first_at, last_at, polls;
    const char *const *tags;
    size_t tag_count;
    const struct record_action *action; /* the last one, open or closed; NULL = none yet */
};
/* Called with the fleet's lock held: copy what is needed, call nothing of the fleet, be quick.
 * Returns false to end. */
typedef bool fleet_device_visitor(void *ctx, const struct fleet_device *device);

/* Devices that match `rule` (NULL = all), oldest id first, only ids above `after`. Returns how
 * many match in all. */
size_t fleet_visit_devices(struct fleet *fleet, const struct rule *rule, int64_t after,
                           size_t limit, fleet_device_visitor *visitor, void *ctx);
bool fleet_visit_device(struct fleet *fleet, int64_t id, fleet_device_visitor *visitor,
                        void *ctx);
int64_t fleet_find_device(struct fleet *fleet, const char *controller_id); /* 0 = not there */

/* Small tables, whole, oldest first; kinds PRODUCT, FIRMWARE, DEPLOYMENT, GROUP, TOKEN,
 * SETTING; the same rules as for the visitor above. */
void fleet_visit_records(struct fleet *fleet, enum record_kind kind, store_visitor *visitor,
                         void *ctx);
/* One of them; its long texts are NULL. False if it is not there. */
bool fleet_get_record(struct fleet *fleet, enum record_kind kind, int64_t id, void *out_record);

/* How many actions of a deployment are in each state. */
void fleet_count_actions(struct fleet *fleet, int64_t deployment,
                         int64_t out_counts[ACTION_STATES]);

/* Who would get `firmware` by `rule` now, who not and why. Returns false if there is no such
 * firmware. `visitor` (may be NULL) is called per matching device with its verdict. */
struct fleet_preflight {
    enum preflight_verdict firmware_verdict; /* whatever the device */
    size_t counts[PREFLIGHT_VERDICTS];
    bool one_first; /* only one of them gets it until it has succeeded */
};
bool fleet_preflight(struct fleet *fleet, int64_t firmware, const struct rule *rule,
                     struct fleet_preflight *out_preflight,
                     bool (*visitor)(void *ctx, const struct fleet_device *device,
                                     enum preflight_verdict verdict),
                     void *ctx);

struct fleet_counts {
    size_t devices, online, products, firmware, deployments;
    size_t actions[ACTION_STATES];
    uint64_t polls, changes, conflicts, failures; /* since the start */
    size_t webhook_waiting;
    uint64_t webhook_sent, webhook_failed, webhook_given_up, webhook_dropped; /* the same */
    char webhook_reason[RECORD_REASON_MAX + 1]; /* why the last one failed; "" = it did not */
    uint64_t looks;                             /* of a deployment at a device, in the sweep */
    size_t looks_most;                          /* ... while the lock was held */
};
void fleet_count(struct fleet *fleet, struct fleet_counts *out_counts);

/* The store, for pages of history: events and actions of a device, audit. */
struct store *fleet_store(struct fleet *fleet);

/* Be told of every line of any timeline when it is durable, and of progress ("progress", not
 * durable). One watcher; NULL ends it. Called without a lock held. */
void fleet_watch(struct fleet *fleet,
                 void (*watcher)(void *ctx, const struct record_event *event), void *ctx);

#endif
