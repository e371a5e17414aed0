/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_PERIPHERAL_H
#define BOARD_STM32F1_PERIPHERAL_H

#include <stddef.h>
#include <stdint.h>

/* What the chip knows of a peripheral: its row. Each row is defined in the peripheral's own
 * file, and named once, in the list of peripherals.h. The order of that list is the order of
 * resets, and of events at the same tick.
 *
 * Peripherals are lazy: a register that counts by itself is computed when it is read. What must
 * happen by itself is announced with chip_due().
 */
struct board;

/* Which enable register of RCC gates a peripheral. */
enum chip_gate { GATE_NONE, GATE_AHB, GATE_APB1, GATE_APB2 };

/* A write of a byte or half-word. */
enum chip_narrow {
    NARROW_REFUSED,   /* not described, or the manual asks for words */
    NARROW_ALL_LANES, /* APB: the data on all lanes (RM0008 2.1, AHB/APB bridges) */
    NARROW_BYTES,     /* changes those bytes of the register */
};

/* What one peripheral tells all others that have a signal(). */
enum chip_signal {
    SIGNAL_POWER_ON,      /* after the reset that comes with it */
    SIGNAL_BACKUP_RESET,  /* of the backup domain (RCC_BDCR.BDRST) */
    SIGNAL_CLOCK_CHANGES, /* bus clocks are about to change: bring counters up to now */
    SIGNAL_CLOCK_CHANGED,
    SIGNAL_AHB_GATES,     /* RCC_AHBENR was written */
    SIGNAL_LSI_RUNS,      /* from `tick` on, which may lie in the future */
    SIGNAL_RTC_CLOCK,     /* rcc_rtc_hz() may have changed */
    SIGNAL_DMA_REQUEST,   /* a request line may have risen */
    SIGNAL_FLASH_READY,   /* an operation is over */
    SIGNAL_PINS_REMAPPED, /* AFIO gives pins to other functions */
};

/* One instance of a peripheral, at its place in the map: USART1, TIM1 and port A are unit 0. */
struct chip_unit {
    const char *name;
    uint32_t base; /* a multiple of 0x400 */
    enum chip_gate gate;
    unsigned bit; /* in the gate's register, and in RCC_APBxRSTR */
};

enum { CHIP_UNITS_MAX = 4 };

/* Functions may be NULL if there is nothing to do. */
struct chip_peripheral {
    struct chip_unit units[CHIP_UNITS_MAX];
    unsigned unit_count;
    size_t state_size; /* chip_state(): zero in a new board, plain data without pointers */
    enum chip_narrow narrow;
    unsigned event_count; /* how many events it can have announced at the same time */

    /* Called once, in board_new(). */
    void (*init)(struct board *board);

    /* Called in every reset of the chip, and for the unit's bit of RCC_APBxRSTR. */
    void (*reset)(struct board *board, unsigned unit);

    /* A register, by the byte offset of its word. The unit's clock is on. */
    uint32_t (*read)(struct board *board, unsigned unit, uint32_t offset);
    void (*write)(struct board *board, unsigned unit, uint32_t offset, uint32_t value);

    /* The tick of an announced event has come. The event stays announced until chip_due()
     * changes that. */
    void (*due)(struct board *board, unsigned event, uint64_t tick);

    void (*signal)(struct board *board, enum chip_signal signal, uint64_t tick);
};

#endif
