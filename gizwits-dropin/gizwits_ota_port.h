/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GIZWITS_OTA_PORT_H
#define GIZWITS_OTA_PORT_H

#include "otter/partition.h"
#include "otter/port.h"

/* Which flash, and where its parts lie. gizwits_ota_port.c says: the STM32F103C8T6 of
 * port/stm32f103; for another chip put your own file in its place (docs/porting.md).
 */
extern const struct otter_port *const otter_dropin_port;
extern const struct otter_layout *const otter_dropin_layout;

#endif
