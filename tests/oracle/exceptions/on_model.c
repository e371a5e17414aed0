/* SPDX-License-Identifier: Apache-2.0 */
/* exceptions_on_model trace.bin: run the trace program on the board model and print what it
 * sends. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "board/board.h"

enum { LIMIT_S = 5 };
static struct board *board;
static char last[5]; /* the last bytes sent */

static void on_sent(void *ctx, uint8_t byte, uint64_t now)
{
    (void)ctx, (void)now;
    putchar(byte);
    memmove(last, last + 1, sizeof last - 1);
    last[sizeof last - 1] = (char)byte;
    if (memcmp(last, "end: ", sizeof last) == 0) {
        board_request_stop(board);
    }
}

int main(int argc, char **argv)
{
    static const struct board_options options = {.seed = 1};
    static const struct board_uart_sink sink = {.sent = on_sent};
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    board = board_new(&options);
    if (file == NULL || board == NULL) {
        fprintf(stderr, "usage: exceptions_on_model trace.bin\n");
        return 2;
    }
    size_t size = fread(board_flash(board), 1, BOARD_FLASH_SIZE, file);
    fclose(file);
    board_uart_connect(board, 1, &sink);
    board_power_on(board);
    enum board_stop stop = board_run(board, (uint64_t)LIMIT_S * 1000000 * BOARD_TICKS_PER_US);
    putchar('\n');
    if (size == 0 || stop != BOARD_STOP_ASKED) {
        fprintf(stderr, "exceptions_on_model: stop %d: %s\n", (int)stop, board_why(board));
        return 1;
    }
    board_free(board);
    return 0;
}
