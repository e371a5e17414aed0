/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEMPLATE_FLASH_H
#define TEMPLATE_FLASH_H

#include "otter/port.h"

/* The chip's flash and its watchdog as the core's port: the one thing the core needs. */
extern const struct otter_port template_flash;

#endif
