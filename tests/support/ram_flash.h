/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_RAM_FLASH_H
#define TEST_RAM_FLASH_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include "otter/partition.h"
#include "otter/port.h"

/* Flash in RAM behind an otter_port, by the rules of PM0075: half-words, 0x0000 over anything
 * and nothing else over what is not erased, pages erased to 0xFF. It counts operations, cuts
 * the power at one of them, and can be made to fail or to lie. One operation is one half-word
 * programmed or one page erased; they are numbered from 1 since the last ram_flash_restart().
 *
 *    struct ram_flash flash;
 *    ram_flash_init(&flash);                 erased, 64 KB at 0x08000000, pages of 1 KB;
 *    ram_flash_init_map(&flash, map);        or as large as this map, and with its pages
 *    flash.cut_at = 17; flash.tear = RAM_FLASH_TORN; flash.seed = 4;
 *    if (!ram_flash_run(&flash, body, ctx)) { ... the power went, body() did not return ... }
 *    ram_flash_restart(&flash);              power again; content stays, counters at 0, no cut
 *
 * Core functions take &flash.port. A cut outside of ram_flash_run() ends the program. The
 * struct must not move after ram_flash_init(); copy flash.bytes alone.
 */
enum {
    RAM_FLASH_ADDR = 0x08000000,
    RAM_FLASH_SIZE = 0x10000, /* of ram_flash_init()'s, and its pages */
    RAM_FLASH_PAGE = 1024,
    RAM_FLASH_SIZE_MAX = 0x80000, /* of any map, and its pages */
    RAM_FLASH_PAGE_MAX = 2048,
};

/* Flash of another size, and where everything lies in it. */
struct ram_flash_map {
    const char *name;    /* pages of a slot x KB of a page */
    uint32_t size;       /* bytes */
    uint16_t page_size;  /* bytes */
    uint32_t slot_pages; /* pages of APP, and of APPBAK */
    const struct otter_layout *layout;
};

/* The first is that of ram_flash_init(); after it, the largest slots of the STM32F103xB and xC,
 * and what is left in the xE. */
enum { RAM_FLASH_MAPS = 4 };
extern const struct ram_flash_map ram_flash_maps[RAM_FLASH_MAPS];

/* Returns the map of this name, or NULL. */
const struct ram_flash_map *ram_flash_map_find(const char *name);

enum ram_flash_tear {
    RAM_FLASH_NOT_DONE, /* the operation had no effect */
    RAM_FLASH_DONE,     /* it was complete, but nothing came after it */
    RAM_FLASH_TORN,     /* a part of the bits, by `seed`, have their new value */
    RAM_FLASH_WEAK, /* looks done; from ram_flash_restart() on each bit that changed is weak */
    RAM_FLASH_ONE_BIT,          /* one bit has its new value */
    RAM_FLASH_ALL_BUT_ONE,      /* all bits but one */
    RAM_FLASH_HALF,             /* the lower half of the cells */
    RAM_FLASH_TORN_WEAK,        /* torn, and all bits that should change are weak */
    RAM_FLASH_ONE_WEAK,         /* done, one bit weak */
    RAM_FLASH_ALL_BUT_ONE_WEAK, /* done, all bits that changed but one are weak */
    RAM_FLASH_TEARS,            /* how many there are */
};

/* How a weak bit reads, until it is healed. */
enum ram_flash_reads {
    RAM_FLASH_COIN_AT_START, /* one coin at each ram_flash_restart() */
    RAM_FLASH_COIN_AT_READ,  /* one coin at each read */
    RAM_FLASH_MOSTLY_1,      /* at each restart, 1 in 7 of 8 cases */
    RAM_FLASH_MOSTLY_0,
    RAM_FLASH_READS,
};

enum { RAM_FLASH_WEAK_AREAS = 4 };

enum ram_flash_fails { RAM_FLASH_ALL_FAIL, RAM_FLASH_PROGRAMS_FAIL, RAM_FLASH_ERASES_FAIL };

struct ram_flash {
    struct otter_port port; /* ctx is this struct */
    uint32_t size;          /* bytes that there are */
    enum ram_flash_reads weak_reads;
    bool heals_by_erase; /* only; else a weak bit is healed by being programmed to 0, too */

    /* The next cut and faults; 0 = never. All but seed are cleared by ram_flash_restart(). */
    uint32_t cut_at; /* cut the power at this operation */
    enum ram_flash_tear tear;
    uint64_t seed;
    uint32_t fail_at; /* this operation, and fail_count - 1 after it, do nothing and report */
    uint32_t fail_count;        /* OTTER_ERR_FLASH */
    enum ram_flash_fails fails; /* which kind of operation does */
    uint32_t lie_at;    /* this operation, and lie_count - 1 after it, get one bit wrong (by */
    uint32_t lie_count; /* seed) and report 0: what only a checksum finds */
    uint32_t fail_read_at; /* this and all later calls of read return OTTER_ERR_RANGE */

    /* One cell that is dead: for good, restart or not. 0 in stuck_mask = none. It dies in
     * operation stick_at, or at the next restart; 0 = it has. */
    uint32_t stick_at;
    uint32_t stuck_off; /* of its byte */
    uint8_t stuck_mask; /* its bit */
    uint8_t stuck_as;   /* what it reads, whatever is written: 0, or stuck_mask */

    /* Counters since the last restart. */
    uint32_t operations;
    uint32_t programmed; /* half-words */
    uint32_t erased;     /* pages */
    uint32_t reads;      /* calls */
    uint32_t feeds;
    uint32_t unfed;     /* pages erased since the last feed */
    uint32_t unfed_max; /* the longest such time */
    uint32_t refused; /* operations against the rules or out of range: a fault of the caller */

    /* Private. */
    jmp_buf off;
    bool running;
    unsigned weak_count; /* areas that hold all weak bits; offsets */
    struct ram_flash_area {
        uint32_t from, end;
    } weak_areas[RAM_FLASH_WEAK_AREAS];
    uint64_t weak_random;
    uint64_t crc;

    /* Of these two the first `size` bytes count. */
    uint8_t bytes[RAM_FLASH_SIZE_MAX];
    uint8_t weak[RAM_FLASH_SIZE_MAX]; /* the bits that are */
};

/* The layout of port/stm32f103/partitions.h, for core functions. */
extern const struct otter_layout ram_flash_layout;

void ram_flash_init(struct ram_flash *flash);
void ram_flash_init_map(struct ram_flash *flash, const struct ram_flash_map *map);
void ram_flash_restart(struct ram_flash *flash);

/* Is a bit there weak? From now on, none is. */
bool ram_flash_is_weak(const struct ram_flash *flash, uint32_t addr, uint32_t len);
void ram_flash_heal(struct ram_flash *flash);

/* Call body(ctx). Returns true if it returned, false if the power was cut inside. */
bool ram_flash_run(struct ram_flash *flash, void (*body)(void *ctx), void *ctx);

/* From operation `at` on (0: from now on) this bit of the byte at `addr` reads `one`, whatever
 * is written. */
void ram_flash_stick(struct ram_flash *flash, uint32_t at, uint32_t addr, unsigned bit,
                     bool one);

/* Write or look at content directly, without rules, counters and cuts. */
void ram_flash_poke(struct ram_flash *flash, uint32_t addr, const uint8_t bytes[],
                    uint32_t len);
const uint8_t *ram_flash_peek(const struct ram_flash *flash, uint32_t addr);

#endif
