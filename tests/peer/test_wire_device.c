/* SPDX-License-Identifier: Apache-2.0 */
/* Every frame a real Wi-Fi module sent in the recordings of tests/vectors/wire is given to the
 * device at its recorded time, and what the device sends is compared, byte for byte, with what
 * the module was satisfied with there. Repeat one: peer_wire_device NAME (-v prints every
 * frame).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "otter/device.h"
#include "otter/flag.h"
#include "support/ram_flash.h"
#include "wire_cases.h"

enum {
    LINES_MAX = 1200,
    WIRE_MAX = 2200,        /* largest frame on the wire */
    MATCH_WINDOW_MS = 1000, /* a command of ours may come so much before the script's */
    STEP_MS = 10,           /* the application polls this often */
    POLLS_PER_LINE = 24,    /* enough for one whole piece */
};

struct line {
    uint32_t ms;
    bool from_module, is_frame, is_broken, is_used;
    uint8_t *bytes;
    size_t len;
    uint8_t body[WIRE_MAX];
    struct otter_frame frame;
};

static struct {
    const struct wire_case *wire_case;
    struct line *lines;
    size_t line_count, at; /* lines[at] is being replayed */
    struct otter_device device;
    struct otter_device_config config;
    struct otter_receiver_config receiver_config;
    struct otter_info info;
    struct otter_resume resume;
    struct otter_offer offer; /* last one of the module */
    struct otter_layout layout;
    struct ram_flash flash;
    uint32_t now_ms;
    unsigned ready_count, piece_count; /* in the recording, so far */
    unsigned compared, finished;
    unsigned tally[5][256]; /* by kind of difference and command */
    bool restart, stop_seen, stop_wanted, verbose;
    struct otter_frame_decoder sent;
    uint8_t sent_body[WIRE_MAX];
} run;

/* ---- callbacks ---- */

static uint16_t control(void *ctx, const struct otter_p0 *p0,
                        uint8_t out_answer[OTTER_COMMAND_MAX])
{
    /* The scripted product's status: raw motor 5, 37 percent, 54 - 13 degrees, all else
     * zero. */
    static const uint8_t status[] = {0x03, 0, 0, 0, 0, 0x05, 0, 0x25, 0x36, 0, 0};

    (void)ctx;
    if (p0->action != OTTER_P0_READ) {
        return 0;
    }
    memcpy(out_answer, status, sizeof(status));
    return sizeof(status);
}

static void restart(void *ctx)
{
    (void)ctx;
    run.restart = true;
}

/* ---- the recording ---- */

static void decode_line(struct line *line)
{
    struct otter_frame_decoder decoder;
    uint8_t again[WIRE_MAX];
    size_t consumed;
    int len;

    otter_frame_decoder_init(&decoder, line->body, sizeof(line->body),
                             line->from_module ? OTTER_FRAME_LENIENT : OTTER_FRAME_STRICT);
    line->is_frame =
        otter_frame_decode(&decoder, line->bytes, line->len, &consumed, &line->frame) == 1;
    if (line->from_module) {
        return;
    }
    len = line->is_frame ? otter_frame_encode(&line->frame, true, again, sizeof(again)) : -1;
    line->is_broken = len != (int)line->len || memcmp(again, line->bytes, line->len) != 0;
    if (!line->is_frame) { /* which answer was it meant to be? Unescaped or with a wrong sum */
        otter_frame_decoder_init(&decoder, line->body, sizeof(line->body), OTTER_FRAME_LENIENT);
        line->is_frame =
            otter_frame_decode(&decoder, line->bytes, line->len, &consumed, &line->frame) != 0;
    }
}

static void load(const char *name)
{
    char path[512];
    static char text[16384];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s.txt", OTTER_WIRE_VECTORS, name);
    file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("%s: cannot be opened", path);
    }
    while (fgets(text, sizeof(text), file) != NULL) {
        double ms;
        char direction[4];
        int used = 0;
        struct line *line = &run.lines[run.line_count];

        if (sscanf(text, "%lf\t%3s\t%n", &ms, direction, &used) != 2 || direction[0] == '#') {
            continue;
        }
        assert_in_range(run.line_count, 0, LINES_MAX - 1);
        memset(line, 0, sizeof(*line));
        line->ms = (uint32_t)ms;
        line->from_module = direction[0] == 'W';
        line->bytes = malloc(WIRE_MAX);
        assert_non_null(line->bytes);
        for (const char *p = text + used; isxdigit((unsigned char)*p); p += 3) {
            char *end;

            assert_in_range(line->len, 0, WIRE_MAX - 1);
            line->bytes[line->len++] = (uint8_t)strtoul(p, &end, 16);
            assert_ptr_equal(end, p + 2);
            if (*end != ' ') {
                break;
            }
        }
        decode_line(line);
        if (line->is_frame &&
            (line->frame.cmd == OTTER_CMD_ASK_ABOUT || line->frame.cmd == OTTER_CMD_ABOUT)) {
            fail_msg("%s: a vendor's side uses 0x%02X", name, line->frame.cmd);
        }
        run.line_count++;
    }
    fclose(file);
}

/* The next frame the scripted MCU sends behind here that fits. */
static struct line *next_of_mcu(int cmd, bool commands_only)
{
    for (size_t i = run.at; i < run.line_count; i++) {
        struct line *line = &run.lines[i];

        if (!line->from_module && line->is_frame && !line->is_broken && !line->is_used &&
            (cmd < 0 || line->frame.cmd == cmd) &&
            (!commands_only || (line->frame.cmd & 1) != 0)) {
            return line;
        }
    }
    return NULL;
}

/* Numbers the device chooses freely are taken from the recording: sn, piece length, 0x02. */
static void take_over_choices(void)
{
    const struct line *command = next_of_mcu(-1, true);
    const struct line *ready_line = next_of_mcu(OTTER_CMD_READY, true);
    const struct line *info_line = next_of_mcu(OTTER_CMD_INFO, false);
    struct otter_ready ready;
    struct otter_info info;

    if (command != NULL) {
        run.device.link.next_sn = command->frame.sn;
    }
    if (ready_line != NULL && otter_get_ready(&ready_line->frame, &ready) == 0 &&
        (run.device.receiver.transfer.state == OTTER_TRANSFER_READY_DUE ||
         run.device.receiver.transfer.state == OTTER_TRANSFER_SILENCE)) {
        run.device.receiver.transfer.next_piece_len =
            ready.piece_len != 0 ? ready.piece_len : 256;
    }
    if (info_line != NULL && otter_get_info(&info_line->frame, &info) == 0) {
        run.info = info;
    }
}

/* ---- comparing ---- */

static void note(const char *what, const uint8_t bytes[], size_t len)
{
    if (!run.verbose) {
        return;
    }
    printf("  %8u %-10s", (unsigned)run.now_ms, what);
    for (size_t i = 0; i < len && i < 24; i++) {
        printf(" %02X", bytes[i]);
    }
    printf("%s\n", len > 24 ? " .." : "");
}

/* The line of the recording that our frame must equal, or NULL. */
static struct line *expected_for(const struct otter_frame *frame)
{
    bool is_answer = (frame->cmd & 1) == 0 && frame->cmd != OTTER_CMD_ILLEGAL_TO_MODULE;

    for (size_t i = run.at; i < run.line_count; i++) {
        struct line *line = &run.lines[i];

        if (is_answer && i > run.at && line->from_module && line->is_frame &&
            line->frame.cmd == frame->cmd - 1 && line->frame.sn == frame->sn) {
            return NULL; /* the module asked again: the script had not answered */
        }
        if (!is_answer && line->ms > run.now_ms + MATCH_WINDOW_MS) {
            return NULL;
        }
        if (!line->from_module && line->is_frame && !line->is_used &&
            line->frame.cmd == frame->cmd && line->frame.sn == frame->sn) {
            return line;
        }
    }
    return NULL;
}

static void compare_sent(const struct otter_frame *frame, const uint8_t bytes[], size_t len)
{
    struct line *line = expected_for(frame);

    if (frame->cmd == OTTER_CMD_RECEIVER_STOP) {
        run.stop_seen = true;
    }
    if (frame->cmd == OTTER_CMD_PIECE_ACK && run.stop_wanted && !run.stop_seen) {
        fail_msg("%s: ACK before 0x27 at %u ms", run.wire_case->name, (unsigned)run.now_ms);
    }
    if (line == NULL) {
        run.tally[WIRE_EXTRA][frame->cmd]++;
        note("extra", bytes, len);
        return;
    }
    line->is_used = true;
    if (line->len == len && memcmp(line->bytes, bytes, len) == 0) {
        run.compared++;
        note("equal", bytes, len);
    } else {
        run.tally[WIRE_DIFFERENT][frame->cmd]++;
        note("different", bytes, len);
    }
}

static void boot(bool keep_ram)
{
    if (!keep_ram) {
        memset(&run.resume, 0, sizeof(run.resume));
    }
    otter_device_init(&run.device, &run.config, run.now_ms);
    take_over_choices();
}

/* The update was announced: what bootloader and new app do is not on the wire. */
static void check_announced(void)
{
    struct otter_flag flag;
    uint8_t md5[16];

    assert_int_equal(otter_flag_read(&run.flash.port, &run.layout, &flag), 0);
    assert_int_equal(flag.image_size, run.offer.file_size);
    assert_int_equal(otter_md5_from_hex(run.offer.md5_hex, md5), 0);
    assert_memory_equal(flag.md5, md5, sizeof(md5));
    assert_int_equal(otter_flag_erase(&run.flash.port, &run.layout), 0);
    run.finished++;
}

/* Poll, and look at everything the device sends. */
static void pump(unsigned polls)
{
    static uint8_t bytes[4 * WIRE_MAX];

    while (polls-- > 0) {
        size_t len, from = 0;

        take_over_choices();
        otter_device_poll(&run.device, run.now_ms);
        len = otter_device_take(&run.device, bytes, sizeof(bytes));
        while (from < len) {
            struct otter_frame frame;
            size_t consumed;

            assert_int_equal(
                otter_frame_decode(&run.sent, bytes + from, len - from, &consumed, &frame), 1);
            compare_sent(&frame, bytes + from, consumed);
            from += consumed;
        }
        if (run.restart) {
            run.restart = false;
            check_announced();
            boot(true);
        }
    }
}

/* ---- replaying ---- */

static bool has_op(enum wire_op_kind kind, unsigned nth)
{
    for (size_t i = 0; i < 8 && run.wire_case->ops[i].kind != WIRE_END; i++) {
        if (run.wire_case->ops[i].kind == kind && run.wire_case->ops[i].nth == nth) {
            return true;
        }
    }
    return false;
}

static void from_module(struct line *line)
{
    struct otter_offer offer;

    if (line->is_frame && line->frame.cmd == OTTER_CMD_OFFER &&
        otter_get_offer(&line->frame, &offer) == 0) {
        run.offer = offer;
    }
    if (line->is_frame && line->frame.cmd == OTTER_CMD_PIECE) {
        run.piece_count++;
        if (has_op(WIRE_RESET, run.piece_count) || has_op(WIRE_RESET_FORGET, run.piece_count)) {
            boot(has_op(WIRE_RESET, run.piece_count));
            return;
        }
        run.stop_wanted = has_op(WIRE_STOP, run.piece_count);
        run.stop_seen = false;
        if (run.stop_wanted) {
            run.device.receiver.transfer.last_number = 0x7777; /* no piece can follow that */
        }
    }
    note("module", line->bytes, line->len);
    take_over_choices();
    otter_device_receive(&run.device, line->bytes, line->len, run.now_ms);
    pump(POLLS_PER_LINE);
    run.stop_wanted = false;
}

/* As if the application had decided to ask for the last offer again. */
static void ask(void)
{
    struct otter_receiver *receiver = &run.device.receiver;

    run.layout = ram_flash_layout;
    otter_link_drop(&run.device.link);
    receiver->transfer.state = OTTER_TRANSFER_READY_DUE;
    receiver->transfer.offer = run.offer;
    receiver->transfer.unanswered = receiver->transfer.attempts = 0;
    receiver->command_due = 0;
    receiver->ack_due = false;
    pump(POLLS_PER_LINE);
}

static void from_mcu(struct line *line)
{
    const struct otter_frame *frame = &line->frame;
    int rc = 0;

    if (line->is_frame && frame->cmd == OTTER_CMD_READY && !line->is_broken) {
        run.ready_count++;
        if (!line->is_used && has_op(WIRE_ASK, run.ready_count)) {
            ask();
        }
    }
    if (line->is_used) {
        return;
    }
    if (line->is_broken) {
        run.tally[WIRE_BROKEN][0]++;
        note("broken", line->bytes, line->len);
        return;
    }
    switch (frame->cmd) {
    case OTTER_CMD_REPORT: /* the application's own commands */
    case OTTER_CMD_CONFIG_MODE:
    case OTTER_CMD_RESET_MODULE:
    case OTTER_CMD_PRODUCTION_TEST:
    case OTTER_CMD_BINDABLE:
    case OTTER_CMD_GET_TIME:
    case OTTER_CMD_GET_MODULE_INFO:
    case OTTER_CMD_RESTART_MODULE:
        if (frame->flags == 0) {
            rc = otter_device_command(&run.device, frame->cmd, frame->payload,
                                      frame->payload_len, run.now_ms);
        }
        pump(1);
        break;
    default:
        break;
    }
    if (!line->is_used) {
        run.tally[WIRE_MISSING][frame->cmd]++;
        note(rc != 0 ? "refused" : "missing", line->bytes, line->len);
    }
}

static const char *const kind_names[] = {"", "extra", "missing", "different", "broken"};

static unsigned check_tally(void)
{
    unsigned bad = 0;

    for (unsigned kind = WIRE_EXTRA; kind <= WIRE_BROKEN; kind++) {
        for (unsigned cmd = 0; cmd < 256; cmd++) {
            unsigned allowed = 0;

            for (size_t i = 0; i < 14; i++) {
                const struct wire_difference *d = &run.wire_case->differences[i];

                if (d->kind == kind && (kind == WIRE_BROKEN || d->cmd == cmd) &&
                    (kind != WIRE_BROKEN || cmd == 0)) {
                    allowed += d->count;
                }
            }
            if (run.tally[kind][cmd] == allowed) {
                continue;
            }
            bad++;
            fprintf(stderr, "%s: 0x%02X %s: %u frames, the table says %u\n",
                    run.wire_case->name, cmd, kind_names[kind], run.tally[kind][cmd], allowed);
        }
    }
    return bad;
}

static void replay(void **state)
{
    const struct wire_case *wire_case = *state;
    struct line *lines = run.lines;
    bool verbose = run.verbose;
    unsigned listed = 0;

    memset(&run, 0, sizeof(run));
    run.lines = lines;
    run.verbose = verbose;
    run.wire_case = wire_case;
    ram_flash_init(&run.flash);
    run.layout = ram_flash_layout;
    if (has_op(WIRE_SMALL_SLOT, 1)) {
        run.layout.backup.size = RAM_FLASH_PAGE;
    }
    run.receiver_config.port = &run.flash.port;
    run.receiver_config.layout = &run.layout;
    run.receiver_config.resume = &run.resume;
    run.receiver_config.piece_max = 1024;
    run.config.info = &run.info;
    run.config.receiver = &run.receiver_config;
    run.config.control = control;
    run.config.about = otter_about_read; /* never asked for */
    run.config.restart = restart;
    otter_frame_decoder_init(&run.sent, run.sent_body, sizeof(run.sent_body),
                             OTTER_FRAME_STRICT);
    load(wire_case->name);
    boot(false);

    for (run.at = 0; run.at < run.line_count; run.at++) {
        struct line *line = &run.lines[run.at];

        while (run.now_ms + STEP_MS < line->ms) {
            run.now_ms += STEP_MS;
            pump(1);
        }
        run.now_ms = line->ms;
        if (line->from_module) {
            from_module(line);
        } else {
            from_mcu(line);
        }
    }
    for (size_t i = 0; i < run.line_count; i++) {
        free(run.lines[i].bytes);
    }
    for (size_t i = 0; i < 14; i++) {
        listed += wire_case->differences[i].count;
    }
    print_message("%-26s %4zu lines, %3u frames equal, %u transfers, %u listed differences\n",
                  wire_case->name, run.line_count, run.compared, run.finished, listed);
    assert_int_equal(run.flash.refused, 0);
    if (check_tally() != 0 || run.compared < wire_case->compared ||
        run.finished != wire_case->finished) {
        fail_msg(
            "%s: %u of %u frames equal, %u of %u transfers; repeat: peer_wire_device %s -v",
            wire_case->name, run.compared, wire_case->compared, run.finished,
            wire_case->finished, wire_case->name);
    }
}

int main(int argc, char *argv[])
{
    struct CMUnitTest tests[64];
    size_t count = 0;

    run.verbose = argc > 2 && strcmp(argv[2], "-v") == 0;
    run.lines = calloc(LINES_MAX, sizeof(*run.lines));
    if (run.lines == NULL) {
        return 1;
    }
    for (unsigned i = 0; i < wire_case_count && i < 64; i++) {
        if (argc > 1 && strcmp(argv[1], wire_cases[i].name) != 0) {
            continue;
        }
        tests[count++] = (struct CMUnitTest){wire_cases[i].name, replay, NULL, NULL,
                                             (void *)(uintptr_t)&wire_cases[i]};
    }
    if (count == 0) {
        fprintf(stderr, "peer_wire_device: no such recording: %s\n", argc > 1 ? argv[1] : "");
        return 2;
    }
    count = (size_t)_cmocka_run_group_tests("wire", tests, count, NULL, NULL);
    free(run.lines);
    return count != 0;
}
