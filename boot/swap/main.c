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

static const char *text_of(enum otter_action action)
{
    switch (action) {
    case OTTER_ACTION_ADOPT:
        return "Keep";
    case OTTER_ACTION_REFUSE:
        return "Refuse";
    case OTTER_ACTION_INSTALL:
        return "Install";
    case OTTER_ACTION_REVERT:
        return "Revert";
    case OTTER_ACTION_MOVE:
        return "Move Pages";
    case OTTER_ACTION_TRY:
        return "Trial";
    case OTTER_ACTION_CHECK_APP:
    case OTTER_ACTION_CHECK_INCOMING:
    case OTTER_ACTION_CHECK_PREVIOUS:
    case OTTER_ACTION_SETTLE:
    case OTTER_ACTION_FINISH:
    case OTTER_ACTION_START:
    case OTTER_ACTION_RECOVER:
        break;
    }
    return NULL;
}

/* All but the look at APP's seal is done awake. */
static void report(enum otter_action action, const struct otter_journal *journal)
{
    const char *text = text_of(action);

    if (action != OTTER_ACTION_START &&
        (action != OTTER_ACTION_CHECK_APP || !journal->settled || journal->requested)) {
        wake();
    }
    if (text != NULL) {
        debug_text(text);
        debug_text(" [");
        debug_decimal(action == OTTER_ACTION_TRY ? journal->starts + 1U : journal->reason);
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
    wake();
    debug_text("No App To Start\r\n");
    sleep();
    systick_start(CLOCK_HSI_HZ);
    for (;;) {
        iwdg_feed();
        system_sleep();
    }
}
