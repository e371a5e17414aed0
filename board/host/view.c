/* SPDX-License-Identifier: Apache-2.0 */
#include "board/host/view.h"

#include <stdio.h>
#include "board/gokit2/gokit2.h"

void view_line(const struct board *board, char out_line[VIEW_LINE_SIZE])
{
    struct board_view view;
    struct board_inputs inputs;
    char led[24] = "off", climate[32] = "sensor broken";
    board_view(board, &view);
    board_inputs(board, &inputs);
    if (view.led_enabled) {
        (void)snprintf(led, sizeof led, "%u,%u,%u", view.led_r, view.led_g, view.led_b);
    }
    if (!inputs.climate_broken) {
        (void)snprintf(climate, sizeof climate, "%dC %d%%", inputs.celsius,
                       inputs.humidity_percent);
    }
    (void)snprintf(out_line, VIEW_LINE_SIZE, "led %s motor %s%d%% ir %s %s", led,
                   view.motor_percent > 0 ? "+" : "", view.motor_percent,
                   inputs.obstacle ? "near" : "-", climate);
}
