/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_AGENT_FIXTURE_H
#define TESTS_SUPPORT_AGENT_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include "agent/agent.h"

/* An agent with a sink in memory, a saved state that outlives it, and an image to update to.
 * Tests speak with it as a server and as a module would. */
enum { AGENT_IMAGE_SIZE = 400, AGENT_STORE_MAX = 4096 };

struct agent_fixture {
    struct agent_config config;
    struct agent *agent;
    uint64_t now_ms;
    char saved[AGENT_STATE_MAX]; /* "" = none yet */
    uint8_t store[AGENT_STORE_MAX];
    uint32_t store_size;
    bool store_fails;
    unsigned finished, discarded;
    uint8_t image[AGENT_IMAGE_SIZE]; /* hardware 03010100, version 03010102 */
    char sha256[65], sha1[41], md5[33];
    struct agent_request request; /* the last one taken */
    enum agent_command command;   /* " */
    unsigned offers, withdrawals, asks;
};

/* With defaults: base http://srv:80, id dev1, token "tok". Change `config`, then start. */
void agent_fixture_init(struct agent_fixture *fixture);
void agent_fixture_start(struct agent_fixture *fixture);
/* As kill -9 and a new start: only what was saved and stored is left. */
void agent_fixture_restart(struct agent_fixture *fixture);
void agent_fixture_end(struct agent_fixture *fixture);

/* Save what is due, and obey commands, until there is neither. */
void agent_fixture_settle(struct agent_fixture *fixture);
/* Settle, and take the request that is due now. */
bool agent_fixture_take(struct agent_fixture *fixture);
/* The same, after letting time pass until there is one; fails after a day. */
bool agent_fixture_wait(struct agent_fixture *fixture);

/* Answer the request that was taken. */
void agent_fixture_reply(struct agent_fixture *fixture, int status, const char *body);
void agent_fixture_reply_with(struct agent_fixture *fixture, const struct agent_reply *reply,
                              const void *body, size_t body_len);

/* A header's value in the request that was taken, or NULL. */
const char *agent_fixture_header(const struct agent_fixture *fixture, const char *name);

/* The MCU answers 0x02. */
void agent_fixture_info(struct agent_fixture *fixture, const char *version, uint8_t reason,
                        bool on_trial);
void agent_fixture_event(struct agent_fixture *fixture, enum module_event_kind kind,
                         uint16_t number, uint16_t count);
void agent_fixture_fail(struct agent_fixture *fixture, enum module_failure failure);

/* Answer to GET deploymentBase for the image. */
const char *agent_fixture_deployment(const struct agent_fixture *fixture, const char *id,
                                     const char *download, const char *update);

#endif
