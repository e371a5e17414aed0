/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_P0_H
#define PETHOUSE_P0_H

#include <stdint.h>
#include "otter/err.h"

/* The product's data points on the wire: P0 payloads <-> raw values, by a table.
 *
 * A layout says where each data point lies; adding a product's data point is one line there.
 * Two layouts are known: that of 2017 (motor 8 bits), which this product uses, and that of 2014
 * (motor 16 bits), chosen at build time with PETHOUSE_P0_LAYOUT=p0_layout_2014. Pure code, any
 * context.
 * Source: Gizwits pet house data points; the bytes of a recorded module (docs/protocol.md).
 */
/* in the order of their declaration in the cloud; the first six can be written */
enum p0_point {
    P0_LED_ON,
    P0_LED_COLOR, /* enum p0_color */
    P0_LED_R,
    P0_LED_G,
    P0_LED_B,
    P0_MOTOR, /* 0..10: 5 = stop, above forward, below reverse */
    P0_INFRARED,
    P0_TEMPERATURE, /* degrees Celsius + 13 */
    P0_HUMIDITY,    /* percent */
    P0_ALERT_1,
    P0_ALERT_2,
    P0_FAULT_LED,
    P0_FAULT_MOTOR,
    P0_FAULT_TEMHUM,
    P0_FAULT_IR,
    P0_POINTS,
    P0_WRITABLE = P0_INFRARED, /* points below this one */
};

enum p0_color { P0_COLOR_CUSTOM, P0_COLOR_YELLOW, P0_COLOR_PURPLE, P0_COLOR_PINK };

enum {
    P0_MOTOR_STOP = 5,
    P0_TEMPERATURE_ZERO = 13, /* raw value of 0 degrees */
    P0_STATUS_MAX = 12,       /* action and dev_status of the longest layout */
};

/* Where one point lies in attr_vals and, at the same place, in dev_status. */
struct p0_place {
    uint8_t off;  /* byte */
    uint8_t bit;  /* of that byte */
    uint8_t bits; /* 1..8, or 16 = two bytes, big-endian */
};

struct p0_layout {
    uint8_t control_size; /* attr_vals */
    uint8_t status_size;  /* dev_status */
    struct p0_place places[P0_POINTS];
};
extern const struct p0_layout p0_layout_2014, p0_layout_2017;

/* Read the data of a control (after the action byte: attr_flags, attr_vals) into values[].
 *
 * A point whose flag is set gets its new value, unless that lies outside of the point's range:
 * then it keeps the old one (a motor must not run because of an impossible number).
 * Returns the flags of the points that were set, bit n = point n, or OTTER_ERR_FORMAT when the
 * length is not that of the layout. */
OTTER_MUST_CHECK int p0_get_control(const struct p0_layout *layout, const uint8_t data[],
                                    uint16_t data_len, uint8_t values[P0_POINTS]);

/* Write a P0 with `action` and dev_status into out[P0_STATUS_MAX]. Returns its length. */
uint16_t p0_put_status(const struct p0_layout *layout, uint8_t action,
                       const uint8_t values[P0_POINTS], uint8_t out[P0_STATUS_MAX]);

#endif
