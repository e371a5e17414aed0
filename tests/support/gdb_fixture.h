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

struct gdb_fixture {
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

static inline void fixture_take(struct gdb_fixture *fixture)
{
    fixture->out_len = gdb_take(&fixture->gdb, (uint8_t *)fixture->out, GDB_OUT_SIZE);
    fixture->out[fixture->out_len] = '\0';
    fixture->answers = 0;
    fixture->answer[0] = '\0';
    for (const char *at = fixture->out; (at = strchr(at, '$')) != NULL;) {
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
        memcpy(fixture->answer, at + 1, (size_t)(end - at - 1));
        fixture->answer[end - at - 1] = '\0';
        fixture->answers++;
        at = end;
    }
}

static inline void fixture_raw(struct gdb_fixture *fixture, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    size_t fed = gdb_feed(&fixture->gdb, at, len);
    assert_int_equal(fed, len);
    fixture_take(fixture);
}

/* Send a packet with the right check sum; returns the last answer, "" for an empty or none. */
static inline const char *fixture_data(struct gdb_fixture *fixture, const void *data,
                                       size_t len)
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
    fixture_raw(fixture, frame, len + 4);
    return fixture->answer;
}

static inline const char *fixture_ask(struct gdb_fixture *fixture, const char *text)
{
    return fixture_data(fixture, text, strlen(text));
}

/* Let the board run until the debugger has it again; fails if it does not in 10 ms. */
static inline const char *fixture_run(struct gdb_fixture *fixture)
{
    for (unsigned slice = 0; slice < 100 && gdb_is_running(&fixture->gdb); slice++) {
        uint64_t until = board_now(fixture->board) + (uint64_t)100 * BOARD_TICKS_PER_US;
        (void)gdb_stopped(&fixture->gdb, board_run(fixture->board, until));
    }
    assert_false(gdb_is_running(&fixture->gdb));
    fixture_take(fixture);
    return fixture->answer;
}

static inline uint32_t fixture_register(struct gdb_fixture *fixture, unsigned n)
{
    return debug_register(fixture->board, n);
}

static inline int fixture_start(void **state)
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
    struct gdb_fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->board = board_new(&options);
    assert_non_null(fixture->board);
    memcpy(board_flash(fixture->board), program, sizeof program);
    board_power_on(fixture->board);
    gdb_attach(&fixture->gdb, fixture->board);
    *state = fixture;
    return 0;
}

static inline int fixture_stop(void **state)
{
    struct gdb_fixture *fixture = *state;
    board_free(fixture->board);
    free(fixture);
    return 0;
}

#endif
