/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_IWDG_H
#define STM32F103_IWDG_H

/* The independent watchdog: 2 s nominal, 1.33 to 2.67 s with the tolerance of its oscillator
 * (30 to 60 kHz, DS5319 table 24). Only a reset stops it. Source: RM0008 19.
 */
void iwdg_start(void);

/* Restart the 2 s. Harmless when the watchdog is not running. */
void iwdg_feed(void);

#endif
