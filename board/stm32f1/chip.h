/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_CHIP_H
#define BOARD_STM32F1_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"
#include "board/cpu/cpu.h"
#include "board/gokit2/gokit2.h"
#include "board/hook.h"
#include "board/stm32f1/pins.h"

/* The inside of the modelled STM32F103C8T6 (medium density) and struct board itself.
 *
 * For board/board.c, board/stm32f1, board/gokit2 and tests that drive registers directly. Sources:
 * RM0008 (registers, their names and bits), PM0075 (flash controller), DS5319 (times).
 *
 * Peripherals are lazy: registers that run by themselves are computed from the tick at which they
 * are looked at. What must happen by itself is announced with chip_due(); chip_service() calls the
 * sources in the order of their ticks. Each register function gets its unit (0 = USART1, TIM1, port
 * A) and the byte offset of the register; the peripheral's clock is on when it is called.
 */
#define CHIP_NEVER UINT64_MAX
enum {
    CHIP_PAGE_SIZE = 1024,
    CHIP_PAGE_COUNT = BOARD_FLASH_SIZE / CHIP_PAGE_SIZE,
    CHIP_WEAK_MAX = CHIP_PAGE_SIZE, /* half-words: two pages of them */
    CHIP_USART_COUNT = 3,
    CHIP_TIM_COUNT = 4,
    CHIP_PORT_COUNT = 4,
    CHIP_DMA_COUNT = 7,
    CHIP_LINE_SIZE = 4096,
    CHIP_LINE_RUNS = 16,
    CHIP_US = BOARD_TICKS_PER_US,
};
#define CHIP_TICKS_PER_S 576000000u

enum chip_source {
    SOURCE_RCC,
    SOURCE_FLASH,
    SOURCE_TX, /* .. + CHIP_USART_COUNT */
    SOURCE_RX = SOURCE_TX + CHIP_USART_COUNT,
    SOURCE_IDLE = SOURCE_RX + CHIP_USART_COUNT,
    SOURCE_TIM = SOURCE_IDLE + CHIP_USART_COUNT,
    SOURCE_IWDG = SOURCE_TIM + CHIP_TIM_COUNT,
    SOURCE_PARTS,
    SOURCE_ALARM,
    SOURCE_COUNT,
};

enum chip_irq { /* RM0008 table 63, medium density */
                IRQ_FLASH = 4,
                IRQ_RCC = 5,
                IRQ_EXTI0 = 6,
                IRQ_DMA1_CHANNEL1 = 11,
                IRQ_EXTI9_5 = 23,
                IRQ_TIM1_UP = 25,
                IRQ_TIM1_CC = 27,
                IRQ_TIM2 = 28,
                IRQ_USART1 = 37,
                IRQ_EXTI15_10 = 40,
};

/* Which enable register of RCC gates a peripheral. */
enum chip_gate { GATE_NONE, GATE_AHB, GATE_APB1, GATE_APB2 };

struct rcc {
    uint32_t cr, cfgr, cir, apb2rstr, apb1rstr, ahbenr, apb2enr, apb1enr, bdcr, csr;
    uint64_t hse_ready, pll_ready, lsi_ready; /* when they will be; CHIP_NEVER = not started */
    uint32_t sysclk_hz;
    uint32_t hclk_ticks, pclk1_ticks, pclk2_ticks; /* ticks of one cycle */
    uint32_t timclk1_ticks, timclk2_ticks;         /* of timers on APB1, on APB2 */
};

enum fpec_op { FPEC_IDLE, FPEC_PROGRAM, FPEC_ERASE, FPEC_MASS_ERASE };

struct fpec {
    uint32_t acr, sr, cr, ar;
    uint8_t key_state; /* 0, 1 = KEY1 seen, 2 = locked until reset */
    enum fpec_op op;
    uint32_t op_addr; /* offset in flash */
    uint16_t op_value;
    uint64_t op_start, op_end;
    bool op_cut; /* the power fails at op_end */
};

/* What outlives a power cut: the cells, and the campaign's view of them. */
struct flash_cells {
    uint8_t bytes[BOARD_FLASH_SIZE];
    uint8_t option_bytes[16]; /* at 0x1FFFF800, complemented pairs */
    uint32_t erases[CHIP_PAGE_COUNT];
    uint64_t ops;
    uint64_t busy[2]; /* ticks that programs took, and erases */
    bool cut_armed;
    uint64_t cut_op, cut_seed;
    enum board_tear cut_tear;
    struct weak_cell {
        uint16_t index; /* of the half-word */
        uint16_t mask;  /* of its bits */
    } weak[CHIP_WEAK_MAX];
    unsigned weak_len;
    uint64_t weak_random;
};

struct usart {
    uint32_t sr, rdr, tdr, brr, cr1, cr2, cr3, gtpr;
    uint32_t sr_seen; /* error flags the program saw in SR: the next read of DR clears them */
    bool shifting, shift_is_idle_frame;
    uint8_t shift;
    uint64_t receive_from; /* tick at which the receiver was enabled; CHIP_NEVER = off */
};

/* The wire to a USART's RX pin: bytes put by the world, not yet arrived. */
struct serial_line {
    uint8_t bytes[CHIP_LINE_SIZE];
    unsigned head, len;
    struct {
        unsigned count;
        uint32_t bit_ticks;
    } runs[CHIP_LINE_RUNS]; /* of bytes at the same baud */
    unsigned run_head, run_len;
    uint64_t start;   /* of the byte under way, if len > 0 */
    uint64_t free_at; /* end of the last byte */
    unsigned overruns;
};

struct dma_channel {
    uint32_t ccr, cndtr, cpar, cmar;
    uint32_t reload, peripheral, memory; /* as at the time of EN */
};

struct dma {
    uint32_t isr;
    struct dma_channel channel[CHIP_DMA_COUNT];
    bool pumping, stalled; /* stalled: waits for the flash */
};

struct tim {
    uint32_t cr1, cr2, dier, sr, ccmr[2], ccer, psc, arr, ccr[4], bdtr;
    uint32_t psc_now, arr_now, ccr_now[4]; /* the shadow registers */
    uint32_t count;                        /* at tick `since` */
    uint64_t since;
};

struct gpio {
    uint32_t crl, crh, odr, lckr;
    uint8_t lock_state; /* of the LCKR sequence; 3 = locked */
    uint16_t wires;     /* levels */
    uint8_t drive[16];  /* enum pins_drive, by the parts */
};

struct afio {
    uint32_t evcr, mapr, exticr[4];
};

struct exti {
    uint32_t imr, rtsr, ftsr, swier, pr;
};

struct iwdg {
    uint32_t pr, rlr;         /* as written */
    uint32_t pr_now, rlr_now; /* in force */
    bool started, unlocked, reload_asked;
    uint64_t pr_ready, rlr_ready; /* end of the update; CHIP_NEVER = none */
    bool pr_waits, rlr_waits;
    uint64_t since; /* tick at which the counter was `count` */
    uint32_t count;
};

struct pwr {
    uint32_t cr, csr;
};

struct bkp {
    uint16_t dr[10];
};

struct crc_unit {
    uint32_t dr, idr;
};

enum chip_halt { HALT_NONE, HALT_LOCKUP, HALT_UNKNOWN }; /* until a reset */

/* The world outside. Not part of a snapshot: a copy of a board leaves them alone. */
struct board_links {
    struct board_uart_sink sink[CHIP_USART_COUNT];
    struct board_flash_watch watch;
    struct board_alarm alarm;
    struct board_debug *debug; /* NULL = none */
    struct board_hook hook;    /* trap is NULL: none */
};

struct board {
    struct cpu cpu;
    struct board_options options; /* defaults filled in */
    uint64_t random;
    bool powered, running, stop_asked;
    enum chip_halt halt;
    bool reset_asked;
    enum board_reset_cause reset_cause;
    unsigned resets[4];
    char why[200];

    bool in_service;
    bool bus_error; /* set by a register function: the access is a bus fault */
    uint64_t at;    /* tick of the event being served */
    uint64_t due[SOURCE_COUNT];
    uint64_t uart_last;

    struct rcc rcc;
    struct fpec fpec;
    struct usart usart[CHIP_USART_COUNT];
    struct serial_line line[CHIP_USART_COUNT];
    struct dma dma;
    struct tim tim[CHIP_TIM_COUNT];
    struct gpio gpio[CHIP_PORT_COUNT];
    struct afio afio;
    struct exti exti;
    struct iwdg iwdg;
    struct pwr pwr;
    struct bkp bkp;
    struct crc_unit crc;
    struct gokit2 parts;

    uint8_t unique_id[12];
    struct flash_cells flash;
    uint8_t sram[BOARD_SRAM_SIZE];

    bool hook_holds; /* its trap() is to be called again before the core goes on */

    struct board_links links;
};

/* ---- board.c: for all ---- */

/* The present tick: of the access, or of the event being served. */
uint64_t chip_now(const struct board *board);

/* Let time pass without the core. Ends early when the chip halts. */
void chip_pass_time(struct board *board, uint64_t until);

/* Announce that `source` has something to do at `tick` (CHIP_NEVER = nothing any more). */
void chip_due(struct board *board, unsigned source, uint64_t tick);

/* No power, stopped for good, or a reset is due: nothing has an effect any more. */
bool chip_is_halted(const struct board *board);

/* Stop the run: not modelled, or against the manual in a way whose effect nobody knows. */
void chip_unknown(struct board *board, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void chip_irq(struct board *board, unsigned irq, bool level);
void chip_ask_reset(struct board *board, enum board_reset_cause cause);
void chip_power_fails(struct board *board);
uint64_t chip_random(struct board *board);
uint64_t chip_mix(uint64_t *state); /* splitmix64: next value */

/* ---- bus.c ---- */
bool bus_read(void *board, uint32_t addr, unsigned size, uint32_t *out_value);
bool bus_write(void *board, uint32_t addr, unsigned size, uint32_t value);

/* As seen by DMA: no bit-band, no stall. */
bool bus_dma_read(struct board *board, uint32_t addr, unsigned size, uint32_t *out_value);
bool bus_dma_write(struct board *board, uint32_t addr, unsigned size, uint32_t value);
bool bus_is_flash(uint32_t addr);
/* Reset the peripherals of a bus whose bits are set in `bits` (RCC_APB1RSTR, RCC_APB2RSTR). */
void bus_reset_peripherals(struct board *board, enum chip_gate gate, uint32_t bits);

/* ---- peripherals ---- */
void rcc_reset(struct board *board, enum board_reset_cause cause);
uint32_t rcc_read(struct board *board, unsigned unit, uint32_t offset);
void rcc_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
void rcc_due(struct board *board, uint64_t tick);
bool rcc_is_clocked(const struct board *board, enum chip_gate gate, unsigned bit);
bool rcc_hsi_is_on(const struct board *board);
bool rcc_lsi_is_on(const struct board *board);
uint64_t rcc_lsi_start(struct board *board); /* the IWDG needs it; tick at which it runs */
void rcc_check_flash(struct board *board);   /* ACR changed: does it suit the clock? */

void flash_erase_chip(struct board *board); /* as delivered: all 0xFF, option bytes open */
void flash_reset(struct board *board);
void flash_power_on(struct board *board); /* weak cells read something new */
void flash_change(struct board *board);   /* do the operation under way */
void flash_settle(struct board *board);   /* ... for good: its cells are not weak */
void flash_fail(struct board *board);     /* the armed cut, in it */
void flash_tear(struct board *board, enum board_tear tear, uint64_t seed); /* a part of it */
uint32_t flash_read(struct board *board, unsigned unit, uint32_t offset);
void flash_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
bool flash_program(struct board *board, uint32_t addr, unsigned size, uint32_t value);
void flash_due(struct board *board, uint64_t tick);

void usart_reset(struct board *board, unsigned unit);
uint32_t usart_read(struct board *board, unsigned unit, uint32_t offset);
void usart_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
void usart_tx_due(struct board *board, unsigned unit, uint64_t tick);
void usart_rx_due(struct board *board, unsigned unit, uint64_t tick);
void usart_idle_due(struct board *board, unsigned unit, uint64_t tick);
bool usart_dma_request(const struct board *board, unsigned unit, bool tx);
unsigned usart_frame_bits(const struct board *board, unsigned unit);
uint32_t usart_bit_ticks(const struct board *board, unsigned unit);
/* Does the receiver hear a byte whose start bit began at `start`? */
bool usart_is_receiving(const struct board *board, unsigned unit, uint64_t start);
void usart_receive(struct board *board, unsigned unit, uint8_t byte, bool framing_error);

void dma_reset(struct board *board);
uint32_t dma_read(struct board *board, unsigned unit, uint32_t offset);
void dma_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
void dma_pump(struct board *board); /* a request line may have changed */
void dma_flash_ready(struct board *board);

void tim_reset(struct board *board, unsigned unit);
uint32_t tim_read(struct board *board, unsigned unit, uint32_t offset);
void tim_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
void tim_due(struct board *board, unsigned unit, uint64_t tick);
void tim_clock_changes(struct board *board); /* before ... */
void tim_clock_changed(struct board *board); /* ... and after */
/* Duty of a channel (0..3) in 1/1000. */
unsigned tim_duty(const struct board *board, unsigned unit, unsigned channel);
bool tim_drives(const struct board *board, unsigned unit, unsigned channel);

void gpio_reset(struct board *board, unsigned unit);
uint32_t gpio_read(struct board *board, unsigned unit, uint32_t offset);
void gpio_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
void gpio_update(struct board *board, unsigned unit); /* recompute the wires */
bool gpio_is_alternate(const struct board *board, unsigned port, unsigned pin);
bool gpio_is_input(const struct board *board, unsigned port, unsigned pin);

void afio_reset(struct board *board, unsigned unit);
uint32_t afio_read(struct board *board, unsigned unit, uint32_t offset);
void afio_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
bool afio_jtag_owns(const struct board *board, unsigned port, unsigned pin);
/* Where a timer's channel (0..3) or a USART's TX, RX comes out. False = not on this package. */
bool afio_tim_pin(const struct board *board, unsigned unit, unsigned channel,
                  unsigned *out_port, unsigned *out_pin);
bool afio_usart_pin(const struct board *board, unsigned unit, bool tx, unsigned *out_port,
                    unsigned *out_pin);

void exti_reset(struct board *board, unsigned unit);
uint32_t exti_read(struct board *board, unsigned unit, uint32_t offset);
void exti_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
void exti_edge(struct board *board, unsigned port, unsigned pin, bool level);

void iwdg_reset(struct board *board);
uint32_t iwdg_read(struct board *board, unsigned unit, uint32_t offset);
void iwdg_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);
void iwdg_lsi_runs(struct board *board, uint64_t tick);
void iwdg_due(struct board *board, uint64_t tick);

void pwr_reset(struct board *board, unsigned unit);
uint32_t pwr_read(struct board *board, unsigned unit, uint32_t offset);
void pwr_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);

void bkp_domain_reset(struct board *board);
uint32_t bkp_read(struct board *board, unsigned unit, uint32_t offset);
void bkp_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);

void crc_reset(struct board *board);
uint32_t crc_read(struct board *board, unsigned unit, uint32_t offset);
void crc_write(struct board *board, unsigned unit, uint32_t offset, uint32_t value);

#endif
