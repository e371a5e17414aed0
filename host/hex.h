/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_HEX_H
#define HOST_HEX_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Intel HEX, written: what every flashing tool takes, and what carries its own addresses.
 * Records of 16 data bytes, aligned to 16; an extended linear address record (type 04) at the
 * start and at every 64 KB boundary. Source: Intel Hexadecimal Object File Format
 * Specification, rev. A.
 */
enum { HEX_RECORD_BYTES = 16 };

/* Write len bytes as records for addr onward. Errors stay in ferror(out). */
void hex_write(FILE *out, uint32_t addr, const uint8_t data[], size_t len);

/* Write the end-of-file record. */
void hex_write_end(FILE *out);

#endif
