/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GIZWITS_OTA_PORT_H
#define GIZWITS_OTA_PORT_H

#include "otter/partition.h"
#include "otter/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which flash, where its parts lie, and how the chip is reset. gizwits_ota_port.c says: the
 * STM32F103C8T6 of port/stm32f103; for another chip put your own file in its place
 * (docs/porting.md).
 */
extern const struct otter_port *const otter_dropin_port;
extern const struct otter_layout *const otter_dropin_layout;

/* Reset the chip. Does not return (but in a test). */
void otter_dropin_reset(void);

/* The app has talked with its module: the resets by a watchdog, which the bootloader counts,
 * are forgiven. */
void otter_dropin_forgive(void);

#ifdef __cplusplus
}
#endif
#endif
