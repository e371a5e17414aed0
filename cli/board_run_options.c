/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board_run_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli/board_spec.h"
#include "cli/cmd.h"
#include "cli/report.h"

enum {
    OPT_LOAD = 256,
    OPT_FLASH,
    OPT_FLASH_SYNC,
    OPT_FLASH_SIZE,
    OPT_PROTECT,
    OPT_UART1,
    OPT_UART2,
    OPT_UART1_BAUD,
    OPT_UART2_BAUD,
    OPT_TIMES,
    OPT_REALTIME,
    OPT_FOR,
    OPT_SEED,
    OPT_LSI,
    OPT_NO_HSE,
    OPT_STRICT,
    OPT_CUT,
    OPT_STATS,
    OPT_JSON,
    OPT_VIEW,
    OPT_SET,
    OPT_GDB,
};

static error_t time_option(const char *text, uint64_t *out_ticks)
{
    struct host_error error;
    return spec_seconds("--for", text, out_ticks, &error) == 0 ? 0 : cmd_wrong(&error);
}

static const struct argp_option options[] = {
    {"load", OPT_LOAD, "FILE[@ADDR]", 0,
     "Program FILE (.bin at ADDR or the start of the flash, .hex, .elf); repeatable", 1},
    {"flash", OPT_FLASH, "FILE", 0,
     "Keep the flash in FILE: read at the start if it exists, saved at the end", 1},
    {"flash-sync", OPT_FLASH_SYNC, NULL, 0,
     "Save it after each change, too: for runs that are killed", 1},
    {"flash-size", OPT_FLASH_SIZE, "KB", 0, "Of the chip: 64 (default) or 128", 1},
    {"protect", OPT_PROTECT, NULL, 0, "Write-protect the bootloader's pages by option bytes",
     1},
    {"uart1", OPT_UART1, "END", 0,
     "Far end of USART1: `-' (default), `null', `pty:PATH' or `file:PATH'", 2},
    {"uart2", OPT_UART2, "END", 0, "Far end of USART2 (default null)", 2},
    {"uart1-baud", OPT_UART1_BAUD, "N", 0, "What the far end sends at (default 115200)", 2},
    {"uart2-baud", OPT_UART2_BAUD, "N", 0, "What the far end sends at (default 9600)", 2},
    {"times", OPT_TIMES, NULL, 0, "Begin each line of USART1 with the board's time", 2},
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
    {"strict", OPT_STRICT, NULL, 0,
     "Stop where a clock is beyond its limit, instead of warning once and going on", 4},
    {"view", OPT_VIEW, NULL, 0, "Print what a person would see whenever it changes", 5},
    {"stats", OPT_STATS, NULL, 0, "Print counts at the end", 5},
    {"json", OPT_JSON, NULL, 0,
     "Print them as one JSON object; on stdout, or on stderr if a UART has that", 5},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct board_run_options *args = state->input;
    uint64_t value = 0;
    error_t err = 0;
    switch (key) {
    case OPT_LOAD:
        return board_run_add_load(&args->lists, arg);
    case OPT_FLASH:
        args->run.state_path = arg;
        return 0;
    case OPT_FLASH_SYNC:
        args->run.state_sync = true;
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
    case OPT_TIMES:
        args->times = true;
        return 0;
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
    case OPT_STRICT:
        args->board.lenient = false;
        return 0;
    case OPT_CUT:
        return board_run_add_cut(&args->lists, arg);
    case OPT_SET:
        return board_run_add_input(&args->lists, arg);
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

/* Defaults that depend on other options, and what fits together. False after reporting why. */
static bool complete(struct board_run_options *args)
{
    board_run_lists_complete(&args->lists, args->board.seed);
    args->run.cuts = args->lists.cuts;
    args->run.cut_count = args->lists.cut_count;
    args->run.inputs = args->lists.inputs;
    args->run.input_count = args->lists.input_count;
    if (args->lists.load_count == 0 && args->run.state_path == NULL) {
        (void)report_failure(NULL, "nothing to run: give --load or --flash");
        return false;
    }
    if (args->run.state_sync && args->run.state_path == NULL) {
        (void)report_failure("--flash-sync", "goes with --flash");
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

int board_run_options_parse(struct board_run_options *args, int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Run firmware on the modelled board (GoKit2 with an STM32F103C8T6)."};
    *args = (struct board_run_options){.board = {.seed = 1, .lenient = true},
                                       .run = {.until = UINT64_MAX, .baud = {115200, 9600}},
                                       .uart = {"-", "null"}};
    int code = cmd_parse(&argp, "otter board run", argc, argv, args);
    return code == 0 && !complete(args) ? CMD_USAGE : code;
}
