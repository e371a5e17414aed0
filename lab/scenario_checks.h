/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_SCENARIO_CHECKS_H
#define LAB_SCENARIO_CHECKS_H

#include "lab/scenario.h"

/* Where scenarios end, and what is a good end.
 *
 * The witnesses: APP, byte for byte; the journal in the modelled flash, read with core's own
 * reader; what the module was told over the line. Only that an app has started is taken from
 * what it says on its log UART: nobody else can know.
 */

/* One thing that must not have been. */
struct scenario_check {
    bool (*fails)(const struct scenario_run *run);
    enum scenario_failure kind;
    const char *why;
};

/* no recovery was needed */
extern const struct scenario_check scenario_no_recovery;
/* the image was neither refused nor taken back */
extern const struct scenario_check scenario_good_image_stays;
/* an app that does not confirm was not told as updated */
extern const struct scenario_check scenario_not_told_updated;
/* an app that does not confirm was started only so often ... */
extern const struct scenario_check scenario_trials_are_limited;
/* ... each time that it was installed */
extern const struct scenario_check scenario_trials_per_install;
/* a forged image was not installed */
extern const struct scenario_check scenario_nothing_installed;
/* the app that crashes was given up for a recovery */
extern const struct scenario_check scenario_crashed;
/* the module was told that the file is installed, and no page of a slot was erased for it */
extern const struct scenario_check scenario_told_installed;
extern const struct scenario_check scenario_nothing_erased;

/* For rows: the module was told how it ended, and an update has confirmed since; that it has
 * failed; that the signature is wrong, and so says the journal (or the update was installed all
 * the same); the old app is back and runs; the update is in, told and confirmed; so is what
 * came after it. */
bool scenario_is_told(const struct scenario_run *run);
bool scenario_is_failed(const struct scenario_run *run);
bool scenario_is_refused(const struct scenario_run *run);
bool scenario_is_reverted(const struct scenario_run *run);
bool scenario_is_updated(const struct scenario_run *run);
bool scenario_is_rescued(const struct scenario_run *run);

/* When the module has something else: the bootloader waits, because the image does not
 * confirm. */
bool scenario_waits_unconfirmed(const struct scenario_run *run);

/* How often pages of the slots and the spare page have been erased. */
unsigned scenario_count_erases(const struct scenario_run *run);

/* Look at the device, as it is now. */
void scenario_look(struct scenario_run *run);

/* Check a device at its end, or that has stopped before (`done` false). Starts it once more.
 * Returns NULL if good, else why not, and the kind of failure. */
const char *scenario_check(struct scenario_run *run, bool done,
                           enum scenario_failure *out_kind);

#endif
