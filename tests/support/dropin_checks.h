/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_DROPIN_CHECKS_H
#define TESTS_SUPPORT_DROPIN_CHECKS_H

/* What a transfer of support/dropin_fixture.h has come to; cmocka fails if not. */

void dropin_assert_no_record(void); /* of the tutorial's, in FLAG */
/* The whole image is in APPBAK, and asked for: by the journal, or, without one, by the
 * tutorial's record. */
void dropin_assert_updated(void);
/* 0x27 once, and it stands before the ACK of the piece: the measured order. */
void dropin_assert_refused_in_order(void);

#endif
