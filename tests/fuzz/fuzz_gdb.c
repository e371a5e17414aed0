/* SPDX-License-Identifier: Apache-2.0 */
/* gdb's end of the line: any bytes, and packets with a right sum around any bytes, while the
 * board runs and stands. Whatever comes, every answer is a packet of the right form, how the
 * bytes were split does not matter, and nothing is executed while the debugger has the
 * board. */
#include "board/host/gdb.h"
#include "tests/fuzz/fuzz.h"

enum { STEPS_MAX = 24, SLICE_US = 20, SMALL_PART = 509, TIMES_MAX = 32 };

/* Counts in RAM, for ever. */
static const uint8_t program[] = {
    0x00, 0x50, 0x00, 0x20, 0x11, 0x00, 0x00, 0x08, /* stack pointer, reset */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* no handlers */
    0x02, 0x48,                                     /* ldr r0, =0x20000100 */
    0x01, 0x68, 0x01, 0x31, 0x01, 0x60, /* ldr r1, [r0]; adds r1, #1; str r1, [r0] */
    0xFB, 0xE7, 0x00, 0xBF,             /* b; nop */
    0x00, 0x01, 0x00, 0x20,
};

/* The stub, and the peer's look at what it sends. */
struct end {
    struct board *board;
    struct gdb gdb;
    enum { OUTSIDE, BODY, SUM1, SUM2 } state;
    uint8_t sum, given;
    uint32_t packets, hash;
};

static struct board *fresh;
static struct end whole, bytewise; /* one gets its input in one piece, one byte by byte */

static void look_at(struct end *end, uint8_t byte)
{
    end->hash = (end->hash ^ byte) * 16777619u;
    switch (end->state) {
    case OUTSIDE:
        FUZZ_CHECK(byte == '+' || byte == '-' || byte == '$');
        end->state = byte == '$' ? BODY : OUTSIDE;
        end->sum = 0;
        break;
    case BODY:
        FUZZ_CHECK(byte != '$' && byte < 0x80); /* answers are text */
        if (byte == '#') {
            end->state = SUM1;
        } else {
            end->sum = (uint8_t)(end->sum + byte);
        }
        break;
    case SUM1:
        FUZZ_CHECK(gdb_hex_value(byte) >= 0);
        end->given = (uint8_t)(gdb_hex_value(byte) << 4);
        end->state = SUM2;
        break;
    case SUM2:
        FUZZ_CHECK(gdb_hex_value(byte) >= 0);
        FUZZ_CHECK((end->given | gdb_hex_value(byte)) == end->sum);
        end->packets++;
        end->state = OUTSIDE;
        break;
    }
}

/* Take all there is, at most `part` bytes at once. */
static void drain(struct end *end, size_t part)
{
    uint8_t bytes[GDB_OUT_SIZE];
    size_t got;
    while ((got = gdb_take(&end->gdb, bytes, part)) > 0) {
        FUZZ_CHECK(got <= part);
        for (size_t i = 0; i < got; i++) {
            look_at(end, bytes[i]);
        }
    }
    FUZZ_CHECK(end->state == OUTSIDE);
}

static void feed(struct end *end, const uint8_t bytes[], size_t len, size_t in_part,
                 size_t out_part)
{
    uint64_t instructions = board_instructions(end->board);
    for (size_t done = 0; done < len && !end->gdb.detached;) {
        size_t part = len - done < in_part ? len - done : in_part;
        size_t fed = gdb_feed(&end->gdb, bytes + done, part);
        FUZZ_CHECK(fed > 0 && fed <= part); /* nothing waits, so there was room */
        done += fed;
        drain(end, out_part);
    }
    FUZZ_CHECK(!end->gdb.detached || (gdb_is_running(&end->gdb) &&
                                      (len == 0 || gdb_feed(&end->gdb, bytes, len) == 0)));
    FUZZ_CHECK(board_instructions(end->board) == instructions);
}

static void feed_both(const uint8_t bytes[], size_t len)
{
    feed(&whole, bytes, len, len, GDB_OUT_SIZE);
    feed(&bytewise, bytes, len, 1, SMALL_PART);
}

/* The bytes several times in one packet: also more than it may hold. */
static void feed_packet(const uint8_t bytes[], size_t len, unsigned times)
{
    static uint8_t frame[TIMES_MAX * UINT8_MAX + 4];
    char tail[4];
    uint8_t sum = 0;
    size_t end = 0;
    frame[end++] = '$';
    for (size_t i = 0; i < len * times; i++) {
        frame[end++] = bytes[i % len];
        sum = (uint8_t)(sum + bytes[i % len]);
    }
    (void)snprintf(tail, sizeof tail, "#%02x", (unsigned)sum);
    memcpy(frame + end, tail, 3);
    feed_both(frame, end + 3);
}

static void run(struct end *end)
{
    if (gdb_is_running(&end->gdb)) {
        uint64_t until = board_now(end->board) + (uint64_t)SLICE_US * BOARD_TICKS_PER_US;
        bool is_ours = gdb_stopped(&end->gdb, board_run(end->board, until));
        FUZZ_CHECK(is_ours == !gdb_is_running(&end->gdb));
        drain(end, GDB_OUT_SIZE);
    }
}

static void start(struct end *end)
{
    if (fresh == NULL) {
        fresh = board_new(&(struct board_options){.seed = 1});
        FUZZ_CHECK(fresh != NULL);
        memcpy(board_flash(fresh), program, sizeof program);
        board_power_on(fresh);
    }
    if (end->board == NULL) {
        end->board = board_new(&(struct board_options){.seed = 1});
        FUZZ_CHECK(end->board != NULL);
    }
    board_copy(end->board, fresh);
    end->state = OUTSIDE;
    end->packets = end->hash = 0;
    gdb_attach(&end->gdb, end->board);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    start(&whole);
    start(&bytewise);
    for (unsigned i = 0; i < STEPS_MAX && input.len > 0; i++) {
        uint8_t how = fuzz_u8(&input);
        size_t len = how % 4 == 2 ? 0 : how % 4 == 3 ? input.len : fuzz_u8(&input);
        const uint8_t *bytes = fuzz_take(&input, &len);
        switch (how % 4) {
        case 0:
            feed_packet(bytes, len, how < 128 ? 1 : 1 + how / 4 % TIMES_MAX);
            break;
        case 2:
            run(&whole);
            run(&bytewise);
            break;
        default: /* raw: some bytes, or all that are left */
            feed_both(bytes, len);
            break;
        }
        FUZZ_CHECK(whole.packets == bytewise.packets && whole.hash == bytewise.hash);
        FUZZ_CHECK(whole.gdb.running == bytewise.gdb.running);
    }
    gdb_exited(&whole.gdb);
    gdb_exited(&bytewise.gdb);
    FUZZ_CHECK(gdb_is_running(&whole.gdb) && gdb_is_running(&bytewise.gdb));
    drain(&whole, GDB_OUT_SIZE);
    return 0;
}
