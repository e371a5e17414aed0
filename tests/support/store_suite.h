/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_STORE_SUITE_H
#define TESTS_SUPPORT_STORE_SUITE_H

#include "cloud/store/store.h"
#include "cloud/store/store_sqlite_row.h" /* room for a record of any kind */
#include "support/store_fixture.h"

/* What the tests share that are run against every store. A failure ends the cmocka test. */

/* The store under test. */
extern struct store *suite_store;

int suite_start_sqlite(void **state);
int suite_stop_sqlite(void **state);
int suite_start_double(void **state);
int suite_stop_double(void **state);

/* Rows of a table of cmocka's tests: the same test with each store. */
#define BOTH(test)                                                                             \
    {#test " (sqlite)", test, suite_start_sqlite, suite_stop_sqlite, NULL},                    \
    {                                                                                          \
#test " (double)", test, suite_start_double, suite_stop_double, NULL                   \
    }

struct record_device suite_device(int64_t id, const char *controller_id);
struct store_op suite_put(enum record_kind kind, const void *record, uint32_t expected_rev);

/* Read one record; NULL = not there. Free it. */
union sqlite_row_record *suite_get(enum record_kind kind, int64_t id);

/* Its rev; 0 = not there. */
uint32_t suite_rev(enum record_kind kind, int64_t id);

#endif
