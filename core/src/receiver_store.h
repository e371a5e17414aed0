/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_RECEIVER_STORE_H
#define OTTER_RECEIVER_STORE_H

#include <stdbool.h>
#include "otter/receiver.h"

/* The half of the receiver that keeps things: the queued piece into APPBAK, the check of the whole
 * image, FLAG, and the record that survives a reset. Private to receiver.c, which does the protocol.
 */

/* One unit of work on the queue: erase at most one page and program at most 256 bytes. Call only
 * while receiver->queued_len is not 0. Returns 0 or the port's error. */
OTTER_MUST_CHECK int otter_store_program(struct otter_receiver *receiver);

/* The whole file is in APPBAK: is it what was offered, and for this product? Ends the digest.
 * Returns OTTER_RESULT_FINISHED, or why not. */
enum otter_receiver_result otter_store_check(struct otter_receiver *receiver,
                                             uint8_t out_digest[16]);

/* Announce the image to the bootloader. Returns 0 or the port's error. */
OTTER_MUST_CHECK int otter_store_write_flag(const struct otter_receiver *receiver);

/* The resume record: keep what the last READY asked for; make it invalid; take it over into
 * offer, piece_len and attempts if it is valid and can be. All do nothing without retained RAM. */
void otter_store_save_resume(const struct otter_receiver *receiver);
void otter_store_forget_resume(const struct otter_receiver *receiver);
bool otter_store_load_resume(struct otter_receiver *receiver);

#endif
