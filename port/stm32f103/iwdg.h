/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_IWDG_H
#define STM32F103_IWDG_H

/* The independent watchdog: 26 s nominal, the longest it can; 17 to 35 s with the tolerance of
 * its oscillator (30 to 60 kHz, DS5319 table 24). Only a reset stops it. Source: RM0008 19.
 */
void iwdg_start(void);

/* Begin the time anew. Harmless when the watchdog is not running. */
void iwdg_feed(void);

#endif
