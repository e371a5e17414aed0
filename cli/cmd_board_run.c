/* SPDX-License-Identifier: Apache-2.0 */
/* `otter board run`: the modelled board on the command line; see docs/man/otter-board.1. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "board/host/state.h"
#include "cli/board_run_options.h"
#include "cli/board_stats.h"
#include "cli/cmd.h"
#include "cli/debugger.h"
#include "cli/report.h"
#include "host/file.h"
#include "port/stm32f103/partitions.h"

/* Set by the signal handler, which can do nothing else. */
static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

/* As a programmer would before the first start: not counted as operations of the flash. */
static int fill_flash(struct board *board, const struct board_run_options *args,
                      struct host_error *out_error)
{
    char why[HOST_WHY_SIZE];
    uint32_t size = board_flash_size(board);
    struct loader loader = {.flash = board_flash(board), .size = size};
    if (args->run.state_path != NULL &&
        !state_load(args->run.state_path, loader.flash, size, why)) {
        return host_error_set(out_error, args->run.state_path, "%s", why);
    }
    for (size_t i = 0; i < args->lists.load_count; i++) {
        const struct board_load *load = &args->lists.loads[i];
        if (!loader_put_file(&loader, load->path, load->has_addr, load->addr, why)) {
            return host_error_set(out_error, load->path, "%s", why);
        }
    }
    if (args->protect) {
        board_protect_flash(board, OTTER_BOOT_ADDR, OTTER_BOOT_SIZE);
    }
    /* If the file cannot be written, say so now, not after hours. */
    if (args->run.state_path != NULL &&
        !state_save(args->run.state_path, loader.flash, size, why)) {
        return host_error_set(out_error, args->run.state_path, "%s", why);
    }
    return 0;
}

/* Nothing that is loaded is written over, and no private key: the board's own files know of
 * neither. */
static int check_outputs(const struct board_run_options *args, struct host_error *out_error)
{
    static const char file[] = "file:";
    const char *inputs[LOAD_MAX + RUN_LINE_COUNT + 1];
    size_t count = 0;

    for (size_t i = 0; i < args->lists.load_count; i++) {
        inputs[count++] = args->lists.loads[i].path;
    }
    if (args->run.state_path != NULL) {
        struct stat st;
        if (file_check_output(args->run.state_path, inputs, count, out_error) != 0) {
            return -1;
        }
        if (stat(args->run.state_path, &st) == 0 && !S_ISREG(st.st_mode)) { /* a pipe blocks */
            return host_error_set(out_error, args->run.state_path, "not a file");
        }
        inputs[count++] = args->run.state_path;
    }
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        if (strncmp(args->uart[i], file, sizeof file - 1) == 0) {
            const char *path = args->uart[i] + sizeof file - 1;
            if (file_check_output(path, inputs, count, out_error) != 0) {
                return -1;
            }
            inputs[count++] = path;
        }
    }
    return 0;
}

static int open_lines(struct run_line lines[RUN_LINE_COUNT],
                      const struct board_run_options *args, struct host_error *out_error)
{
    lines[0].has_times = args->times;
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        char why[HOST_WHY_SIZE];
        if (!endpoint_open(&lines[i].end, args->uart[i], why)) {
            return host_error_set(out_error, i == 0 ? "uart1" : "uart2", "%s: %s",
                                  args->uart[i], why);
        }
        if (lines[i].end.kind == ENDPOINT_PTY) {
            log_event("uart%u: %s is %s", i + 1, lines[i].end.link, lines[i].end.slave);
        }
    }
    return 0;
}

static int open_debugger(struct board_run_options *args, struct host_error *out_error)
{
    if (!args->gdb) {
        return 0;
    }
    args->run.gdb = debugger_open(args->gdb_port, out_error);
    return args->run.gdb != NULL ? 0 : -1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

static const char *stop_text(enum board_stop stop)
{
    switch (stop) {
    case BOARD_STOP_LOCKUP:
        return "the core is locked up";
    case BOARD_STOP_UNKNOWN:
        return "not modelled";
    case BOARD_STOP_BKPT:
        return "breakpoint";
    case BOARD_STOP_ENDPOINT:
        return "cannot write";
    case BOARD_STOP_STATE:
    case BOARD_STOP_TIME:
    case BOARD_STOP_ASKED:
    case BOARD_STOP_POWER:
    case BOARD_STOP_TRAP:
        break;
    }
    return "flash";
}

/* Run the board that is ready, and print what is asked for. Returns the exit code. */
static int run_and_print(struct board *board, struct run_line lines[RUN_LINE_COUNT],
                         struct board_run_options *args)
{
    struct run_result result;
    bool stdout_is_taken =
        lines[0].end.kind == ENDPOINT_STDIO || lines[1].end.kind == ENDPOINT_STDIO;
    int code = CMD_OK;

    args->run.stop = &stop_asked;
    args->run.tell = log_event;
    run_board(board, lines, &args->run, &result);
    debugger_close(args->run.gdb);
    if (!run_is_good(&result)) {
        code = report_failure(stop_text(result.stop), "%s", result.why);
    }
    if (args->stats) {
        stats_print(stderr, board, lines, &result);
    }
    if (args->json &&
        stats_print_json(stdout_is_taken ? stderr : stdout, board, lines, &result) != 0) {
        code = report_failure("--json", "write failed");
    }
    return code;
}

static int run(struct board *board, struct board_run_options *args)
{
    struct host_error error;
    int code;
    struct run_line *lines = calloc(RUN_LINE_COUNT, sizeof lines[0]);
    if (lines == NULL) {
        return report_failure(NULL, "out of memory");
    }
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        lines[i].end.in_fd = -1;
        lines[i].end.out_fd = -1;
    }
    catch_signals(); /* before there is a link to remove */
    if (check_outputs(args, &error) != 0 || fill_flash(board, args, &error) != 0 ||
        open_lines(lines, args, &error) != 0 || open_debugger(args, &error) != 0) {
        code = report_error(&error);
    } else {
        code = run_and_print(board, lines, args);
    }
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        endpoint_close(&lines[i].end);
    }
    free(lines);
    return code;
}

static int run_on_new_board(struct board_run_options *args)
{
    struct board *board = board_new(&args->board);
    if (board == NULL) {
        return report_failure(NULL, "out of memory");
    }
    int code = run(board, args);
    board_free(board);
    return code;
}

int cmd_board_run(int argc, char **argv)
{
    static struct board_run_options args;
    int code = board_run_options_parse(&args, argc, argv);
    if (code == 0) {
        code = run_on_new_board(&args);
    } else if (code < 0) {
        code = CMD_OK;
    }
    board_run_lists_free(&args.lists);
    return code;
}
