/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ATTACK_FIXTURE_H
#define TESTS_ATTACK_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/startup.h"
#include "tests/support/ram_flash.h"

/* For the attacks on the real bootloader: an idle device with a pet house in APP, flash that
 * the attacker writes as he likes, and one look at what the ARM binary makes of it. Failures
 * end the cmocka test and print what the bootloader has said. */

/* The device's flash between two runs: core's functions take &attack_flash.port. */
extern struct ram_flash attack_flash;

/* The digest record of the installed app. */
extern struct otter_digest_record attack_app;

/* Read the binaries of the firmware build, and let a new device with `app` in its slot start
 * once under `boot`; attack_begin() goes back to the state after that. */
void attack_set_up(const char *boot, const char *app);
void attack_begin(void);

/* What lies at `place` from now on, and its digest record. */
void attack_put(enum otter_image_at place, const uint8_t bytes[], uint32_t size);
struct otter_digest_record attack_digest(enum otter_image_at place, uint32_t size);

/* The attacker's newest entry, alone in the journal. Marks: so many half-words from byte `at`
 * on. */
void attack_put_entry(enum otter_journal_kind kind, uint16_t step,
                      struct otter_digest_record present, struct otter_digest_record previous,
                      uint8_t flags);
void attack_put_marks(unsigned at, unsigned count);

/* The supply comes. What the bootloader does until an app speaks, or for two seconds of silence
 * in recovery; attack_flash is as it left it. Returns what runs in the end. The watchdog has
 * never struck. */
enum attack_end { ATTACK_APP, ATTACK_MUTE, ATTACK_RECOVERY };
enum attack_end attack_start(void);

/* How often the bootloader has said `action`, in this start, with this number after it. */
unsigned attack_count(const char *action, unsigned number);

/* The app that was installed runs, byte for byte, and so it does at the next start, for which
 * nothing is done to flash. The bootloader has refused what lies in APPBAK, once, and the
 * journal has the reason. */
void attack_expect_refused(const char *name, enum otter_reason reason);

/* The same without a word about any reason. */
void attack_expect_app(const char *name);

/* Nothing is started, now or at the next start. */
void attack_expect_recovery(const char *name);

#endif
