/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_LOG_H
#define PETHOUSE_LOG_H

#include <stdint.h>
#include "otter/frame.h"
#include "otter/transfer.h"

/* The lines the product writes to USART1. Short: the line is polled, ten characters take 0.9
 * ms. Call after debug_start(). The tutorial's texts are interface and stay as they are. */

/* "MCU Init Success", "Device ID : ..." and "App Init Success , SoftVersion = ..." */
void log_start(const uint8_t unique_id[12], const char version[8]);

/* One line of text. */
void log_line(const char text[]);

/* What the module said: the answers 0x18 (time) and 0x22 (module). Others are not shown. */
void log_answer(const struct otter_frame *answer);

/* That the module stayed silent to `cmd`. */
void log_gave_up(uint8_t cmd);

/* Write a line when a transfer begins, asks again with another piece length, or ends, with the
 * reason. Call once per turn of the main loop. */
void log_transfer(const struct otter_transfer *transfer);

#endif
