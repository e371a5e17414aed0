/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "tests/unit/agent_groups.h"

int agent_set_up(void **state)
{
    struct agent_fixture *fixture = malloc(sizeof *fixture);

    if (fixture == NULL) {
        return -1;
    }
    agent_fixture_init(fixture);
    agent_fixture_start(fixture);
    *state = fixture;
    return 0;
}

int agent_tear_down(void **state)
{
    agent_fixture_end(*state);
    free(*state);
    return 0;
}

void agent_expect(struct agent_fixture *fixture, enum agent_method method, const char *url)
{
    assert_true(agent_fixture_wait(fixture));
    assert_string_equal(fixture->request.url, url);
    assert_int_equal(fixture->request.method, method);
}
