/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte the scripted MCU of the recordings in tests/vectors/wire sent is given to our
 * module, and every frame ours sends is compared, byte for byte and in order, with what the
 * real module sent. Times are not compared: an answer of the MCU follows our frame as it
 * followed the recorded one.
 *
 * What the recorded module's cloud decided is taken from the recording: when a file is offered,
 * its content (put together from the pieces), status bits, the time, 0x03 and 0x25 frames, and
 * that a killed process starts anew. Where that process restarted by itself, ours must have
 * done so too. Once ours has sent a frame more or less than the recording, the sn of its later
 * commands (and of the MCU's answers to them) are shifted accordingly, and compared with that
 * shift.
 *
 * Each recording is replayed twice: as it is, and to a module that knows no otter (as a
 * vendor's) with otter's mark in every 0x02 of the MCU. Not one frame may differ.
 *
 * Repeat one: peer_wire_module NAME; with -v before it every frame is printed.
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

#include "module/module.h"
#include "module_cases.h"
#include "otter/bytes.h"

enum {
    LINES_MAX = 1200,
    WIRE_MAX = 4200,
    FILE_MAX = 65536,
    QUEUE_MAX = 64,
    LATE_MS = 1500,       /* our frame may come so much after the recorded one */
    KNOWN_COMMANDS = 128, /* so many commands later an sn is another command's */
};

struct line {
    uint32_t ms;
    bool from_module, is_remark, is_frame;
    char remark[80];
    uint8_t bytes[WIRE_MAX], body[WIRE_MAX];
    size_t len;
    struct otter_frame frame;
};

struct ours {
    uint32_t ms;
    uint8_t bytes[WIRE_MAX], body[WIRE_MAX];
    size_t len;
    struct otter_frame frame;
};

static struct {
    const struct module_case *module_case;
    struct line *lines;
    size_t line_count, at;
    struct module module;
    struct module_config config;
    struct otter_module_info module_info;
    struct otter_time time;
    uint8_t file[FILE_MAX];
    bool alive, restarted, verbose, taken_out, is_marked;
    uint32_t now_ms;
    int32_t skew_ms; /* recorded time minus ours */
    struct ours queue[QUEUE_MAX];
    size_t queue_len;
    struct otter_frame_decoder decoder;
    uint8_t decoder_body[WIRE_MAX];
    uint8_t shift; /* our sn minus the recorded sn, of new commands */
    int last_our_sn, last_recorded_sn;
    unsigned commands;        /* recorded in this start, repeats not counted */
    unsigned matched_at[256]; /* by recorded sn: `commands` when ours matched it; 0 = never */
    uint8_t our_sn[256];
    unsigned compared, tally[3][256];
} run;

/* ---- recordings ---- */

static size_t parse_hex(const char *text, uint8_t out[])
{
    size_t len = 0;
    while (*text != 0 && *text != '\t' && *text != '\n') {
        unsigned byte;
        if (isspace((unsigned char)*text)) {
            text++;
            continue;
        }
        assert_int_equal(sscanf(text, "%2x", &byte), 1);
        assert_true(len < WIRE_MAX);
        out[len++] = (uint8_t)byte;
        text += 2;
    }
    return len;
}

/* Is a line exactly one good frame? Modules' ACKs are unescaped, so lenient. */
static void parse_frame(struct line *line)
{
    struct otter_frame_decoder decoder;
    size_t consumed = 0;
    otter_frame_decoder_init(&decoder, line->body, sizeof line->body, OTTER_FRAME_LENIENT);
    int got = otter_frame_decode(&decoder, line->bytes, line->len, &consumed, &line->frame);
    if (got != 1)
        return;
    /* what a lenient decoder leaves is the 55 of an escaped sum */
    line->is_frame =
        consumed == line->len || (consumed + 1 == line->len && line->bytes[consumed] == 0x55);
}

static bool has_own_sn(const struct otter_frame *frame)
{
    return (frame->cmd & 1) != 0 && frame->cmd != OTTER_CMD_ILLEGAL_TO_MCU;
}

/* As if the module had not sent the command that its case names: the sn of those that follow,
 * and of their answers, are one less. The answer to the command itself stays: ours sends it,
 * and waits. */
static bool is_taken_out(struct line *line)
{
    uint32_t without_ms = run.module_case->without_ms;

    if (without_ms != 0 && line->from_module && line->ms == without_ms) {
        run.taken_out = true;
        return true;
    }
    if (!run.taken_out || line->ms == without_ms || !line->is_frame ||
        line->from_module != has_own_sn(&line->frame))
        return false;
    line->frame.sn--;
    int len = otter_frame_encode(&line->frame, true, line->bytes, WIRE_MAX);
    assert_true(len > 0);
    line->len = (size_t)len;
    return false;
}

/* The 0x02 of an otter app that runs and has been updated before. */
static void mark(struct line *line)
{
    const struct otter_update_status update_status = {.is_otter = true, .reason = 7};

    if (!run.is_marked || line->from_module || !line->is_frame ||
        line->frame.cmd != OTTER_CMD_INFO)
        return;
    line->frame.flags = otter_put_update_status(&update_status);
    int len = otter_frame_encode(&line->frame, true, line->bytes, WIRE_MAX);
    assert_true(len > 0);
    line->len = (size_t)len;
}

static void load(const struct module_case *module_case)
{
    char path[512];
    static char text[16384];

    snprintf(path, sizeof path, "%s/%s.txt", OTTER_WIRE_VECTORS,
             module_case->recording != NULL ? module_case->recording : module_case->name);
    FILE *in = fopen(path, "r");
    if (in == NULL)
        fail_msg("%s: cannot be opened", path);
    run.lines = calloc(LINES_MAX, sizeof *run.lines);
    assert_non_null(run.lines);
    run.line_count = 0;
    while (fgets(text, sizeof text, in) != NULL) {
        char *direction = strchr(text, '\t');
        if (text[0] == '#' || direction == NULL)
            continue;
        direction++;
        char *hex = strchr(direction, '\t');
        if (hex == NULL)
            continue;
        hex++;
        struct line *line = &run.lines[run.line_count];
        line->ms = (uint32_t)strtod(text, NULL);
        if (strncmp(direction, "##", 2) == 0) {
            line->is_remark = true;
            snprintf(line->remark, sizeof line->remark, "%.79s", hex);
        } else if (strncmp(direction, "W>M", 3) == 0 || strncmp(direction, "M>W", 3) == 0) {
            line->from_module = direction[0] == 'W';
            line->len = parse_hex(hex, line->bytes);
            parse_frame(line);
            if (is_taken_out(line))
                continue;
            mark(line);
        } else {
            continue;
        }
        assert_true(++run.line_count < LINES_MAX);
    }
    fclose(in);
}

static const struct line *find_next(bool from_module, uint8_t cmd)
{
    for (size_t i = run.at + 1; i < run.line_count; i++)
        if (run.lines[i].from_module == from_module && run.lines[i].is_frame &&
            run.lines[i].frame.cmd == cmd)
            return &run.lines[i];
    return NULL;
}

/* Put the offered file together from the pieces that follow in the recording. */
static void collect_file(const struct otter_offer *offer)
{
    uint32_t piece_len = 0;

    assert_true(offer->file_size <= FILE_MAX);
    memset(run.file, 0, sizeof run.file);
    for (size_t i = run.at + 1; i < run.line_count; i++) {
        const struct line *line = &run.lines[i];
        struct otter_ready ready;
        struct otter_piece piece;
        if (!line->is_frame)
            continue;
        if (line->from_module && line->frame.cmd == OTTER_CMD_OFFER) {
            struct otter_offer next;
            if (otter_get_offer(&line->frame, &next) == 0 &&
                memcmp(next.md5_hex, offer->md5_hex, 32) != 0)
                break;
        }
        if (!line->from_module && line->frame.cmd == OTTER_CMD_READY &&
            otter_get_ready(&line->frame, &ready) == 0)
            piece_len = ready.piece_len != 0 ? ready.piece_len : MODULE_PIECE_DEFAULT;
        if (!line->from_module || line->frame.cmd != OTTER_CMD_PIECE ||
            otter_get_piece(&line->frame, &piece) != 0 || piece.count == 0 || piece.number == 0)
            continue;
        uint32_t off = (piece.number - 1U) * piece_len;
        assert_true(off + piece.data_len <= offer->file_size);
        memcpy(run.file + off, piece.data, piece.data_len);
    }
}

/* ---- our module ---- */

static void on_event(void *ctx, const struct module_event *event)
{
    (void)ctx;
    if (event->kind == MODULE_EVENT_STARTED && run.alive)
        run.restarted = true;
}

static bool on_time(void *ctx, struct otter_time *out_time)
{
    (void)ctx;
    *out_time = run.time;
    return true;
}

static void collect(void)
{
    uint8_t wire[WIRE_MAX];
    size_t len;

    while ((len = module_take(&run.module, wire, sizeof wire)) > 0) {
        size_t off = 0;
        if (!run.alive || run.restarted)
            continue; /* the recorded process was dead by now */
        while (off < len) {
            struct otter_frame frame;
            size_t consumed;
            int got =
                otter_frame_decode(&run.decoder, wire + off, len - off, &consumed, &frame);
            assert_true(got >= 0);
            if (got == 1) {
                assert_true(run.queue_len < QUEUE_MAX);
                struct ours *ours = &run.queue[run.queue_len++];
                ours->ms = run.now_ms;
                ours->len = consumed;
                if (off + consumed < len && wire[off + consumed] == 0x55)
                    ours->len++; /* the escape of its sum */
                memcpy(ours->bytes, wire + off, ours->len);
                ours->frame = frame;
                memcpy(ours->body, frame.payload, frame.payload_len);
                ours->frame.payload = ours->body;
                consumed = ours->len;
            }
            off += consumed;
        }
    }
}

/* One step of time: to the module's next doing, but not beyond end_ms. False at end_ms. */
static bool advance(uint32_t end_ms)
{
    if (run.now_ms >= end_ms)
        return false;
    uint32_t next_ms = module_next_ms(&run.module, run.now_ms);
    run.now_ms = next_ms < end_ms - run.now_ms ? run.now_ms + next_ms : end_ms;
    module_poll(&run.module, run.now_ms);
    collect();
    return true;
}

/* ---- comparison ---- */

static void print_frame(const char *what, const uint8_t bytes[], size_t len)
{
    if (!run.verbose)
        return;
    printf("%8u %-8s", run.now_ms, what);
    for (size_t i = 0; i < len && i < 24; i++)
        printf(" %02X", bytes[i]);
    printf("%s\n", len > 24 ? " ..." : "");
}

static void count_extra(void)
{
    const struct ours *ours = &run.queue[0];
    print_frame("extra", ours->bytes, ours->len);
    run.tally[MODULE_EXTRA][ours->frame.cmd]++;
    if ((ours->frame.cmd & 1) != 0 && ours->frame.cmd != OTTER_CMD_ILLEGAL_TO_MCU &&
        ours->frame.sn != run.last_our_sn) {
        run.last_our_sn = ours->frame.sn;
        run.shift++;
    }
    run.queue_len--;
    memmove(&run.queue[0], &run.queue[1], run.queue_len * sizeof run.queue[0]);
    for (size_t i = 0; i < run.queue_len; i++)
        run.queue[i].frame.payload = run.queue[i].body;
}

/* Did a command of ours match the recorded one with this sn? Numbers are used again every
 * 256. */
static bool is_known(uint8_t sn)
{
    return run.matched_at[sn] != 0 && run.commands - run.matched_at[sn] < KNOWN_COMMANDS;
}

/* The recorded frame as ours must be on the wire, given the shift of sn. */
static size_t shifted(const struct line *line, uint8_t shift, uint8_t out[])
{
    if (!has_own_sn(&line->frame) || shift == 0) {
        memcpy(out, line->bytes, line->len);
        return line->len;
    }
    struct otter_frame frame = line->frame;
    frame.sn = (uint8_t)(frame.sn + shift);
    int len = otter_frame_encode(&frame, true, out, WIRE_MAX);
    assert_true(len > 0);
    return (size_t)len;
}

/* Where in the queue is the recorded frame? */
static bool find_match(const struct line *line, size_t *out_index)
{
    for (size_t i = 0; i < run.queue_len; i++) {
        uint8_t expected[WIRE_MAX];
        uint8_t shift = run.shift;
        int last = run.last_our_sn;
        for (size_t k = 0; k < i; k++) { /* those before would be extra */
            if (has_own_sn(&run.queue[k].frame) && run.queue[k].frame.sn != last) {
                last = run.queue[k].frame.sn;
                shift++;
            }
        }
        if (has_own_sn(&line->frame) && is_known(line->frame.sn))
            shift = (uint8_t)(run.our_sn[line->frame.sn] - line->frame.sn);
        size_t len = shifted(line, shift, expected);
        if (len == run.queue[i].len && memcmp(expected, run.queue[i].bytes, len) == 0) {
            *out_index = i;
            return true;
        }
    }
    return false;
}

static void expect(const struct line *line)
{
    size_t index;
    uint32_t limit_ms = (uint32_t)((int64_t)line->ms - run.skew_ms) + LATE_MS;

    while (!find_match(line, &index)) {
        if (!advance(limit_ms)) {
            print_frame("missing", line->bytes, line->len);
            run.tally[MODULE_MISSING][line->frame.cmd]++;
            if (has_own_sn(&line->frame) && line->frame.sn != run.last_recorded_sn) {
                run.last_recorded_sn = line->frame.sn;
                run.commands++;
                run.matched_at[line->frame.sn] = 0;
                run.shift--;
            }
            return;
        }
    }
    while (index-- > 0)
        count_extra();
    const struct ours *ours = &run.queue[0];
    print_frame("equal", ours->bytes, ours->len);
    run.compared++;
    run.skew_ms = (int32_t)(line->ms - ours->ms);
    if (has_own_sn(&line->frame)) {
        run.last_our_sn = ours->frame.sn;
        run.commands += line->frame.sn != run.last_recorded_sn;
        run.last_recorded_sn = line->frame.sn;
        run.matched_at[line->frame.sn] = run.commands;
        run.our_sn[line->frame.sn] = ours->frame.sn;
    }
    run.queue_len--;
    memmove(&run.queue[0], &run.queue[1], run.queue_len * sizeof run.queue[0]);
    for (size_t i = 0; i < run.queue_len; i++)
        run.queue[i].frame.payload = run.queue[i].body;
}

/* ---- replay ---- */

static void process_start(const struct line *line)
{
    while (run.queue_len > 0)
        count_extra();
    run.config = (struct module_config){.event = on_event,
                                        .time = on_time,
                                        .module_info = &run.module_info,
                                        .knows_no_otter = run.is_marked};
    run.alive = false;
    run.restarted = false;
    run.now_ms = line->ms;
    run.skew_ms = 0;
    run.shift = 0;
    run.last_our_sn = run.last_recorded_sn = -1;
    run.commands = 0;
    memset(run.matched_at, 0, sizeof run.matched_at);
    otter_frame_decoder_init(&run.decoder, run.decoder_body, sizeof run.decoder_body,
                             OTTER_FRAME_LENIENT);
    module_init(&run.module, &run.config, run.now_ms);
    run.alive = true;
}

/* rc=0: it went by itself, so ours must have restarted by itself, about then. Else it was
 * killed. */
static void process_end(const struct line *line)
{
    if (strstr(line->remark, "rc=0") != NULL) {
        uint32_t limit_ms = (uint32_t)((int64_t)line->ms - run.skew_ms) + LATE_MS;
        while (!run.restarted && advance(limit_ms)) {
        }
        if (!run.restarted)
            fail_msg("%s, line at %u ms: ours did not restart; repeat: peer_wire_module -v %s",
                     run.module_case->name, line->ms, run.module_case->name);
    }
    while (run.queue_len > 0)
        count_extra();
    run.alive = false;
}

static void remark(const struct line *line)
{
    if (strstr(line->remark, "module process start") != NULL)
        process_start(line);
    else if (strstr(line->remark, "module process ended") != NULL)
        process_end(line);
}

/* What the recorded module's cloud side decided. */
static void decide(const struct line *line)
{
    const struct otter_frame *frame = &line->frame;
    bool is_new = !is_known(frame->sn) && frame->sn != run.last_recorded_sn;
    struct otter_offer offer;
    uint16_t status;
    size_t index;

    if (!is_new || find_match(line, &index))
        return;
    if (frame->cmd == OTTER_CMD_OFFER && otter_get_offer(frame, &offer) == 0) {
        collect_file(&offer);
        run.config.file = module_file_in_memory(run.file, offer.file_size);
        memcpy(run.config.file.md5_hex, offer.md5_hex, 32);
        memcpy(run.config.version, "unknown.", 8);
        int err = module_offer(&run.module, run.now_ms);
        (void)err; /* busy: the frame will be missing */
    } else if (frame->cmd == OTTER_CMD_STATUS && otter_get_status(frame, &status) == 0) {
        /* 071A at 1 s is ours; the cloud comes and goes by itself */
        if (status != 0x071A || frame->sn > 1)
            module_set_status(&run.module, status);
    } else if (frame->cmd == OTTER_CMD_CONTROL || frame->cmd == OTTER_CMD_TRANSACTION_RESULT) {
        uint32_t limit_ms = run.now_ms + LATE_MS; /* ours may be busy with a frame of its own */
        while (module_command(&run.module, frame->cmd, frame->payload, frame->payload_len,
                              run.now_ms) != 0 &&
               advance(limit_ms)) {
        }
    }
}

static void from_module(const struct line *line)
{
    if (!line->is_frame)
        return; /* HTTP text that the real module once wrote to the serial port */
    uint32_t target_ms = (uint32_t)((int64_t)line->ms - run.skew_ms);
    size_t index;
    while (!find_match(line, &index) && advance(target_ms)) {
    }
    decide(line);
    collect();
    expect(line);
}

static void from_mcu(const struct line *line)
{
    uint32_t target_ms = (uint32_t)((int64_t)line->ms - run.skew_ms);
    const struct otter_frame *frame = &line->frame;
    const struct line *answer;
    uint8_t bytes[WIRE_MAX];
    size_t len = line->len;

    memcpy(bytes, line->bytes, len);
    if (line->is_frame && (frame->cmd & 1) == 0) {
        if (!is_known(frame->sn) && frame->sn == run.last_recorded_sn)
            return; /* the answer to a frame ours did not send */
        if (is_known(frame->sn) && run.our_sn[frame->sn] != frame->sn) {
            struct otter_frame own = *frame;
            own.sn = run.our_sn[frame->sn];
            int own_len = otter_frame_encode(&own, true, bytes, sizeof bytes);
            assert_true(own_len > 0);
            len = (size_t)own_len;
        }
    }
    if (line->is_frame && frame->cmd == OTTER_CMD_GET_TIME &&
        (answer = find_next(true, OTTER_CMD_TIME)) != NULL)
        assert_int_equal(otter_get_time(&answer->frame, &run.time), 0);
    if (line->is_frame && frame->cmd == OTTER_CMD_GET_MODULE_INFO &&
        (answer = find_next(true, OTTER_CMD_MODULE_INFO)) != NULL)
        assert_int_equal(otter_get_module_info(&answer->frame, &run.module_info), 0);
    while (advance(target_ms)) {
    }
    print_frame("mcu", bytes, len);
    module_receive(&run.module, bytes, len, run.now_ms);
    collect();
}

static void check_tally(void)
{
    const struct module_case *module_case = run.module_case;
    bool good = true;

    for (unsigned i = 0; module_case->differences[i].kind != MODULE_NO_DIFFERENCE; i++) {
        const struct module_difference *difference = &module_case->differences[i];
        unsigned *count = &run.tally[difference->kind][difference->cmd];
        if (*count != difference->count) {
            print_error("%s: %s 0x%02X: %u frames, expected %u (%s)\n", module_case->name,
                        difference->kind == MODULE_EXTRA ? "extra" : "missing", difference->cmd,
                        *count, difference->count, difference->reason);
            good = false;
        }
        *count = 0;
    }
    for (unsigned kind = MODULE_EXTRA; kind <= MODULE_MISSING; kind++) {
        for (unsigned cmd = 0; cmd < 256; cmd++) {
            if (run.tally[kind][cmd] == 0)
                continue;
            print_error("%s: %s 0x%02X: %u frames, expected none\n", module_case->name,
                        kind == MODULE_EXTRA ? "extra" : "missing", cmd, run.tally[kind][cmd]);
            good = false;
        }
    }
    if (run.compared != module_case->compared) {
        print_error("%s: %u frames equal the recording, expected %u\n", module_case->name,
                    run.compared, module_case->compared);
        good = false;
    }
    if (!good)
        fail_msg("repeat: peer_wire_module -v %s", module_case->name);
}

static void replay(const struct module_case *module_case, bool is_marked)
{
    bool verbose = run.verbose;

    memset(&run, 0, sizeof run);
    run.verbose = verbose;
    run.is_marked = is_marked;
    run.module_case = module_case;
    load(run.module_case);
    for (run.at = 0; run.at < run.line_count; run.at++) {
        const struct line *line = &run.lines[run.at];
        if (line->is_remark)
            remark(line);
        else if (!run.alive)
            continue;
        else if (line->from_module)
            from_module(line);
        else
            from_mcu(line);
    }
    while (run.queue_len > 0)
        count_extra();
    free(run.lines);
    check_tally();
}

static void test_wire_module(void **state)
{
    replay(*state, false);
    replay(*state, true);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[64];
    size_t count = 0;
    const char *only = NULL;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0)
            run.verbose = true;
        else
            only = argv[i];
    }
    for (unsigned i = 0; i < module_case_count; i++) {
        if (only != NULL && strcmp(only, module_cases[i].name) != 0)
            continue;
        assert_true(count < sizeof tests / sizeof tests[0]);
        tests[count++] = (struct CMUnitTest){
            .name = module_cases[i].name,
            .test_func = test_wire_module,
            .initial_state = (void *)(uintptr_t)&module_cases[i],
        };
    }
    if (count == 0) {
        fprintf(stderr, "peer_wire_module: %s: no such recording\n", only);
        return 2;
    }
    return _cmocka_run_group_tests("peer_wire_module", tests, count, NULL, NULL);
}
