/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/exti.h"

#include "board/stm32f1/afio.h"
#include "board/stm32f1/chip.h"

/* External interrupts (RM0008 chapter 10): 16 lines of pins, and those of PVD, RTC alarm and
 * USB wake-up. PVD and USB raise theirs by SWIER only; events (EMR) are not modelled. */

enum { IMR = 0x00, EMR = 0x04, RTSR = 0x08, FTSR = 0x0C, SWIER = 0x10, PR = 0x14 };

#define LINES 0x7FFFFu

static struct exti *self(const struct board *board)
{
    return chip_state(board, CHIP_exti);
}

static void update(struct board *board)
{
    const struct exti *exti = self(board);
    uint32_t active = exti->pr & exti->imr;
    for (unsigned i = 0; i < 5; i++) {
        chip_irq(board, IRQ_EXTI0 + i, (active >> i & 1) != 0);
    }
    chip_irq(board, IRQ_EXTI9_5, (active & 0x03E0) != 0);
    chip_irq(board, IRQ_EXTI15_10, (active & 0xFC00) != 0);
    chip_irq(board, IRQ_PVD, (active >> EXTI_LINE_PVD & 1) != 0);
    chip_irq(board, IRQ_RTC_ALARM, (active >> EXTI_LINE_RTC_ALARM & 1) != 0);
    chip_irq(board, IRQ_USB_WAKE_UP, (active >> EXTI_LINE_USB_WAKE_UP & 1) != 0);
}

void exti_line_edge(struct board *board, unsigned line, bool level)
{
    struct exti *exti = self(board);
    if (((level ? exti->rtsr : exti->ftsr) >> line & 1) != 0) {
        exti->pr |= 1u << line;
        update(board);
    }
}

void exti_pin_edge(struct board *board, unsigned port, unsigned pin, bool level)
{
    if (afio_exti_port(board, pin) == port) {
        exti_line_edge(board, pin, level);
    }
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    const struct exti *exti = self(board);
    switch (offset) {
    case IMR:
        return exti->imr;
    case EMR:
        return 0;
    case RTSR:
        return exti->rtsr;
    case FTSR:
        return exti->ftsr;
    case SWIER:
        return exti->swier;
    case PR:
        return exti->pr;
    default:
        chip_unknown(board, "EXTI: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    struct exti *exti = self(board);
    value &= LINES;
    switch (offset) {
    case IMR:
        exti->imr = value;
        break;
    case EMR:
        if (value != 0) {
            chip_unknown(board, "EXTI_EMR = 0x%X: events are not modelled", (unsigned)value);
        }
        break;
    case RTSR:
        exti->rtsr = value;
        break;
    case FTSR:
        exti->ftsr = value;
        break;
    case SWIER: /* a bit that goes from 0 to 1 sets its bit in PR */
        exti->pr |= value & ~exti->swier;
        exti->swier |= value;
        break;
    case PR:
        exti->pr &= ~value;
        exti->swier &= ~value;
        break;
    default:
        chip_unknown(board, "EXTI: write of 0x%X at offset 0x%02X", (unsigned)value,
                     (unsigned)offset);
        break;
    }
    update(board);
}

static void reset(struct board *board, unsigned unit)
{
    (void)unit;
    *self(board) = (struct exti){.imr = 0};
    update(board);
}

const struct chip_peripheral exti_peripheral = {
    .units = {{"EXTI", 0x40010400, GATE_NONE, 0}},
    .unit_count = 1,
    .state_size = sizeof(struct exti),
    .narrow = NARROW_ALL_LANES,
    .reset = reset,
    .read = read_register,
    .write = write_register,
};
