/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_MODULE_FIXTURE_H
#define TESTS_SUPPORT_MODULE_FIXTURE_H

/* A scripted MCU around one struct module, in virtual time. What the module sends is kept frame
 * by frame with its time; the MCU answers the commands its test tells it to, at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>
#include "host/module_text.h"
#include "module/module.h"

enum { SENT_MAX = 400, FILE_MAX = 8192, EVENTS_MAX = 400 };

struct sent {
    uint32_t ms;
    uint8_t cmd, sn;
    uint16_t payload_len;
    uint8_t payload[MODULE_PIECE_MAX + 4];
    size_t wire_len;
    uint8_t wire[12]; /* the first bytes as they were on the wire */
};

struct mcu {
    struct module module;
    struct module_config config;
    uint32_t now_ms;
    uint8_t file[FILE_MAX];
    struct sent sent[SENT_MAX];
    size_t sent_count;
    enum module_event_kind events[EVENTS_MAX];
    struct module_event last[MODULE_EVENT_FAILED + 1];
    char last_text[MODULE_EVENT_FAILED + 1][MODULE_TEXT_SIZE];
    uint32_t unreadable_from; /* of the file: reading there fails */
    size_t event_count;
    /* behaviour */
    bool answers[256]; /* by command: answer at once, empty (0x01: with `info`) */
    struct otter_info info;
    struct otter_update_status update_status; /* goes with it */
    const struct otter_about *about; /* the answer to 0x6F; NULL: an empty one, as a recovery */
    uint8_t next_sn;
    uint8_t got[FILE_MAX]; /* pieces put together */
    struct otter_frame_decoder decoder;
    uint8_t body[MODULE_PIECE_MAX + 64];
};

/* A module that offers file_size bytes (0 = nothing) and an MCU that answers everything. */
void mcu_init(struct mcu *mcu, uint32_t file_size);

/* Let time pass to the next thing the module has to do, again and again, at most until `ms`
 * later. */
void mcu_wait(struct mcu *mcu, uint32_t ms);

/* Send a frame as the MCU, with its next sn (mcu_send) or a given one. */
void mcu_send(struct mcu *mcu, uint8_t cmd, const void *payload, size_t payload_len);
void mcu_send_sn(struct mcu *mcu, uint8_t cmd, uint8_t sn, uint16_t flags, const void *payload,
                 size_t payload_len);
void mcu_send_raw(struct mcu *mcu, const void *bytes, size_t len);

/* READY for the offered file. */
void mcu_ready(struct mcu *mcu, uint16_t piece_len);

/* Answer the last frame the module sent. */
void mcu_ack(struct mcu *mcu);

/* How many frames with cmd did the module send? The nth from 0, from the start. */
size_t mcu_count(const struct mcu *mcu, uint8_t cmd);
const struct sent *mcu_nth(const struct mcu *mcu, uint8_t cmd, size_t nth);
const struct sent *mcu_last(const struct mcu *mcu);
bool mcu_had(const struct mcu *mcu, enum module_event_kind kind);

/* Forget what was sent and told so far. */
void mcu_forget(struct mcu *mcu);

/* To the point where READY is awaited. */
void mcu_run_to_offer(struct mcu *mcu);

#endif
