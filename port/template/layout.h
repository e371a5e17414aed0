/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEMPLATE_LAYOUT_H
#define TEMPLATE_LAYOUT_H

#include "otter/partition.h"

extern const struct otter_layout template_layout;

#endif
