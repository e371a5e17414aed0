/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_AGENT_GROUPS_H
#define TESTS_UNIT_AGENT_GROUPS_H

/* The tests of one executable, in files by what they are about. Each returns the number of
 * failed tests. */
int run_agent_update(void);
int run_agent_cuts(void);

#endif
