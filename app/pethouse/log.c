/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <stdbool.h>
#include <string.h>
#include "otter/message.h"
#include "debug.h"

static void put_chars(const uint8_t chars[], size_t len)
{
    char text[33];
    size_t used = 0;
    while (used < len && used < sizeof text - 1 && chars[used] != 0) {
        text[used] = (char)chars[used];
        used++;
    }
    text[used] = 0;
    debug_text(text);
}

static void put_two_digits(unsigned value)
{
    if (value < 10) {
        debug_text("0");
    }
    debug_decimal(value);
}

static void put_end(void)
{
    debug_text("\r\n");
}

void log_line(const char text[])
{
    debug_text(text);
    put_end();
}

void log_start(const uint8_t unique_id[12], const char version[8])
{
    log_line("MCU Init Success");
    debug_text("Device ID : ");
    for (unsigned i = 0; i < 12; i += 2) {
        debug_hex4((uint16_t)((unsigned)unique_id[i] << 8 | unique_id[i + 1]));
    }
    put_end();
    debug_text("App Init Success , SoftVersion = ");
    log_line(version);
}

void log_answer(const struct otter_frame *answer)
{
    struct otter_time time;
    struct otter_module_info module;
    if (answer->cmd == OTTER_CMD_TIME && otter_get_time(answer, &time) == 0) {
        debug_text("Time : ");
        debug_decimal(time.year);
        debug_text("-");
        put_two_digits(time.month);
        debug_text("-");
        put_two_digits(time.day);
        debug_text(" ");
        put_two_digits(time.hour);
        debug_text(":");
        put_two_digits(time.minute);
        debug_text(":");
        put_two_digits(time.second);
        put_end();
    } else if (answer->cmd == OTTER_CMD_MODULE_INFO &&
               otter_get_module_info(answer, &module) == 0) {
        debug_text(module.kind == OTTER_MODULE_WIFI ? "Module : WiFi " : "Module : GPRS ");
        put_chars(module.version, sizeof module.version);
        put_end();
    }
}

void log_gave_up(uint8_t cmd)
{
    debug_text("Module Silent , Cmd = ");
    debug_hex4(cmd);
    put_end();
}

static const char *result_text(enum otter_result result)
{
    /* clang-format off */
    static const char *const texts[] = {
        [OTTER_RESULT_NONE] = "stopped",
        [OTTER_RESULT_FINISHED] = "verified",
        [OTTER_RESULT_TOO_LARGE] = "file too large",
        [OTTER_RESULT_TOO_SMALL] = "file too small",
        [OTTER_RESULT_BAD_OFFER] = "bad offer",
        [OTTER_RESULT_BAD_PIECE] = "bad piece",
        [OTTER_RESULT_NOT_STARTABLE] = "not an image for this slot",
        [OTTER_RESULT_WRONG_HARDWARE] = "wrong hardware",
        [OTTER_RESULT_FLASH] = "flash error",
        [OTTER_RESULT_MD5] = "MD5 differs",
        [OTTER_RESULT_NO_ANSWER] = "module silent",
        [OTTER_RESULT_ATTEMPTS] = "too many attempts",
        [OTTER_RESULT_BAD_TRAILER] = "bad trailer",
        [OTTER_RESULT_INSTALLED] = "already installed",
        [OTTER_RESULT_ON_TRIAL] = "on trial",
        [OTTER_RESULT_TRIED] = "tried before",
    };
    /* clang-format on */
    return (unsigned)result < sizeof texts / sizeof texts[0] ? texts[result] : "unknown";
}

static bool has_ended(const struct otter_transfer *transfer)
{
    return !otter_transfer_is_active(transfer) || transfer->state == OTTER_TRANSFER_FINISHED;
}

void log_transfer(const struct otter_transfer *transfer)
{
    static bool running;
    static uint16_t piece_len;

    if (transfer->state == OTTER_TRANSFER_RECEIVING && transfer->piece_len != piece_len) {
        piece_len = transfer->piece_len;
        debug_text("OTA Begin , Size = ");
        debug_decimal(transfer->offer.file_size);
        debug_text(" , Piece = ");
        debug_decimal(piece_len);
        put_end();
        running = true;
    }
    if (!has_ended(transfer)) {
        running = true;
    } else if (running) {
        running = false;
        piece_len = 0;
        debug_text(transfer->state == OTTER_TRANSFER_FINISHED ? "OTA Success : "
                                                              : "OTA Failed : ");
        log_line(result_text(transfer->result));
    }
}
