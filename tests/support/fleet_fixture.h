/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_FLEET_FIXTURE_H
#define TESTS_SUPPORT_FLEET_FIXTURE_H

#include "cloud/fleet/fleet.h"

/* A fleet over a store in memory, whose clocks stand still until the test moves them. A failure
 * of a helper ends the cmocka test. */
enum { MINUTE_MS = 60000 };

struct world {
    struct store *store;
    struct fleet *fleet;
    struct fleet_answer answer;
    bool is_answered;
    int64_t wall_ms, steady_ms; /* what the clocks say */
    int64_t product, firmware;
    char gateway[FLEET_SECRET_SIZE + 16]; /* the header */
};

/* For `done` of any call, with the world as `ctx`; then world_result(), or assert_done(). */
void world_take_answer(void *ctx, const struct fleet_answer *answer);

/* What the last call was answered; it must have been. */
enum fleet_result world_result(struct world *world);

/* Open a fleet on world->store. */
void world_open(struct world *world);

/* As after kill -9: what is durable is there, all else is gone. */
void world_restart(struct world *world);

/* A setting. */
void world_set(struct world *world, const char *name, const char *value);

/* A plain firmware of this version; its id. */
int64_t world_add_firmware(struct world *world, const char *version);

/* A product, a gateway token, a firmware 03010102; for cmocka. */
int world_set_up(void **state);
int world_tear_down(void **state);

/* A root poll with the gateway token. */
struct fleet_poll world_poll(struct world *world, const char *id);

/* configData with hardware 00000001 and this version. */
void world_report(struct world *world, int64_t device, const char *version);

/* A device that runs 03010101, and its number. */
int64_t world_new_device(struct world *world, const char *id);

/* Time for sweeps. */
void world_ticks(struct world *world);

/* Deploy world->firmware with two attempts; the deployment. */
int64_t world_deploy(struct world *world, const char *rule, enum deployment_mode mode);

/* A feedback without progress. */
enum fleet_result world_say(struct world *world, int64_t device, int64_t id,
                            enum ddi_execution execution, bool is_failure, int64_t code);
enum fleet_result world_progress(struct world *world, int64_t device, int64_t id, int64_t count,
                                 int64_t of);

/* The newest action of a device; zeroed if there is none. */
struct record_action world_action_of(struct world *world, int64_t device);
enum fleet_result world_read_job(struct world *world, int64_t device, int64_t id,
                                 struct fleet_job *out_job);

/* Poll, read the job, fetch the file: the id of the attempt. */
int64_t world_fetch(struct world *world, const char *id);

/* The last call was answered with DONE. */
#define assert_done(world)                                                                     \
    do {                                                                                       \
        enum fleet_result was = world_result(world);                                           \
        if (was != FLEET_DONE) {                                                               \
            print_error("%s\n", (world)->answer.reason);                                       \
        }                                                                                      \
        assert_int_equal(was, FLEET_DONE);                                                     \
    } while (0)

#endif
