/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ram_flash.h"
#include <stddef.h>
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

/* The pages of the stm32f103's table, in its order, and slots of so many. */
#define LAYOUT(page, pages)                                                                    \
    {                                                                                          \
        .boot = {RAM_FLASH_ADDR, OTTER_BOOT_SIZE},                                             \
        .journal = {RAM_FLASH_ADDR + OTTER_BOOT_SIZE, (page)},                                 \
        .spare = {RAM_FLASH_ADDR + OTTER_BOOT_SIZE + 2 * (page), (page)},                      \
        .flag = {RAM_FLASH_ADDR + OTTER_BOOT_SIZE + 3 * (page), (page)},                       \
        .app = {RAM_FLASH_ADDR + OTTER_BOOT_SIZE + 4 * (page), (pages) * (page)},              \
        .backup = {RAM_FLASH_ADDR + OTTER_BOOT_SIZE + (4 + (pages)) * (page),                  \
                   (pages) * (page)},                                                          \
        .ram = {OTTER_RAM_ADDR, OTTER_RAM_SIZE},                                               \
    }

static const struct otter_layout layout_58x1 = LAYOUT(0x400, 58);
static const struct otter_layout layout_60x2 = LAYOUT(0x800, 60);
static const struct otter_layout layout_122x2 = LAYOUT(0x800, 122);

const struct ram_flash_map ram_flash_maps[RAM_FLASH_MAPS] = {
    {"26x1", RAM_FLASH_SIZE, RAM_FLASH_PAGE, 26, &ram_flash_layout},
    {"58x1", 0x20000, 0x400, 58, &layout_58x1},
    {"60x2", 0x40000, 0x800, 60, &layout_60x2},
    {"122x2", 0x80000, 0x800, 122, &layout_122x2},
};

const struct ram_flash_map *ram_flash_map_find(const char *name)
{
    for (unsigned i = 0; i < RAM_FLASH_MAPS; i++) {
        if (strcmp(ram_flash_maps[i].name, name) == 0) {
            return &ram_flash_maps[i];
        }
    }
    return NULL;
}

static bool is_inside(const struct ram_flash *flash, uint32_t addr, uint32_t len)
{
    uint32_t off = addr - RAM_FLASH_ADDR;

    return off <= flash->size && len <= flash->size - off;
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

/* ---- weak bits ---- */

/* Bits of weak[off..off + len) were set. */
static void add_weak(struct ram_flash *flash, uint32_t off, uint32_t len)
{
    struct ram_flash_area *last;

    if (flash->weak_count < RAM_FLASH_WEAK_AREAS) {
        flash->weak_areas[flash->weak_count++] = (struct ram_flash_area){off, off + len};
        return;
    }
    last = &flash->weak_areas[RAM_FLASH_WEAK_AREAS - 1]; /* has to do for both */
    last->from = off < last->from ? off : last->from;
    last->end = off + len > last->end ? off + len : last->end;
}

/* What this area has in common with [off, off + len). */
static struct ram_flash_area common(const struct ram_flash_area *area, uint32_t off,
                                    uint32_t len)
{
    struct ram_flash_area both = {area->from > off ? area->from : off,
                                  area->end < off + len ? area->end : off + len};

    if (both.from > both.end) {
        both.end = both.from;
    }
    return both;
}

static bool may_be_weak(const struct ram_flash *flash, uint32_t off, uint32_t len)
{
    for (unsigned i = 0; i < flash->weak_count; i++) {
        struct ram_flash_area both = common(&flash->weak_areas[i], off, len);

        if (both.from != both.end) {
            return true;
        }
    }
    return false;
}

bool ram_flash_is_weak(const struct ram_flash *flash, uint32_t addr, uint32_t len)
{
    for (unsigned i = 0; i < flash->weak_count; i++) {
        struct ram_flash_area both = common(&flash->weak_areas[i], addr - RAM_FLASH_ADDR, len);

        for (uint32_t at = both.from; at < both.end; at++) {
            if (flash->weak[at] != 0) {
                return true;
            }
        }
    }
    return false;
}

void ram_flash_heal(struct ram_flash *flash)
{
    while (flash->weak_count != 0) {
        const struct ram_flash_area *area = &flash->weak_areas[--flash->weak_count];

        memset(flash->weak + area->from, 0, area->end - area->from);
    }
}

static void toss_byte(struct ram_flash *flash, uint32_t at)
{
    uint32_t coins;

    if (flash->weak[at] == 0) {
        return;
    }
    coins = rng_next(&flash->weak_random);
    if (flash->weak_reads == RAM_FLASH_MOSTLY_1) {
        coins |= coins >> 8 | coins >> 16;
    } else if (flash->weak_reads == RAM_FLASH_MOSTLY_0) {
        coins &= coins >> 8 & coins >> 16;
    }
    flash->bytes[at] =
        (uint8_t)((flash->bytes[at] & ~flash->weak[at]) | (coins & flash->weak[at]));
}

/* A coin for each weak bit of [off, off + len). */
static void toss(struct ram_flash *flash, uint32_t off, uint32_t len)
{
    for (unsigned i = 0; i < flash->weak_count; i++) {
        struct ram_flash_area both = common(&flash->weak_areas[i], off, len);

        for (uint32_t at = both.from; at < both.end; at++) {
            toss_byte(flash, at);
        }
    }
}

static void toss_to_read(struct ram_flash *flash, uint32_t addr, uint32_t len)
{
    if (flash->weak_reads == RAM_FLASH_COIN_AT_READ) {
        toss(flash, addr - RAM_FLASH_ADDR, len);
    }
}

/* Weak bits of an erased page are none any more. */
static void forget_areas(struct ram_flash *flash, uint32_t off, uint32_t len)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < flash->weak_count; i++) {
        struct ram_flash_area area = flash->weak_areas[i];

        if (area.from < off || area.end > off + len) {
            flash->weak_areas[kept++] = area;
        }
    }
    flash->weak_count = kept;
}

/* ---- one operation ---- */

static void complete(struct ram_flash *flash, uint8_t cell[], const uint8_t to[], uint32_t len)
{
    uint32_t off = (uint32_t)(cell - flash->bytes);
    uint8_t *weak = flash->weak + off;
    bool is_erase = len == flash->port.page_size;

    memcpy(cell, to, len);
    if ((flash->heals_by_erase && !is_erase) || !may_be_weak(flash, off, len)) {
        return;
    }
    for (uint32_t i = 0; i < len; i++) {
        weak[i] &= is_erase ? 0 : to[i];
    }
    if (is_erase) {
        forget_areas(flash, off, len);
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
        add_weak(flash, (uint32_t)(cell - flash->bytes), len);
        flash->weak_random = random;
    }
}

static bool has_died(const struct ram_flash *flash)
{
    return flash->stuck_mask != 0 && flash->stick_at == 0;
}

static void hold_stuck(struct ram_flash *flash)
{
    uint8_t *byte = flash->bytes + flash->stuck_off;

    if (has_died(flash)) {
        *byte = (uint8_t)((*byte & ~flash->stuck_mask) | (flash->stuck_as & flash->stuck_mask));
    }
}

void ram_flash_stick(struct ram_flash *flash, uint32_t at, uint32_t addr, unsigned bit,
                     bool one)
{
    flash->stick_at = at;
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

    if (number == flash->stick_at) {
        flash->stick_at = 0;
    }
    if (is_hit(number, flash->fail_at, flash->fail_count) &&
        flash->fails !=
            (len == flash->port.page_size ? RAM_FLASH_PROGRAMS_FAIL : RAM_FLASH_ERASES_FAIL)) {
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
    return has_died(flash) && memcmp(cell, to, len) != 0 && flash->lie_at == 0 ? OTTER_ERR_FLASH
                                                                               : 0;
}

static int read(void *ctx, uint32_t addr, uint8_t out[], uint32_t len)
{
    struct ram_flash *flash = ctx;

    flash->reads++;
    if (!is_inside(flash, addr, len) ||
        (flash->fail_read_at != 0 && flash->reads >= flash->fail_read_at)) {
        return OTTER_ERR_RANGE;
    }
    toss_to_read(flash, addr, len);
    memcpy(out, ram_flash_peek(flash, addr), len);
    return 0;
}

/* Nothing is planned for the next `count` programs from `off` on, and none of them is weak. */
static bool is_calm(const struct ram_flash *flash, uint32_t off, uint32_t count)
{
    bool is_sound = flash->stuck_mask == 0 || flash->stuck_off - off >= 2 * count;

    return flash->cut_at - flash->operations - 1 >= count &&
           flash->stick_at - flash->operations - 1 >= count && flash->fail_at == 0 &&
           flash->lie_at == 0 && is_sound && !may_be_weak(flash, off, 2 * count);
}

static int program(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len)
{
    struct ram_flash *flash = ctx;

    if (!is_inside(flash, addr, len) || addr % 2 != 0 || len % 2 != 0) {
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
    uint8_t blank[RAM_FLASH_PAGE_MAX];
    uint32_t page_size = flash->port.page_size;

    if (!is_inside(flash, addr, page_size) || addr % page_size != 0) {
        flash->refused++;
        return OTTER_ERR_RANGE;
    }
    memset(blank, 0xFF, page_size);
    flash->erased++;
    flash->unfed++;
    if (flash->unfed > flash->unfed_max) {
        flash->unfed_max = flash->unfed;
    }
    return operate(flash, flash->bytes + (addr - RAM_FLASH_ADDR), blank, page_size);
}

static uint32_t crc(void *ctx, bool go_on, uint32_t addr, uint32_t len)
{
    struct ram_flash *flash = ctx;
    uint64_t sum = go_on ? flash->crc : 0x6A09E667F3BCC908U;

    toss_to_read(flash, addr, len);
    for (uint32_t off = 0; off < len; off += 8) { /* not a CRC: as good here, and faster */
        const uint8_t *next = ram_flash_peek(flash, addr + off);
        uint64_t high = len - off > 4 ? otter_get_le32(next + 4) : 0;

        sum = (sum ^ (high << 32 | otter_get_le32(next))) * 0x9E3779B97F4A7C15U;
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

void ram_flash_init_map(struct ram_flash *flash, const struct ram_flash_map *map)
{
    memset(flash, 0, offsetof(struct ram_flash, bytes));
    flash->size = map->size;
    flash->port = (struct otter_port){.ctx = flash,
                                      .read = read,
                                      .program = program,
                                      .erase = erase,
                                      .crc = crc,
                                      .feed = feed,
                                      .page_size = map->page_size,
                                      .program_size = 2};
    memset(flash->bytes, 0xFF, flash->size);
    memset(flash->weak, 0, flash->size);
}

void ram_flash_init(struct ram_flash *flash)
{
    ram_flash_init_map(flash, &ram_flash_maps[0]);
}

void ram_flash_restart(struct ram_flash *flash)
{
    toss(flash, 0, flash->size);
    flash->stick_at = 0;
    hold_stuck(flash);
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
    if (!is_inside(flash, addr, len)) {
        fprintf(stderr, "ram_flash_poke: %08x + %u\n", (unsigned)addr, (unsigned)len);
        abort();
    }
    memcpy(flash->bytes + (addr - RAM_FLASH_ADDR), bytes, len);
}

const uint8_t *ram_flash_peek(const struct ram_flash *flash, uint32_t addr)
{
    return flash->bytes + (addr - RAM_FLASH_ADDR);
}
