/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/peripherals.h"

#include <assert.h>
#include <string.h>

enum { STATE_ALIGNMENT = 16 };

#define POINTER(name) &name##_peripheral,
const struct chip_peripheral *const chip_peripherals[CHIP_ID_COUNT] = {
    CHIP_PERIPHERALS(POINTER)};

const char *peripherals_not_modelled(uint32_t addr)
{
#define NAME(base, name) {(base), (name)},
    static const struct {
        uint32_t base;
        const char *name;
    } absent[] = {CHIP_NOT_MODELLED(NAME)};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        if (addr - absent[i].base < PERIPHERAL_BLOCK) {
            return absent[i].name;
        }
    }
    return NULL;
}

void peripherals_lay_out(struct peripherals_layout *out_layout)
{
    memset(out_layout, 0, sizeof *out_layout);
    for (unsigned i = 0; i < PERIPHERAL_BLOCKS; i++) {
        out_layout->at[i].id = CHIP_ID_COUNT;
    }
    for (unsigned id = 0; id < CHIP_ID_COUNT; id++) {
        const struct chip_peripheral *row = chip_peripherals[id];
        out_layout->state_off[id] = (uint32_t)out_layout->states_size;
        out_layout->states_size +=
            (row->state_size + STATE_ALIGNMENT - 1) / STATE_ALIGNMENT * STATE_ALIGNMENT;
        out_layout->first_event[id] = (uint8_t)out_layout->event_count;
        for (unsigned i = 0; i < row->event_count; i++) {
            assert(out_layout->event_count < CHIP_EVENTS_MAX);
            out_layout->event_owner[out_layout->event_count++] = (uint8_t)id;
        }
        for (unsigned unit = 0; unit < row->unit_count; unit++) {
            uint32_t block = (row->units[unit].base - PERIPHERALS_BASE) / PERIPHERAL_BLOCK;
            out_layout->at[block].id = (uint8_t)id;
            out_layout->at[block].unit = (uint8_t)unit;
        }
    }
}
