/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_CHIP_H
#define OTTER_CHIP_H

#include "otter/bytes.h"
#include "otter/partition.h"
#include "otter/port.h"

/* Private to core: the port's functions, and the layout's regions.
 *
 * Every function of the core is handed its port and its layout, so that tests can have many. A
 * product has one of each. A program that is short of room names them when it is compiled
 * (OTTER_PORT, OTTER_LAYOUT; boot/CMakeLists.txt): calls are direct then, addresses constants,
 * and the compiler drops the arguments. 500 bytes of the bootloader.
 */
#ifdef OTTER_PORT
extern const struct otter_port OTTER_PORT;
extern const struct otter_layout OTTER_LAYOUT;
#define CHIP_PORT(port)     ((void)(port), &OTTER_PORT)
#define CHIP_LAYOUT(layout) ((void)(layout), &OTTER_LAYOUT)
/* ... and fits: its numbers are checked in the port's layout.c, its regions in test_layout. */
#define CHIP_IS_KNOWN       true
#else
#define CHIP_PORT(port)     (port)
#define CHIP_LAYOUT(layout) (layout)
#define CHIP_IS_KNOWN       false
#endif

OTTER_INLINE const struct otter_layout *chip_map(const struct otter_layout *layout)
{
    return CHIP_LAYOUT(layout);
}

OTTER_INLINE uint32_t chip_page_size(const struct otter_port *port)
{
    return CHIP_PORT(port)->page_size;
}

OTTER_INLINE int chip_read(const struct otter_port *port, uint32_t addr, uint8_t out[],
                           uint32_t len)
{
    return CHIP_PORT(port)->read(CHIP_PORT(port)->ctx, addr, out, len);
}

OTTER_INLINE int chip_program(const struct otter_port *port, uint32_t addr,
                              const uint8_t data[], uint32_t len)
{
    return CHIP_PORT(port)->program(CHIP_PORT(port)->ctx, addr, data, len);
}

OTTER_INLINE int chip_erase(const struct otter_port *port, uint32_t addr)
{
    return CHIP_PORT(port)->erase(CHIP_PORT(port)->ctx, addr);
}

OTTER_INLINE uint32_t chip_crc(const struct otter_port *port, bool go_on, uint32_t addr,
                               uint32_t len)
{
    return CHIP_PORT(port)->crc(CHIP_PORT(port)->ctx, go_on, addr, len);
}

OTTER_INLINE void chip_feed(const struct otter_port *port)
{
    CHIP_PORT(port)->feed(CHIP_PORT(port)->ctx);
}

#endif
