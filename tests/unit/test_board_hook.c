/* SPDX-License-Identifier: Apache-2.0 */
/* A hook on the board (board/hook.h): when it is called, and what of it a copy has. */
#include "board/hook.h"
#include "support/chip_fixture.h"
#include "board/stm32f1/chip.h"

/* An endless loop that calls f; r4 counts the returns of f, r5 the calls of it. */
static const uint8_t program[] = {
    0x00, 0x50, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08, 0x00, 0xF0, 0x02, 0xF8, /* again: bl   f */
    0x01, 0x34, 0xFB, 0xE7, /*        adds r4, #1; b again */
    0x01, 0x35, 0x70, 0x47, /* f:     adds r5, #1; bx lr */
};
enum { FUNCTION = 0x08000010, RETURN = 0x0800000C, LR = 14, PC = 15 };

/* Takes the place of the call: `takes` ticks instead of f's instructions; 0 = only observes. */
struct watcher {
    uint32_t addr;
    uint64_t takes, started; /* started: 0 = no call under way */
    unsigned trapped, resets, copies, releases;
    const void *copied_from;
    unsigned runs, accesses;
    struct board_access last;
};

static unsigned traps(void *ctx, uint32_t out_addrs[BOARD_TRAPS_MAX])
{
    const struct watcher *watcher = ctx;
    out_addrs[0] = watcher->addr;
    return watcher->addr != 0;
}

static void begin(void *ctx, struct board *board)
{
    struct watcher *watcher = ctx;
    assert_non_null(board);
    watcher->runs++;
}

static bool trap(void *ctx, struct board *board, uint64_t until)
{
    struct watcher *watcher = ctx;
    watcher->trapped++;
    assert_int_equal(board->cpu.r[PC], watcher->addr);
    if (watcher->takes == 0) {
        return false;
    }
    watcher->started = watcher->started != 0 ? watcher->started : board_now(board);
    uint64_t end = watcher->started + watcher->takes;
    chip_pass_time(board, end < until ? end : until);
    if (board_now(board) < end) {
        return true;
    }
    board->cpu.r[PC] = board->cpu.r[LR] & ~1u;
    watcher->started = 0;
    return false;
}

static void access_peripheral(void *ctx, struct board *board, const struct board_access *access)
{
    struct watcher *watcher = ctx;
    assert_non_null(board);
    watcher->accesses++;
    watcher->last = *access;
}

static void has_reset(void *ctx, struct board *board)
{
    struct watcher *watcher = ctx;
    assert_non_null(board);
    watcher->resets++;
    watcher->started = 0;
}

static void has_copied(void *ctx, struct board *board, const void *from)
{
    struct watcher *watcher = ctx;
    const struct watcher *source = from;
    assert_non_null(board);
    watcher->copies++;
    watcher->copied_from = from;
    watcher->started = source != NULL ? source->started : 0;
}

static void release(void *ctx, struct board *board)
{
    struct watcher *watcher = ctx;
    assert_non_null(board);
    watcher->releases++;
}

static struct board *start(struct watcher *watcher)
{
    const struct board_options options = {.seed = 3};
    const struct board_hook hook = {watcher,           traps,     begin,      trap,
                                    access_peripheral, has_reset, has_copied, release};
    struct board *board = board_new(&options);
    assert_non_null(board);
    memcpy(board_flash(board), program, sizeof program);
    board_set_hook(board, watcher != NULL ? &hook : NULL);
    board_power_on(board);
    board->cpu.r[4] = board->cpu.r[5] = 0;
    return board;
}

static void run(struct board *board, uint64_t ticks)
{
    assert_int_equal(board_run(board, board_now(board) + ticks), BOARD_STOP_TIME);
}

static void test_looks_on(void **state)
{
    (void)state;
    struct watcher watcher = {.addr = FUNCTION};
    struct board *plain = start(NULL), *board = start(&watcher);
    run(plain, MS);
    run(board, MS);
    assert_int_equal(watcher.runs, 1);
    assert_in_range(watcher.trapped, board->cpu.r[5], board->cpu.r[5] + 1);
    assert_true(watcher.trapped > 100);
    assert_memory_equal(board->cpu.r, plain->cpu.r, sizeof plain->cpu.r);
    assert_int_equal(board_now(board), board_now(plain));
    board_free(plain);
    board_free(board);
    assert_int_equal(watcher.releases, 1);
}

static void test_asks_for_addresses_after_each_call(void **state)
{
    (void)state;
    struct watcher watcher = {.addr = RETURN};
    struct board *board = start(&watcher);
    run(board, MS);
    unsigned seen = watcher.trapped;
    assert_true(seen > 100);
    watcher.addr = 0; /* read after the next call ... */
    run(board, MS);
    assert_int_equal(watcher.trapped, seen); /* ... which was that of the run's beginning */
    board_free(board);
}

static void test_takes_over(void **state)
{
    (void)state;
    struct watcher watcher = {.addr = FUNCTION, .takes = 10 * US};
    struct board *board = start(&watcher);
    for (unsigned i = 0; i < 1000; i++) {
        run(board, 3 * US); /* one call takes several runs */
    }
    assert_int_equal(board->cpu.r[5], 0);
    assert_in_range(board->cpu.r[4], 265, 285);
    board_free(board);
}

/* A reset ends the call that is under way: f is called again, not returned from. */
static void test_reset_ends_it(void **state)
{
    (void)state;
    struct watcher watcher = {.addr = FUNCTION, .takes = 10 * US};
    struct board *board = start(&watcher);
    run(board, 5 * US);
    assert_true(watcher.started != 0);
    unsigned resets = watcher.resets, seen = watcher.trapped;
    watcher.takes = 0;
    board_reset(board);
    assert_int_equal(watcher.resets, resets + 1);
    assert_int_equal(watcher.trapped, seen);
    board->cpu.r[4] = board->cpu.r[5] = 0;
    run(board, 5 * US);
    assert_true(board->cpu.r[5] > 0);
    board_free(board);
}

static void test_copy_goes_on_alike(void **state)
{
    (void)state;
    struct watcher one = {.addr = FUNCTION, .takes = 10 * US}, other = one;
    struct board *board = start(&one), *copy = start(&other);
    run(board, 5 * US);
    assert_true(one.started != 0);
    board_copy(copy, board);
    assert_int_equal(other.copies, 1);
    assert_ptr_equal(other.copied_from, &one);
    assert_int_equal(one.copies, 0);
    run(board, 100 * US);
    run(copy, 100 * US);
    assert_int_equal(board_now(copy), board_now(board));
    assert_memory_equal(copy->cpu.r, board->cpu.r, sizeof board->cpu.r);
    assert_int_equal(copy->cpu.r[5], 0);
    board_free(board);
    board_free(copy);
    assert_int_equal(one.releases, 1);
    assert_int_equal(other.releases, 1);
}

/* A board without the hook knows nothing of the half of the call that is already done. */
static void test_copy_without_the_hook(void **state)
{
    (void)state;
    struct watcher watcher = {.addr = FUNCTION, .takes = 10 * US};
    struct board *board = start(&watcher), *copy = start(NULL);
    board_copy(copy, board);
    run(copy, 5 * US); /* nothing was under way: an ordinary board */
    assert_true(copy->cpu.r[5] > 0);
    run(board, 5 * US);
    assert_true(watcher.started != 0);
    board_copy(copy, board);
    assert_unknown(copy, "hook");
    board_copy(board, copy);
    assert_null(watcher.copied_from);
    board_free(board);
    board_free(copy);
}

/* f writes to a register instead, and reads it. */
static void test_listens(void **state)
{
    (void)state;
    static const uint8_t accesses[] = {0x37, 0x60, 0x3A, 0x68,
                                       0x70, 0x47}; /* str r7, [r6]; ldr r2, [r7]; bx lr */
    struct watcher watcher = {.addr = FUNCTION}, other = watcher;
    struct board *board = start(&watcher), *copy = start(&other);
    memcpy(board_flash(board) + (FUNCTION - BOARD_FLASH_BASE), accesses, sizeof accesses);
    board->cpu.r[6] = board->cpu.r[7] = CRC_BASE;
    run(board, MS);
    assert_int_equal(watcher.accesses, 0);
    board_hook_listen(board, true);
    run(board, MS);
    assert_true(watcher.accesses > 100);
    assert_int_equal(watcher.last.addr, CRC_BASE);
    assert_int_equal(watcher.last.size, 4);
    assert_int_equal(watcher.last.value, watcher.last.writes ? CRC_BASE : 0);
    board_copy(copy, board);
    run(copy, MS);
    assert_int_equal(other.accesses, 0);
    unsigned seen = watcher.accesses;
    board_hook_listen(board, false);
    run(board, MS);
    assert_int_equal(watcher.accesses, seen);
    board_free(board);
    board_free(copy);
}

static void test_is_taken_away(void **state)
{
    (void)state;
    struct watcher watcher = {.addr = FUNCTION};
    struct board *board = start(&watcher);
    run(board, 10 * US);
    unsigned seen = watcher.trapped;
    board_set_hook(board, NULL);
    assert_int_equal(watcher.releases, 1);
    run(board, MS);
    assert_int_equal(watcher.trapped, seen);
    board_free(board);
    assert_int_equal(watcher.releases, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks_on),
        cmocka_unit_test(test_asks_for_addresses_after_each_call),
        cmocka_unit_test(test_takes_over),
        cmocka_unit_test(test_reset_ends_it),
        cmocka_unit_test(test_copy_goes_on_alike),
        cmocka_unit_test(test_copy_without_the_hook),
        cmocka_unit_test(test_listens),
        cmocka_unit_test(test_is_taken_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
