/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_DROPIN_FIXTURE_H
#define TESTS_SUPPORT_DROPIN_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include "gizwits-dropin/gizwits_ota.h"
#include "support/ram_flash.h"

/* gizwits-dropin/ on a simulated flash, between a generated dispatcher (handler, then ACK, then
 * Suspend on error) and a module that a test scripts. There is one, as there is one MCU.
 */
enum { DROPIN_SENT_MAX = 64, DROPIN_IMAGE_MAX = 0x6800, DROPIN_ACK = 0x100 };

struct dropin_sent {
    unsigned cmd; /* DROPIN_ACK + command: the dispatcher's ACK */
    uint8_t sn;
    uint16_t payload_len;
    uint8_t payload[40];
};

struct dropin {
    struct ram_flash flash;
    uint8_t image[DROPIN_IMAGE_MAX + 1024];
    uint32_t size;
    uint8_t md5[16];
    uint8_t offer[38];
    uint32_t now_ms;
    unsigned restarts;         /* mcuRestart(), which returns, as in some projects */
    unsigned resets, forgiven; /* otter_dropin_reset(), which returns here; ..._forgive() */
    bool uart_fails;
    struct dropin_sent sent[DROPIN_SENT_MAX]; /* later ones are counted only */
    unsigned sent_count;
};
extern struct dropin dropin;

/* Erased flash but for a random app, a good random image of `size`, an MCU just started. */
void dropin_init(uint32_t size, uint64_t seed);
/* Put the image's size and MD5 into the offer (after a test changed the image). */
void dropin_update_offer(void);
/* The MCU starts again: RAM is new, flash is not; with the supply gone in between, or not. */
void dropin_boot(void);
void dropin_start(void);

/* What the dispatcher does with a message. Return what the handler returned. */
int8_t dropin_ask(const uint8_t payload[], uint32_t len);
int8_t dropin_offer(void);
int8_t dropin_piece_raw(const uint8_t payload[], uint32_t len);
/* Piece `number` of the image in pieces of piece_len, as the module sends it. */
int8_t dropin_piece(unsigned number, uint16_t piece_len);
void dropin_sender_stops(void);

/* Offer, and all pieces. Returns what the last handler returned. */
int8_t dropin_update(void);
uint16_t dropin_asked(void); /* piece length of the last READY; 0 = none */

/* Time passes, with a poll each 10 ms. */
void dropin_wait(uint32_t ms);

/* How often cmd was sent; the log is emptied by dropin_forget(). */
unsigned dropin_sent(unsigned cmd);
void dropin_forget(void);

#endif
