/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_STATE_H
#define CLOUD_FLEET_STATE_H

#include <pthread.h>
#include "cloud/fleet/fleet.h"
#include "cloud/fleet/fleet_index.h"
#include "cloud/fleet/fleet_list.h"
#include "cloud/fleet/fleet_memory.h"
#include "cloud/fleet/fleet_trim.h"

/* What the fleet has in memory: as much of each row as a poll or a list needs. Only for the
 * files fleet_*.c; all of it is read and changed under `lock`.
 *
 * It follows the store: a row gets here by fleet_state_put(), at the start or when the store
 * has it. Full rows of devices are read from the store by whoever changes one. */

struct fleet_action {
    struct record_action record;
    int64_t deadline_ms;         /* steady; 0 = none */
    int64_t progress_written_ms; /* steady */
    unsigned notes;              /* of the device, since the start of the server */
};

struct fleet_tries {
    struct record_tries record;
    struct fleet_tries *next;
};

struct fleet_slot { /* a device */
    int64_t id;
    uint32_t rev;
    bool reports_version, has_config, has_unsaved_contact;
    bool is_to_sweep;      /* fleet_sweep.h */
    bool has_had_token;    /* of its own, revoked or not: nobody gets it without one again */
    uint8_t target_tokens; /* that are not revoked */
    uint16_t turns;        /* to another version, on the day `turns_day`: fleet_report.h */
    uint16_t turns_day;
    char hardware[RECORD_FIELD_MAX + 1];
    uint32_t texts_size;
    char *texts; /* these, in one piece; an empty one is NULL */
    const char *name, *hold_reason, *version, *attributes;
    char **tags;
    size_t tag_count;
    int64_t product;
    int64_t first_at, last_at, polls;
    int64_t seen_ms;             /* steady, of the last poll; 0 = not since the start */
    struct fleet_action *action; /* the newest one, or NULL */
    int64_t confirmed_id;        /* of the last confirmed action towards the device; 0 = none */
    struct fleet_tries *tries;
    char controller_id[]; /* stays as it is; beside the rest, for a poll's sake */
};

struct fleet_token {
    int64_t id;
    uint32_t rev;
    uint8_t kind, role;
    uint8_t hash[32];
    int64_t owner, uses_left, created_at, expires_at, revoked_at;
    char name[]; /* stays as it is */
};

struct fleet_firmware {
    int64_t id;
    struct record_firmware record; /* `notes` is NULL */
    size_t open_actions;
};

struct fleet_deployment {
    int64_t id;
    struct record_deployment record; /* `rule` is of this struct */
    struct rule *rule;
    int64_t counts[ACTION_STATES];
    bool may_be_over; /* fleet_sweep.h */
    /* If the rule is a list: which of its devices were deleted since the start of the server.
     * NULL: none. */
    bool *deleted;
};

struct fleet_row { /* of the small tables that are kept as they are */
    int64_t id;
    void *record; /* its long texts are NULL */
};

enum { FLEET_SWEPT_MAX = 500 /* devices that changed, or actions, of one step */ };

/* Where a pass over all devices, the newest deployment first, goes on. */
struct fleet_pass {
    int64_t deployment; /* this one, or the next older one; 0 = none is under way */
    int64_t after;      /* with the device behind this one */
    int64_t first;      /* found so far: a device that may go first; 0 = none */
};

struct fleet_sweep { /* fleet_sweep.h */
    bool wants_all, wants_ends;
    int64_t *devices; /* that changed, the oldest first */
    size_t count, max;
    struct fleet_pass pass;

    bool is_running; /* a step is; one at a time. What follows is of this step */
    bool has_written;
    struct fleet_pass next_pass;
    int64_t taken[FLEET_SWEPT_MAX]; /* of the devices that changed */
    size_t taken_count;

    uint64_t looks;
    size_t looks_most; /* of one step */
};

struct fleet {
    pthread_mutex_t lock;
    struct store *store;
    struct fleet_clock clock;
    struct fleet_settings settings;

    struct fleet_list slots, tokens, firmware, deployments;
    struct fleet_arena of_slots, of_tokens;
    struct fleet_list rows[RECORD_KINDS];         /* PRODUCT, GROUP, SETTING, OUTBOX */
    struct fleet_index by_controller_id, by_hash; /* slots; tokens */
    int64_t last_id[RECORD_KINDS];
    char audit_hash[65]; /* of the newest entry */

    struct fleet_sweep sweep;
    int64_t contacts_saved_ms, swept_ms; /* steady */
    struct fleet_trim trim;
    bool is_saving_contacts;
    size_t contacts_next; /* the slot from which contacts are to be saved */
    uint64_t polls, changes, conflicts, failures;
    uint64_t webhook_sent, webhook_failed, webhook_given_up, webhook_dropped;
    char webhook_reason[RECORD_REASON_MAX + 1];
    void (*watcher)(void *ctx, const struct record_event *event);
    void *watcher_ctx;
};

enum { FLEET_DAY_MS = 24 * 3600 * 1000 };

int64_t fleet_wall_ms(const struct fleet *fleet);
int64_t fleet_steady_ms(const struct fleet *fleet);

/* A row is in the store now, or is gone from it. Returns 0, or -1 without memory. */
OTTER_MUST_CHECK int fleet_state_put(struct fleet *fleet, enum record_kind kind,
                                     const void *record);
void fleet_state_delete(struct fleet *fleet, enum record_kind kind, int64_t id);

/* The same for a token at the start. It touches nothing that other rows touch, so that one
 * thread may put tokens while another one puts the rest. When all are there, the second one
 * counts them into the devices. */
OTTER_MUST_CHECK int fleet_state_load_token(struct fleet *fleet,
                                            const struct record_token *record);
void fleet_state_count_tokens(struct fleet *fleet);

void fleet_state_free(struct fleet *fleet);

/* Free a text that a record calls const; NULL is allowed. */
void fleet_free_text(const char *text);

struct fleet_slot *fleet_find_slot(struct fleet *fleet, const char *controller_id);
struct fleet_token *fleet_find_token(struct fleet *fleet, const uint8_t hash[32]);
const struct record_product *fleet_find_product(struct fleet *fleet, int64_t id);
struct fleet_tries *fleet_find_tries(const struct fleet_slot *slot, const char *sha256);
/* The row of a small table whose id this is, or NULL. */
void *fleet_find_row(struct fleet *fleet, enum record_kind kind, int64_t id);

/* The device (NULL = none) has polled just now. */
void fleet_note_contact(const struct fleet *fleet, struct fleet_slot *slot);
bool fleet_is_online(const struct fleet *fleet, const struct fleet_slot *slot);

/* An action's name towards the device: a new one for each attempt. */
int64_t fleet_ddi_id(const struct record_action *action);

/* What a rule or the pre-flight asks about a device; valid while the lock is held. */
void fleet_rule_subject(struct fleet *fleet, const struct fleet_slot *slot,
                        struct rule_subject *out_subject);
enum preflight_verdict fleet_verdict(struct fleet *fleet, const struct fleet_slot *slot,
                                     const struct record_firmware *firmware);

#endif
