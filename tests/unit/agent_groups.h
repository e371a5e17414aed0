/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_AGENT_GROUPS_H
#define TESTS_UNIT_AGENT_GROUPS_H

#include "tests/support/agent_fixture.h"

/* The tests of one executable, in files by what they are about. Each returns the number of
 * failed tests. */
int run_agent_update(void);
int run_agent_cuts(void);

/* A started agent, for cmocka. */
int agent_set_up(void **state);
int agent_tear_down(void **state);

/* Wait for the agent's next request: it must be this one. */
void agent_expect(struct agent_fixture *fixture, enum agent_method method, const char *url);

#endif
