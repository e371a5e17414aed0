/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RIG_RIG_H
#define RIG_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"
#include "cli/rig/noise.h"
#include "module/module.h"

/* The modelled board and the Wi-Fi module's side on one virtual time, joined by a 9600 baud line:
 * what `otter demo`, the power campaigns and the firmware tests run on.
 *
 * Deterministic: the module is served once per millisecond of virtual time. Copying a rig is a
 * snapshot of everything, the log too.
 */
struct rig_load {
    uint32_t addr; /* absolute */
    const uint8_t *data;
    size_t len;
};

/* Who lets the board run up to the tick `until`: as board_run(), or it ends the run with
 * BOARD_STOP_ASKED. A debugger's place. */
struct rig_runner {
    void *ctx;
    enum board_stop (*run)(void *ctx, struct board *board, uint64_t until);
};

struct rig_config {
    struct board_options board;
    const struct rig_load *loads; /* what lies in flash at the start */
    size_t load_count;
    struct module_config module; /* file NULL = a module without an offer; event, ctx: yours */
    bool without_module;         /* nothing on the serial line */
    bool module_keeps_power;     /* a cut hits the MCU alone; default: both restart */
    uint32_t baud;               /* of the module's line; 0 = 9600 */
    /* Each byte of the log UART, as it leaves the chip. May be NULL: rig_log() has them anyway. */
    void (*log)(void *ctx, char byte);
    void *log_ctx;
    struct rig_runner runner; /* run NULL = board_run() */
};

struct rig;

/* `config` is copied; the loads are copied to flash; the module's file must stay. The board is off
 * until rig_power_on(). Returns NULL if memory is short. */
struct rig *rig_new(const struct rig_config *config);
void rig_free(struct rig *rig);
void rig_copy(struct rig *to, const struct rig *from);

/* Supply on, for the MCU and (unless module_keeps_power and it already ran) the module. */
void rig_power_on(struct rig *rig);

/* Let `ms` of virtual time pass. Returns BOARD_STOP_TIME, or early what stopped the board; after
 * BOARD_STOP_POWER call rig_power_on(). */
enum board_stop rig_run_ms(struct rig *rig, uint32_t ms);

/* Run until `text` appears in the log behind `from`, at most limit_ms. Returns the offset behind it,
 * or 0 if it did not come. */
size_t rig_run_until_log(struct rig *rig, const char *text, size_t from, uint32_t limit_ms);

/* Line faults: while set, bytes in that direction vanish. */
void rig_mute(struct rig *rig, bool to_module, bool to_mcu);

/* From now on both directions are noisy, independently of each other; NULL = clean again. */
void rig_set_noise(struct rig *rig, const struct noise_rates *rates, uint64_t seed);
/* Bytes that noise hit so far, in both directions. */
uint64_t rig_noise_faults(const struct rig *rig);

struct board *rig_board(struct rig *rig);
struct module *rig_module(struct rig *rig);
uint32_t rig_now_ms(const struct rig *rig);

/* The log UART's text since rig_new(), NUL-terminated; the last 32 KB. */
const char *rig_log(const struct rig *rig);
size_t rig_log_len(const struct rig *rig);

/* How the module's update ended: MODULE_UPDATED, MODULE_FAILED, or MODULE_STARTED if it did not yet;
 * and why it failed. */
enum module_event_kind rig_outcome(const struct rig *rig);
enum module_failure rig_failure(const struct rig *rig);

#endif
