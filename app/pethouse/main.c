/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "otter/device.h"
#include "otter/update.h"
#include "clock.h"
#include "debug.h"
#include "flash.h"
#include "iwdg.h"
#include "layout.h"
#include "log.h"
#include "mailbox.h"
#include "product.h"
#include "startup.h"
#include "system.h"
#include "systick.h"
#include "uart.h"
#include "version.h"
#include "drivers/dht11.h"
#include "drivers/gpio.h"
#include "drivers/ir.h"
#include "drivers/key_pins.h"
#include "drivers/motor.h"
#include "drivers/p9813.h"

/* The pet house on a GoKit2 with an STM32F103C8T6: one loop that hands bytes and time to the
 * device library (otter/device.h) and inputs to the product (product.h), and does what they ask
 * for. A turn takes some microseconds; the longest are a page erase and a reading of the DHT11.
 */
enum {
    LAST_CHARACTERS_MS = 2, /* of the log, before a reset */
    PRODUCT_STEP_MS = 5,    /* so a key is seen twice within its debounce time */
    TRIAL_MS = 300000,      /* in which an app on trial must have heard somebody */
};

static struct otter_device device;
static struct product product;
static struct key keys[PRODUCT_KEYS];
static struct otter_resume resume OTTER_RETAINED;
static bool may_be_trial; /* until the link works */
static bool is_new;       /* first starts of this version: the cloud does not know it yet */

/* ---- what the device library asks of the application ---- */

static void tell_update_status(void *ctx, struct otter_update_status *out_status)
{
    (void)ctx;
    product_module_asks(&product, systick_millis());
    otter_receiver_status(&device.receiver, out_status);
}

static uint16_t take_control(void *ctx, const struct otter_p0 *p0,
                             uint8_t out_answer[OTTER_COMMAND_MAX])
{
    (void)ctx;
    return product_p0(&product, p0, out_answer);
}

static void take_status(void *ctx, uint16_t status)
{
    (void)ctx;
    product_status(&product, status);
}

/* This app can be updated again: confirm it. If flash refuses that, the trial goes on, and ends
 * in a reset; the bootloader then has a new entry for it. */
static void take_link_works(void *ctx)
{
    (void)ctx;
    mailbox_put(MAILBOX_EMPTY); /* the resets by a watchdog before are forgiven */
    may_be_trial = otter_update_confirm(&stm32f103_flash, &stm32f103_layout) != 0;
    if (may_be_trial) {
        log_line("Confirm Failed");
    }
}

/* The module takes its restart, after which it will ask for the version. */
static void take_restart(void)
{
    if (is_new && otter_update_mark_announced(&stm32f103_flash, &stm32f103_layout) == 0) {
        is_new = false;
    }
}

static void take_answer(void *ctx, const struct otter_frame *answer)
{
    (void)ctx;
    if (answer->cmd == OTTER_CMD_RESTART_MODULE_ACK) {
        take_restart();
    }
    product_answered(&product, (uint8_t)(answer->cmd - 1));
    log_answer(answer);
}

static void take_silence(void *ctx, uint8_t cmd)
{
    (void)ctx;
    product_gave_up(&product, cmd);
    log_gave_up(cmd);
}

static void restart(void *ctx)
{
    (void)ctx;
    log_transfer(&device.receiver.transfer);
    log_line("MCU Restart...");
    uint32_t begin_ms = systick_millis();
    while (!uart_is_drained() || systick_millis() - begin_ms < LAST_CHARACTERS_MS) {
    }
    system_reset();
}

static const struct otter_info info = {
    .protocol = PETHOUSE_PROTOCOL,
    .p0_version = PETHOUSE_P0_VERSION,
    .hardware = IMAGE_HARDWARE,
    .version = IMAGE_VERSION,
    .product_key = PETHOUSE_PRODUCT_KEY,
};

static const struct otter_receiver_config receiver_config = {
    .port = &stm32f103_flash,
    .layout = &stm32f103_layout,
    .resume = &resume,
    .piece_max = OTTER_PIECE_MAX,
    .check_image = true,
    .hardware = IMAGE_HARDWARE,
};

static const struct otter_device_config device_config = {
    .info = &info,
    .receiver = &receiver_config,
    .update_status = tell_update_status,
    .about = otter_about_read,
    .control = take_control,
    .status = take_status,
    .link_works = take_link_works,
    .answer = take_answer,
    .gave_up = take_silence,
    .restart = restart,
};

/* ---- the loop's parts ---- */

static void start(void)
{
    uint8_t unique_id[12];
    uint32_t hclk_hz = clock_start();

    iwdg_start(IWDG_3_S);
    systick_start(hclk_hz);
    debug_start(hclk_hz);
    uart_start(hclk_hz / 2, PETHOUSE_BAUD);
    gpio_start();
    key_pins_start();
    ir_start();
    motor_start();
    p9813_start();
    dht11_start(hclk_hz, systick_millis());
    for (unsigned i = 0; i < PRODUCT_KEYS; i++) {
        key_init(&keys[i]);
    }
    is_new = otter_update_is_new(&stm32f103_flash, &stm32f103_layout);
    may_be_trial = !otter_update_is_allowed(&stm32f103_flash, &stm32f103_layout);
    product_init(&product, &PETHOUSE_P0_LAYOUT, is_new, systick_millis());
    otter_device_init(&device, &device_config, systick_millis());

    system_unique_id(unique_id);
    log_start(unique_id, IMAGE_VERSION);
}

/* All that waits: one step of flash work later the ring may be full again. */
static void receive(void)
{
    uint8_t bytes[64];
    size_t len;

    do {
        len = uart_receive(bytes, sizeof bytes);
        otter_device_receive(&device, bytes, len, systick_millis());
    } while (len == sizeof bytes);
}

static void send(void)
{
    static uint8_t bytes[UART_TX_SIZE];
    if (uart_can_send()) {
        size_t len = otter_device_take(&device, bytes, sizeof bytes);
        (void)uart_send(bytes, len);
    }
}

/* What a person does who wants the bootloader to receive an image. */
static bool wants_recovery(enum key_event event)
{
    return event == KEY_LONG && key_pins_closed(1) && key_pins_closed(2);
}

static void sense(uint32_t now_ms)
{
    struct dht11_reading reading;
    for (unsigned i = 0; i < PRODUCT_KEYS; i++) {
        enum key_event event = key_poll(&keys[i], key_pins_closed(i + 1), now_ms);
        if (wants_recovery(event)) {
            mailbox_put(MAILBOX_RECOVER);
            restart(NULL);
        }
        product_key(&product, i + 1, event);
    }
    product_obstacle(&product, ir_sees_obstacle());
    /* Not in a transfer: its 5 ms belong to the flash then. */
    switch (dht11_poll(now_ms, !otter_receiver_is_active(&device.receiver), &reading)) {
    case DHT11_READ:
        product_climate(&product, reading.celsius, reading.humidity_percent);
        break;
    case DHT11_FAILED:
        product_climate_failed(&product);
        break;
    case DHT11_NOTHING:
        break;
    }
}

static void act(void)
{
    static struct product_color shown;
    static int running;
    struct product_color color = product_led(&product);
    if (color.red != shown.red || color.green != shown.green || color.blue != shown.blue) {
        shown = color;
        p9813_show(color.red, color.green, color.blue);
    }
    if (product_motor(&product) != running) {
        running = product_motor(&product);
        motor_run(running);
    }
}

/* Tell the module what the product wants to, once the link is free. */
static void tell(uint32_t now_ms)
{
    struct product_command command;
    if (product_next(&product, now_ms, &command) &&
        otter_device_command(&device, command.cmd, command.payload, command.payload_len,
                             now_ms) == 0) {
        product_sent(&product, &command, now_ms);
    }
}

/* The product itself, in steps: keys and sensors are slow, and the core sleeps the longer. */
static void run_product(uint32_t now_ms)
{
    static uint32_t step_ms;
    if (now_ms - step_ms < PRODUCT_STEP_MS) {
        return;
    }
    step_ms = now_ms;
    sense(now_ms);
    act();
    tell(systick_millis());
}

/* The watchdog ends a trial in which nobody is heard: what never confirms is reset, and taken
 * back after three starts. */
static void feed(uint32_t now_ms)
{
    if (may_be_trial && now_ms >= TRIAL_MS) {
        return;
    }
    iwdg_feed();
}

int main(void)
{
    start();
    for (;;) {
        feed(systick_millis());
        receive();
        send(); /* first: an ACK leaves while the poll erases a page */
        otter_device_poll(&device, systick_millis());
        run_product(systick_millis());
        send();
        log_transfer(&device.receiver.transfer);
        system_sleep(); /* until SysTick, at most 1 ms */
    }
}
