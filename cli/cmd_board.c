/* SPDX-License-Identifier: Apache-2.0 */
/* `otter board`, and `otter board run`: the modelled board on the command line; see docs/man/otter-board.1. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "board/host/run.h"
#include "board/host/state.h"
#include "board/host/stats.h"
#include "cli/board_spec.h"
#include "cli/cmd.h"
#include "cli/debugger.h"
#include "cli/report.h"
#include "port/stm32f103/partitions.h"

enum { LOAD_MAX = 16, CUT_MAX = 64, INPUT_MAX = 256 };

enum {
    OPT_LOAD = 256,
    OPT_FLASH,
    OPT_FLASH_SIZE,
    OPT_PROTECT,
    OPT_UART1,
    OPT_UART2,
    OPT_UART1_BAUD,
    OPT_UART2_BAUD,
    OPT_REALTIME,
    OPT_FOR,
    OPT_SEED,
    OPT_LSI,
    OPT_NO_HSE,
    OPT_CUT,
    OPT_STATS,
    OPT_JSON,
    OPT_VIEW,
    OPT_SET,
    OPT_GDB,
};

struct load {
    char *path; /* malloc'ed */
    bool has_addr;
    uint32_t addr;
};

struct arguments {
    struct board_options board;
    struct run_options run;
    struct load loads[LOAD_MAX];
    size_t load_count;
    struct run_cut cuts[CUT_MAX];
    bool cut_has_seed[CUT_MAX];
    size_t cut_count;
    struct run_input inputs[INPUT_MAX];
    size_t input_count;
    const char *uart[RUN_LINE_COUNT];
    bool protect;
    bool stats, json;
    bool gdb;
    unsigned gdb_port;
};

/* Set by the signal handler; the only way it can tell. */
static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

/* ---- values of options ---- */

static error_t wrong(const struct host_error *error)
{
    (void)report_error(error);
    return EINVAL;
}

static error_t time_option(const char *text, uint64_t *out_ticks)
{
    struct host_error error;
    return spec_seconds("--for", text, out_ticks, &error) == 0 ? 0 : wrong(&error);
}

static error_t add_load(struct arguments *args, const char *text)
{
    struct host_error error;
    struct spec_load load;
    if (args->load_count == LOAD_MAX) {
        return cmd_bad_value("--load", text, "more than %d files", LOAD_MAX);
    }
    if (spec_load("--load", text, &load, &error) != 0) {
        return wrong(&error);
    }
    char *path = strndup(text, load.path_len);
    if (path == NULL) {
        return cmd_misuse(NULL, "out of memory");
    }
    args->loads[args->load_count++] = (struct load){path, load.has_addr, load.addr};
    return 0;
}

static error_t add_cut(struct arguments *args, const char *text)
{
    struct host_error error;
    size_t i = args->cut_count;
    if (i == CUT_MAX) {
        return cmd_bad_value("--cut", text, "more than %d", CUT_MAX);
    }
    if (spec_cut("--cut", text, &args->cuts[i], &args->cut_has_seed[i], &error) != 0) {
        return wrong(&error);
    }
    args->cut_count++;
    return 0;
}

static error_t add_input(struct arguments *args, const char *text)
{
    struct host_error error;
    struct run_input input;
    if (args->input_count == INPUT_MAX) {
        return cmd_bad_value("--set", text, "more than %d", INPUT_MAX);
    }
    if (spec_input("--set", text, &input, &error) != 0) {
        return wrong(&error);
    }
    /* In order of time; those of the same time as given. */
    size_t i = args->input_count++;
    for (; i > 0 && args->inputs[i - 1].at > input.at; i--) {
        args->inputs[i] = args->inputs[i - 1];
    }
    args->inputs[i] = input;
    return 0;
}

static const struct argp_option options[] = {
    {"load", OPT_LOAD, "FILE[@ADDR]", 0,
     "Program FILE (.bin at ADDR or the start of the flash, .hex, .elf); repeatable", 1},
    {"flash", OPT_FLASH, "FILE", 0,
     "Keep the flash in FILE: read at the start if it exists, saved at the end", 1},
    {"flash-size", OPT_FLASH_SIZE, "KB", 0, "Of the chip: 64 (default) or 128", 1},
    {"protect", OPT_PROTECT, NULL, 0, "Write-protect the bootloader's pages by option bytes",
     1},
    {"uart1", OPT_UART1, "END", 0,
     "Far end of USART1: `-' (default), `null', `pty:PATH' or `file:PATH'", 2},
    {"uart2", OPT_UART2, "END", 0, "Far end of USART2 (default null)", 2},
    {"uart1-baud", OPT_UART1_BAUD, "N", 0, "What the far end sends at (default 115200)", 2},
    {"uart2-baud", OPT_UART2_BAUD, "N", 0, "What the far end sends at (default 9600)", 2},
    {"realtime", OPT_REALTIME, NULL, 0, "Hold virtual time to the clock of this machine", 3},
    {"for", OPT_FOR, "SECONDS", 0, "End after this much virtual time", 3},
    {"set", OPT_SET, "SECONDS:KEY=VALUE", 0,
     "Work an input at that virtual time: key1..3=down|up, temp=N, hum=N, obstacle=yes|no, "
     "sensor=broken|ok, reset=pin, power=cycle; repeatable",
     3},
    {"cut", OPT_CUT, "OP[:TEAR][:SEED]", 0,
     "The power fails in flash operation OP and comes back; TEAR is not-done, done, torn "
     "(default), half-erased or weak; repeatable",
     3},
    {"gdb", OPT_GDB, "PORT", 0,
     "Wait for a gdb on this TCP port of 127.0.0.1 before the first instruction; 0 takes a "
     "free port and prints it",
     3},
    {"seed", OPT_SEED, "N", 0, "Seed of everything random (default 1)", 4},
    {"lsi", OPT_LSI, "HZ", 0, "Clock of the watchdog, 30000..60000 (default 40000)", 4},
    {"no-hse", OPT_NO_HSE, NULL, 0, "The crystal never starts", 4},
    {"view", OPT_VIEW, NULL, 0, "Print what a person would see whenever it changes", 5},
    {"stats", OPT_STATS, NULL, 0, "Print counts at the end", 5},
    {"json", OPT_JSON, NULL, 0,
     "Print them as one JSON object; on stdout, or on stderr if a UART has that", 5},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *args = state->input;
    uint64_t value = 0;
    error_t err = 0;
    switch (key) {
    case OPT_LOAD:
        return add_load(args, arg);
    case OPT_FLASH:
        args->run.state_path = arg;
        return 0;
    case OPT_FLASH_SIZE:
        return cmd_flash_size("--flash-size", arg, &args->board.flash_size);
    case OPT_PROTECT:
        args->protect = true;
        return 0;
    case OPT_UART1:
        args->uart[0] = arg;
        return 0;
    case OPT_UART2:
        args->uart[1] = arg;
        return 0;
    case OPT_UART1_BAUD:
    case OPT_UART2_BAUD:
        err = cmd_number(key == OPT_UART1_BAUD ? "--uart1-baud" : "--uart2-baud", arg, 300,
                         4500000, &value);
        args->run.baud[key == OPT_UART1_BAUD ? 0 : 1] = (uint32_t)value;
        return err;
    case OPT_REALTIME:
        args->run.realtime = true;
        return 0;
    case OPT_FOR:
        return time_option(arg, &args->run.until);
    case OPT_SEED:
        return cmd_number("--seed", arg, 0, UINT64_MAX, &args->board.seed);
    case OPT_LSI:
        err = cmd_number("--lsi", arg, 30000, 60000, &value);
        args->board.lsi_hz = (uint32_t)value;
        return err;
    case OPT_GDB:
        err = cmd_number("--gdb", arg, 0, 65535, &value);
        args->gdb = true;
        args->gdb_port = (unsigned)value;
        return err;
    case OPT_NO_HSE:
        args->board.without_hse = true;
        return 0;
    case OPT_CUT:
        return add_cut(args, arg);
    case OPT_SET:
        return add_input(args, arg);
    case OPT_VIEW:
        args->run.view = true;
        return 0;
    case OPT_STATS:
        args->stats = true;
        return 0;
    case OPT_JSON:
        args->json = true;
        return 0;
    case ARGP_KEY_ARG:
        return cmd_misuse(arg, "unexpected; see --load");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int compare_cuts(const void *a, const void *b)
{
    const struct run_cut *left = a, *right = b;
    return left->op < right->op ? -1 : left->op > right->op ? 1 : 0;
}

/* Defaults that depend on other options, and what fits together. False after reporting why. */
static bool complete(struct arguments *args)
{
    for (size_t i = 0; i < args->cut_count; i++) {
        if (!args->cut_has_seed[i]) {
            args->cuts[i].seed = args->board.seed;
        }
    }
    qsort(args->cuts, args->cut_count, sizeof args->cuts[0], compare_cuts);
    args->run.cuts = args->cuts;
    args->run.cut_count = args->cut_count;
    args->run.inputs = args->inputs;
    args->run.input_count = args->input_count;
    if (args->load_count == 0 && args->run.state_path == NULL) {
        (void)report_failure(NULL, "nothing to run: give --load or --flash");
        return false;
    }
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        if (!endpoint_is_spec(args->uart[i])) {
            (void)cmd_bad_value(i == 0 ? "--uart1" : "--uart2", args->uart[i],
                                "not one of -, null, pty:PATH, file:PATH");
            return false;
        }
    }
    if (strcmp(args->uart[0], "-") == 0 && strcmp(args->uart[1], "-") == 0) {
        (void)report_failure("--uart2 -", "USART1 has it already");
        return false;
    }
    return true;
}

/* ---- the run ---- */

/* As a programmer would before the first start: not counted as operations of the flash. */
static bool fill_flash(struct board *board, const struct arguments *args)
{
    char why[HOST_WHY_SIZE];
    uint32_t size = board_flash_size(board);
    struct loader loader = {.flash = board_flash(board), .size = size};
    if (args->run.state_path != NULL &&
        !state_load(args->run.state_path, loader.flash, size, why)) {
        (void)report_failure(args->run.state_path, "%s", why);
        return false;
    }
    for (size_t i = 0; i < args->load_count; i++) {
        const struct load *load = &args->loads[i];
        if (!loader_put_file(&loader, load->path, load->has_addr, load->addr, why)) {
            (void)report_failure(load->path, "%s", why);
            return false;
        }
    }
    if (args->protect) {
        board_protect_flash(board, OTTER_BOOT_ADDR, OTTER_BOOT_SIZE);
    }
    /* Told now, not after hours, if the file cannot be written. */
    if (args->run.state_path != NULL &&
        !state_save(args->run.state_path, loader.flash, size, why)) {
        (void)report_failure(args->run.state_path, "%s", why);
        return false;
    }
    return true;
}

static bool open_lines(struct run_line lines[RUN_LINE_COUNT], const struct arguments *args)
{
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        char why[HOST_WHY_SIZE];
        if (!endpoint_open(&lines[i].end, args->uart[i], why)) {
            (void)report_failure(i == 0 ? "uart1" : "uart2", "%s: %s", args->uart[i], why);
            return false;
        }
        if (lines[i].end.kind == ENDPOINT_PTY) {
            log_event("uart%u: %s is %s", i + 1, lines[i].end.link, lines[i].end.slave);
        }
    }
    return true;
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

static int run(struct board *board, struct arguments *args)
{
    struct run_line *lines = calloc(RUN_LINE_COUNT, sizeof lines[0]);
    if (lines == NULL) {
        return report_failure(NULL, "out of memory");
    }
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        lines[i].end.in_fd = -1;
        lines[i].end.out_fd = -1;
    }
    int code = CMD_FAILED;
    catch_signals(); /* before there is a link to remove */
    if (fill_flash(board, args) && open_lines(lines, args) &&
        (!args->gdb || (args->run.gdb = debugger_open(args->gdb_port)) != NULL)) {
        struct run_result result;
        args->run.stop = &stop_asked;
        args->run.tell = log_event;
        run_board(board, lines, &args->run, &result);
        debugger_close(args->run.gdb);
        if (!run_is_good(&result)) {
            (void)report_failure(stop_text(result.stop), "%s", result.why);
        }
        bool stdout_is_taken =
            lines[0].end.kind == ENDPOINT_STDIO || lines[1].end.kind == ENDPOINT_STDIO;
        if (args->stats) {
            stats_print(stderr, board, lines, &result);
        }
        if (args->json) {
            stats_print_json(stdout_is_taken ? stderr : stdout, board, lines, &result);
        }
        code = run_is_good(&result) ? CMD_OK : CMD_FAILED;
    }
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        endpoint_close(&lines[i].end);
    }
    free(lines);
    return code;
}

static int board_run_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Run firmware on the modelled board (GoKit2 with an STM32F103C8T6)."};
    struct arguments *args = calloc(1, sizeof *args);
    if (args == NULL) {
        return report_failure(NULL, "out of memory");
    }
    args->board.seed = 1;
    args->run.until = UINT64_MAX;
    args->run.baud[0] = 115200;
    args->run.baud[1] = 9600;
    args->uart[0] = "-";
    args->uart[1] = "null";

    int code = cmd_parse(&argp, "otter board run", argc, argv, args);
    if (code == 0 && !complete(args)) {
        code = CMD_USAGE;
    } else if (code == 0) {
        struct board *board = board_new(&args->board);
        if (board == NULL) {
            (void)report_failure(NULL, "out of memory");
            code = CMD_FAILED;
        } else {
            code = run(board, args);
            board_free(board);
        }
    } else if (code < 0) {
        code = CMD_OK;
    }
    for (size_t i = 0; i < args->load_count; i++) {
        free(args->loads[i].path);
    }
    free(args);
    return code;
}

int cmd_board(int argc, char **argv)
{
    static char title[] = "otter: board run";
    static char campaign_title[] = "otter: board campaign";
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0)) {
        puts("Usage: otter board COMMAND [OPTION...]\n\n"
             "  run       run firmware on the modelled board\n"
             "  campaign  cut the power in every flash operation of an update\n\n"
             "`otter board COMMAND --help` tells more.");
        return CMD_OK;
    }
    if (argc < 2) {
        (void)report_failure(NULL, "no command; see `otter board --help`");
        return CMD_USAGE;
    }
    if (strcmp(argv[1], "campaign") == 0) {
        report_command("board campaign");
        argv[1] = campaign_title;
        return cmd_board_campaign(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "run") != 0) {
        (void)report_failure(argv[1], "no such command; see `otter board --help`");
        return CMD_USAGE;
    }
    report_command("board run");
    argv[1] = title;
    return board_run_command(argc - 1, argv + 1);
}
