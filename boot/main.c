/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stddef.h>
#include "otter/verify.h"
#include "otter/startup.h"
#include "clock.h"
#include "debug.h"
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

/* The bootloader: bring flash to a state in which something can be started
 * (otter_startup_run()), and start it; or receive an image, if nothing should be started, the
 * app or the pin asks for it, or the watchdog has reset the app again and again (recover.h). A
 * clean start writes no log, and the app finds the chip as after reset, but for the flags in
 * RCC_CSR after a reset by a watchdog (mailbox.h). The watchdog is started before the first
 * change of flash: if the bootloader hangs, it resets and continues from where the journal
 * says. Only an app on trial is started with the watchdog running; before any other app the
 * bootloader resets once more, which stops the watchdog.
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
        iwdg_start(IWDG_26_S);
        debug_start(CLOCK_INTERNAL_HZ);
    }
    log_action(action, detail);
}

/* Port and layout are named when the core is compiled (OTTER_PORT): none is given here. */
static const struct otter_verifier verifier = {.hardware = boot_info + OTTER_BOOT_INFO_HARDWARE,
                                               .keys = otter_keys,
                                               .key_count = &boot_words.key_count};

void reset_handler(void)
{
    struct report said = {false, 0};
    uint32_t word = mailbox_take();
    uint8_t message = (uint8_t)word;
    struct otter_startup startup = {.verify = BOOT_VERIFY,
                                    .verify_ctx = &verifier,
                                    .every_start = BOOT_EVERY_START,
                                    .now.before = message,
                                    .received_file = MAILBOX_FILE,
                                    .report = report,
                                    .report_ctx = &said};
    uint8_t asked_for = OTTER_REASON_NONE; /* recovery, though the app is good */
    enum otter_startup_target what;

    if (word >= MAILBOX_WATCHDOG_RESETS_MAX) {
        asked_for = OTTER_REASON_CRASHED;
    }
    if (message == MAILBOX_RECOVER || (message == MAILBOX_EMPTY && pin_asks())) {
        asked_for = OTTER_REASON_ASKED;
    }
    clock_start_internal();
    what = otter_startup_run(&startup, BOOT_TUTORIAL);
    if (what == OTTER_STARTUP_APP && asked_for != OTTER_REASON_NONE) {
        report(&said, OTTER_ACTION_RECOVER, asked_for);
        what = OTTER_STARTUP_RECOVERY;
    }
    if (what == OTTER_STARTUP_RECOVERY) {
        *MAILBOX_FILE = startup.now.journal.file;
        recover(said.detail);
    }
    if (said.is_awake) {
        debug_stop();
        if (what == OTTER_STARTUP_APP && message != MAILBOX_RESTARTED) {
            mailbox_put_and_reset(word - message + MAILBOX_RESTARTED);
        }
    }
    clock_stop_internal();
    jump_to_image(stm32f103_layout.app.addr);
}
