/* SPDX-License-Identifier: Apache-2.0 */
#include "p0.h"

#include <string.h>
#include "otter/bytes.h"

enum { WORD = 16 };

const struct p0_layout p0_layout_2014 = {
    .control_size = 6,
    .status_size = 11,
    .places =
        {
            [P0_LED_ON] = {0, 0, 1},
            [P0_LED_COLOR] = {0, 1, 2},
            [P0_LED_R] = {1, 0, 8},
            [P0_LED_G] = {2, 0, 8},
            [P0_LED_B] = {3, 0, 8},
            [P0_MOTOR] = {4, 0, WORD},
            [P0_INFRARED] = {6, 0, 1},
            [P0_TEMPERATURE] = {7, 0, 8},
            [P0_HUMIDITY] = {8, 0, 8},
            [P0_ALERT_1] = {9, 0, 1},
            [P0_ALERT_2] = {9, 1, 1},
            [P0_FAULT_LED] = {10, 0, 1},
            [P0_FAULT_MOTOR] = {10, 1, 1},
            [P0_FAULT_TEMHUM] = {10, 2, 1},
            [P0_FAULT_IR] = {10, 3, 1},
        },
};

const struct p0_layout p0_layout_2017 = {
    .control_size = 5,
    .status_size = 10,
    .places =
        {
            [P0_LED_ON] = {0, 0, 1},
            [P0_LED_COLOR] = {0, 1, 2},
            [P0_LED_R] = {1, 0, 8},
            [P0_LED_G] = {2, 0, 8},
            [P0_LED_B] = {3, 0, 8},
            [P0_MOTOR] = {4, 0, 8},
            [P0_INFRARED] = {5, 0, 1},
            [P0_TEMPERATURE] = {6, 0, 8},
            [P0_HUMIDITY] = {7, 0, 8},
            [P0_ALERT_1] = {8, 0, 1},
            [P0_ALERT_2] = {8, 1, 1},
            [P0_FAULT_LED] = {9, 0, 1},
            [P0_FAULT_MOTOR] = {9, 1, 1},
            [P0_FAULT_TEMHUM] = {9, 2, 1},
            [P0_FAULT_IR] = {9, 3, 1},
        },
};

/* Largest raw values of the points that can be written. */
static const uint8_t largest[P0_WRITABLE] = {1, 3, 254, 254, 254, 10};

static unsigned get_point(const struct p0_place *place, const uint8_t bytes[])
{
    if (place->bits == WORD) {
        return otter_get_be16(bytes + place->off);
    }
    return (unsigned)bytes[place->off] >> place->bit & ((1U << place->bits) - 1U);
}

int p0_get_control(const struct p0_layout *layout, const uint8_t data[], uint16_t data_len,
                   uint8_t values[P0_POINTS])
{
    if (data_len != 1U + layout->control_size) {
        return OTTER_ERR_FORMAT;
    }
    int set = 0;
    for (unsigned i = 0; i < P0_WRITABLE; i++) {
        unsigned value = get_point(&layout->places[i], data + 1);
        if ((data[0] & 1U << i) != 0 && value <= largest[i]) {
            values[i] = (uint8_t)value;
            set |= 1 << i;
        }
    }
    return set;
}

uint16_t p0_put_status(const struct p0_layout *layout, uint8_t action,
                       const uint8_t values[P0_POINTS], uint8_t out[P0_STATUS_MAX])
{
    uint8_t *status = out + 1;
    out[0] = action;
    memset(status, 0, layout->status_size);
    for (unsigned i = 0; i < P0_POINTS; i++) {
        const struct p0_place *place = &layout->places[i];
        if (place->bits == WORD) {
            otter_put_be16(status + place->off, values[i]);
        } else {
            status[place->off] |= (uint8_t)((unsigned)values[i] << place->bit);
        }
    }
    return (uint16_t)(1U + layout->status_size);
}
