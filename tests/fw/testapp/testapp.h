/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTAPP_H
#define TESTAPP_H

/* Tells one build from the other: what the program says first. */
extern const char testapp_name[];

#endif
