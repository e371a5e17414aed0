/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_TESTBED_H
#define LAB_TESTBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "board/board.h"
#include "host/error.h"
#include "lab/line_noise.h"
#include "lab/ring_meter.h"
#include "module/module.h"

/* The modelled board and the Wi-Fi module's side on one virtual time, joined by a 9600 baud
 * line: what `otter demo`, the power campaigns and the firmware tests run on.
 *
 * The module has each byte at the tick of its stop bit, also while the core waits for the
 * flash, and answers at once; its timers run in virtual time. Deterministic. Copying a testbed
 * is a snapshot of everything, the log too; who listens (events, log, runner) stays as it was.
 */
struct testbed_load {
    uint32_t addr; /* absolute */
    const uint8_t *data;
    size_t len;
};

/* Who lets the board run up to the tick `until`: as board_run(), or it ends the run with
 * BOARD_STOP_ASKED. A debugger's place. */
struct testbed_runner {
    void *ctx;
    enum board_stop (*run)(void *ctx, struct board *board, uint64_t until);
};

struct testbed_config {
    struct board_options board;
    const struct testbed_load *loads; /* what lies in flash at the start */
    size_t load_count;
    struct module_config
        module;              /* file.read NULL = a module without an offer; event, ctx: yours */
    bool without_module;     /* nothing on the serial line */
    bool module_keeps_power; /* a cut hits the MCU alone; default: both restart */
    uint32_t baud;           /* of the module's line; 0 = 9600 */
    /* Each byte of the log UART, as it leaves the chip. May be NULL:
     * testbed_log() has them anyway. */
    void (*log)(void *ctx, char byte);
    void *log_ctx;
    struct testbed_runner runner; /* run NULL = board_run() */
};

struct testbed;

/* `config` is copied; the loads are copied to flash; the module's file must stay. The board is
 * off until testbed_power_on(). Returns NULL, and *out_error says why, if memory is short or a
 * load does not fit the flash. */
struct testbed *testbed_new(const struct testbed_config *config, struct host_error *out_error);
void testbed_free(struct testbed *bed);
void testbed_copy(struct testbed *to, const struct testbed *from);

/* Supply on, for the MCU and (unless module_keeps_power and it already ran) the module. */
void testbed_power_on(struct testbed *bed);

/* Let `ms` of virtual time pass. Returns BOARD_STOP_TIME, or early what stopped the board;
 * after BOARD_STOP_POWER call testbed_power_on(). */
enum board_stop testbed_run_ms(struct testbed *bed, uint32_t ms);

/* Run until `text` appears in the log after `from`, at most limit_ms. Returns the offset after
 * it, or 0 if it did not come. */
size_t testbed_run_until_log(struct testbed *bed, const char *text, size_t from,
                             uint32_t limit_ms);

/* From now on the module offers `file`, which must stay, as version `version`, and begins with
 * it as soon as it can: what an update server's "there is something new" leads to. The outcome
 * is open again. Returns false, and nothing has changed, while pieces of another file are on
 * their way. */
bool testbed_offer(struct testbed *bed, const struct module_file *file,
                   const uint8_t version[8]);

/* Line faults: while set, bytes in that direction vanish. */
void testbed_mute(struct testbed *bed, bool to_module, bool to_mcu);

/* From now on both directions are noisy, independently of each other; NULL = clean again. */
void testbed_set_noise(struct testbed *bed, const struct line_noise_rates *rates,
                       uint64_t seed);
/* Bytes that noise hit so far, in both directions. */
uint64_t testbed_noise_faults(const struct testbed *bed);

/* Bytes on the line so far, muted ones too: those that the MCU has sent, and those that the
 * module has begun to send. */
struct testbed_line_bytes {
    uint64_t to_module, to_mcu;
};
struct testbed_line_bytes testbed_line_bytes(const struct testbed *bed);

/* From now on `sent` gets each byte that the MCU sends to the module, whether it arrives or
 * not; NULL = nobody does. A copy keeps its own. */
void testbed_on_sent(struct testbed *bed, void (*sent)(void *ctx, uint8_t byte), void *ctx);

/* From now on count what is lost in the ring of received bytes of the program in APP
 * (lab/ring_meter.h). */
void testbed_watch_ring(struct testbed *bed, const struct firmware_ring *ring);
/* Bytes that the module sent and the DMA stored, and that the program never read. */
uint64_t testbed_ring_lost(const struct testbed *bed);

struct board *testbed_board(struct testbed *bed);
struct module *testbed_module(struct testbed *bed);
uint32_t testbed_now_ms(const struct testbed *bed);

/* The log UART's text since testbed_new(), NUL-terminated; the last 32 KB. */
const char *testbed_log(const struct testbed *bed);
size_t testbed_log_len(const struct testbed *bed);

/* How the module's update ended: MODULE_EVENT_UPDATED, MODULE_EVENT_FAILED, or
 * MODULE_EVENT_STARTED if it did not yet; and why it failed. */
enum module_event_kind testbed_outcome(const struct testbed *bed);
enum module_failure testbed_failure(const struct testbed *bed);

/* What the last 0x02 has told the module: by a bootloader that waits for an image, or by an
 * app; and what it reported with it. All zero before the first. */
struct testbed_told {
    bool by_recovery;
    struct otter_update_status status;
};
struct testbed_told testbed_told(const struct testbed *bed);

/* Has the module ever heard a bootloader that waits for an image? */
bool testbed_saw_recovery(const struct testbed *bed);

#endif
