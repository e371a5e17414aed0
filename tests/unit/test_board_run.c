/* SPDX-License-Identifier: Apache-2.0 */
/* run_board(): a whole run of the modelled board with a small program on it, between a pipe and
 * a file. The program echoes each byte of USART1 plus one; `w` first programs the next
 * half-word at 0x08008000, `!` is an undefined instruction, `b` a breakpoint.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "board/gokit2/gokit2.h"
#include "board/host/run.h"
#include "board/host/state.h"
#include "cli/board_stats.h"

/* clang-format off */
static const uint8_t program[] = {
    0x00, 0x50, 0x00, 0x20, 0x11, 0x00, 0x00, 0x08, /* stack pointer, reset; no handlers */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x19, 0x48, 0x44, 0xf2, 0x04, 0x01, 0x81, 0x61, /* RCC_APB2ENR = USART1, port A */
    0x18, 0x48, 0x19, 0x49, 0x41, 0x60,             /* GPIOA_CRH: PA9 alternate push-pull */
    0x19, 0x4c, 0x40, 0xf2, 0x41, 0x31, 0xa1, 0x60, /* BRR = 0x341: 9600 at 8 MHz */
    0x42, 0xf2, 0x0c, 0x01, 0xe1, 0x60,             /* CR1 = UE TE RE */
    0x16, 0x4d, 0x17, 0x49, 0x69, 0x60, 0x17, 0x49, 0x69, 0x60, /* FLASH_KEYR */
    0x01, 0x21, 0x29, 0x61,                         /* FLASH_CR = PG */
    0x16, 0x4e,                                     /* r6 = 0x08008000 */
    0x31, 0x88, 0x4f, 0xf6, 0xff, 0x72, 0x91, 0x42, /* seek: is [r6] erased? */
    0x01, 0xd0, 0x02, 0x36, 0xf8, 0xe7,             /* no: r6 += 2 */
    0x21, 0x68, 0x89, 0x06, 0xfc, 0xd5,             /* loop: wait for RXNE */
    0x60, 0x68, 0x77, 0x28, 0x06, 0xd1,             /* r0 = DR; 'w'? */
    0x41, 0xf2, 0x34, 0x22, 0x32, 0x80, 0x02, 0x36, /* [r6] = 0x1234; r6 += 2 */
    0xea, 0x68, 0xd2, 0x07, 0xfc, 0xd4,             /* wait for BSY */
    0x21, 0x28, 0x00, 0xd1, 0x00, 0xde,             /* '!': UDF */
    0x62, 0x28, 0x00, 0xd1, 0x00, 0xbe,             /* 'b': BKPT */
    0x01, 0x30, 0x60, 0x60, 0xe9, 0xe7, 0x00, 0x00, /* DR = r0 + 1; loop */
    0x00, 0x10, 0x02, 0x40, 0x00, 0x08, 0x01, 0x40, /* literals */
    0xb4, 0x44, 0x44, 0x44, 0x00, 0x38, 0x01, 0x40, 0x00, 0x20, 0x02, 0x40,
    0x23, 0x01, 0x67, 0x45, 0xab, 0x89, 0xef, 0xcd, 0x00, 0x80, 0x00, 0x08,
};
/* clang-format on */

static char told[2000];

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
    size_t len = strlen(told);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(told + len, sizeof told - len, format, args);
    va_end(args);
    strncat(told, "\n", sizeof told - strlen(told) - 1);
}

struct bench {
    struct board *board;
    struct run_line lines[RUN_LINE_COUNT];
    int pipe[2];
    char path[40];
    volatile sig_atomic_t stop;
    struct run_options options;
    struct run_result result;
    char echo[64];
};

static uint64_t ms(unsigned n)
{
    return (uint64_t)n * 1000 * BOARD_TICKS_PER_US;
}

static int start(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct board_options options = {.seed = 5};
    assert_non_null(bench);
    bench->board = board_new(&options);
    assert_non_null(bench->board);
    memcpy(board_flash(bench->board), program, sizeof program);
    assert_int_equal(pipe(bench->pipe), 0);
    strcpy(bench->path, "/tmp/otter-run-XXXXXX");
    int fd = mkstemp(bench->path);
    assert_true(fd >= 0);
    bench->lines[0].end.kind = ENDPOINT_STDIO;
    bench->lines[0].end.in_fd = bench->pipe[0];
    bench->lines[0].end.out_fd = fd;
    assert_true(endpoint_open(&bench->lines[1].end, "null", bench->result.why));
    bench->options = (struct run_options){
        .until = ms(100), .baud = {9600, 9600}, .stop = &bench->stop, .tell = tell};
    told[0] = '\0';
    *state = bench;
    return 0;
}

static int end(void **state)
{
    struct bench *bench = *state;
    board_free(bench->board);
    close(bench->pipe[0]);
    close(bench->pipe[1]);
    close(bench->lines[0].end.out_fd);
    unlink(bench->path);
    free(bench);
    return 0;
}

/* The first byte comes before the program listens: it must be lost. */
static void run(struct bench *bench, const char *sent)
{
    char text[64] = "-";
    strcat(text, sent);
    assert_int_equal(write(bench->pipe[1], text, strlen(text)), strlen(text));
    run_board(bench->board, bench->lines, &bench->options, &bench->result);
    ssize_t len = pread(bench->lines[0].end.out_fd, bench->echo, sizeof bench->echo - 1, 0);
    assert_true(len >= 0);
    bench->echo[len] = '\0';
}

static unsigned half_word(const struct bench *bench, unsigned index)
{
    const uint8_t *at = board_flash(bench->board) + 0x8000 + (size_t)2 * index;
    return at[0] | (unsigned)at[1] << 8;
}

static void test_run_until_its_time(void **state)
{
    struct bench *bench = *state;
    run(bench, "HAL");
    assert_int_equal(bench->result.stop, BOARD_STOP_TIME);
    assert_true(run_is_good(&bench->result));
    assert_string_equal(bench->echo, "IBM");
    assert_in_range(board_now(bench->board), ms(100), ms(100) + 1000);
}

static void test_run_asked_to_stop(void **state)
{
    struct bench *bench = *state;
    bench->options.until = UINT64_MAX;
    bench->stop = 1;
    run(bench, "");
    assert_int_equal(bench->result.stop, BOARD_STOP_ASKED);
    assert_true(run_is_good(&bench->result));
}

static void test_run_lockup_and_breakpoint_tell_why(void **state)
{
    struct bench *bench = *state;
    run(bench, "!");
    assert_int_equal(bench->result.stop, BOARD_STOP_LOCKUP);
    assert_false(run_is_good(&bench->result));
    assert_true(bench->result.why[0] != '\0');
    run(bench, "b");
    assert_int_equal(bench->result.stop, BOARD_STOP_BKPT);
}

/* 64 MHz from the HSI and back, for ever, with PCLK1 as fast as the core. */
static const uint8_t fast_pclk1[] = {
    0x00, 0x50, 0x00, 0x20, 0x09, 0x00, 0x00, 0x08,             /* stack pointer, reset */
    0x07, 0x48, 0x08, 0x49, 0x12, 0x22, 0x0a, 0x60,             /* FLASH_ACR = 0x12 */
    0x4f, 0xf4, 0x60, 0x13, 0x43, 0x60,                         /* CFGR = HSI / 2 x 16 */
    0x06, 0x4a, 0x02, 0x60, 0x04, 0x68, 0xa4, 0x01, 0xfc, 0xd5, /* PLL on, and ready */
    0x9a, 0x1c, 0x42, 0x60, 0x43, 0x60, 0xfc, 0xe7, /* CFGR = PLL; CFGR = HSI; again */
    0x00, 0x10, 0x02, 0x40, 0x00, 0x20, 0x02, 0x40, 0x83, 0x00, 0x00, 0x01,
};

static void use_lenient_board(struct bench *bench)
{
    struct board_options options = {.seed = 5, .lenient = true};
    board_free(bench->board);
    bench->board = board_new(&options);
    assert_non_null(bench->board);
}

static void test_run_warns_once_and_goes_on(void **state)
{
    struct bench *bench = *state;
    static const char warning[] = "warning: RCC_CFGR 0x0038000A: PCLK1 64000000 Hz";
    use_lenient_board(bench);
    memcpy(board_flash(bench->board), fast_pclk1, sizeof fast_pclk1);
    run(bench, "");
    assert_int_equal(bench->result.stop, BOARD_STOP_TIME);
    const char *at = strstr(told, warning);
    assert_non_null(at);
    assert_null(strstr(at + 1, "warning"));
}

static void test_run_of_a_strict_board_stops_there(void **state)
{
    struct bench *bench = *state;
    memcpy(board_flash(bench->board), fast_pclk1, sizeof fast_pclk1);
    run(bench, "");
    assert_int_equal(bench->result.stop, BOARD_STOP_UNKNOWN);
    assert_non_null(strstr(bench->result.why, "PCLK1 64000000 Hz"));
    assert_string_equal(told, "");
}

/* Two cuts in one run: the flash is saved at each, and the program goes on by itself. */
static void test_run_power_cuts(void **state)
{
    struct bench *bench = *state;
    static uint8_t saved[BOARD_FLASH_SIZE];
    static const struct run_cut cuts[] = {
        {1, BOARD_TEAR_NOT_DONE, 9}, {3, BOARD_TEAR_DONE, 9}, {99, BOARD_TEAR_TORN, 9}};
    /* Bytes on the wire while the power is off are gone, so each has its time. */
    char path[64], why[HOST_WHY_SIZE];
    (void)snprintf(path, sizeof path, "%s.state", bench->path);
    bench->options.state_path = path;
    bench->options.cuts = cuts;
    bench->options.cut_count = 3;
    run(bench, "wwwwwwww");
    assert_int_equal(bench->result.stop, BOARD_STOP_TIME);
    assert_int_equal(bench->result.cuts, 2);
    assert_int_equal(board_resets(bench->board, BOARD_RESET_POWER), 3);
    assert_non_null(strstr(told, "power fails in flash operation 1 (not done)"));
    assert_non_null(strstr(told, "power fails in flash operation 3 (done)"));
    assert_non_null(strstr(told, "flash operation 99 never came"));
    unsigned written = 0;
    while (half_word(bench, written) == 0x1234) {
        written++;
    }
    assert_int_equal(half_word(bench, written), 0xFFFF);
    /* Of the operations only number 1 did nothing. */
    assert_int_equal(written, board_flash_ops(bench->board) - 1);
    assert_true(state_load(path, saved, BOARD_FLASH_SIZE, why));
    assert_memory_equal(saved, board_flash(bench->board), sizeof saved);
    unlink(path);
}

/* The echo of the `w` came, so what it programmed is in the file, although nothing ended the
 * run. */
static void test_run_killed_keeps_its_flash(void **state)
{
    struct bench *bench = *state;
    static uint8_t saved[BOARD_FLASH_SIZE];
    char path[64], why[HOST_WHY_SIZE], echo;
    int out[2], status;
    (void)snprintf(path, sizeof path, "%s.state", bench->path);
    bench->options.state_path = path;
    bench->options.state_sync = true;
    bench->options.until = UINT64_MAX;
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(out[1], bench->lines[0].end.out_fd);
        run(bench, "w");
        _exit(1);
    }
    close(out[1]);
    assert_int_equal(read(out[0], &echo, 1), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    close(out[0]);
    assert_true(state_load(path, saved, BOARD_FLASH_SIZE, why));
    assert_memory_equal(saved, program, sizeof program);
    assert_int_equal(saved[0x8000] | saved[0x8001] << 8, 0x1234);
    unlink(path);
}

static void test_run_state_that_cannot_be_saved(void **state)
{
    struct bench *bench = *state;
    bench->options.state_path = "/nonexistent/state.bin";
    run(bench, "");
    assert_int_equal(bench->result.stop, BOARD_STOP_STATE);
    assert_string_equal(bench->result.why,
                        "/nonexistent/state.bin: cannot save: No such file or directory");
    /* If a lockup comes first, that is the reason that is reported. */
    run(bench, "!");
    assert_int_equal(bench->result.stop, BOARD_STOP_STATE); /* the time was over at once */
    bench->options.until = UINT64_MAX;
    run(bench, "!");
    assert_int_equal(bench->result.stop, BOARD_STOP_LOCKUP);
}

static void test_run_inputs_at_their_time(void **state)
{
    struct bench *bench = *state;
    static const struct run_input inputs[] = {
        {0, RUN_CELSIUS, 0, 31},
        {0, RUN_HUMIDITY, 0, 77},
        {UINT64_C(10000) * BOARD_TICKS_PER_US, RUN_KEY, 2, 1},
        {UINT64_C(20500) * BOARD_TICKS_PER_US, RUN_OBSTACLE, 0, 1},
        {UINT64_C(30000) * BOARD_TICKS_PER_US, RUN_RESET, 0, 1},
        {UINT64_C(40000) * BOARD_TICKS_PER_US, RUN_POWER, 0, 1},
        {UINT64_C(50000) * BOARD_TICKS_PER_US, RUN_CLIMATE_BROKEN, 0, 1},
        {UINT64_C(900000) * BOARD_TICKS_PER_US, RUN_KEY, 1, 1}, /* never */
    };
    bench->options.inputs = inputs;
    bench->options.input_count = sizeof inputs / sizeof inputs[0];
    bench->options.view = true;
    run(bench, "");
    struct board_inputs seen;
    board_inputs(bench->board, &seen);
    assert_int_equal(seen.celsius, 31);
    assert_int_equal(seen.humidity_percent, 77);
    assert_true(seen.key[1]);
    assert_false(seen.key[0]);
    assert_true(seen.obstacle);
    assert_true(seen.climate_broken);
    assert_int_equal(board_resets(bench->board, BOARD_RESET_PIN), 1);
    assert_int_equal(board_resets(bench->board, BOARD_RESET_POWER), 2);
    assert_string_equal(told, "view: led off motor 0% ir - 31C 77%\n"
                              "view: led off motor 0% ir near 31C 77%\n"
                              "view: led off motor 0% ir near sensor broken\n");
}

static void test_run_realtime_is_not_faster_than_time(void **state)
{
    struct bench *bench = *state;
    struct timespec before, after;
    bench->options.realtime = true;
    bench->options.until = ms(50);
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    run(bench, "HAL");
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    int64_t took = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    assert_true(took >= 50000000);
    assert_string_equal(bench->echo, "IBM");
}

/* Same files, same seed, same inputs: the same run, however busy the host is. */
static void test_run_stats_json_is_repeatable(void **state)
{
    struct bench *bench = *state;
    char text[2][4000];
    for (unsigned i = 0; i < 2; i++) {
        if (i == 1) {
            (void)end(state);
            (void)start(state);
            bench = *state;
        }
        run(bench, "wHAL");
        FILE *out = fmemopen(text[i], sizeof text[i], "w");
        assert_non_null(out);
        assert_int_equal(stats_print_json(out, bench->board, bench->lines, &bench->result), 0);
        fclose(out);
    }
    assert_string_equal(text[0], text[1]);
    assert_non_null(strstr(text[0], "\"stopped\": \"time\", \"why\": \"\""));
    assert_non_null(strstr(text[0], "\"flash_operations\": 1,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_run_until_its_time, start, end),
        cmocka_unit_test_setup_teardown(test_run_asked_to_stop, start, end),
        cmocka_unit_test_setup_teardown(test_run_lockup_and_breakpoint_tell_why, start, end),
        cmocka_unit_test_setup_teardown(test_run_warns_once_and_goes_on, start, end),
        cmocka_unit_test_setup_teardown(test_run_of_a_strict_board_stops_there, start, end),
        cmocka_unit_test_setup_teardown(test_run_power_cuts, start, end),
        cmocka_unit_test_setup_teardown(test_run_killed_keeps_its_flash, start, end),
        cmocka_unit_test_setup_teardown(test_run_state_that_cannot_be_saved, start, end),
        cmocka_unit_test_setup_teardown(test_run_inputs_at_their_time, start, end),
        cmocka_unit_test_setup_teardown(test_run_realtime_is_not_faster_than_time, start, end),
        cmocka_unit_test_setup_teardown(test_run_stats_json_is_repeatable, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
