/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include "otter/judge.h"
#include "otter/startup.h"
#include "clock.h"
#include "debug.h"
#include "flash.h"
#include "iwdg.h"
#include "jump.h"
#include "keys.h"
#include "layout.h"
#include "recover.h"

/* The bootloader that swaps: bring flash to a state in which something can be started (otter_startup()),
 * and start it; or receive an image, if nothing can (recover.h). It says what it does on USART1; on a
 * clean start it says nothing and switches on nothing. The watchdog runs from the first change of flash
 * on.
 */
static uint32_t hclk_hz; /* 0 = asleep: clock, log and watchdog are off */

static void wake(void)
{
    if (hclk_hz == 0) {
        iwdg_start(); /* should we hang: reset, and on from where the journal says */
        hclk_hz = clock_start();
        debug_start(hclk_hz);
    }
}

static void sleep(void)
{
    if (hclk_hz != 0) {
        debug_stop();
        clock_stop();
    }
}

/* All but the look at APP's seal is done awake. The number is why, or which start on trial. */
static void report(enum otter_action action, uint8_t detail)
{
    static const char texts[][8] = {"Refuse", "Install", "Revert", "Trial", "Recover"};

    if (action == OTTER_ACTION_START || (action == OTTER_ACTION_CHECK_APP && detail == 0)) {
        return;
    }
    wake();
    if (action >= OTTER_ACTION_REFUSE) {
        debug_text(texts[action - OTTER_ACTION_REFUSE]);
        debug_text(" [");
        debug_decimal(detail);
        debug_text("]\r\n");
    }
}

int main(void)
{
    struct otter_judge judge = {.port = &stm32f103_flash,
                                .layout = &stm32f103_layout,
                                .hardware = OTTER_HARDWARE,
                                .keys = otter_keys,
                                .key_count = otter_key_count};
    const struct otter_startup_config config = {.port = &stm32f103_flash,
                                                .layout = &stm32f103_layout,
                                                .judge = otter_judge_image,
                                                .judge_ctx = &judge,
                                                .report = report};

    if (otter_startup(&config) == OTTER_STARTUP_RECOVERY) {
        wake();
        recover(hclk_hz);
    }
    sleep();
    jump_to_image(stm32f103_layout.app.addr);
}
