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
#include "system.h"
#include "systick.h"

/* The bootloader that swaps: bring flash to a state in which something can be started (otter_startup()),
 * and start it. It says what it does on USART1; on a clean start it says nothing and switches on
 * nothing. The watchdog runs from the first change of flash on.
 */
static bool is_awake; /* clock, log and watchdog are on */

static void wake(void)
{
    if (!is_awake) {
        is_awake = true;
        iwdg_start(); /* should we hang: reset, and on from where the journal says */
        debug_start(clock_start());
    }
}

static void sleep(void)
{
    if (is_awake) {
        debug_stop();
        clock_stop();
    }
}

/* All but the look at APP's seal is done awake. The number is why, or which start on trial. */
static void report(enum otter_action action, uint8_t detail)
{
    static const char *const texts[] = {
        [OTTER_ACTION_REFUSE] = "Refuse",   [OTTER_ACTION_INSTALL] = "Install",
        [OTTER_ACTION_REVERT] = "Revert",   [OTTER_ACTION_TRY] = "Trial",
        [OTTER_ACTION_RECOVER] = "Recover",
    };

    if (action == OTTER_ACTION_START || (action == OTTER_ACTION_CHECK_APP && detail == 0)) {
        return;
    }
    wake();
    if (texts[action] != NULL) {
        debug_text(texts[action]);
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
    enum otter_startup startup = otter_startup(&config);

    if (startup != OTTER_STARTUP_RECOVERY) {
        sleep();
        jump_to_image(stm32f103_layout.app.addr);
    }
    sleep();
    systick_start(CLOCK_HSI_HZ);
    for (;;) {
        iwdg_feed();
        system_sleep();
    }
}
