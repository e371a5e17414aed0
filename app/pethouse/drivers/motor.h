/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_MOTOR_H
#define PETHOUSE_MOTOR_H

/* The motor behind its L9110 bridge: TIM3 channel 1 on PB4 forward, channel 2 on PB5 reverse.
 * Needs gpio_start(). Source: RM0008 15; the vendor's period of 900 steps and its duties.
 */
void motor_start(void);

/* Run at speed -5..5. The sign is the direction, 0 stops; n steps are a duty of (5 + n) x 10 %,
 * below which the motor does not start. */
void motor_run(int speed);

#endif
