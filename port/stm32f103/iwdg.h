/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_IWDG_H
#define STM32F103_IWDG_H

/* The independent watchdog. Only a reset stops it; starting it again changes its time. The
 * times are nominal: its oscillator has 30 to 60 kHz (DS5319 table 24), so 3.3 s are 2.2 to
 * 4.4 s, and 26 s are 17 to 35 s. Source: RM0008 19.
 */
enum iwdg_time {
    IWDG_3_S = 3,  /* prescaler 32 */
    IWDG_26_S = 6, /* prescaler 256, the longest: a project that has no watchdog of its own must
                      get through its start */
};
void iwdg_start(enum iwdg_time time);

/* Begin the time anew. Harmless when the watchdog is not running. */
void iwdg_feed(void);

#endif
