/* SPDX-License-Identifier: Apache-2.0 */
#include "product.h"

#include <string.h>

/* Commands that wait, one bit each, sent in this order; reports come after the first five. */
enum {
    WANT_RESTART = 1 << 0,
    WANT_BINDABLE = 1 << 1,
    WANT_RESET = 1 << 2,
    WANT_SOFTAP = 1 << 3,
    WANT_AIRLINK = 1 << 4,
    WANT_TEST = 1 << 5,
    WANT_TIME = 1 << 6,
    WANT_MODULE_INFO = 1 << 7,
    WANTS_OF_MODULE = WANT_TIME | WANT_MODULE_INFO,
    WANTS_OF_KEYS = WANT_BINDABLE | WANT_RESET | WANT_SOFTAP | WANT_AIRLINK | WANT_TEST,
};

/* What each of them is on the wire: a command with no payload or one byte. */
static const struct want {
    uint16_t bit;
    uint8_t cmd;
    uint8_t payload_len;
    uint8_t payload;
} wants[] = {
    {WANT_RESTART, OTTER_CMD_RESTART_MODULE, 0, 0},
    {WANT_BINDABLE, OTTER_CMD_BINDABLE, 0, 0},
    {WANT_RESET, OTTER_CMD_RESET_MODULE, 0, 0},
    {WANT_SOFTAP, OTTER_CMD_CONFIG_MODE, 1, OTTER_CONFIG_SOFTAP},
    {WANT_AIRLINK, OTTER_CMD_CONFIG_MODE, 1, OTTER_CONFIG_AIRLINK},
    {WANT_TEST, OTTER_CMD_PRODUCTION_TEST, 0, 0},
    {WANT_TIME, OTTER_CMD_GET_TIME, 0, 0},
    {WANT_MODULE_INFO, OTTER_CMD_GET_MODULE_INFO, 1, 0},
};
enum { WANT_COUNT = sizeof wants / sizeof wants[0] };

void product_init(struct product *product, const struct p0_layout *layout, bool first_start,
                  uint32_t now_ms)
{
    memset(product, 0, sizeof *product);
    product->layout = layout;
    product->values[P0_MOTOR] = P0_MOTOR_STOP;
    product->values[P0_TEMPERATURE] = P0_TEMPERATURE_ZERO;
    product->report_ms = now_ms;
    product->wanted = first_start ? WANT_RESTART : 0;
}

uint16_t product_p0(struct product *product, const struct otter_p0 *p0,
                    uint8_t out_answer[P0_STATUS_MAX])
{
    if (p0->action == OTTER_P0_READ) {
        return p0_put_status(product->layout, OTTER_P0_READ_ANSWER, product->values,
                             out_answer);
    }
    if (p0->action == OTTER_P0_CONTROL &&
        p0_get_control(product->layout, p0->data, p0->data_len, product->values) >= 0) {
        product->report_now = true;
    }
    return 0;
}

void product_module_asks(struct product *product, uint32_t now_ms)
{
    product->module_asked = true;
    product->asked_ms = now_ms;
}

void product_status(struct product *product, uint16_t status)
{
    if (!product->module_known) {
        product->module_known = true;
        product->wanted |= WANT_MODULE_INFO;
    }
    if ((status & OTTER_STATUS_CLOUD) != 0 &&
        (product->module_status & OTTER_STATUS_CLOUD) == 0) {
        product->wanted |= WANT_TIME;
    }
    product->module_status = status;
}

void product_key(struct product *product, unsigned key, enum key_event event)
{
    static const struct {
        uint16_t short_press, long_press;
    } meaning[PRODUCT_KEYS] = {
        {WANT_BINDABLE, WANT_RESET},
        {WANT_SOFTAP, WANT_AIRLINK},
        {0, WANT_TEST},
    };
    if (event == KEY_NONE || key < 1 || key > PRODUCT_KEYS) {
        return;
    }
    if (event == KEY_SHORT) {
        product->wanted |= meaning[key - 1].short_press;
    } else if (event == KEY_LONG) {
        product->wanted |= meaning[key - 1].long_press;
    }
    if (key == 3) {
        uint8_t held = event == KEY_PRESSED || event == KEY_LONG;
        if (product->values[P0_ALERT_1] != held) {
            product->values[P0_ALERT_1] = held;
            product->report_now = true;
        }
    }
}

void product_obstacle(struct product *product, bool present)
{
    product->values[P0_INFRARED] = present;
}

static uint8_t clamp(int value, int largest)
{
    return (uint8_t)(value < 0 ? 0 : value > largest ? largest : value);
}

/* Of the four faults only this one can be seen: LED, motor and IR sensor have no wire that
 * tells the MCU how they are, so their faults are always 0. */
void product_climate(struct product *product, int celsius, int humidity_percent)
{
    product->values[P0_TEMPERATURE] = clamp(celsius + P0_TEMPERATURE_ZERO, 200);
    product->values[P0_HUMIDITY] = clamp(humidity_percent, 100);
    product->values[P0_ALERT_2] = celsius > PRODUCT_HOT_CELSIUS;
    product->values[P0_FAULT_TEMHUM] = 0;
    product->failed_reads = 0;
    product->climate_known = true;
}

void product_climate_failed(struct product *product)
{
    if (product->failed_reads < PRODUCT_FAILED_READS) {
        product->failed_reads++;
    }
    if (product->failed_reads == PRODUCT_FAILED_READS) {
        product->values[P0_FAULT_TEMHUM] = 1;
        product->climate_known = true;
    }
}

static bool report_is_due(const struct product *product, uint32_t now_ms,
                          const uint8_t payload[], uint16_t payload_len)
{
    uint32_t since_ms = now_ms - product->report_ms;
    if (product->report_now || since_ms >= PRODUCT_REPORT_EACH_MS) {
        return true;
    }
    return product->climate_known && since_ms >= PRODUCT_REPORT_GAP_MS &&
           memcmp(payload, product->reported, payload_len) != 0;
}

static bool find_want(uint16_t wanted, struct product_command *out_command)
{
    for (unsigned i = 0; i < WANT_COUNT; i++) {
        if ((wanted & wants[i].bit) != 0) {
            out_command->cmd = wants[i].cmd;
            out_command->payload[0] = wants[i].payload;
            out_command->payload_len = wants[i].payload_len;
            return true;
        }
    }
    return false;
}

bool product_next(const struct product *product, uint32_t now_ms,
                  struct product_command *out_command)
{
    uint16_t wanted = product->wanted;
    if (product->restart_tried && now_ms - product->restart_ms < PRODUCT_RESTART_GAP_MS) {
        wanted &= (uint16_t)~WANT_RESTART;
    }
    if (product->module_asked && now_ms - product->asked_ms < PRODUCT_OFFER_GAP_MS) {
        wanted &= (uint16_t)~WANTS_OF_MODULE;
    }
    if (find_want(wanted & (WANT_RESTART | WANTS_OF_KEYS), out_command)) {
        return true;
    }
    out_command->cmd = OTTER_CMD_REPORT;
    out_command->payload_len =
        p0_put_status(product->layout, OTTER_P0_REPORT, product->values, out_command->payload);
    if (report_is_due(product, now_ms, out_command->payload, out_command->payload_len)) {
        return true;
    }
    return find_want(wanted, out_command);
}

void product_sent(struct product *product, const struct product_command *command,
                  uint32_t now_ms)
{
    if (command->cmd == OTTER_CMD_REPORT) {
        memcpy(product->reported, command->payload, command->payload_len);
        product->report_now = false;
        product->report_ms = now_ms;
        return;
    }
    if (command->cmd == OTTER_CMD_RESTART_MODULE) {
        product->restart_tried = true;
        product->restart_ms = now_ms;
        return; /* wanted until it is answered */
    }
    for (unsigned i = 0; i < WANT_COUNT; i++) {
        if (wants[i].cmd == command->cmd &&
            (wants[i].payload_len == 0 || wants[i].payload == command->payload[0])) {
            product->wanted &= (uint16_t)~wants[i].bit;
        }
    }
}

void product_answered(struct product *product, uint8_t cmd)
{
    if (cmd == OTTER_CMD_RESTART_MODULE) {
        product->wanted &= (uint16_t)~WANT_RESTART;
    }
}

void product_gave_up(struct product *product, uint8_t cmd)
{
    if (cmd == OTTER_CMD_REPORT) {
        product->reported[0] = 0;
    } else if (cmd == OTTER_CMD_GET_MODULE_INFO) {
        product->module_known = false;
    }
}

struct product_color product_led(const struct product *product)
{
    static const struct product_color presets[] = {
        [P0_COLOR_YELLOW] = {254, 254, 0},
        [P0_COLOR_PURPLE] = {254, 0, 70},
        [P0_COLOR_PINK] = {238, 30, 30},
    };
    const uint8_t *values = product->values;
    if (values[P0_LED_COLOR] != P0_COLOR_CUSTOM) {
        return presets[values[P0_LED_COLOR]];
    }
    struct product_color color = {values[P0_LED_R], values[P0_LED_G], values[P0_LED_B]};
    if (values[P0_LED_ON] != 0 && color.red == 0 && color.green == 0 && color.blue == 0) {
        color.red = 254;
    }
    return color;
}

int product_motor(const struct product *product)
{
    return (int)product->values[P0_MOTOR] - P0_MOTOR_STOP;
}
