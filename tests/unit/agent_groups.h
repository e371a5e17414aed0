/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_AGENT_GROUPS_H
#define TESTS_UNIT_AGENT_GROUPS_H

#include "tests/support/agent_fixture.h"

/* The tests of one executable, in files by what they are about. Each returns the number of
 * failed tests. */
int run_agent_update(void);
int run_agent_download(void);
int run_agent_mcu(void);
int run_agent_cuts(void);

/* A started agent, for cmocka. */
int agent_set_up(void **state);
int agent_tear_down(void **state);

/* Wait for the agent's next request: it must be this one. */
void agent_expect(struct agent_fixture *fixture, enum agent_method method, const char *url);

/* ---- steps of action 7, of which many tests consist ---- */

/* A poll, answered with one link. */
void agent_poll_with(struct agent_fixture *fixture, const char *name, const char *href);
enum agent_activity agent_activity(const struct agent_fixture *fixture);
/* The MCU is there, and the server offers the action. */
void agent_offer_action(struct agent_fixture *fixture, const char *body);
void agent_offer_forced(struct agent_fixture *fixture);
/* What the agent tells and does next. */
void agent_accept_action(struct agent_fixture *fixture);
void agent_download(struct agent_fixture *fixture);
void agent_tell_downloaded(struct agent_fixture *fixture);
/* All of them, up to the offer to the MCU. */
void agent_bring_to_offer(struct agent_fixture *fixture);
/* The final status, and its answer. */
void agent_expect_end(struct agent_fixture *fixture, const char *finished, const char *code,
                      const char *words);

#endif
