/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The modelled board: a GoKit2 with an STM32F103C8T6, on which unmodified firmware runs.
 *
 * Chip (board/cpu, board/stm32f1) and parts (board/gokit2) in one struct; virtual time only; one
 * seed; no threads, no host clock. Same binary, seed and inputs give the same bits at the same tick.
 * The flash can lose power in any operation. What is not modelled stops the run and says so; what
 * the model does not claim is listed in docs/testing.md.
 *
 * Nothing in this folder knows otter's firmware, its partitions or the Gizwits protocol.
 */
enum { BOARD_TICKS_PER_US = 576, BOARD_FLASH_SIZE = 0x10000, BOARD_SRAM_SIZE = 0x5000 };
#define BOARD_FLASH_BASE 0x08000000u
#define BOARD_SRAM_BASE  0x20000000u

struct board_options {
    uint64_t seed;    /* RAM contents at power-on, torn bits, latencies inside their ranges */
    uint32_t lsi_hz;  /* IWDG clock, 30000..60000; 0 = 40000 */
    bool without_hse; /* the crystal never starts */
    uint32_t unique_id[3]; /* all zero = made from the seed */
};

enum board_stop {
    BOARD_STOP_TIME,    /* the time asked for is over */
    BOARD_STOP_POWER,   /* the armed power cut happened: board_power_on() goes on */
    BOARD_STOP_LOCKUP,  /* the core is locked up; board_why() */
    BOARD_STOP_UNKNOWN, /* UNPREDICTABLE or not modelled; board_why() */
    BOARD_STOP_BKPT,
    BOARD_STOP_ASKED, /* board_request_stop(), or a debugger (board/debug.h) */
};

enum board_reset_cause { /* as RCC_CSR tells it */
                         BOARD_RESET_POWER,
                         BOARD_RESET_PIN,
                         BOARD_RESET_SOFTWARE,
                         BOARD_RESET_WATCHDOG,
};

struct board; /* about 130 KB, plain data: board_copy() is a snapshot */

struct board *board_new(const struct board_options *options);
void board_free(struct board *board);
void board_copy(struct board *to, const struct board *from); /* but struct board_links */

/* Supply on: RAM is random, registers as after power-on, core starts. Flash, unique id, virtual time
 * and the parts' inputs stay as they were. */
void board_power_on(struct board *board);

/* The reset pin: RAM is kept. */
void board_reset(struct board *board);

/* Run until board_now() >= until (ticks). */
enum board_stop board_run(struct board *board, uint64_t until);
void board_request_stop(struct board *board); /* from a callback */
const char *board_why(const struct board *board);

uint64_t board_now(const struct board *board); /* ticks since board_new */
uint64_t board_instructions(const struct board *board);
unsigned board_resets(const struct board *board, enum board_reset_cause cause); /* counted */

/* The flash array itself (64 KB), to load images into and to look at. Not counted as operations. */
uint8_t *board_flash(struct board *board);

/* Write-protect the pages in the `len` bytes of flash from `addr` on, as a programmer does: by option
 * bytes (PM0075 2.4.2), which stand for four pages each. Erasing and programming them fails from now
 * on, with WRPRTERR; there is no way back but a new board. */
void board_protect_flash(struct board *board, uint32_t addr, uint32_t len);
const uint8_t *board_unique_id(const struct board *board); /* 12 bytes as at 0x1FFFF7E8 */
unsigned board_flash_erases(const struct board *board, unsigned page); /* wear */

/* ---- serial lines: USART 1..3 ---- */

/* Called at the tick at which a byte has left the chip completely (stop bit). */
struct board_uart_sink {
    void *ctx;
    void (*sent)(void *ctx, uint8_t byte, uint64_t now);
};
void board_uart_connect(struct board *board, unsigned usart,
                        const struct board_uart_sink *sink);

/* Put bytes on the chip's receive line; they arrive one after the other at `baud`, behind what is
 * already waiting, or from the next whole microsecond on. Returns how many fitted the line's 4 KB queue. */
size_t board_uart_put(struct board *board, unsigned usart, const uint8_t bytes[], size_t len,
                      uint32_t baud);
size_t board_uart_waiting(const struct board *board,
                          unsigned usart); /* bytes not yet arrived */
unsigned board_uart_overruns(const struct board *board, unsigned usart);

/* ---- power cuts ---- */

enum board_tear {
    BOARD_TEAR_NOT_DONE, /* power fails before the operation changes anything */
    BOARD_TEAR_DONE,     /* ... right behind it */
    BOARD_TEAR_TORN, /* a random part of the bits has changed (program: some of the bits that go
                            to 0; erase: each bit of the page old or 1) */
    BOARD_TEAR_HALF_ERASED, /* erase: the lower or the upper half of the page is erased, the other
                               is old; program: exactly one of the bits that go to 0 has changed */
    BOARD_TEAR_WEAK, /* looks done until the power comes back. From then on each bit that changed
                        reads as a coin, constant within a boot, new at each power-on, until its
                        cell is erased (completely), or the bit programmed to 0 (completely). */
};
enum { BOARD_TEARS = BOARD_TEAR_WEAK + 1 };

/* Flash operations (half-word programs and page erases) started so far. */
uint64_t board_flash_ops(const struct board *board);

/* How long the chip was busy with them, in ticks: with its erases, or with its programs. */
uint64_t board_flash_busy(const struct board *board, bool erases);

/* Fail the power in flash operation `op` (counted as board_flash_ops() counts, the first is 0). */
void board_cut_at(struct board *board, uint64_t op, enum board_tear tear, uint64_t seed);

/* Called before every flash operation, with its number; NULL for none. For campaigns. */
struct board_flash_watch {
    void *ctx;
    void (*before)(void *ctx, uint64_t op, bool erase, uint32_t addr);
};
void board_watch_flash(struct board *board, const struct board_flash_watch *watch);

/* ---- an alarm ---- */

/* For whoever plays the world in virtual time: something to do at a tick, also in the midst of a run,
 * and while the core sleeps or waits for the flash. `ring` may call board_uart_put() and
 * board_request_stop(). It returns the tick at which to ring next, after `now`; UINT64_MAX = not again.
 * The tick is the board's, as all virtual time, and goes with a copy; the callback stays where it is. */
struct board_alarm {
    void *ctx;
    uint64_t (*ring)(void *ctx, uint64_t now);
};
void board_connect_alarm(struct board *board, const struct board_alarm *alarm); /* NULL: none */

/* Ring at `tick`, at once if it is over, instead of at the tick that was set or returned before. */
void board_set_alarm(struct board *board, uint64_t tick);

/* ---- parts ---- */

/* What a person sees. Derived from pin edges and timer outputs only. */
struct board_view {
    uint8_t led_r, led_g, led_b; /* last frame the P9813 took */
    bool led_enabled;
    int motor_percent; /* -100..100: duty of L9110, sign = direction */
    bool uart_activity;
};
void board_look(const struct board *board, struct board_view *out_view);

/* What the world does. */
void board_set_climate(struct board *board, int celsius,
                       int humidity_percent);                        /* DHT11, 0..60 / 5..95 */
void board_set_climate_broken(struct board *board, bool broken);     /* DHT11 unplugged */
void board_set_obstacle(struct board *board, bool present);          /* IR sensor */
void board_set_key(struct board *board, unsigned key, bool pressed); /* 1..3 */

#endif
