/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_GOKIT2_MOTOR_H
#define BOARD_GOKIT2_MOTOR_H

/* L9110, the motor's bridge: the motor turns one way while input A is high and B is low, the
 * other way while B is high and A is low, and brakes while both are equal. Returns the mean
 * drive in percent, -100..100; the duties of the inputs are in 1/1000. Source: L9110 data
 * sheet, truth table. */
int motor_percent(unsigned duty_a, unsigned duty_b);

#endif
