/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/usart.h"

#include "board/stm32f1/afio.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/gpio.h"
#include "board/stm32f1/pins.h"
#include "board/stm32f1/rcc.h"

/* USART1..3, asynchronous mode (RM0008 chapter 27): registers, transmitter and receiver. Frames
 * have 8 data bits, with or without a parity bit (with one M = 1 and PCE = 1), and 1 or 2 stop
 * bits. The wire to RX is line.c. */

enum { SR = 0x00, DR = 0x04, BRR = 0x08, CR1 = 0x0C, CR2 = 0x10, CR3 = 0x14, GTPR = 0x18 };

#define SR_PE       (1u << 0)
#define SR_FE       (1u << 1)
#define SR_NE       (1u << 2)
#define SR_ORE      (1u << 3)
#define SR_IDLE     (1u << 4)
#define SR_RXNE     (1u << 5)
#define SR_TC       (1u << 6)
#define SR_TXE      (1u << 7)
#define SR_RESET    (SR_TC | SR_TXE)
#define SR_READ_SEQ (SR_PE | SR_FE | SR_NE | SR_ORE | SR_IDLE) /* cleared by SR, then DR */
#define CR1_SBK     (1u << 0)
#define CR1_RWU     (1u << 1)
#define CR1_RE      (1u << 2)
#define CR1_TE      (1u << 3)
#define CR1_IDLEIE  (1u << 4)
#define CR1_RXNEIE  (1u << 5)
#define CR1_TCIE    (1u << 6)
#define CR1_TXEIE   (1u << 7)
#define CR1_PEIE    (1u << 8)
#define CR1_PCE     (1u << 10)
#define CR1_M       (1u << 12)
#define CR1_UE      (1u << 13)
#define CR1_ALL     0x3FFFu
#define CR2_STOP    (3u << 12)
#define CR3_EIE     (1u << 0)
#define CR3_DMAR    (1u << 6)
#define CR3_DMAT    (1u << 7)

/* The end of a frame of each unit; then the end of an idle frame on each unit's RX. */
enum { EVENT_TX = 0, EVENT_IDLE = BOARD_USARTS, EVENT_COUNT = 2 * BOARD_USARTS };

static struct usart_state *self(const struct board *board)
{
    return chip_state(board, CHIP_usart);
}

static bool is_on(const struct usart *usart, uint32_t direction)
{
    return (usart->cr1 & CR1_UE) != 0 && (usart->cr1 & direction) != 0;
}

unsigned usart_frame_bits(const struct board *board, unsigned unit)
{
    const struct usart *usart = &self(board)->unit[unit];
    unsigned bits = (usart->cr1 & CR1_M) != 0 ? 10 : 9;
    return bits + ((usart->cr2 & CR2_STOP) != 0 ? 2 : 1);
}

uint32_t usart_bit_ticks(const struct board *board, unsigned unit)
{
    return self(board)->unit[unit].brr *
           rcc_bus_ticks(board, unit == 0 ? GATE_APB2 : GATE_APB1);
}

static bool is_clocked(const struct board *board, unsigned unit)
{
    return unit == 0 ? rcc_is_clocked(board, GATE_APB2, 14)
                     : rcc_is_clocked(board, GATE_APB1, 16 + unit);
}

bool usart_dma_request(const struct board *board, unsigned unit, bool tx)
{
    const struct usart *usart = &self(board)->unit[unit];
    if (tx) {
        return (usart->cr3 & CR3_DMAT) != 0 && is_on(usart, CR1_TE) &&
               (usart->sr & SR_TXE) != 0;
    }
    return (usart->cr3 & CR3_DMAR) != 0 && (usart->sr & SR_RXNE) != 0;
}

static void update(struct board *board, unsigned unit)
{
    const struct usart *usart = &self(board)->unit[unit];
    uint32_t sr = usart->sr;
    uint32_t cr1 = usart->cr1;
    bool error = (usart->cr3 & CR3_EIE) != 0 && (usart->cr3 & CR3_DMAR) != 0 &&
                 (sr & (SR_FE | SR_NE | SR_ORE)) != 0;
    bool level = error || ((cr1 & CR1_TXEIE) != 0 && (sr & SR_TXE) != 0) ||
                 ((cr1 & CR1_TCIE) != 0 && (sr & SR_TC) != 0) ||
                 ((cr1 & CR1_RXNEIE) != 0 && (sr & (SR_RXNE | SR_ORE)) != 0) ||
                 ((cr1 & CR1_IDLEIE) != 0 && (sr & SR_IDLE) != 0) ||
                 ((cr1 & CR1_PEIE) != 0 && (sr & SR_PE) != 0);
    chip_irq(board, IRQ_USART1 + unit, level);
    if (usart_dma_request(board, unit, true) || usart_dma_request(board, unit, false)) {
        chip_signal(board, SIGNAL_DMA_REQUEST, chip_now(board));
    }
}

/* ---- transmitter ---- */

static void shift_out(struct board *board, unsigned unit, uint64_t tick)
{
    struct usart *usart = &self(board)->unit[unit];
    uint32_t bit = usart_bit_ticks(board, unit);
    if (usart->brr < 16) {
        chip_unknown(board, "USART%u: BRR 0x%X cannot make a baud rate", unit + 1,
                     (unsigned)usart->brr);
        return;
    }
    usart->shifting = true;
    chip_due(board, CHIP_usart, unit, tick + (uint64_t)usart_frame_bits(board, unit) * bit);
}

static void load_shift(struct board *board, unsigned unit, uint64_t tick)
{
    struct usart *usart = &self(board)->unit[unit];
    usart->shift = (uint8_t)usart->tdr;
    usart->shift_is_idle_frame = false;
    usart->sr |= SR_TXE;
    shift_out(board, unit, tick);
}

/* The stop bit of the frame in the shift register is over. */
static void tx_due(struct board *board, unsigned unit, uint64_t tick)
{
    struct usart *usart = &self(board)->unit[unit];
    chip_due(board, CHIP_usart, unit, CHIP_NEVER);
    usart->shifting = false;
    uint8_t byte = usart->shift;
    bool is_byte = !usart->shift_is_idle_frame;
    if (is_on(usart, CR1_TE) && (usart->sr & SR_TXE) == 0) {
        load_shift(board, unit, tick);
    } else {
        usart->sr |= SR_TC;
    }
    unsigned port;
    unsigned pin;
    if (is_byte && afio_usart_pin(board, unit, true, &port, &pin) &&
        gpio_is_alternate(board, port, pin)) {
        self(board)->last_tick = tick;
        const struct board_uart_sink *sink = &chip_links(board)->sink[unit];
        if (sink->sent != NULL) {
            sink->sent(sink->ctx, byte, tick);
        }
    }
    update(board, unit);
}

static void write_dr(struct board *board, unsigned unit, uint32_t value)
{
    struct usart *usart = &self(board)->unit[unit];
    usart->tdr = value;
    usart->sr &= ~(usart->sr_seen & SR_TC); /* TC: cleared by SR, then a write to DR */
    usart->sr &= ~SR_TXE;
    if (is_on(usart, CR1_TE) && !usart->shifting) {
        load_shift(board, unit, chip_now(board));
    }
    update(board, unit);
}

/* ---- receiver ---- */

bool usart_is_receiving(const struct board *board, unsigned unit, uint64_t start)
{
    const struct usart *usart = &self(board)->unit[unit];
    unsigned port;
    unsigned pin;
    return is_clocked(board, unit) && is_on(usart, CR1_RE) && usart->receive_from <= start &&
           afio_usart_pin(board, unit, false, &port, &pin) && gpio_is_input(board, port, pin);
}

void usart_receive(struct board *board, unsigned unit, uint8_t byte, bool framing_error)
{
    struct usart *usart = &self(board)->unit[unit];
    if ((usart->sr & SR_RXNE) != 0) {
        usart->sr |= SR_ORE; /* the new byte is lost, DR keeps the old one */
        self(board)->overruns[unit]++;
    } else {
        usart->rdr = byte;
        usart->sr |= SR_RXNE | (framing_error ? SR_FE : 0);
    }
    update(board, unit);
}

static void idle_due(struct board *board, unsigned unit)
{
    chip_due(board, CHIP_usart, EVENT_IDLE + unit, CHIP_NEVER);
    struct usart *usart = &self(board)->unit[unit];
    if (is_on(usart, CR1_RE)) {
        usart->sr |= SR_IDLE;
        update(board, unit);
    }
}

static void due(struct board *board, unsigned event, uint64_t tick)
{
    if (event < EVENT_IDLE) {
        tx_due(board, event, tick);
    } else {
        idle_due(board, event - EVENT_IDLE);
    }
}

void usart_idle_at(struct board *board, unsigned unit, uint64_t tick)
{
    chip_due(board, CHIP_usart, EVENT_IDLE + unit, tick);
}

void usart_line_starts(struct board *board, unsigned unit, uint64_t start)
{
    if (chip_next_due(board, CHIP_usart, EVENT_IDLE + unit) > start) {
        chip_due(board, CHIP_usart, EVENT_IDLE + unit, CHIP_NEVER); /* the line is not idle */
    }
}

unsigned usart_overruns(const struct board *board, unsigned unit)
{
    return self(board)->overruns[unit];
}

void usart_line_was_busy(struct board *board, uint64_t tick)
{
    self(board)->last_tick = tick;
}

uint64_t pins_uart_last_tick(const struct board *board)
{
    return self(board)->last_tick;
}

static uint32_t read_dr(struct board *board, unsigned unit)
{
    struct usart *usart = &self(board)->unit[unit];
    usart->sr &= ~(SR_RXNE | (usart->sr_seen & SR_READ_SEQ));
    usart->sr_seen &= ~SR_READ_SEQ;
    update(board, unit);
    return usart->rdr;
}

/* ---- registers ---- */

static void write_cr1(struct board *board, unsigned unit, uint32_t value)
{
    struct usart *usart = &self(board)->unit[unit];
    uint64_t now = chip_now(board);
    bool parity = (value & CR1_PCE) != 0;
    bool nine = (value & CR1_M) != 0;
    if ((value & (CR1_SBK | CR1_RWU)) != 0 || parity != nine) {
        chip_unknown(
            board, "USART%u_CR1 = 0x%X: break, mute mode and 7 or 9 data bits are not modelled",
            unit + 1, (unsigned)value);
        return;
    }
    bool was_sending = is_on(usart, CR1_TE);
    bool was_receiving = is_on(usart, CR1_RE);
    bool te_was_on = (usart->cr1 & CR1_TE) != 0;
    usart->cr1 = value & CR1_ALL;
    if (te_was_on && (value & CR1_TE) == 0 && usart->shifting) {
        usart->shifting = false; /* the byte under way is lost (RM0008 27.3.2) */
        usart->sr |= SR_TC;
        chip_due(board, CHIP_usart, unit, CHIP_NEVER);
    }
    if (!was_sending && is_on(usart, CR1_TE) && !usart->shifting) {
        usart->shift_is_idle_frame = true; /* TE first sends an idle frame */
        shift_out(board, unit, now);
    }
    if (!was_receiving && is_on(usart, CR1_RE)) {
        usart->receive_from = now;
    } else if (!is_on(usart, CR1_RE)) {
        usart->receive_from = CHIP_NEVER;
        chip_due(board, CHIP_usart, EVENT_IDLE + unit, CHIP_NEVER);
    }
    update(board, unit);
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    struct usart *usart = &self(board)->unit[unit];
    switch (offset) {
    case SR:
        usart->sr_seen = usart->sr & (SR_READ_SEQ | SR_TC);
        return usart->sr;
    case DR:
        return read_dr(board, unit);
    case BRR:
        return usart->brr;
    case CR1:
        return usart->cr1;
    case CR2:
        return usart->cr2;
    case CR3:
        return usart->cr3;
    case GTPR:
        return usart->gtpr;
    default:
        chip_unknown(board, "USART%u: read at offset 0x%02X", unit + 1, (unsigned)offset);
        return 0;
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    struct usart *usart = &self(board)->unit[unit];
    value &= 0xFFFF;
    switch (offset) {
    case SR:
        usart->sr &= value | ~(SR_TC | SR_RXNE);
        update(board, unit);
        break;
    case DR:
        write_dr(board, unit, value & 0x1FF);
        break;
    case BRR:
        usart->brr = value;
        break;
    case CR1:
        write_cr1(board, unit, value);
        break;
    case CR2:
        if ((value & ~(CR2_STOP | 0xFu)) != 0 || (value >> 12 & 1) != 0) {
            chip_unknown(board, "USART%u_CR2 = 0x%X: only 1 or 2 stop bits are modelled",
                         unit + 1, (unsigned)value);
            break;
        }
        usart->cr2 = value;
        break;
    case CR3:
        if ((value & ~(CR3_EIE | CR3_DMAR | CR3_DMAT)) != 0) {
            chip_unknown(board, "USART%u_CR3 = 0x%X: only EIE, DMAR and DMAT are modelled",
                         unit + 1, (unsigned)value);
            break;
        }
        usart->cr3 = value;
        update(board, unit);
        break;
    case GTPR:
        usart->gtpr = value; /* of smartcard and IrDA modes, which CR3 refuses */
        break;
    default:
        chip_unknown(board, "USART%u: write of 0x%X at offset 0x%02X", unit + 1,
                     (unsigned)value, (unsigned)offset);
        break;
    }
}

static void reset(struct board *board, unsigned unit)
{
    self(board)->unit[unit] = (struct usart){.sr = SR_RESET, .receive_from = CHIP_NEVER};
    chip_due(board, CHIP_usart, unit, CHIP_NEVER);
    chip_due(board, CHIP_usart, EVENT_IDLE + unit, CHIP_NEVER);
    update(board, unit);
}

const struct chip_peripheral usart_peripheral = {
    .units = {{"USART1", 0x40013800, GATE_APB2, 14},
              {"USART2", 0x40004400, GATE_APB1, 17},
              {"USART3", 0x40004800, GATE_APB1, 18}},
    .unit_count = 3,
    .state_size = sizeof(struct usart_state),
    .narrow = NARROW_ALL_LANES,
    .event_count = EVENT_COUNT,
    .reset = reset,
    .read = read_register,
    .write = write_register,
    .due = due,
};
