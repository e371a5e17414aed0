/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOARD_STM32F1_PERIPHERALS_H
#define BOARD_STM32F1_PERIPHERALS_H

#include "board/stm32f1/peripheral.h"

/* The one list of what is on the chip (medium-density STM32F103: DS5319 figure 11, RM0008 table
 * 3) and around it. ROW(x) stands for `const struct chip_peripheral x_peripheral` in x.c. The
 * order is that of a reset, and of events at the same tick. */
#define CHIP_PERIPHERALS(ROW)                                                                  \
    ROW(flash)                                                                                 \
    ROW(rcc)                                                                                   \
    ROW(dma)                                                                                   \
    ROW(usart)                                                                                 \
    ROW(line)                                                                                  \
    ROW(tim)                                                                                   \
    ROW(exti)                                                                                  \
    ROW(afio)                                                                                  \
    ROW(gpio)                                                                                  \
    ROW(iwdg)                                                                                  \
    ROW(pwr)                                                                                   \
    ROW(bkp)                                                                                   \
    ROW(rtc)                                                                                   \
    ROW(crc)                                                                                   \
    ROW(parts)                                                                                 \
    ROW(alarm)

/* What the chip also has, but the model has not. */
#define CHIP_NOT_MODELLED(ROW)                                                                 \
    ROW(0x40002C00, "WWDG")                                                                    \
    ROW(0x40003800, "SPI2")                                                                    \
    ROW(0x40005400, "I2C1")                                                                    \
    ROW(0x40005800, "I2C2")                                                                    \
    ROW(0x40005C00, "USB")                                                                     \
    ROW(0x40006000, "USB/CAN SRAM")                                                            \
    ROW(0x40006400, "CAN")                                                                     \
    ROW(0x40012400, "ADC1")                                                                    \
    ROW(0x40012800, "ADC2")                                                                    \
    ROW(0x40013000, "SPI1")

#define CHIP_ID(name) CHIP_##name,
enum chip_id { CHIP_PERIPHERALS(CHIP_ID) CHIP_ID_COUNT };
#undef CHIP_ID

#define CHIP_ROW(name) extern const struct chip_peripheral name##_peripheral;
CHIP_PERIPHERALS(CHIP_ROW)
#undef CHIP_ROW

extern const struct chip_peripheral *const chip_peripherals[CHIP_ID_COUNT];

/* The name of what is not modelled at an address, or NULL. */
const char *peripherals_not_modelled(uint32_t addr);

/* Where the states and events of all peripherals are in a board, and which peripheral is at
 * which address. It is the same for all boards; each board has its own copy, so that there is
 * no global to initialise. */
#define PERIPHERALS_BASE 0x40000000u
#define PERIPHERALS_END  0x40024000u
enum {
    PERIPHERAL_BLOCK = 0x400,
    PERIPHERAL_BLOCKS = (PERIPHERALS_END - PERIPHERALS_BASE) / PERIPHERAL_BLOCK,
    CHIP_EVENTS_MAX = 32,
};

struct peripherals_layout {
    size_t states_size;
    uint32_t state_off[CHIP_ID_COUNT];
    unsigned event_count;
    uint8_t first_event[CHIP_ID_COUNT];
    uint8_t event_owner[CHIP_EVENTS_MAX]; /* enum chip_id */
    struct {
        uint8_t id; /* CHIP_ID_COUNT = nothing */
        uint8_t unit;
    } at[PERIPHERAL_BLOCKS];
};
void peripherals_lay_out(struct peripherals_layout *out_layout);

#endif
