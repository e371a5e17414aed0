/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/line.h"

#include "board/stm32f1/chip.h"
#include "board/stm32f1/usart.h"

/* The wires to the RX pins: bytes that were put there arrive one after the other at the baud
 * rate of their sender, whether the chip listens or not. */

/* RM0008 table 192 allows 3.3 to 4.6 %, by frame and sampling; this is the model's limit. */
enum { TOLERANCE_PERMILLE = 45 };

static struct serial_line *self(const struct board *board)
{
    return chip_state(board, CHIP_line);
}

static uint64_t frame_ticks(const struct board *board, unsigned unit, uint32_t bit_ticks)
{
    return (uint64_t)usart_frame_bits(board, unit) * bit_ticks;
}

/* RXNE comes in the middle of the stop bit. */
static void announce(struct board *board, unsigned unit)
{
    const struct serial_line *line = &self(board)[unit];
    uint64_t tick = CHIP_NEVER;
    if (line->len > 0) {
        uint32_t bit = line->runs[line->run_head].bit_ticks;
        tick = line->start + frame_ticks(board, unit, bit) - bit / 2;
    }
    chip_due(board, CHIP_line, unit, tick);
}

/* The byte that a receiver with another bit time gets: it samples the sender's bits at its own
 * times. */
static uint8_t sampled(uint8_t byte, uint32_t sender_bit, uint32_t own_bit)
{
    unsigned wire = 0x600u | (unsigned)byte << 1; /* start bit first, stop bit, idle */
    uint8_t result = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t place = ((uint64_t)(2 * i + 3) * own_bit / 2) / sender_bit;
        unsigned level = place > 9 ? 1 : wire >> place & 1;
        result |= (uint8_t)(level << i);
    }
    return result;
}

static void deliver(struct board *board, unsigned unit, uint8_t byte, uint32_t sender_bit)
{
    uint32_t own_bit = usart_bit_ticks(board, unit);
    uint32_t error = own_bit > sender_bit ? own_bit - sender_bit : sender_bit - own_bit;
    if ((uint64_t)error * 1000 > (uint64_t)sender_bit * TOLERANCE_PERMILLE) {
        usart_receive(board, unit, sampled(byte, sender_bit, own_bit), true);
    } else {
        usart_receive(board, unit, byte, false);
    }
}

static void due(struct board *board, unsigned unit, uint64_t tick)
{
    struct serial_line *line = &self(board)[unit];
    uint8_t byte = line->bytes[line->head];
    uint32_t bit = line->runs[line->run_head].bit_ticks;
    uint64_t start = line->start;

    line->head = (line->head + 1) % LINE_SIZE;
    line->len--;
    if (--line->runs[line->run_head].count == 0) {
        line->run_head = (line->run_head + 1) % LINE_RUNS;
        line->run_len--;
    }
    line->free_at = start + frame_ticks(board, unit, bit);
    line->start = line->free_at;
    announce(board, unit);
    usart_line_was_busy(board, tick);

    if (usart_is_receiving(board, unit, start)) {
        if (line->len == 0) {
            uint64_t idle = frame_ticks(board, unit, usart_bit_ticks(board, unit));
            usart_idle_at(board, unit, line->free_at + idle);
        }
        deliver(board, unit, byte, bit);
    }
}

size_t line_put(struct board *board, unsigned unit, const uint8_t bytes[], size_t len,
                uint32_t baud)
{
    if (baud == 0 || baud > CHIP_TICKS_PER_S / 16) {
        return 0;
    }
    struct serial_line *line = &self(board)[unit];
    size_t room = LINE_SIZE - line->len;
    size_t count = len < room ? len : room;
    uint32_t bit = (CHIP_TICKS_PER_S + baud / 2) / baud;
    unsigned last = (line->run_head + line->run_len + LINE_RUNS - 1) % LINE_RUNS;
    if (count == 0) {
        return 0;
    }
    if (line->run_len == 0 || line->runs[last].bit_ticks != bit) {
        if (line->run_len == LINE_RUNS) {
            return 0;
        }
        last = (last + 1) % LINE_RUNS;
        line->runs[last].bit_ticks = bit;
        line->runs[last].count = 0;
        line->run_len++;
    }
    line->runs[last].count += (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        line->bytes[(line->head + line->len + i) % LINE_SIZE] = bytes[i];
    }
    bool was_empty = line->len == 0;
    line->len += (unsigned)count;
    if (was_empty) {
        /* The caller puts them between two instructions. The next whole microsecond hides
         * between which ones, so that the run does not depend on how it was cut into slices. */
        uint64_t next = (chip_now(board) / CHIP_US + 1) * CHIP_US;
        line->start = line->free_at > next ? line->free_at : next;
        announce(board, unit);
        usart_line_starts(board, unit, line->start);
    }
    return count;
}

size_t line_waiting(const struct board *board, unsigned unit)
{
    return self(board)[unit].len;
}

const struct chip_peripheral line_peripheral = {
    .state_size = BOARD_USARTS * sizeof(struct serial_line),
    .event_count = BOARD_USARTS,
    .due = due,
};
