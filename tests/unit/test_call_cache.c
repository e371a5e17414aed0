/* SPDX-License-Identifier: Apache-2.0 */
/* Remembered calls (lab/replay/call_cache.h): with them a board goes the same way as without,
 * to the tick. */
#include "lab/replay/replay.h"
#include "support/chip_fixture.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/iwdg.h"

/* Starts the watchdog and calls f 24 times, with 0, 1, 2, 3, 0, 1 ...; at 0x20000100: f's
 * context and two words, a sum of all results, the number of calls. f adds up 64 words of
 * flash, feeds the watchdog at each of them, and tells the sum twice. Translated by GNU as. */
static const uint8_t program[] = {
    0x00, 0x50, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08, 0x18, 0x4F, /*  ldr  r7, =0x40003000 */
    0x4C, 0xF6, 0xCC, 0x40, 0x38, 0x60, /*        movw r0, #0xCCCC; str r0, [r7] */
    0x17, 0x4E,                         /*        ldr  r6, =0x20000100 */
    0x74, 0x69, 0x18, 0x2C, 0x11, 0xD0, /* again: ldr r4, [r6, #20]; cmp r4, #24; beq done */
    0x30, 0x46, 0x04, 0xF0, 0x03, 0x01, /*        mov  r0, r6; and r1, r4, #3 */
    0x06, 0xF1, 0x08, 0x02,             /*        add  r2, r6, #8 */
    0x06, 0xF1, 0x0C, 0x03,             /*        add  r3, r6, #12 */
    0x11, 0x60,                         /*        str  r1, [r2] */
    0x00, 0xF0, 0x09, 0xF8,             /*        bl   f */
    0x35, 0x69, 0x45, 0x40,             /*        ldr  r5, [r6, #16]; eors r5, r0 */
    0xF3, 0x68, 0xED, 0x18,             /*        ldr  r3, [r6, #12]; adds r5, r3 */
    0x35, 0x61,                         /*        str  r5, [r6, #16] */
    0x01, 0x34, 0x74, 0x61, 0xEA, 0xE7, /*        adds r4, #1; str r4, [r6, #20]; b again */
    0x00, 0xBE,                         /* done:  bkpt */
    0xF0, 0xB5, 0x0C, 0x4C,             /* f:     push {r4-r7, lr}; ldr r4, =0x08004000 */
    0x00, 0x25, 0x00, 0x26,             /*        movs r5, #0; movs r6, #0 */
    0x09, 0x4F,                         /*        ldr  r7, =0x40003000 */
    0x4A, 0xF6, 0xAA, 0x2C,             /*        movw r12, #0xAAAA */
    0x08, 0xCC, 0xED, 0x18,             /* 1:     ldmia r4!, {r3}; adds r5, r3 */
    0xC7, 0xF8, 0x00, 0xC0,             /*        str.w r12, [r7] */
    0x01, 0x36, 0x40, 0x2E, 0xF8, 0xD1, /*        adds r6, #1; cmp r6, #64; bne 1b */
    0x04, 0x68, 0x65, 0x43, 0x6D, 0x18, /*        ldr  r4, [r0]; muls r5, r4; adds r5, r1 */
    0x02, 0xF1, 0x04, 0x03,             /*        add  r3, r2, #4 */
    0x16, 0x60, 0x1D, 0x60,             /*        str  r6, [r2]; str r5, [r3] */
    0x28, 0x46, 0xF0, 0xBD,             /*        mov  r0, r5; pop {r4-r7, pc} */
    0x00, 0x30, 0x00, 0x40, 0x00, 0x01, 0x00, 0x20, 0x00, 0x40, 0x00, 0x08,
};
enum {
    FUNCTION = 0x0800003E,
    FEED = 0x50,  /* where f writes to the watchdog */
    STORE = 0x64, /* ... and the first word */
    DATA = 0x4000,
    WORK = 0x100, /* in RAM */
    CALLS = 24,
    QUESTIONS = 5, /* before the first call the second word is not f's */
    STACK_TOP = 0x5000,
};

static const struct replay_options defaults = {
    .function = {.addr = FUNCTION,
                 .context_size = 8,
                 .stack_size = 64,
                 .flash = {{BOARD_FLASH_BASE, 0x400, UINT32_MAX},
                           {BOARD_FLASH_BASE + DATA, 0x400, UINT32_MAX}}}};

static struct replay *replay;

static struct board *start(bool remembering)
{
    struct board_options options = {.seed = 7};
    struct board *board = board_new(&options);
    assert_non_null(board);
    memcpy(board_flash(board), program, sizeof program);
    for (unsigned i = 0; i < 0x400; i++) {
        board_flash(board)[DATA + i] = (uint8_t)(i * 7 + i / 256);
    }
    assert_true(replay_attach(remembering ? replay : NULL, board));
    board_power_on(board);
    memset(board->sram + WORK, 0, 32);
    board->sram[WORK] = 3;
    return board;
}

/* In slices, as a testbed does it. */
static enum board_stop run(struct board *board)
{
    enum board_stop stop;
    do {
        stop = board_run(board, board_now(board) + 4999);
    } while (stop == BOARD_STOP_TIME);
    return stop;
}

/* At the end of the program; the stack is nobody's. */
static void assert_same(const struct board *one, const struct board *other)
{
    assert_int_equal(board_now(one), board_now(other));
    assert_int_equal(board_instructions(one), board_instructions(other));
    assert_memory_equal(one->cpu.r, other->cpu.r, sizeof one->cpu.r);
    assert_int_equal(cpu_xpsr(&one->cpu), cpu_xpsr(&other->cpu));
    assert_memory_equal(one->sram, other->sram, STACK_TOP - 64);
    assert_memory_equal(chip_state(one, CHIP_iwdg), chip_state(other, CHIP_iwdg),
                        sizeof(struct iwdg));
    assert_memory_equal(chip_flash(one), chip_flash(other), BOARD_FLASH_SIZE);
}

static void assert_counts(uint64_t remembered, uint64_t executed, uint64_t compared,
                          uint64_t others)
{
    struct replay_counts counts = replay_counts(replay);
    assert_int_equal(counts.remembered, remembered);
    assert_int_equal(counts.executed, executed);
    assert_int_equal(counts.compared, compared);
    assert_int_equal(counts.others, others);
    assert_int_equal(counts.differences, 0);
}

static int begin_with(const struct replay_options *options)
{
    replay = replay_new(options);
    return replay == NULL;
}

static int begin(void **state)
{
    (void)state;
    return begin_with(&defaults);
}

static int begin_comparing(void **state)
{
    (void)state;
    struct replay_options options = defaults;
    options.compare_every = 4;
    return begin_with(&options);
}

/* It was not told of all the flash that f reads. */
static int begin_half_blind(void **state)
{
    (void)state;
    struct replay_options options = defaults;
    options.compare_every = 4;
    options.function.flash[1].places = 0;
    return begin_with(&options);
}

static int begin_with_third(void **state)
{
    (void)state;
    struct replay_options options = defaults;
    options.function.flash[2] = (struct call_flash){BOARD_FLASH_BASE + 0x2000, 0x400, 1u << 3};
    return begin_with(&options);
}

static int end(void **state)
{
    (void)state;
    replay_free(replay);
    return 0;
}

/* ---- tests ---- */

static void test_same_course(void **state)
{
    (void)state;
    struct board *plain = start(false), *board = start(true);
    assert_int_equal(run(plain), BOARD_STOP_BKPT);
    assert_int_equal(run(board), BOARD_STOP_BKPT);
    assert_same(board, plain);
    assert_counts(CALLS - QUESTIONS, QUESTIONS, 0, 0);
    board_free(board);
    board = start(true);
    assert_int_equal(run(board), BOARD_STOP_BKPT);
    assert_same(board, plain);
    assert_counts(2 * CALLS - QUESTIONS, QUESTIONS, 0, 0);
    board_free(board);
    board_free(plain);
}

static void test_flash_is_part_of_the_question(void **state)
{
    (void)state;
    for (unsigned run_number = 0; run_number < 3; run_number++) {
        struct board *plain = start(false), *board = start(true);
        /* Another word; then that again, and a change where f does not read. */
        if (run_number > 0) {
            board_flash(plain)[DATA + 17] ^= 1;
            board_flash(board)[DATA + 17] ^= 1;
            board_flash(plain)[0x2000] = board_flash(board)[0x2000] = (uint8_t)run_number;
        }
        assert_int_equal(run(plain), BOARD_STOP_BKPT);
        assert_int_equal(run(board), BOARD_STOP_BKPT);
        assert_same(board, plain);
        board_free(board);
        board_free(plain);
    }
    assert_counts(3 * CALLS - 2 * QUESTIONS, 2 * QUESTIONS, 0, 0);
}

/* A change in flash that is read for one second argument only, asks that one again. */
static void test_second_argument_says_which_flash(void **state)
{
    (void)state;
    for (uint8_t value = 0; value < 2; value++) {
        struct board *board = start(true);
        board_flash(board)[0x2000] = value;
        assert_int_equal(run(board), BOARD_STOP_BKPT);
        board_free(board);
    }
    assert_counts(2 * CALLS - QUESTIONS - 1, QUESTIONS + 1, 0, 0);
}

static void test_context_is_part_of_the_question(void **state)
{
    (void)state;
    for (uint8_t factor = 3; factor < 5; factor++) {
        struct board *board = start(true);
        board->sram[WORK] = factor;
        assert_int_equal(run(board), BOARD_STOP_BKPT);
        board_free(board);
    }
    assert_counts(2 * CALLS - 2 * QUESTIONS, 2 * QUESTIONS, 0, 0);
}

static void test_some_are_compared(void **state)
{
    (void)state;
    struct board *plain = start(false), *board = start(true);
    assert_int_equal(run(plain), BOARD_STOP_BKPT);
    assert_int_equal(run(board), BOARD_STOP_BKPT);
    assert_same(board, plain);
    uint64_t known = CALLS - QUESTIONS;
    assert_counts(known - known / 4, QUESTIONS, known / 4, 0);
    board_free(board);
    board_free(plain);
}

static void test_a_difference_stops(void **state)
{
    (void)state;
    struct board *board = start(true);
    while (replay_counts(replay).executed < QUESTIONS) {
        assert_int_equal(board_run(board, board_now(board) + 4999), BOARD_STOP_TIME);
    }
    board_flash(board)[DATA + 17] ^= 1;
    assert_int_equal(run(board), BOARD_STOP_UNKNOWN);
    assert_non_null(strstr(board_why(board), "remembered"));
    assert_int_equal(replay_counts(replay).differences, 1);
    board_free(board);
}

/* A snapshot in the middle of a call, executed or answered, goes the same way. */
static void test_copies_in_a_call(void **state)
{
    (void)state;
    struct board *plain = start(false), *board = start(true), *copy = start(true);
    assert_int_equal(run(plain), BOARD_STOP_BKPT);
    for (unsigned slices = 0; board_run(board, board_now(board) + 4999) == BOARD_STOP_TIME;
         slices++) {
        if (slices % 7 == 0) {
            board_copy(copy, board);
            assert_int_equal(run(copy), BOARD_STOP_BKPT);
            assert_same(copy, plain);
        }
    }
    assert_same(board, plain);
    assert_int_equal(replay_counts(replay).differences, 0);
    assert_true(replay_counts(replay).remembered > 10 * replay_counts(replay).executed);
    board_free(copy);
    board_free(board);
    board_free(plain);
}

/* The same program, changed: its calls are executed and none is remembered. */
static void expect_others(unsigned at, uint16_t half_word, unsigned unfit)
{
    struct board *boards[2] = {start(false), start(true)};
    for (unsigned i = 0; i < 2; i++) {
        board_flash(boards[i])[at] = (uint8_t)half_word;
        board_flash(boards[i])[at + 1] = (uint8_t)(half_word >> 8);
        assert_int_equal(run(boards[i]), BOARD_STOP_BKPT);
    }
    assert_same(boards[1], boards[0]);
    assert_int_equal(replay_counts(replay).others, unfit);
    assert_int_equal(replay_counts(replay).differences, 0);
    board_free(boards[0]);
    board_free(boards[1]);
}

static void test_reads_a_peripheral(void **state)
{
    (void)state;
    expect_others(FEED, 0xF8D7, CALLS); /* ldr.w r12, [r7] */
}

static void test_writes_elsewhere(void **state)
{
    (void)state;
    /* str r6, [r2, #32]: from the second call on it does not show any more */
    expect_others(STORE, 0x6216, 1);
}

static void test_interrupts_are_on(void **state)
{
    (void)state;
    struct board *board = start(true);
    cpu_set_irq(&board->cpu, 3, false);
    board->cpu.irq_enabled = 1u << 3;
    assert_int_equal(run(board), BOARD_STOP_BKPT);
    assert_counts(0, 0, 0, CALLS);
    board_free(board);
}

static void test_reset_in_a_call(void **state)
{
    (void)state;
    struct board *plain = start(false), *board = start(true);
    assert_int_equal(run(plain), BOARD_STOP_BKPT);
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(board_run(board, board_now(board) + 3001), BOARD_STOP_TIME);
        if (i % 9 == 0) {
            board_reset(board);
        }
    }
    assert_int_equal(run(board), BOARD_STOP_BKPT);
    assert_memory_equal(board->sram + WORK, plain->sram + WORK, 24);
    assert_int_equal(replay_counts(replay).differences, 0);
    board_free(board);
    board_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_course, begin, end),
        cmocka_unit_test_setup_teardown(test_flash_is_part_of_the_question, begin, end),
        cmocka_unit_test_setup_teardown(test_second_argument_says_which_flash, begin_with_third,
                                        end),
        cmocka_unit_test_setup_teardown(test_context_is_part_of_the_question, begin, end),
        cmocka_unit_test_setup_teardown(test_some_are_compared, begin_comparing, end),
        cmocka_unit_test_setup_teardown(test_a_difference_stops, begin_half_blind, end),
        cmocka_unit_test_setup_teardown(test_copies_in_a_call, begin_comparing, end),
        cmocka_unit_test_setup_teardown(test_reads_a_peripheral, begin, end),
        cmocka_unit_test_setup_teardown(test_writes_elsewhere, begin, end),
        cmocka_unit_test_setup_teardown(test_interrupts_are_on, begin, end),
        cmocka_unit_test_setup_teardown(test_reset_in_a_call, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
