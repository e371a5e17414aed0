/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/testbed.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOG_MAX = 32 * 1024,
    LOG_USART = 1,
    MODULE_USART = 2,
    LINE_ROOM = 4096,
    FRAME_BITS = 10
};
#define TICKS_PER_MS ((uint64_t)BOARD_TICKS_PER_US * 1000u)

struct testbed {
    struct board *board;
    struct module module;
    struct testbed_config config;
    struct module_config module_config; /* config.module, with our event in front of its own */
    bool module_runs;
    bool saw_recovery;
    struct testbed_told told;
    bool to_module_muted, to_mcu_muted;
    struct line_noise to_module_noise, to_mcu_noise;
    enum module_event_kind outcome;
    enum module_failure failure;
    struct testbed_line_bytes line_bytes;
    void (*sent)(void *ctx, uint8_t byte); /* testbed_on_sent() */
    void *sent_ctx;
    uint64_t module_due, look_due; /* the alarm's ticks: for the module, for the ring */
    struct ring_meter ring;
    char log[LOG_MAX + 1];
    size_t log_len;
};

static void on_log(void *ctx, uint8_t byte, uint64_t now)
{
    struct testbed *bed = ctx;
    (void)now;
    if (bed->log_len == LOG_MAX) { /* keep the newer half */
        memmove(bed->log, bed->log + LOG_MAX / 2, LOG_MAX / 2);
        bed->log_len = LOG_MAX / 2;
    }
    bed->log[bed->log_len++] = (char)(byte == 0 ? '?' : byte);
    bed->log[bed->log_len] = '\0';
    if (bed->config.log != NULL) {
        bed->config.log(bed->config.log_ctx, (char)byte);
    }
}

static uint32_t to_ms(uint64_t tick)
{
    return (uint32_t)(tick / TICKS_PER_MS);
}

/* Put what the module has to say on the line. Returns false if some of it
 * must wait for room. */
static bool send_to_mcu(struct testbed *bed)
{
    size_t room = LINE_ROOM - board_uart_waiting(bed->board, MODULE_USART);
    uint8_t bytes[256], arrived[sizeof bytes * LINE_NOISE_OUT_MAX];
    while (room >= LINE_NOISE_OUT_MAX) {
        size_t max = room / LINE_NOISE_OUT_MAX;
        size_t len = module_take(&bed->module, bytes, max < sizeof bytes ? max : sizeof bytes);
        if (len == 0) {
            return true;
        }
        bed->line_bytes.to_mcu += len;
        if (!bed->to_mcu_muted) {
            size_t count = 0;
            for (size_t i = 0; i < len; i++) {
                count += line_noise_byte(&bed->to_mcu_noise, bytes[i], arrived + count);
            }
            room -= board_uart_put(bed->board, MODULE_USART, arrived, count, bed->config.baud);
        }
    }
    return false;
}

/* The module does what is due. */
static void serve_module(struct testbed *bed, uint64_t now)
{
    uint32_t now_ms = to_ms(now);
    module_poll(&bed->module, now_ms);
    uint32_t wait_ms = send_to_mcu(bed) ? module_next_ms(&bed->module, now_ms) : 1;
    bed->module_due = (now / TICKS_PER_MS + (wait_ms == 0 ? 1 : wait_ms)) * TICKS_PER_MS;
}

static uint64_t next_alarm(const struct testbed *bed)
{
    uint64_t due = bed->module_runs ? bed->module_due : UINT64_MAX;
    return bed->look_due < due ? bed->look_due : due;
}

static uint64_t on_alarm(void *ctx, uint64_t now)
{
    struct testbed *bed = ctx;
    if (bed->look_due <= now) { /* before the next byte can have come */
        ring_meter_look(&bed->ring, bed->board);
        bed->look_due = now + FRAME_BITS * TICKS_PER_MS * 1000 / bed->config.baud;
    }
    if (bed->module_runs && bed->module_due <= now) {
        serve_module(bed, now);
    }
    return next_alarm(bed);
}

static void on_mcu_byte(void *ctx, uint8_t byte, uint64_t now)
{
    struct testbed *bed = ctx;
    uint8_t arrived[LINE_NOISE_OUT_MAX];
    size_t len = line_noise_byte(&bed->to_module_noise, byte, arrived);
    bed->line_bytes.to_module++;
    if (bed->sent != NULL) {
        bed->sent(bed->sent_ctx, byte);
    }
    if (bed->module_runs && !bed->to_module_muted) {
        module_receive(&bed->module, arrived, len, to_ms(now));
        serve_module(bed, now);
        board_set_alarm(bed->board, next_alarm(bed));
    }
}

static void on_module_event(void *ctx, const struct module_event *event)
{
    struct testbed *bed = ctx;
    if (event->kind == MODULE_EVENT_UPDATED || event->kind == MODULE_EVENT_UP_TO_DATE) {
        /* up to date: the module lost its power as well and does not know that it
         * sent the file */
        bed->outcome = MODULE_EVENT_UPDATED;
    } else if (event->kind == MODULE_EVENT_FAILED) {
        bed->outcome = MODULE_EVENT_FAILED;
        bed->failure = event->failure;
    } else if (event->kind == MODULE_EVENT_INFO && event->info != NULL) {
        bed->told.by_recovery = module_info_is_recovery(event->info);
        bed->saw_recovery = bed->saw_recovery || bed->told.by_recovery;
        bed->told.status = event->update_status != NULL ? *event->update_status
                                                        : (struct otter_update_status){0};
    }
    if (bed->config.module.event != NULL) {
        bed->config.module.event(bed->config.module.ctx, event);
    }
}

/* The pointers that lead back into this testbed. */
static void connect_all(struct testbed *bed)
{
    const struct board_uart_sink log = {bed, on_log};
    const struct board_uart_sink line = {bed, on_mcu_byte};
    const struct board_alarm alarm = {bed, on_alarm};
    board_uart_connect(bed->board, LOG_USART, &log);
    board_uart_connect(bed->board, MODULE_USART, &line);
    board_connect_alarm(bed->board, &alarm);
    bed->module_config = bed->config.module;
    bed->module_config.ctx = bed;
    bed->module_config.event = on_module_event;
}

static int put_load(struct board *board, const struct testbed_load *load,
                    struct host_error *out_error)
{
    uint32_t size = board_flash_size(board), off = load->addr - BOARD_FLASH_BASE;
    if (load->addr < BOARD_FLASH_BASE || off > size || load->len > size - off) {
        return host_error_set(out_error, "board",
                              "%zu bytes at 0x%08" PRIx32 " are not within the %" PRIu32
                              " KB of flash from 0x%08" PRIx32 " on",
                              load->len, load->addr, size / 1024, (uint32_t)BOARD_FLASH_BASE);
    }
    memcpy(board_flash(board) + off, load->data, load->len);
    return 0;
}

struct testbed *testbed_new(const struct testbed_config *config, struct host_error *out_error)
{
    struct testbed *bed = calloc(1, sizeof *bed);
    if (bed == NULL || (bed->board = board_new(&config->board)) == NULL) {
        (void)host_error_set(out_error, "board", "out of memory");
        free(bed);
        return NULL;
    }
    bed->config = *config;
    bed->config.loads = NULL; /* copied below; not kept */
    if (bed->config.baud == 0) {
        bed->config.baud = 9600;
    }
    bed->outcome = MODULE_EVENT_STARTED;
    bed->module_due = bed->look_due = UINT64_MAX;
    for (size_t i = 0; i < config->load_count; i++) {
        if (put_load(bed->board, &config->loads[i], out_error) != 0) {
            testbed_free(bed);
            return NULL;
        }
    }
    connect_all(bed);
    return bed;
}

void testbed_free(struct testbed *bed)
{
    if (bed != NULL) {
        board_free(bed->board);
        free(bed);
    }
}

/* All of it but who listens: each testbed keeps its own. */
static void copy_config(struct testbed *to, const struct testbed *from)
{
    struct testbed_config own = to->config;
    to->config = from->config;
    to->config.module.event = own.module.event;
    to->config.module.ctx = own.module.ctx;
    to->config.log = own.log;
    to->config.log_ctx = own.log_ctx;
    to->config.runner = own.runner;
}

void testbed_copy(struct testbed *to, const struct testbed *from)
{
    board_copy(to->board, from->board);
    module_copy(&to->module, &from->module);
    to->module.config = &to->module_config;
    copy_config(to, from);
    to->module_runs = from->module_runs;
    to->saw_recovery = from->saw_recovery;
    to->told = from->told;
    to->to_module_muted = from->to_module_muted;
    to->to_mcu_muted = from->to_mcu_muted;
    to->to_module_noise = from->to_module_noise;
    to->to_mcu_noise = from->to_mcu_noise;
    to->outcome = from->outcome;
    to->failure = from->failure;
    to->line_bytes = from->line_bytes;
    to->module_due = from->module_due;
    to->look_due = from->look_due;
    to->ring = from->ring;
    memcpy(to->log, from->log, from->log_len + 1);
    to->log_len = from->log_len;
    connect_all(to);
}

void testbed_power_on(struct testbed *bed)
{
    bed->module_runs = bed->module_runs && bed->config.module_keeps_power;
    board_power_on(bed->board);
    if (!bed->config.without_module && !bed->module_runs) {
        module_init(&bed->module, &bed->module_config, testbed_now_ms(bed));
        bed->module_runs = true;
    }
}

static enum board_stop run(const struct testbed *bed, uint64_t until)
{
    const struct testbed_runner *runner = &bed->config.runner;
    return runner->run != NULL ? runner->run(runner->ctx, bed->board, until)
                               : board_run(bed->board, until);
}

enum board_stop testbed_run_ms(struct testbed *bed, uint32_t ms)
{
    /* In whole microseconds: between which instructions the run before ended does not show. */
    uint64_t now_us = board_now(bed->board) / BOARD_TICKS_PER_US;
    if (bed->module_runs) { /* the caller may have told the module to do something */
        serve_module(bed, board_now(bed->board));
    }
    board_set_alarm(bed->board, next_alarm(bed));
    return run(bed, (now_us + (uint64_t)ms * 1000) * BOARD_TICKS_PER_US);
}

size_t testbed_run_until_log(struct testbed *bed, const char *text, size_t from,
                             uint32_t limit_ms)
{
    for (uint32_t ms = 0; ms < limit_ms; ms += 10) {
        const char *found = strstr(bed->log + from, text);
        if (found != NULL) {
            return (size_t)(found - bed->log) + strlen(text);
        }
        if (testbed_run_ms(bed, 10) != BOARD_STOP_TIME) {
            break;
        }
    }
    const char *found = strstr(bed->log + from, text);
    return found == NULL ? 0 : (size_t)(found - bed->log) + strlen(text);
}

struct board *testbed_board(struct testbed *bed)
{
    return bed->board;
}

struct module *testbed_module(struct testbed *bed)
{
    return &bed->module;
}

uint32_t testbed_now_ms(const struct testbed *bed)
{
    return to_ms(board_now(bed->board));
}

void testbed_on_sent(struct testbed *bed, void (*sent)(void *ctx, uint8_t byte), void *ctx)
{
    bed->sent = sent;
    bed->sent_ctx = ctx;
}

void testbed_watch_ring(struct testbed *bed, const struct firmware_ring *ring)
{
    ring_meter_init(&bed->ring, ring);
    bed->look_due = board_now(bed->board);
}

uint64_t testbed_ring_lost(const struct testbed *bed)
{
    return bed->ring.lost;
}

struct testbed_line_bytes testbed_line_bytes(const struct testbed *bed)
{
    return bed->line_bytes;
}

const char *testbed_log(const struct testbed *bed)
{
    return bed->log;
}

size_t testbed_log_len(const struct testbed *bed)
{
    return bed->log_len;
}

bool testbed_offer(struct testbed *bed, const struct module_file *file,
                   const uint8_t version[8])
{
    const struct module_config before = bed->config.module;

    bed->config.module.file = bed->module_config.file = *file;
    memcpy(bed->config.module.version, version, sizeof bed->config.module.version);
    memcpy(bed->module_config.version, version, sizeof bed->module_config.version);
    if (bed->module_runs && module_offer(&bed->module, testbed_now_ms(bed)) != 0) {
        bed->config.module = before;
        bed->module_config.file = before.file;
        memcpy(bed->module_config.version, before.version, sizeof before.version);
        return false;
    }
    bed->outcome = MODULE_EVENT_STARTED;
    return true;
}

void testbed_mute(struct testbed *bed, bool to_module, bool to_mcu)
{
    bed->to_module_muted = to_module;
    bed->to_mcu_muted = to_mcu;
}

void testbed_set_noise(struct testbed *bed, const struct line_noise_rates *rates, uint64_t seed)
{
    static const struct line_noise_rates clean;
    line_noise_init(&bed->to_module_noise, rates == NULL ? &clean : rates, seed * 2);
    line_noise_init(&bed->to_mcu_noise, rates == NULL ? &clean : rates, seed * 2 + 1);
}

uint64_t testbed_noise_faults(const struct testbed *bed)
{
    return bed->to_module_noise.faults + bed->to_mcu_noise.faults;
}

enum module_event_kind testbed_outcome(const struct testbed *bed)
{
    return bed->outcome;
}

enum module_failure testbed_failure(const struct testbed *bed)
{
    return bed->failure;
}

struct testbed_told testbed_told(const struct testbed *bed)
{
    return bed->told;
}

bool testbed_saw_recovery(const struct testbed *bed)
{
    return bed->saw_recovery;
}
