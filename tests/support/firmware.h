/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FIRMWARE_H
#define TESTS_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>
#include "lab/testbed.h"

struct replay;

/* The cross-compiled binaries the tests run, from the firmware preset's build folder. */
struct firmware {
    uint8_t *data;
    size_t len;
};

/* Read OTTER_FIRMWARE_DIR/`name`; ends the process with a message if it is not there. */
struct firmware firmware_read(const char *name);

/* The same into `out`; a file of more than `out_max` bytes ends the process,
 * too. Returns its length. */
size_t firmware_read_to(const char *name, uint8_t out[], size_t out_max);

/* The same bytes, to be changed and freed. */
struct firmware firmware_copy(const struct firmware *firmware);

/* The three that a whole update needs, read once. */
struct firmware_set {
    struct firmware boot, old_app, new_app;
};
const struct firmware_set *firmware_set(void);

/* A testbed with the bootloader and the old app in flash, the module offering the new
 * one. `module` is the test's (event, ctx, ...); its file, size, MD5 and version are
 * set where file is NULL. */
struct testbed *firmware_testbed(uint64_t seed, const struct module_config *module);

/* The same as a configuration, to be changed before testbed_new(). */
void firmware_testbed_config(struct testbed_config *out_config, uint64_t seed,
                             const struct module_config *module);

/* Let the module of `config` offer `image` as version `version`. The image must stay. */
void firmware_offer(struct module_config *config, const struct firmware *image,
                    const char version[8]);

/* How often `text` stands in the log. */
unsigned firmware_count_in_log(const struct testbed *bed, const char *text);

/* ---- whole updates, in cmocka tests ---- */

/* What the module saw: a config's `event` is firmware_see, its `ctx` one of these. */
struct firmware_seen {
    unsigned progress, count; /* last piece acknowledged since READY, of so many */
    unsigned started, offered, ready, resent, stopped, refused; /* events */
};
void firmware_see(void *ctx, const struct module_event *event);

/* Let virtual time pass: `ms` of it; until piece `number` is acknowledged; until the update has
 * ended. Should the board stop, or five minutes not be enough, the test fails with the log. */
void firmware_run_ms(struct testbed *bed, uint32_t ms);
void firmware_run_until_piece(struct testbed *bed, const struct firmware_seen *seen,
                              unsigned number);
void firmware_run_to_end(struct testbed *bed);

/* From piece `number` on the module hears nothing for `ms`; then the
 * update goes on to its end. */
void firmware_run_muted_at_piece(struct testbed *bed, const struct firmware_seen *seen,
                                 unsigned number, uint32_t ms);

/* For replay_attach(): what the bootloader `elf` need not execute again, the rounds in which it
 * waits for its UART and the verification of an image that it has verified before; but for one
 * in 20, which is compared (lab/replay/boot_replay.h). `firmware_waiting`: the rounds alone, of
 * one that verifies nothing. */
struct replay *firmware_replay(const char *elf);
struct replay *firmware_waiting(const char *elf);

/* ---- a bootloader or an app alone ---- */

/* A testbed without a module, still off, its flash blank but for the binary `boot` at the
 * flash's start (NULL for nothing). `options` NULL = seed 1. */
struct testbed *firmware_alone(const struct board_options *options, const char *boot);

/* Write-protect the four pages around addr by option bytes (PM0075 2.5): erasing and
 * programming then fail, as on worn-out flash. */
void firmware_protect(struct testbed *bed, uint32_t addr);

/* Write a request to FLAG as a tutorial app does: status, size, MD5, 24 bytes. */
void firmware_put_tutorial_request(struct testbed *bed, uint16_t status, uint32_t size,
                                   const uint8_t md5[16]);
/* Its status: FLAG's first half-word. */
uint16_t firmware_flag_status(struct testbed *bed);

/* Run until `text` is in the log after offset `from`, at most limit_ms, to the millisecond.
 * Returns BOARD_STOP_TIME if it came, BOARD_STOP_ASKED if it did not in time, else what stopped
 * the board. */
enum board_stop firmware_run_until_log(struct testbed *bed, const char *text, size_t from,
                                       uint32_t limit_ms);

/* Flash at an absolute address, to load and to compare. */
uint8_t *firmware_flash(struct testbed *bed, uint32_t addr);

#endif
