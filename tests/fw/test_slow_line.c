/* SPDX-License-Identifier: Apache-2.0 */
/* A line that delays each byte, as a serial server behind a radio link does: the pet house and
 * the bootloader in recovery, which know nothing of it, are updated all the same by a module
 * that waits for them (docs/protocol.md, chapter 5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "host/module_text.h"
#include "lab/replay/replay.h"
#include "port/stm32f103/partitions.h"
#include "tests/support/firmware.h"

enum { DELAY_MS = 500, LIMIT_MS = 300000, QUEUE_SIZE = 8192, MODULE_USART = 2 };

/* Bytes on their way, each with the millisecond at which it arrives. */
struct delay {
    struct {
        uint32_t ms;
        uint8_t byte;
    } bytes[QUEUE_SIZE];
    size_t head, count;
};

struct line {
    struct testbed *bed;
    struct module module;
    struct module_config config;
    struct delay to_mcu, to_module;
    unsigned events[MODULE_EVENT_FAILED + 1];
    char failure[MODULE_TEXT_SIZE];
};

static void push(struct delay *delay, uint8_t byte, uint32_t now_ms)
{
    size_t at = (delay->head + delay->count) % QUEUE_SIZE;
    assert_true(delay->count < QUEUE_SIZE);
    delay->bytes[at].ms = now_ms + DELAY_MS;
    delay->bytes[at].byte = byte;
    delay->count++;
}

static bool pop(struct delay *delay, uint32_t now_ms, uint8_t *out_byte)
{
    if (delay->count == 0 || delay->bytes[delay->head].ms > now_ms) {
        return false;
    }
    *out_byte = delay->bytes[delay->head].byte;
    delay->head = (delay->head + 1) % QUEUE_SIZE;
    delay->count--;
    return true;
}

static void on_sent(void *ctx, uint8_t byte)
{
    struct line *line = ctx;
    push(&line->to_module, byte, testbed_now_ms(line->bed));
}

static void on_event(void *ctx, const struct module_event *event)
{
    struct line *line = ctx;
    line->events[event->kind]++;
    if (event->kind == MODULE_EVENT_FAILED) {
        module_text(event, line->failure);
    }
}

static void turn(struct line *line)
{
    uint32_t now_ms = testbed_now_ms(line->bed);
    uint8_t byte, out[64];
    while (pop(&line->to_module, now_ms, &byte)) {
        module_receive(&line->module, &byte, 1, now_ms);
    }
    module_poll(&line->module, now_ms);
    for (size_t len; (len = module_take(&line->module, out, sizeof out)) > 0;) {
        for (size_t i = 0; i < len; i++) {
            push(&line->to_mcu, out[i], now_ms);
        }
    }
    while (pop(&line->to_mcu, now_ms, &byte)) {
        assert_int_equal(board_uart_put(testbed_board(line->bed), MODULE_USART, &byte, 1, 9600),
                         1);
    }
    firmware_run_ms(line->bed, 1);
}

static void run_to_end(struct line *line)
{
    while (line->events[MODULE_EVENT_UPDATED] + line->events[MODULE_EVENT_FAILED] == 0 &&
           testbed_now_ms(line->bed) < LIMIT_MS) {
        turn(line);
    }
    if (line->events[MODULE_EVENT_UPDATED] != 1) {
        fail_msg("%s at %u ms; log:\n%s", line->failure, (unsigned)testbed_now_ms(line->bed),
                 testbed_log(line->bed));
    }
    const struct firmware *image = &firmware_set()->new_app;
    assert_int_equal(line->events[MODULE_EVENT_READY], 1);
    assert_int_equal(line->events[MODULE_EVENT_RESENT], 0);
    assert_memory_equal(firmware_flash(line->bed, OTTER_APP_ADDR), image->data, image->len);
    testbed_free(line->bed);
}

/* `waiting`: how the rounds of a bootloader that waits are passed over, or NULL. */
static void start(struct line *line, const struct testbed_load loads[], size_t load_count,
                  struct replay *waiting)
{
    const struct firmware *image = &firmware_set()->new_app;
    const struct testbed_config config = {
        .board = {.seed = 1}, .loads = loads, .load_count = load_count, .without_module = true};
    memset(line, 0, sizeof *line);
    firmware_offer(&line->config, image, "03010102");
    line->config.ctx = line;
    line->config.event = on_event;
    line->bed = testbed_new(&config, NULL);
    assert_non_null(line->bed);
    if (waiting != NULL) {
        assert_true(replay_attach(waiting, testbed_board(line->bed)));
    }
    testbed_on_sent(line->bed, on_sent, line);
    testbed_power_on(line->bed);
    module_init(&line->module, &line->config, testbed_now_ms(line->bed));
}

static void test_slow_line_app_is_updated(void **state)
{
    static struct line line;
    const struct firmware_set *set = firmware_set();
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, set->boot.data, set->boot.len},
                                         {OTTER_APP_ADDR, set->old_app.data, set->old_app.len}};

    (void)state;
    start(&line, loads, 2, NULL);
    run_to_end(&line);
}

static void test_slow_line_board_is_recovered(void **state)
{
    static struct line line;
    const struct firmware_set *set = firmware_set();
    const struct testbed_load loads[] = {{OTTER_BOOT_ADDR, set->boot.data, set->boot.len}};

    start(&line, loads, 1, *state);
    run_to_end(&line);
}

static int remember_waiting(void **state)
{
    *state = firmware_waiting("boot/boot.elf");
    return 0;
}

static int forget_waiting(void **state)
{
    replay_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_line_app_is_updated),
        cmocka_unit_test_setup_teardown(test_slow_line_board_is_recovered, remember_waiting,
                                        forget_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
