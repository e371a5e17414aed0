/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FIRMWARE_H
#define TESTS_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>
#include "cli/rig/rig.h"

/* The cross-compiled binaries the tests run, from the firmware preset's build folder. */
struct firmware {
    uint8_t *data;
    size_t len;
};

/* Read OTTER_FIRMWARE_DIR/`name`; ends the process with a message if it is not there. */
struct firmware firmware_read(const char *name);

/* The three that a whole update needs, read once. */
struct firmware_set {
    struct firmware boot, old_app, new_app;
};
const struct firmware_set *firmware_set(void);

/* A rig with the bootloader and the old app in flash, the module offering the new one. `module` is
 * the test's (event, ctx, ...); its file, size, MD5 and version are set where file is NULL. */
struct rig *firmware_rig(uint64_t seed, const struct module_config *module);

/* The same as a configuration, to be changed before rig_new(). */
void firmware_rig_config(struct rig_config *out_config, uint64_t seed,
                         const struct module_config *module);

#endif
