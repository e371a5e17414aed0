/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_RECEIVER_FIXTURE_H
#define TESTS_SUPPORT_RECEIVER_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/device.h"
#include "otter/startup.h"
#include "support/ram_flash.h"

/* A device on a simulated flash, and the module's side of the line, scripted by the test. Frames of
 * the device are collected in `sent`, in order; rig_expect() takes the next one. Every failure
 * prints the time and what was sent instead.
 */
enum { RIG_SENT_MAX = 64, RIG_IMAGE_MAX = 0x6800 };

struct rig_frame {
    uint8_t cmd, sn;
    uint16_t flags, payload_len;
    uint8_t payload[128];
};

struct rig {
    struct ram_flash flash;
    struct otter_layout layout;
    struct otter_device device;
    struct otter_device_config config;
    struct otter_receiver_config receiver_config;
    struct otter_info info;
    struct otter_resume resume;
    uint32_t now_ms;

    uint8_t image[RIG_IMAGE_MAX + 1024]; /* what the module has to offer */
    uint32_t image_size;
    uint8_t md5[16];
    struct otter_offer offer;
    uint16_t piece_len; /* of the last READY seen */
    uint8_t module_sn;  /* of the module's next command */

    struct rig_frame sent[RIG_SENT_MAX];
    unsigned sent_count, sent_at;
    bool hold; /* the UART takes nothing */
    struct otter_frame_decoder decoder;
    uint8_t body[1100];

    unsigned restarts, controls, answers, gave_ups;
    uint16_t status;
    uint8_t last_action, last_answer, last_gave_up;
};

/* A good random image of `size` bytes for the slot, and a device that knows nothing. */
void rig_init(struct rig *rig, uint32_t size, uint64_t seed);

/* Offer what stands in image[image_size] now (after the test changed it). */
void rig_seal(struct rig *rig);

/* The MCU starts (again); flash and retained RAM are as they are. */
void rig_boot(struct rig *rig);

/* The module sends a frame; the device does not poll. With `bad_sum` its sum is wrong. */
void rig_module(struct rig *rig, uint8_t cmd, uint8_t sn, uint16_t flags,
                const uint8_t payload[], uint16_t payload_len);
void rig_bad_sum(struct rig *rig, uint8_t cmd, uint8_t sn);

/* ... a message: offer with the next sn; piece of the last READY, by number, with a given sn. */
void rig_offer(struct rig *rig);
void rig_piece(struct rig *rig, uint16_t number, uint8_t sn);
uint16_t rig_piece_count(const struct rig *rig);

/* Poll once, or every 10 ms for a while; collects what the device sends. */
void rig_poll(struct rig *rig);
void rig_run(struct rig *rig, uint32_t ms);

/* The next frame sent must have this command; returns it. Nothing more may have been sent. */
const struct rig_frame *rig_expect(struct rig *rig, uint8_t cmd);
void rig_expect_nothing(struct rig *rig);

/* ... and has this sn (ACKs). */
void rig_expect_ack(struct rig *rig, uint8_t cmd, uint8_t sn);

/* ... and is READY, which the module acknowledges. Returns the piece length. */
uint16_t rig_expect_ready(struct rig *rig);

/* Offer and answer READY: the next thing is piece 1. */
void rig_begin(struct rig *rig);

/* Send the pieces from..to, each ACKed; the device polls between them. */
void rig_pieces(struct rig *rig, uint16_t from, uint16_t to);

/* The transfer from the pending READY on, to the restart; checks slot and FLAG. */
void rig_complete(struct rig *rig);

/* Is the image announced, by a record or in the journal, and whole? */
bool rig_is_announced(const struct rig *rig);

/* A start of the bootloader that takes unsigned images. */
enum otter_startup_target rig_bootloader(struct rig *rig);

#endif
