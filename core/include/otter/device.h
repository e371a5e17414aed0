/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_DEVICE_H
#define OTTER_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "otter/about.h"
#include "otter/err.h"
#include "otter/link.h"
#include "otter/message.h"
#include "otter/receiver.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The MCU as the Wi-Fi module sees it: answers every message, runs the update receiver, and
 * carries the application's own commands.
 *
 * Sans-IO, from the main loop:
 *
 *    otter_device_receive(&device, bytes, len, now_ms);     what the UART brought
 *    otter_device_poll(&device, now_ms);                    timers, one unit of flash work
 *    len = otter_device_take(&device, bytes, max);          what the UART is to send
 *
 * Give it all that the UART has before each poll, and take before it, too: flash work waits
 * until the ACK was taken, and then the module sends the next piece while the core stands still
 * in an erase. Bytes left in the ring from before would make it overflow.
 *
 * Every message the protocol sends to an MCU is answered: 0x01 with `info` and `update_status`,
 * 0x03 by the application, 0x07, 0x0D, 0x0F, 0x25 with an empty ACK, 0x19, 0x1D, 0x1F by the
 * receiver, and otter's own 0x6F if `about` is set; 0x11 and answers that nobody waits for are
 * ignored. A frame with a wrong checksum
 * gets 0x12 with error 1 and an unknown command 0x12 with error 2. An answer that does not fit
 * `tx` is not sent: the module asks again.
 *
 * The callbacks are called from inside receive and poll and must not call back into the device.
 * RAM: struct otter_device, about 3.0 KB. Source: docs/protocol.md.
 */
#ifndef OTTER_COMMAND_MAX
#define OTTER_COMMAND_MAX 64 /* largest payload of a command or answer the application sends */
#endif

struct otter_device_config {
    const struct otter_info *info;
    const struct otter_receiver_config *receiver;
    void *ctx;

    /* 0x01 arrived: what to tell with 0x02 about updates, beside `info`; *out_status comes
     * zeroed. NULL = nothing, as an MCU that knows no otter. */
    void (*update_status)(void *ctx, struct otter_update_status *out_status);

    /* What to tell to our module's question (0x6F): otter_about_read, or NULL. Then 0x6F is an
     * unknown command, as for an MCU that knows no otter. */
    void (*about)(const struct otter_port *port, const struct otter_layout *layout,
                  const struct otter_ask_about *ask, struct otter_about *io_about);

    /* P0 arrived (0x03). For a read write the answer P0 (action 0x03 first) and return its
     * length; else return 0: an empty ACK goes out at once. Unknown actions: return 0. */
    uint16_t (*control)(void *ctx, const struct otter_p0 *p0,
                        uint8_t out_answer[OTTER_COMMAND_MAX]);

    /* Module status (0x0D), already acknowledged. May be NULL. */
    void (*status)(void *ctx, uint16_t status);

    /* The answer to a command of the application arrived. May be NULL. */
    void (*answer)(void *ctx, const struct otter_frame *answer);

    /* The line works in both directions: an answer to a command of the module has been taken,
     * or the module has answered one of ours. Called once after otter_device_init(), before
     * `answer`. An app on trial confirms here (otter_update_confirm()): it can be updated
     * again. May be NULL. */
    void (*link_works)(void *ctx);

    /* The module stayed silent to a command of the application. May be NULL. */
    void (*gave_up)(void *ctx, uint8_t cmd);

    /* Restart the MCU: an update is ready, or the module asked (0x0F) 600 ms ago. All bytes
     * were taken; let the last one leave the UART before resetting. Called once. */
    void (*restart)(void *ctx);
};

struct otter_device {
    const struct otter_device_config *config;
    struct otter_link link;
    struct otter_link_config link_config;
    struct otter_receiver receiver;
    bool restart_due; /* 0x0F came at restart_ms */
    bool restarted;
    bool has_answered, link_works; /* a command of the module; it was told */
    bool command_is_apps;          /* the unacknowledged command is the application's */
    uint32_t restart_ms;
    uint8_t rx_body[OTTER_PIECE_MAX + OTTER_PIECE_HEAD + 7];
    uint8_t command[2 * (OTTER_COMMAND_MAX + 7) + 2];
    uint8_t tx[512];
};

/* Start: nothing is sent. `config` and what it points to must outlive the device. */
void otter_device_init(struct otter_device *device, const struct otter_device_config *config,
                       uint32_t now_ms);

/* Take received bytes, split anywhere. Flash is worked on only if a piece comes before polls
 * have written the one before: then that one is, here. STM32F1, 1024 bytes: up to 80 ms, or
 * 120 ms if it was the first (FLAG is erased, too). */
void otter_device_receive(struct otter_device *device, const uint8_t in[], size_t in_len,
                          uint32_t now_ms);

/* Do what is due. Call it at least every 10 ms, after all that was received. Flash work in it
 * is one page erase or 256 bytes of programming, never both. */
void otter_device_poll(struct otter_device *device, uint32_t now_ms);

/* Move up to out_max bytes that are to be sent to `out`. Returns how many. */
size_t otter_device_take(struct otter_device *device, uint8_t out[], size_t out_max);

/* Send a command of the application: 0x05, 0x09, 0x0B, 0x13, 0x15, 0x17, 0x21, 0x29.
 * Returns 0, OTTER_ERR_BUSY (a command is unacknowledged, or a transfer runs: try later), or
 * OTTER_ERR_SPACE. */
OTTER_MUST_CHECK int otter_device_command(struct otter_device *device, uint8_t cmd,
                                          const uint8_t payload[], uint16_t payload_len,
                                          uint32_t now_ms);

#ifdef __cplusplus
}
#endif
#endif
