/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_LAYOUT_H
#define STM32F103_LAYOUT_H

#include "otter/partition.h"

/* partitions.h as the core wants it. Also compiles on the host, for tools and tests. */
extern const struct otter_layout stm32f103_layout;

#endif
