/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_PRODUCT_H
#define PETHOUSE_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/message.h"
#include "keys.h"
#include "p0.h"

/* What the pet house does: its state, and what it wants to tell the module and when.
 *
 * Inputs (controls, keys, sensors, the module's status) come in as calls; outputs are asked
 * for: product_led(), product_motor(), and product_next() for the next command to the module.
 * Knows neither pins nor the serial line, so the host tests all of it. Main loop only; times
 * may wrap.
 * Source: docs/protocol.md; where the vendor's firmware is silent, the rules below are ours.
 */
enum {
    PRODUCT_REPORT_GAP_MS = 6000,    /* between reports of what the environment changed */
    PRODUCT_REPORT_EACH_MS = 600000, /* at least one report in this time */
    PRODUCT_RESTART_GAP_MS = 5000,   /* before 0x29 is tried again */
    PRODUCT_OFFER_GAP_MS = 3000, /* after 0x01: 0x21 would cross the offer that may follow */
    PRODUCT_HOT_CELSIUS = 50,    /* Alert_2 above it */
    PRODUCT_FAILED_READS = 3,    /* in a row: Fault_TemHum */
    PRODUCT_KEYS = 3,
    PRODUCT_PAYLOAD_MAX = P0_STATUS_MAX,
};

/* Members are private but for `values`. */
struct product {
    const struct p0_layout *layout;
    uint8_t values[P0_POINTS];       /* raw values of all data points */
    uint8_t reported[P0_STATUS_MAX]; /* the last report's payload; its action 0 = none holds */
    bool report_now;                 /* a control or a key: without the gap */
    bool climate_known;              /* a sensor result, or its fault: reports may begin */
    uint8_t failed_reads;            /* in a row */
    uint16_t wanted;                 /* other commands, one bit each */
    uint16_t module_status;          /* as the module told it last */
    bool module_known;               /* it did tell */
    uint32_t report_ms;              /* last report, or start */
    uint32_t restart_ms;             /* last 0x29 */
    bool restart_tried;
    uint32_t asked_ms; /* last 0x01 */
    bool module_asked; /* there was one */
};

/* Start with everything off. `first_start` of a new version: the module is to be restarted
 * (0x29), so that it asks for the version and tells the cloud. */
void product_init(struct product *product, const struct p0_layout *layout, bool first_start,
                  uint32_t now_ms);

/* P0 arrived. Returns the length of the answer written to out_answer (a read), or 0: the caller
 * acknowledges with an empty one, and a control is followed by a report in any case. Actions
 * this product does not know are left alone (a real module passes such packets through). */
uint16_t product_p0(struct product *product, const struct otter_p0 *p0,
                    uint8_t out_answer[P0_STATUS_MAX]);

/* The module asked for our version (0x01), as it does when it starts. A file may be offered
 * next (0x19), and 0x17 or 0x21 would overwrite it in the module's buffer: they wait for
 * 3 s. */
void product_module_asks(struct product *product, uint32_t now_ms);

/* Module status arrived (0x0D): asks for the module's information after the first one, and for
 * the time whenever the cloud got connected. */
void product_status(struct product *product, uint16_t status);

/* Key 1..3 did something.
 *   KEY1 short: bindable mode     KEY1 long: reset the module
 *   KEY2 short: SoftAP            KEY2 long: AirLink
 *   KEY3 held: Alert_1            KEY3 long: production test as well
 * KEY1 and KEY2 together, long: the bootloader receives an image (main.c). */
void product_key(struct product *product, unsigned key, enum key_event event);

void product_obstacle(struct product *product, bool present);
void product_climate(struct product *product, int celsius, int humidity_percent);
void product_climate_failed(struct product *product);

/* A command to send to the module. */
struct product_command {
    uint8_t cmd; /* enum otter_cmd */
    uint8_t payload[PRODUCT_PAYLOAD_MAX];
    uint16_t payload_len;
};

/* Is there something to send now? Asking does not change anything: call product_sent() with the
 * command once the link took it, else ask again later. */
bool product_next(const struct product *product, uint32_t now_ms,
                  struct product_command *out_command);
void product_sent(struct product *product, const struct product_command *command,
                  uint32_t now_ms);

/* The module answered `cmd`, or stayed silent to it: a lost report is repeated after the gap,
 * 0x29 until it is answered, 0x21 after the next status; what a person asked for with a key is
 * not. */
void product_answered(struct product *product, uint8_t cmd);
void product_gave_up(struct product *product, uint8_t cmd);

/* The colour of the LED, and the motor's speed from -5 (full reverse) over 0 (stop) to 5. */
struct product_color {
    uint8_t red, green, blue;
};
struct product_color product_led(const struct product *product);
int product_motor(const struct product *product);

#endif
