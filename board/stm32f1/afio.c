/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/afio.h"

#include "board/stm32f1/chip.h"
#include "board/stm32f1/pins.h"

/* Alternate functions: remapping, debug port, sources of EXTI (RM0008 chapter 9.3, 9.4), for
 * the 48-pin package. */

enum { EVCR = 0x00, MAPR = 0x04, EXTICR1 = 0x08, EXTICR4 = 0x14, MAPR2 = 0x1C };

#define MAPR_SWJ_CFG (7u << 24)
enum { SWJ_FULL = 0, SWJ_NO_NJTRST = 1, SWJ_SWD = 2, SWJ_OFF = 4 };

#define NO_PIN            0xFF
#define PIN(port, number) ((uint8_t)((port)*16 + (number)))

static struct afio *self(const struct board *board)
{
    return chip_state(board, CHIP_afio);
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    const struct afio *afio = self(board);
    switch (offset) {
    case EVCR:
        return afio->evcr;
    case MAPR:
        return afio->mapr & ~MAPR_SWJ_CFG; /* write-only; undefined when read */
    case MAPR2:
        return 0;
    default:
        if (offset >= EXTICR1 && offset <= EXTICR4) {
            return afio->exticr[(offset - EXTICR1) / 4];
        }
        chip_unknown(board, "AFIO: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

/* A value of SWJ_CFG without a meaning changes nothing (RM0008 9.4.2: "no effect"). Programs
 * rely on it: the field cannot be read, so StdPeriph and HAL write 7 with every remap. */
static void write_mapr(struct afio *afio, uint32_t value)
{
    uint32_t swj = value >> 24 & 7;
    if (swj != SWJ_FULL && swj != SWJ_NO_NJTRST && swj != SWJ_SWD && swj != SWJ_OFF) {
        value = (value & ~MAPR_SWJ_CFG) | (afio->mapr & MAPR_SWJ_CFG);
    }
    afio->mapr = value;
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    struct afio *afio = self(board);
    if (offset == EVCR || offset == MAPR2) {
        if (value != 0) {
            chip_unknown(board, "AFIO: write of 0x%X at offset 0x%02X is not modelled",
                         (unsigned)value, (unsigned)offset);
        }
    } else if (offset == MAPR) {
        write_mapr(afio, value);
        chip_signal(board, SIGNAL_PINS_REMAPPED, chip_now(board));
    } else if (offset >= EXTICR1 && offset <= EXTICR4) {
        afio->exticr[(offset - EXTICR1) / 4] = value & 0xFFFF;
    } else {
        chip_unknown(board, "AFIO: write of 0x%X at offset 0x%02X", (unsigned)value,
                     (unsigned)offset);
    }
}

static void reset(struct board *board, unsigned unit)
{
    (void)unit;
    *self(board) = (struct afio){.evcr = 0};
    chip_signal(board, SIGNAL_PINS_REMAPPED, chip_now(board));
}

unsigned afio_exti_port(const struct board *board, unsigned pin)
{
    return self(board)->exticr[pin / 4] >> (4 * (pin % 4)) & 0xF;
}

/* RM0008 table 35: the pins that belong to the debug port until SWJ_CFG releases them. */
bool afio_jtag_owns(const struct board *board, unsigned port, unsigned pin)
{
    unsigned swj = self(board)->mapr >> 24 & 7;
    if (port == PORT_A) {
        return (pin == 13 || pin == 14) ? swj != SWJ_OFF : pin == 15 && swj <= SWJ_NO_NJTRST;
    }
    return port == PORT_B &&
           ((pin == 3 && swj <= SWJ_NO_NJTRST) || (pin == 4 && swj == SWJ_FULL));
}

static bool give(uint8_t packed, unsigned *out_port, unsigned *out_pin)
{
    *out_port = packed / 16;
    *out_pin = packed % 16;
    return packed != NO_PIN;
}

/* RM0008 tables 41 to 46. */
bool afio_tim_pin(const struct board *board, unsigned unit, unsigned channel,
                  unsigned *out_port, unsigned *out_pin)
{
    static const uint8_t none[4] = {NO_PIN, NO_PIN, NO_PIN, NO_PIN};
    static const uint8_t tim1[4] = {PIN(0, 8), PIN(0, 9), PIN(0, 10), PIN(0, 11)};
    static const uint8_t tim2[4][4] = {
        {PIN(0, 0), PIN(0, 1), PIN(0, 2), PIN(0, 3)},
        {PIN(0, 15), PIN(1, 3), PIN(0, 2), PIN(0, 3)},
        {PIN(0, 0), PIN(0, 1), PIN(1, 10), PIN(1, 11)},
        {PIN(0, 15), PIN(1, 3), PIN(1, 10), PIN(1, 11)},
    };
    static const uint8_t tim3[4][4] = {
        {PIN(0, 6), PIN(0, 7), PIN(1, 0), PIN(1, 1)},
        {NO_PIN, NO_PIN, NO_PIN, NO_PIN},
        {PIN(1, 4), PIN(1, 5), PIN(1, 0), PIN(1, 1)},
        {NO_PIN, NO_PIN, NO_PIN, NO_PIN}, /* PC6..9: not on 48 pins */
    };
    static const uint8_t tim4[4] = {PIN(1, 6), PIN(1, 7), PIN(1, 8), PIN(1, 9)};
    uint32_t mapr = self(board)->mapr;
    const uint8_t *pins = none;
    switch (unit) {
    case 0:
        pins = (mapr >> 6 & 3) <= 1 ? tim1 : none;
        break;
    case 1:
        pins = tim2[mapr >> 8 & 3];
        break;
    case 2:
        pins = tim3[mapr >> 10 & 3];
        break;
    case 3:
        pins = (mapr >> 12 & 1) == 0 ? tim4 : none;
        break;
    default:
        break;
    }
    return give(pins[channel], out_port, out_pin);
}

/* RM0008 tables 51 to 53. */
bool afio_usart_pin(const struct board *board, unsigned unit, bool tx, unsigned *out_port,
                    unsigned *out_pin)
{
    static const uint8_t usart1[2][2] = {{PIN(0, 10), PIN(0, 9)}, {PIN(1, 7), PIN(1, 6)}};
    static const uint8_t usart2[2] = {PIN(0, 3), PIN(0, 2)};
    static const uint8_t usart3[2] = {PIN(1, 11), PIN(1, 10)};
    uint32_t mapr = self(board)->mapr;
    uint8_t packed = NO_PIN;
    if (unit == 0) {
        packed = usart1[mapr >> 2 & 1][tx];
    } else if (unit == 1 && (mapr >> 3 & 1) == 0) {
        packed = usart2[tx];
    } else if (unit == 2 && (mapr >> 4 & 3) == 0) {
        packed = usart3[tx];
    }
    return give(packed, out_port, out_pin);
}

const struct chip_peripheral afio_peripheral = {
    .units = {{"AFIO", 0x40010000, GATE_APB2, 0}},
    .unit_count = 1,
    .state_size = sizeof(struct afio),
    .narrow = NARROW_ALL_LANES,
    .reset = reset,
    .read = read_register,
    .write = write_register,
};
