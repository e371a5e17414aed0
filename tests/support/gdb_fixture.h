/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_GDB_FIXTURE_H
#define TESTS_SUPPORT_GDB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "board/host/gdb.h"

/* A board with a small program, and the debugger's end of the protocol without a socket. */

struct gdb_rig {
    struct board *board;
    struct gdb gdb;
    char out[GDB_OUT_SIZE + 1]; /* all the bytes of the last exchange */
    size_t out_len;
    char answer[GDB_PACKET_MAX + 1]; /* DATA of the last packet in `out` */
    unsigned answers;                /* packets in `out` */
};

/* Addresses in the program. */
#define LOOP    0x08000014u /* ldr r2, [r0] */
#define ADD     0x08000016u /* adds r2, #1 */
#define STORE   0x08000018u /* str r2, [r0] */
#define BACK    0x0800001Au /* b LOOP */
#define COUNTER 0x20000100u

static inline void rig_take(struct gdb_rig *rig)
{
    rig->out_len = gdb_take(&rig->gdb, (uint8_t *)rig->out, GDB_OUT_SIZE);
    rig->out[rig->out_len] = '\0';
    rig->answers = 0;
    rig->answer[0] = '\0';
    for (const char *at = rig->out; (at = strchr(at, '$')) != NULL;) {
        const char *end = strchr(at, '#');
        unsigned sum = 0, given;
        assert_non_null(end);
        assert_true(end[1] != '\0' && end[2] != '\0');
        for (const char *c = at + 1; c < end; c++) {
            sum += (uint8_t)*c;
        }
        char digits[3] = {end[1], end[2], '\0'};
        given = (unsigned)strtoul(digits, NULL, 16);
        assert_int_equal(sum & 0xFFu, given);
        memcpy(rig->answer, at + 1, (size_t)(end - at - 1));
        rig->answer[end - at - 1] = '\0';
        rig->answers++;
        at = end;
    }
}

static inline void rig_raw(struct gdb_rig *rig, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    size_t fed = gdb_feed(&rig->gdb, at, len);
    assert_int_equal(fed, len);
    rig_take(rig);
}

/* Send a packet with the right check sum; returns the last answer, "" for an empty or none. */
static inline const char *rig_data(struct gdb_rig *rig, const void *data, size_t len)
{
    static uint8_t frame[3 * GDB_PACKET_MAX];
    const uint8_t *bytes = data;
    uint8_t sum = 0;
    assert_true(len + 4 <= sizeof frame);
    frame[0] = '$';
    for (size_t i = 0; i < len; i++) {
        frame[1 + i] = bytes[i];
        sum = (uint8_t)(sum + bytes[i]);
    }
    char tail[4];
    (void)snprintf(tail, sizeof tail, "#%02X", sum); /* upper case is as good */
    memcpy(frame + 1 + len, tail, 3);
    rig_raw(rig, frame, len + 4);
    return rig->answer;
}

static inline const char *rig_ask(struct gdb_rig *rig, const char *text)
{
    return rig_data(rig, text, strlen(text));
}

/* Let the board run until the debugger has it again; fails if it does not in 10 ms. */
static inline const char *rig_run(struct gdb_rig *rig)
{
    for (unsigned slice = 0; slice < 100 && gdb_is_running(&rig->gdb); slice++) {
        uint64_t until = board_now(rig->board) + (uint64_t)100 * BOARD_TICKS_PER_US;
        (void)gdb_stopped(&rig->gdb, board_run(rig->board, until));
    }
    assert_false(gdb_is_running(&rig->gdb));
    rig_take(rig);
    return rig->answer;
}

static inline uint32_t rig_register(struct gdb_rig *rig, unsigned n)
{
    return debug_register(rig->board, n);
}

static inline int rig_start(void **state)
{
    static const uint8_t program[] = {
        0x00, 0x50, 0x00, 0x20, 0x11, 0x00, 0x00, 0x08, /* stack pointer, reset */
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* no handlers */
        0x04, 0x48,                                     /* ldr r0, =COUNTER */
        0x00, 0x22,                                     /* movs r2, #0 */
        0x02, 0x68,                                     /* LOOP: ldr r2, [r0] */
        0x01, 0x32,                                     /* adds r2, #1 */
        0x02, 0x60,                                     /* str r2, [r0] */
        0xFB, 0xE7,                                     /* b LOOP */
        0x00, 0xBE,                                     /* bkpt */
        0x00, 0xDE,                                     /* 0x1E: udf */
        0x00, 0xBF, 0x00, 0xBF,                         /* nop */
        0x00, 0x01, 0x00, 0x20,                         /* 0x24: COUNTER */
    };
    struct board_options options = {.seed = 1};
    struct gdb_rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->board = board_new(&options);
    assert_non_null(rig->board);
    memcpy(board_flash(rig->board), program, sizeof program);
    board_power_on(rig->board);
    gdb_attach(&rig->gdb, rig->board);
    *state = rig;
    return 0;
}

static inline int rig_stop(void **state)
{
    struct gdb_rig *rig = *state;
    board_free(rig->board);
    free(rig);
    return 0;
}

#endif
