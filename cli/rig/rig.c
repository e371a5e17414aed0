/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rig/rig.h"
#include <stdlib.h>
#include <string.h>

enum { LOG_MAX = 32 * 1024, LOG_USART = 1, MODULE_USART = 2, LINE_MAX = 8192 };
#define TICKS_PER_MS ((uint64_t)BOARD_TICKS_PER_US * 1000u)

struct rig {
    struct board *board;
    struct module module;
    struct rig_config config;
    struct module_config module_config; /* config.module, with our event in front of its own */
    bool module_runs;
    bool to_module_muted, to_mcu_muted;
    struct noise to_module_noise, to_mcu_noise;
    enum module_event_kind outcome;
    enum module_failure failure;
    uint8_t from_mcu[LINE_MAX];
    size_t from_mcu_len;
    char log[LOG_MAX + 1];
    size_t log_len;
};

static void on_log(void *ctx, uint8_t byte, uint64_t now)
{
    struct rig *rig = ctx;
    (void)now;
    if (rig->log_len == LOG_MAX) { /* keep the newer half */
        memmove(rig->log, rig->log + LOG_MAX / 2, LOG_MAX / 2);
        rig->log_len = LOG_MAX / 2;
    }
    rig->log[rig->log_len++] = (char)(byte == 0 ? '?' : byte);
    rig->log[rig->log_len] = '\0';
    if (rig->config.log != NULL) {
        rig->config.log(rig->config.log_ctx, (char)byte);
    }
}

static void on_mcu_byte(void *ctx, uint8_t byte, uint64_t now)
{
    struct rig *rig = ctx;
    (void)now;
    if (rig->from_mcu_len + NOISE_OUT_MAX <= sizeof rig->from_mcu) {
        rig->from_mcu_len +=
            noise_byte(&rig->to_module_noise, byte, rig->from_mcu + rig->from_mcu_len);
    }
}

static void on_module_event(void *ctx, const struct module_event *event)
{
    struct rig *rig = ctx;
    if (event->kind == MODULE_UPDATED || event->kind == MODULE_UP_TO_DATE) {
        /* up to date: the module lost its power as well and does not know that it sent the file */
        rig->outcome = MODULE_UPDATED;
    } else if (event->kind == MODULE_FAILED) {
        rig->outcome = MODULE_FAILED;
        rig->failure = event->failure;
    }
    if (rig->config.module.event != NULL) {
        rig->config.module.event(rig->config.module.ctx, event);
    }
}

/* The pointers that lead back into this rig. */
static void connect_all(struct rig *rig)
{
    const struct board_uart_sink log = {rig, on_log};
    const struct board_uart_sink line = {rig, on_mcu_byte};
    board_uart_connect(rig->board, LOG_USART, &log);
    board_uart_connect(rig->board, MODULE_USART, &line);
    rig->module_config = rig->config.module;
    rig->module_config.ctx = rig;
    rig->module_config.event = on_module_event;
}

struct rig *rig_new(const struct rig_config *config)
{
    struct rig *rig = calloc(1, sizeof *rig);
    if (rig == NULL) {
        return NULL;
    }
    rig->config = *config;
    rig->config.loads = NULL; /* copied below; not kept */
    rig->board = board_new(&config->board);
    if (rig->board == NULL) {
        free(rig);
        return NULL;
    }
    if (rig->config.baud == 0) {
        rig->config.baud = 9600;
    }
    rig->outcome = MODULE_STARTED;
    for (size_t i = 0; i < config->load_count; i++) {
        const struct rig_load *load = &config->loads[i];
        memcpy(board_flash(rig->board) + (load->addr - BOARD_FLASH_BASE), load->data,
               load->len);
    }
    connect_all(rig);
    return rig;
}

void rig_free(struct rig *rig)
{
    if (rig != NULL) {
        board_free(rig->board);
        free(rig);
    }
}

void rig_copy(struct rig *to, const struct rig *from)
{
    board_copy(to->board, from->board);
    module_copy(&to->module, &from->module);
    to->module.config = &to->module_config;
    to->config = from->config;
    to->module_runs = from->module_runs;
    to->to_module_muted = from->to_module_muted;
    to->to_mcu_muted = from->to_mcu_muted;
    to->to_module_noise = from->to_module_noise;
    to->to_mcu_noise = from->to_mcu_noise;
    to->outcome = from->outcome;
    to->failure = from->failure;
    to->from_mcu_len = from->from_mcu_len;
    memcpy(to->from_mcu, from->from_mcu, from->from_mcu_len);
    memcpy(to->log, from->log, from->log_len + 1);
    to->log_len = from->log_len;
    connect_all(to);
}

void rig_power_on(struct rig *rig)
{
    board_power_on(rig->board);
    rig->from_mcu_len = 0;
    if (!rig->config.without_module && !(rig->module_runs && rig->config.module_keeps_power)) {
        module_init(&rig->module, &rig->module_config, rig_now_ms(rig));
        rig->module_runs = true;
    }
}

/* The module takes what the MCU sent in the last millisecond and answers. */
static void serve_module(struct rig *rig)
{
    uint32_t now_ms = rig_now_ms(rig);
    if (rig->from_mcu_len > 0 && !rig->to_module_muted) {
        module_receive(&rig->module, rig->from_mcu, rig->from_mcu_len, now_ms);
    }
    rig->from_mcu_len = 0;
    module_poll(&rig->module, now_ms);
    size_t room = 4096 - board_uart_waiting(rig->board, MODULE_USART);
    uint8_t bytes[256], arrived[sizeof bytes * NOISE_OUT_MAX];
    while (room >= NOISE_OUT_MAX) {
        size_t max = room / NOISE_OUT_MAX;
        size_t len = module_take(&rig->module, bytes, max < sizeof bytes ? max : sizeof bytes);
        if (len == 0) {
            break;
        }
        if (!rig->to_mcu_muted) {
            size_t count = 0;
            for (size_t i = 0; i < len; i++) {
                count += noise_byte(&rig->to_mcu_noise, bytes[i], arrived + count);
            }
            room -= board_uart_put(rig->board, MODULE_USART, arrived, count, rig->config.baud);
        }
    }
}

static enum board_stop run(const struct rig *rig, uint64_t until)
{
    const struct rig_runner *runner = &rig->config.runner;
    return runner->run != NULL ? runner->run(runner->ctx, rig->board, until)
                               : board_run(rig->board, until);
}

enum board_stop rig_run_ms(struct rig *rig, uint32_t ms)
{
    for (uint32_t i = 0; i < ms; i++) {
        /* In whole microseconds: between which instructions the slice before ended does not show. */
        uint64_t now_us = board_now(rig->board) / BOARD_TICKS_PER_US;
        enum board_stop stop = run(rig, (now_us + 1000) * BOARD_TICKS_PER_US);
        if (stop != BOARD_STOP_TIME) {
            return stop;
        }
        if (rig->module_runs) {
            serve_module(rig);
        } else {
            rig->from_mcu_len = 0;
        }
    }
    return BOARD_STOP_TIME;
}

size_t rig_run_until_log(struct rig *rig, const char *text, size_t from, uint32_t limit_ms)
{
    for (uint32_t ms = 0; ms < limit_ms; ms += 10) {
        const char *found = strstr(rig->log + from, text);
        if (found != NULL) {
            return (size_t)(found - rig->log) + strlen(text);
        }
        if (rig_run_ms(rig, 10) != BOARD_STOP_TIME) {
            break;
        }
    }
    const char *found = strstr(rig->log + from, text);
    return found == NULL ? 0 : (size_t)(found - rig->log) + strlen(text);
}

struct board *rig_board(struct rig *rig)
{
    return rig->board;
}

struct module *rig_module(struct rig *rig)
{
    return &rig->module;
}

uint32_t rig_now_ms(const struct rig *rig)
{
    return (uint32_t)(board_now(rig->board) / TICKS_PER_MS);
}

const char *rig_log(const struct rig *rig)
{
    return rig->log;
}

size_t rig_log_len(const struct rig *rig)
{
    return rig->log_len;
}

void rig_mute(struct rig *rig, bool to_module, bool to_mcu)
{
    rig->to_module_muted = to_module;
    rig->to_mcu_muted = to_mcu;
}

void rig_set_noise(struct rig *rig, const struct noise_rates *rates, uint64_t seed)
{
    static const struct noise_rates clean;
    noise_init(&rig->to_module_noise, rates == NULL ? &clean : rates, seed * 2);
    noise_init(&rig->to_mcu_noise, rates == NULL ? &clean : rates, seed * 2 + 1);
}

uint64_t rig_noise_faults(const struct rig *rig)
{
    return rig->to_module_noise.faults + rig->to_mcu_noise.faults;
}

enum module_event_kind rig_outcome(const struct rig *rig)
{
    return rig->outcome;
}

enum module_failure rig_failure(const struct rig *rig)
{
    return rig->failure;
}
