/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_FAILING_DISK_H
#define TESTS_SUPPORT_FAILING_DISK_H

/* SQLite's file layer with calls that fail when a test wants it. Only files that are opened
 * after failing_disk_install() are concerned. Any thread. */
enum failing_what { FAILING_NONE, FAILING_WRITE, FAILING_SYNC };

void failing_disk_install(void);

/* From now on these calls return `code` of SQLite and do nothing. */
void failing_disk_set(enum failing_what what, int code);

#endif
