/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_CHANGE_H
#define CLOUD_FLEET_CHANGE_H

#include "cloud/fleet/fleet_state.h"

/* One change of the fleet: built from what is in memory, sent to the store, and once it is
 * durable put into memory and answered. If another change came in between, it is built again,
 * from the newer state. Only for the files fleet_*.c.
 */
struct fleet_change;

/* Decide what is to be written, from fleet and parameters alone: called under the lock, perhaps
 * several times. Anything but DONE ends the change with that answer, and nothing is written; so
 * does DONE without an operation. */
typedef enum fleet_result fleet_build(struct fleet_change *change);

/* Copies of what params point to: `build` may run again when the caller's are gone. Begin with
 * {0}; NULL stays NULL. */
struct fleet_kept {
    struct fleet_copy *first;
    bool is_broken; /* no memory: fleet_run() refuses the change */
};

struct fleet_change {
    struct fleet *fleet;
    fleet_build *build;
    void *params; /* a copy of the caller's */
    struct fleet_answer answer;
    bool has_progress; /* tell the watcher of `progress`, which is not written */
    struct record_event progress;
    unsigned dropped; /* messages for which the outbox has no room */
    int64_t contact;  /* the device that made its first contact by this; 0 = none */
    fleet_done *done;
    void *ctx;
    struct store_op *ops; /* private from here on */
    size_t op_count, op_max;
    struct fleet_kept kept;
    unsigned rounds;
    bool is_broken; /* no memory, or the store cannot be read */
};

void *fleet_keep(struct fleet_kept *kept, const void *bytes, size_t size);
char *fleet_keep_text(struct fleet_kept *kept, const char *text);
void fleet_free_kept(struct fleet_kept *kept); /* if it is not handed to fleet_run() */

/* Run a change. `params` (params_size bytes) is copied, and `kept` (NULL = nothing) is taken
 * over. */
void fleet_run(struct fleet *fleet, fleet_build *build, const void *params, size_t params_size,
               struct fleet_kept *kept, fleet_done *done, void *ctx);

/* Say no: sets the reason, returns `result`. */
enum fleet_result fleet_refuse(struct fleet_change *change, enum fleet_result result,
                               const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Add an operation. `record` is copied, with its long texts. put: head.rev is the row's that is
 * replaced, 0 = a new one; it becomes one more. insert: gives the next id, too, and returns
 * it. */
void fleet_change_put(struct fleet_change *change, enum record_kind kind, void *io_record);
int64_t fleet_change_insert(struct fleet_change *change, enum record_kind kind,
                            void *io_record);
/* Write it whatever is there. */
void fleet_change_put_any(struct fleet_change *change, enum record_kind kind, void *record);
/* Firmware of which memory has all but the notes: these stay as the store has them. */
void fleet_change_put_firmware(struct fleet_change *change,
                               struct record_firmware *io_firmware);
void fleet_change_delete(struct fleet_change *change, enum record_kind kind, int64_t id,
                         uint32_t rev);

/* A line in a device's timeline; id and time are filled in. */
void fleet_change_event(struct fleet_change *change, struct record_event *event);

/* A line in the audit: what was done to which thing ("product", 7, "Pet House"); id 0 = it has
 * none. `before` and `after` may be NULL. */
void fleet_change_audit(struct fleet_change *change, const char *actor, const char *verb,
                        const char *kind, int64_t id, const char *name, const char *before,
                        const char *after);

/* Read a device's whole row from the store; free it with fleet_free_device(). */
enum fleet_result fleet_read_device(struct fleet_change *change, int64_t id,
                                    struct record_device *out_device);
void fleet_free_device(struct record_device *device);

#endif
