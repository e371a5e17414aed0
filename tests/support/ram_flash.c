/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ram_flash.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "otter/bytes.h"
#include "port/stm32f103/partitions.h"
#include "support/rng.h"

const struct otter_layout ram_flash_layout = {
    .boot = {OTTER_BOOT_ADDR, OTTER_BOOT_SIZE},
    .journal = {OTTER_JOURNAL_ADDR, OTTER_JOURNAL_SIZE},
    .spare = {OTTER_SPARE_ADDR, OTTER_SPARE_SIZE},
    .flag = {OTTER_FLAG_ADDR, OTTER_FLAG_SIZE_MAX},
    .app = {OTTER_APP_ADDR, OTTER_APP_SIZE},
    .backup = {OTTER_BACKUP_ADDR, OTTER_BACKUP_SIZE},
    .ram = {OTTER_RAM_ADDR, OTTER_RAM_SIZE},
};

static bool is_inside(uint32_t addr, uint32_t len)
{
    uint32_t off = addr - RAM_FLASH_ADDR;

    return off <= RAM_FLASH_SIZE && len <= RAM_FLASH_SIZE - off;
}

static bool is_blank(const uint8_t bytes[], uint32_t len)
{
    return len == 0 || (bytes[0] == 0xFF && memcmp(bytes, bytes + 1, len - 1) == 0);
}

static bool is_hit(uint32_t number, uint32_t from, uint32_t count)
{
    return from != 0 && number >= from && number - from < count;
}

static void power_off(struct ram_flash *flash)
{
    if (!flash->running) {
        fprintf(stderr, "ram_flash: cut at operation %u outside of ram_flash_run()\n",
                (unsigned)flash->cut_at);
        abort();
    }
    longjmp(flash->off, 1);
}

void ram_flash_add_weak(struct ram_flash *flash, uint32_t off, uint32_t len)
{
    if (flash->weak_end == 0 || off < flash->weak_from) {
        flash->weak_from = off;
    }
    if (off + len > flash->weak_end) {
        flash->weak_end = off + len;
    }
}

void ram_flash_heal(struct ram_flash *flash)
{
    memset(flash->weak + flash->weak_from, 0, flash->weak_end - flash->weak_from);
    flash->weak_from = 0;
    flash->weak_end = 0;
}

static void complete(struct ram_flash *flash, uint8_t cell[], const uint8_t to[], uint32_t len)
{
    uint8_t *weak = flash->weak + (cell - flash->bytes);

    uint32_t off = (uint32_t)(cell - flash->bytes);
    bool is_erase = len == RAM_FLASH_PAGE;

    memcpy(cell, to, len);
    if (flash->weak_end == 0 || (flash->heals_by_erase && !is_erase)) {
        return;
    }
    for (uint32_t i = 0; i < len; i++) {
        weak[i] &= is_erase ? 0 : to[i];
    }
    if (is_erase && off <= flash->weak_from && flash->weak_end <= off + len) {
        flash->weak_end = flash->weak_from = 0;
    }
}

static void toss_weak_bits(struct ram_flash *flash)
{
    for (uint32_t i = flash->weak_from; i < flash->weak_end; i++) {
        if (flash->weak[i] != 0) {
            uint32_t coins = rng_next(&flash->weak_random);

            if (flash->weak_reads == RAM_FLASH_MOSTLY_1) {
                coins |= coins >> 8 | coins >> 16;
            } else if (flash->weak_reads == RAM_FLASH_MOSTLY_0) {
                coins &= coins >> 8 & coins >> 16;
            }
            flash->bytes[i] =
                (uint8_t)((flash->bytes[i] & ~flash->weak[i]) | (coins & flash->weak[i]));
        }
    }
}

/* What `flash->tear` leaves of an operation. */
static void tear(struct ram_flash *flash, uint8_t cell[], const uint8_t to[], uint32_t len)
{
    uint8_t *weak = flash->weak + (cell - flash->bytes);
    uint64_t random = flash->seed ^ (uint64_t)flash->operations << 32;
    /* Half of all tears are even mixtures, the others nearly old or nearly new. */
    uint32_t kind = rng_below(&random, 4);
    uint32_t changing = 0, chosen;
    bool is_weak = false;

    for (uint32_t i = 0; i < len; i++) {
        changing += (uint32_t)__builtin_popcount(cell[i] ^ to[i]);
    }
    chosen = rng_below(&random, changing);
    for (uint32_t i = 0, bit = 0; i < len; i++) {
        uint8_t changes = cell[i] ^ to[i];
        uint8_t one = 0; /* the chosen bit, if it is here */
        uint32_t mask = rng_next(&random);

        for (uint8_t left = changes; left != 0; left &= (uint8_t)(left - 1), bit++) {
            if (bit == chosen) {
                one = left & (uint8_t)-left;
            }
        }
        if (kind == 0) {
            mask &= rng_next(&random) & rng_next(&random);
        } else if (kind == 1) {
            mask |= rng_next(&random) | rng_next(&random);
        }
        switch (flash->tear) {
        case RAM_FLASH_TORN:
            cell[i] ^= changes & (uint8_t)mask;
            break;
        case RAM_FLASH_ONE_BIT:
            cell[i] ^= one;
            break;
        case RAM_FLASH_ALL_BUT_ONE:
            cell[i] ^= changes & (uint8_t)~one;
            break;
        case RAM_FLASH_HALF:
            cell[i] ^= i < len / 2 ? changes : 0;
            break;
        case RAM_FLASH_TORN_WEAK:
            cell[i] ^= changes & (uint8_t)mask;
            weak[i] |= changes;
            is_weak = true;
            break;
        case RAM_FLASH_WEAK:
        case RAM_FLASH_ONE_WEAK:
        case RAM_FLASH_ALL_BUT_ONE_WEAK:
            cell[i] = to[i];
            weak[i] |= flash->tear == RAM_FLASH_WEAK       ? changes
                       : flash->tear == RAM_FLASH_ONE_WEAK ? one
                                                           : (uint8_t)(changes & ~one);
            is_weak = true;
            break;
        case RAM_FLASH_NOT_DONE:
        case RAM_FLASH_DONE:
        case RAM_FLASH_TEARS:
            break;
        }
    }
    if (is_weak) {
        ram_flash_add_weak(flash, (uint32_t)(cell - flash->bytes), len);
        flash->weak_random = random;
    }
}

static void hold_stuck(struct ram_flash *flash)
{
    uint8_t *byte = flash->bytes + flash->stuck_off;

    *byte = (uint8_t)((*byte & ~flash->stuck_mask) | (flash->stuck_as & flash->stuck_mask));
}

void ram_flash_stick(struct ram_flash *flash, uint32_t addr, unsigned bit, bool one)
{
    flash->stuck_off = addr - RAM_FLASH_ADDR;
    flash->stuck_mask = (uint8_t)(1U << bit);
    flash->stuck_as = one ? flash->stuck_mask : 0;
    hold_stuck(flash);
}

/* Do one operation: change cell[len] to `to`, or as much of it as the planned cut or fault
 * allows.
 * Returns 0 or OTTER_ERR_FLASH. */
static int operate(struct ram_flash *flash, uint8_t cell[], const uint8_t to[], uint32_t len)
{
    uint32_t number = ++flash->operations;

    if (is_hit(number, flash->fail_at, flash->fail_count) &&
        flash->fails !=
            (len == RAM_FLASH_PAGE ? RAM_FLASH_PROGRAMS_FAIL : RAM_FLASH_ERASES_FAIL)) {
        return OTTER_ERR_FLASH;
    }
    if (number == flash->cut_at) {
        if (flash->tear == RAM_FLASH_DONE) {
            complete(flash, cell, to, len);
        } else {
            tear(flash, cell, to, len);
        }
        power_off(flash);
    }
    complete(flash, cell, to, len);
    if (is_hit(number, flash->lie_at, flash->lie_count)) {
        uint64_t random = flash->seed ^ number;

        cell[rng_below(&random, len)] ^= (uint8_t)(1U << rng_below(&random, 8));
    }
    hold_stuck(flash);
    return flash->stuck_mask != 0 && memcmp(cell, to, len) != 0 && flash->lie_at == 0
               ? OTTER_ERR_FLASH
               : 0;
}

static int read(void *ctx, uint32_t addr, uint8_t out[], uint32_t len)
{
    struct ram_flash *flash = ctx;

    flash->reads++;
    if (!is_inside(addr, len) ||
        (flash->fail_read_at != 0 && flash->reads >= flash->fail_read_at)) {
        return OTTER_ERR_RANGE;
    }
    if (flash->weak_reads == RAM_FLASH_COIN_AT_READ && flash->weak_end != 0) {
        toss_weak_bits(flash);
    }
    memcpy(out, ram_flash_peek(flash, addr), len);
    return 0;
}

/* Nothing is planned for the next `count` programs from `off` on, and nothing is weak. */
static bool is_calm(const struct ram_flash *flash, uint32_t off, uint32_t count)
{
    bool is_sound = flash->stuck_mask == 0 || flash->stuck_off - off >= 2 * count;

    return flash->cut_at - flash->operations - 1 >= count && flash->fail_at == 0 &&
           flash->lie_at == 0 && flash->weak_end == 0 && is_sound;
}

static int program(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len)
{
    struct ram_flash *flash = ctx;

    if (!is_inside(addr, len) || addr % 2 != 0 || len % 2 != 0) {
        flash->refused++;
        return OTTER_ERR_RANGE;
    }
    if (is_calm(flash, addr - RAM_FLASH_ADDR, len / 2) &&
        is_blank(flash->bytes + (addr - RAM_FLASH_ADDR), len)) {
        memcpy(flash->bytes + (addr - RAM_FLASH_ADDR), data, len); /* the same, faster */
        flash->operations += len / 2;
        flash->programmed += len / 2;
        return 0;
    }
    for (uint32_t i = 0; i < len; i += 2) {
        uint8_t *cell = flash->bytes + (addr - RAM_FLASH_ADDR) + i;
        uint16_t to = otter_get_le16(data + i);
        int error;

        if (otter_get_le16(cell) != 0xFFFF && to != 0) { /* PGERR */
            flash->refused += flash->stuck_mask == 0;
            return OTTER_ERR_FLASH;
        }
        flash->programmed++;
        error = operate(flash, cell, data + i, 2);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static int erase(void *ctx, uint32_t addr)
{
    struct ram_flash *flash = ctx;
    uint8_t blank[RAM_FLASH_PAGE];

    if (!is_inside(addr, RAM_FLASH_PAGE) || addr % RAM_FLASH_PAGE != 0) {
        flash->refused++;
        return OTTER_ERR_RANGE;
    }
    memset(blank, 0xFF, sizeof blank);
    flash->erased++;
    flash->unfed++;
    if (flash->unfed > flash->unfed_max) {
        flash->unfed_max = flash->unfed;
    }
    return operate(flash, flash->bytes + (addr - RAM_FLASH_ADDR), blank, sizeof blank);
}

static uint32_t crc(void *ctx, bool go_on, uint32_t addr, uint32_t len)
{
    struct ram_flash *flash = ctx;
    uint64_t sum = go_on ? flash->crc : 0x6A09E667F3BCC908U;

    if (flash->weak_reads == RAM_FLASH_COIN_AT_READ && flash->weak_end != 0) {
        toss_weak_bits(flash);
    }
    for (uint32_t off = 0; off < len; off += 4) { /* not a CRC: as good here, and faster */
        sum = (sum ^ otter_get_le32(ram_flash_peek(flash, addr + off))) * 0x9E3779B97F4A7C15U;
        sum ^= sum >> 29;
    }
    flash->crc = sum;
    return (uint32_t)(sum >> 16);
}

static void feed(void *ctx)
{
    struct ram_flash *flash = ctx;

    flash->feeds++;
    flash->unfed = 0;
}

void ram_flash_init(struct ram_flash *flash)
{
    memset(flash, 0, sizeof *flash);
    flash->port = (struct otter_port){.ctx = flash,
                                      .read = read,
                                      .program = program,
                                      .erase = erase,
                                      .crc = crc,
                                      .feed = feed,
                                      .page_size = RAM_FLASH_PAGE,
                                      .program_size = 2};
    memset(flash->bytes, 0xFF, sizeof flash->bytes);
}

void ram_flash_restart(struct ram_flash *flash)
{
    toss_weak_bits(flash);
    flash->cut_at = 0;
    flash->tear = RAM_FLASH_NOT_DONE;
    flash->fail_at = 0;
    flash->fail_count = 0;
    flash->fails = RAM_FLASH_ALL_FAIL;
    flash->lie_at = 0;
    flash->lie_count = 0;
    flash->fail_read_at = 0;
    flash->operations = 0;
    flash->programmed = 0;
    flash->erased = 0;
    flash->reads = 0;
    flash->feeds = 0;
    flash->unfed = 0;
    flash->unfed_max = 0;
    flash->refused = 0;
}

bool ram_flash_run(struct ram_flash *flash, void (*body)(void *ctx), void *ctx)
{
    flash->running = true;
    if (setjmp(flash->off) != 0) {
        flash->running = false;
        return false;
    }
    body(ctx);
    flash->running = false;
    return true;
}

void ram_flash_poke(struct ram_flash *flash, uint32_t addr, const uint8_t bytes[], uint32_t len)
{
    if (!is_inside(addr, len)) {
        fprintf(stderr, "ram_flash_poke: %08x + %u\n", (unsigned)addr, (unsigned)len);
        abort();
    }
    memcpy(flash->bytes + (addr - RAM_FLASH_ADDR), bytes, len);
}

const uint8_t *ram_flash_peek(const struct ram_flash *flash, uint32_t addr)
{
    return flash->bytes + (addr - RAM_FLASH_ADDR);
}
