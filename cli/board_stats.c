/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board_stats.h"

#include <inttypes.h>
#include "board/gokit2/gokit2.h"
#include "board/host/view.h"
#include "host/json.h"

enum { CAUSE_COUNT = 4 };

static const char *const causes[CAUSE_COUNT] = {[BOARD_RESET_POWER] = "power",
                                                [BOARD_RESET_PIN] = "pin",
                                                [BOARD_RESET_SOFTWARE] = "software",
                                                [BOARD_RESET_WATCHDOG] = "watchdog"};

static const char *const stops[] = {
    [BOARD_STOP_TIME] = "time",       [BOARD_STOP_ASKED] = "asked",
    [BOARD_STOP_LOCKUP] = "lockup",   [BOARD_STOP_UNKNOWN] = "unknown",
    [BOARD_STOP_BKPT] = "breakpoint", [BOARD_STOP_ENDPOINT] = "endpoint",
    [BOARD_STOP_STATE] = "state",
};

static unsigned page_count(const struct board *board)
{
    return board_flash_size(board) / BOARD_FLASH_PAGE;
}

static double seconds(const struct board *board)
{
    return (double)board_now(board) / (BOARD_TICKS_PER_US * 1e6);
}

static unsigned all_erases(const struct board *board)
{
    unsigned sum = 0;
    for (unsigned page = 0; page < page_count(board); page++) {
        sum += board_flash_erases(board, page);
    }
    return sum;
}

void stats_print(FILE *out, const struct board *board,
                 const struct run_line lines[RUN_LINE_COUNT], const struct run_result *result)
{
    char view[VIEW_LINE_SIZE];
    view_line(board, view);
    (void)fprintf(out, "stopped: %s%s%s\n", stops[result->stop], result->why[0] ? ", " : "",
                  result->why);
    (void)fprintf(out, "virtual time: %.6f s\ninstructions: %" PRIu64 "\n", seconds(board),
                  board_instructions(board));
    (void)fprintf(out, "flash operations: %" PRIu64 "\nerases: %u", board_flash_ops(board),
                  all_erases(board));
    for (unsigned page = 0, shown = 0; page < page_count(board); page++) {
        unsigned erases = board_flash_erases(board, page);
        if (erases > 0) {
            (void)fprintf(out, "%s page %u: %u", shown++ == 0 ? " (" : ",", page, erases);
        }
    }
    (void)fprintf(out, "%s\nresets:", all_erases(board) > 0 ? ")" : "");
    for (unsigned i = 0; i < CAUSE_COUNT; i++) {
        (void)fprintf(out, " %s %u", causes[i], board_resets(board, (enum board_reset_cause)i));
    }
    (void)fprintf(out, "\npower cuts: %zu\n", result->cuts);
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        (void)fprintf(out, "uart%u: %u overruns, %" PRIu64 " bytes sent to nobody\n", i + 1,
                      board_uart_overruns(board, i + 1), lines[i].end.lost);
    }
    if (result->given_up_ns > 0) {
        (void)fprintf(out, "real time given up: %.3f s\n", (double)result->given_up_ns / 1e9);
    }
    (void)fprintf(out, "view: %s\n", view);
}

/* ---- JSON ---- */

static json_t *json_view(const struct board *board)
{
    struct board_view view;
    json_t *led = json_object(), *result = json_object();
    board_view(board, &view);
    json_add(&led, "enabled", json_boolean(view.led_enabled));
    json_add(&led, "r", json_count(view.led_r));
    json_add(&led, "g", json_count(view.led_g));
    json_add(&led, "b", json_count(view.led_b));
    json_add(&result, "led", led);
    json_add(&result, "motor_percent", json_integer(view.motor_percent));
    return result;
}

static json_t *json_inputs(const struct board *board)
{
    struct board_inputs inputs;
    json_t *result = json_object(), *keys = json_array();
    board_inputs(board, &inputs);
    for (size_t i = 0; i < sizeof inputs.key / sizeof inputs.key[0]; i++) {
        (void)json_array_append_new(keys, json_boolean(inputs.key[i]));
    }
    json_add(&result, "celsius", json_integer(inputs.celsius));
    json_add(&result, "humidity_percent", json_integer(inputs.humidity_percent));
    json_add(&result, "climate_broken", json_boolean(inputs.climate_broken));
    json_add(&result, "obstacle", json_boolean(inputs.obstacle));
    json_add(&result, "keys", keys);
    return result;
}

static json_t *json_erases(const struct board *board)
{
    json_t *pages = json_array();
    for (unsigned page = 0; page < page_count(board); page++) {
        (void)json_array_append_new(pages, json_count(board_flash_erases(board, page)));
    }
    return pages;
}

static json_t *json_resets(const struct board *board)
{
    json_t *resets = json_object();
    for (unsigned i = 0; i < CAUSE_COUNT; i++) {
        json_add(&resets, causes[i],
                 json_count(board_resets(board, (enum board_reset_cause)i)));
    }
    return resets;
}

int stats_print_json(FILE *out, const struct board *board,
                     const struct run_line lines[RUN_LINE_COUNT],
                     const struct run_result *result)
{
    static const char *const uarts[RUN_LINE_COUNT] = {"uart1", "uart2"};
    json_t *stats = json_object();
    json_add(&stats, "stopped", json_text(stops[result->stop]));
    json_add(&stats, "why", json_text(result->why));
    json_add(&stats, "warning", json_text(board_warning(board)));
    json_add(&stats, "unique_id", json_hex(board_unique_id(board), 12));
    json_add(&stats, "virtual_s", json_fixed(seconds(board), 6));
    json_add(&stats, "instructions", json_count(board_instructions(board)));
    json_add(&stats, "flash_operations", json_count(board_flash_ops(board)));
    json_add(&stats, "erases", json_count(all_erases(board)));
    json_add(&stats, "erases_of_page", json_erases(board));
    json_add(&stats, "resets", json_resets(board));
    json_add(&stats, "power_cuts", json_count(result->cuts));
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        json_t *uart = json_object();
        json_add(&uart, "overruns", json_count(board_uart_overruns(board, i + 1)));
        json_add(&uart, "lost", json_count(lines[i].end.lost));
        json_add(&stats, uarts[i], uart);
    }
    json_add(&stats, "view", json_view(board));
    json_add(&stats, "world", json_inputs(board));
    return json_print(stats, out);
}
