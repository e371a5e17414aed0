/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "otter/verify.h"
#include "otter/startup.h"
#include "clock.h"
#include "debug.h"
#include "flash.h"
#include "ids.h"
#include "iwdg.h"
#include "jump.h"
#include "layout.h"
#include "log.h"
#include "mailbox.h"
#include "pin.h"
#include "recover.h"
#include "startup.h"
#include "system.h"
#include "watchdog_resets.h"

/* The bootloader: bring flash to a state in which something can be started
 * (otter_startup_run()), and start it; or receive an image, if nothing should be started, the
 * app or the pin asks for it, or the watchdog has reset the app again and again (recover.h). A clean start writes no log, and the app finds the chip as after
 * reset. The watchdog is started before the first change of flash: if the bootloader hangs, it
 * resets and continues from where the journal says. Only an app on trial is started with the
 * watchdog running; before any other app the bootloader resets once more, which stops the
 * watchdog.
 */

/* What otter_startup_run() has reported so far. */
struct report {
    bool is_awake;  /* log and watchdog run */
    uint8_t detail; /* of the last action */
};

/* Every action but START and the check of APP's digest record needs log and watchdog: start
 * them once. */
static void report(void *ctx, enum otter_action action, uint8_t detail)
{
    struct report *said = ctx;

    said->detail = detail;
    if (action == OTTER_ACTION_START || (action == OTTER_ACTION_CHECK_APP && detail == 0)) {
        return;
    }
    if (!said->is_awake) {
        said->is_awake = true;
        iwdg_start();
        debug_start(CLOCK_INTERNAL_HZ);
    }
    log_action(action, detail);
}

void reset_handler(void)
{
    struct report said = {false, 0};
    struct otter_verifier verifier = {.port = &stm32f103_flash,
                                      .layout = &stm32f103_layout,
                                      .keys = otter_keys,
                                      .key_count = boot_key_count()};
    uint32_t mail = mailbox_take();
    const struct otter_startup_config config = {.port = &stm32f103_flash,
                                                .layout = &stm32f103_layout,
                                                .verify = BOOT_VERIFY,
                                                .verify_ctx = &verifier,
                                                .every_start = BOOT_EVERY_START,
                                                .tutorial = BOOT_TUTORIAL,
                                                .received = mail == MAILBOX_RECEIVED,
                                                .unheard = mail == MAILBOX_UNHEARD,
                                                .report = report,
                                                .report_ctx = &said};
    uint8_t asked_for = OTTER_REASON_NONE; /* recovery, though the app is good */
    enum otter_startup_target what;

    memcpy(verifier.hardware, boot_info + OTTER_BOOT_INFO_HARDWARE, sizeof verifier.hardware);
    if (watchdog_resets_count() >= WATCHDOG_RESETS_MAX) {
        asked_for = OTTER_REASON_CRASHED;
    }
    if (mail == MAILBOX_RECOVER || (mail == MAILBOX_EMPTY && pin_asks())) {
        asked_for = OTTER_REASON_ASKED;
    }
    clock_start_internal();
    what = otter_startup_run(&config);
    if (what == OTTER_STARTUP_APP && asked_for != OTTER_REASON_NONE) {
        report(&said, OTTER_ACTION_RECOVER, asked_for);
        what = OTTER_STARTUP_RECOVERY;
    }
    if (what == OTTER_STARTUP_RECOVERY) {
        recover(said.detail);
    }
    if (said.is_awake) {
        debug_stop();
        if (what == OTTER_STARTUP_APP && mail != MAILBOX_RESTARTED) {
            mailbox_put(MAILBOX_RESTARTED);
            system_reset();
        }
    }
    clock_stop_internal();
    jump_to_image(stm32f103_layout.app.addr);
}
