/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_RECEIVER_FIXTURE_H
#define TESTS_SUPPORT_RECEIVER_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/device.h"
#include "otter/startup.h"
#include "support/ram_flash.h"

/* A device on a simulated flash, and the module's side of the line, scripted by the test.
 * Frames of the device are collected in `sent`, in order; fixture_expect() takes the next one.
 * Every failure prints the time and what was sent instead.
 */
enum { FIXTURE_SENT_MAX = 64, FIXTURE_IMAGE_MAX = 0x6800 };

struct fixture_frame {
    uint8_t cmd, sn;
    uint16_t flags, payload_len;
    uint8_t payload[128];
};

struct receiver_fixture {
    struct ram_flash flash;
    struct otter_layout layout;
    struct otter_device device;
    struct otter_device_config config;
    struct otter_receiver_config receiver_config;
    struct otter_info info;
    struct otter_resume resume;
    uint32_t now_ms;

    uint8_t image[FIXTURE_IMAGE_MAX + 1024]; /* what the module has to offer */
    uint32_t image_size;
    uint8_t md5[16];
    struct otter_offer offer;
    uint16_t piece_len; /* of the last READY seen */
    uint8_t module_sn;  /* of the module's next command */

    struct fixture_frame sent[FIXTURE_SENT_MAX];
    unsigned sent_count, sent_at;
    bool hold; /* the UART takes nothing */
    struct otter_frame_decoder decoder;
    uint8_t body[1100];

    unsigned restarts, controls, answers, gave_ups;
    uint16_t status;
    uint8_t last_action, last_answer, last_gave_up;
};

/* A good random image of `size` bytes for the slot, and a device that knows nothing. */
void fixture_init(struct receiver_fixture *fixture, uint32_t size, uint64_t seed);

/* Offer what stands in image[image_size] now (after the test changed it). */
void fixture_update_offer(struct receiver_fixture *fixture);

/* The MCU starts (again); flash and retained RAM are as they are. */
void fixture_boot(struct receiver_fixture *fixture);

/* The module sends a frame; the device does not poll. With `bad_checksum` its checksum is
 * wrong. */
void fixture_module(struct receiver_fixture *fixture, uint8_t cmd, uint8_t sn, uint16_t flags,
                    const uint8_t payload[], uint16_t payload_len);
void fixture_bad_checksum(struct receiver_fixture *fixture, uint8_t cmd, uint8_t sn);

/* ... a message: offer with the next sn; piece of the last READY, by number, with a given
 * sn. */
void fixture_offer(struct receiver_fixture *fixture);
void fixture_piece(struct receiver_fixture *fixture, uint16_t number, uint8_t sn);
uint16_t fixture_piece_count(const struct receiver_fixture *fixture);

/* Poll once, or every 10 ms for a while; collects what the device sends. */
void fixture_poll(struct receiver_fixture *fixture);
void fixture_run(struct receiver_fixture *fixture, uint32_t ms);

/* The next frame sent must have this command; returns it. Nothing more may have been sent. */
const struct fixture_frame *fixture_expect(struct receiver_fixture *fixture, uint8_t cmd);
void fixture_expect_nothing(struct receiver_fixture *fixture);

/* ... and has this sn (ACKs). */
void fixture_expect_ack(struct receiver_fixture *fixture, uint8_t cmd, uint8_t sn);

/* ... and is READY, which the module acknowledges. After 0x20 or 0x28 it comes when there were
 * 200 ms of silence, and these pass here. Returns the piece length. */
uint16_t fixture_expect_ready(struct receiver_fixture *fixture);

/* Offer and answer READY: the next thing is piece 1. */
void fixture_begin(struct receiver_fixture *fixture);

/* Send the pieces from..to, each ACKed; the device polls between them. */
void fixture_pieces(struct receiver_fixture *fixture, uint16_t from, uint16_t to);

/* The transfer from the pending READY on, to the restart; checks slot and FLAG. */
void fixture_complete(struct receiver_fixture *fixture);

/* Is the image announced, by a tutorial request or in the journal, and whole? */
bool fixture_is_announced(const struct receiver_fixture *fixture);

/* A start of the bootloader that takes unsigned images. */
enum otter_startup_target fixture_bootloader(struct receiver_fixture *fixture);

/* The time until READY is sent, in ms; fails after `limit`. The module does not answer it. */
uint32_t fixture_wait_for_ready(struct receiver_fixture *fixture, uint32_t limit);

#endif
