/* SPDX-License-Identifier: Apache-2.0 */
#include "flash.h"

/* An empty port. It compiles, and refuses everything, so a bootloader built with it changes
 * nothing. Copy the folder, fill in the functions, and hold them to docs/porting.md, chapters 2
 * and 6.
 */

/* Must: copy len bytes from the absolute address addr, of any alignment, as they are in flash
 * now (no stale cache lines). Return OTTER_ERR_RANGE if a byte lies outside the flash; never
 * fault. */
static int read_bytes(void *ctx, uint32_t addr, uint8_t out[], uint32_t len)
{
    (void)ctx;
    (void)addr;
    (void)out;
    (void)len;
    return OTTER_ERR_RANGE;
}

/* Must: refuse (OTTER_ERR_RANGE) what is not aligned to program_size, is outside the flash, or
 * touches the bootloader. Program in ascending order. Check every error flag of the controller,
 * with a bound on waiting, and read back: return 0 only if flash now holds `data`. Take 0x00
 * over anything. Leave the controller locked, also after an error. Never erase. */
static int program(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len)
{
    (void)ctx;
    (void)addr;
    (void)data;
    (void)len;
    return OTTER_ERR_FLASH;
}

/* Must: refuse (OTTER_ERR_RANGE) what is not the first address of a page, is outside the flash,
 * or belongs to the bootloader. Erase exactly one page, wait with a bound, check the error
 * flags and that every byte reads 0xFF. Leave the controller locked. */
static int erase(void *ctx, uint32_t addr)
{
    (void)ctx;
    (void)addr;
    return OTTER_ERR_FLASH;
}

/* Must: be a fixed function of these bytes that changes when any of them does, and fast: it
 * runs over the whole image at every start. The CRC unit if the chip has one. Read len rounded
 * up to words. */
static uint32_t crc(void *ctx, bool go_on, uint32_t addr, uint32_t len)
{
    (void)ctx;
    (void)go_on;
    (void)addr;
    (void)len;
    return 0;
}

/* Must: restart the watchdog's time if it runs, and do nothing otherwise. Called once per page
 * or 256 bytes of work: the watchdog's shortest time must be above one page erase plus one page
 * of programming. */
static void feed(void *ctx)
{
    (void)ctx;
}

const struct otter_port template_flash = {
    .read = read_bytes,
    .program = program,
    .erase = erase,
    .crc = crc,
    .feed = feed,
    .page_size = 1024, /* what your chip erases at once */
    .program_size = 2, /* what it programs at once; others are not supported */
};
