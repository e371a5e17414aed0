/* SPDX-License-Identifier: Apache-2.0 */
#include "startup.h"

/* The vector table of a program that enables no interrupt of a peripheral: the bootloader, which
 * has better uses for 240 bytes. */
__attribute__((section(".vectors"), used)) const struct core_vectors vectors = CORE_VECTORS;
