/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/stats.h"

#include <inttypes.h>
#include "board/gokit2/gokit2.h"

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

void view_line(const struct board *board, char out_line[VIEW_LINE_SIZE])
{
    struct board_view view;
    struct board_world world;
    char led[24] = "off", climate[32] = "sensor broken";
    board_look(board, &view);
    board_look_around(board, &world);
    if (view.led_enabled) {
        (void)snprintf(led, sizeof led, "%u,%u,%u", view.led_r, view.led_g, view.led_b);
    }
    if (!world.climate_broken) {
        (void)snprintf(climate, sizeof climate, "%dC %d%%", world.celsius,
                       world.humidity_percent);
    }
    (void)snprintf(out_line, VIEW_LINE_SIZE, "led %s motor %s%d%% ir %s %s", led,
                   view.motor_percent > 0 ? "+" : "", view.motor_percent,
                   world.obstacle ? "near" : "-", climate);
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
    for (unsigned page = 0, told = 0; page < page_count(board); page++) {
        unsigned erases = board_flash_erases(board, page);
        if (erases > 0) {
            (void)fprintf(out, "%s page %u: %u", told++ == 0 ? " (" : ",", page, erases);
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

static void print_string(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            (void)fprintf(out, "\\%c", c);
        } else if (c < ' ' || c > '~') {
            (void)fprintf(out, "\\u%04x", c);
        } else {
            (void)fputc(c, out);
        }
    }
    (void)fputc('"', out);
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static void print_view_json(FILE *out, const struct board *board)
{
    struct board_view view;
    struct board_world world;
    board_look(board, &view);
    board_look_around(board, &world);
    (void)fprintf(out,
                  "\"view\":{\"led\":{\"enabled\":%s,\"r\":%u,\"g\":%u,\"b\":%u},"
                  "\"motor_percent\":%d},",
                  truth(view.led_enabled), view.led_r, view.led_g, view.led_b,
                  view.motor_percent);
    (void)fprintf(out,
                  "\"world\":{\"celsius\":%d,\"humidity_percent\":%d,\"climate_broken\":%s,"
                  "\"obstacle\":%s,\"keys\":[%s,%s,%s]}",
                  world.celsius, world.humidity_percent, truth(world.climate_broken),
                  truth(world.obstacle), truth(world.key[0]), truth(world.key[1]),
                  truth(world.key[2]));
}

void stats_print_json(FILE *out, const struct board *board,
                      const struct run_line lines[RUN_LINE_COUNT],
                      const struct run_result *result)
{
    (void)fprintf(out, "{\"stopped\":\"%s\",\"why\":", stops[result->stop]);
    print_string(out, result->why);
    (void)fprintf(out, ",\"unique_id\":\"");
    for (unsigned i = 0; i < 12; i++) {
        (void)fprintf(out, "%02x", board_unique_id(board)[i]);
    }
    (void)fprintf(out, "\",\"virtual_s\":%.6f,\"instructions\":%" PRIu64 ",", seconds(board),
                  board_instructions(board));
    (void)fprintf(out, "\"flash_operations\":%" PRIu64 ",\"erases\":%u,\"erases_of_page\":[",
                  board_flash_ops(board), all_erases(board));
    for (unsigned page = 0; page < page_count(board); page++) {
        (void)fprintf(out, "%s%u", page == 0 ? "" : ",", board_flash_erases(board, page));
    }
    (void)fprintf(out, "],\"resets\":{");
    for (unsigned i = 0; i < CAUSE_COUNT; i++) {
        (void)fprintf(out, "%s\"%s\":%u", i == 0 ? "" : ",", causes[i],
                      board_resets(board, (enum board_reset_cause)i));
    }
    (void)fprintf(out, "},\"power_cuts\":%zu,", result->cuts);
    for (unsigned i = 0; i < RUN_LINE_COUNT; i++) {
        (void)fprintf(out, "\"uart%u\":{\"overruns\":%u,\"lost\":%" PRIu64 "},", i + 1,
                      board_uart_overruns(board, i + 1), lines[i].end.lost);
    }
    print_view_json(out, board);
    (void)fprintf(out, "}\n");
}
