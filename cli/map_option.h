/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_MAP_OPTION_H
#define CLI_MAP_OPTION_H

#include <argp.h>
#include "otter/partition.h"

/* Of commands to which the MCU's map matters: --slot, --app-addr, --ram. Without them it is
 * that of the C8T6 (port/stm32f103/partitions.h).
 *
 * In the `children` of an argp; its `input` is the struct otter_layout, of which `app` and
 * `ram` are set.
 */
extern const struct argp map_option;

/* The largest slot that can be told: that of a chip with 1 MB. */
enum { MAP_SLOT_MAX = 0x100000 };

/* Before the options are read. */
struct otter_layout map_option_default(void);

/* Is it that still? */
bool map_option_is_default(const struct otter_layout *map);

#endif
