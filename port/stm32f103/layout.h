/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_LAYOUT_H
#define STM32F103_LAYOUT_H

#include "otter/partition.h"

/* partitions.h as the core wants it. Also compiles on the host, for tools and tests. */
extern const struct otter_layout stm32f103_layout;
/* On the host only: that of a chip with 128 KB, OTTER_FLASH_KB. */
extern const struct otter_layout stm32f103_layout_128;

#endif
