/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DROPIN_COMMON_H
#define DROPIN_COMMON_H

#include <stdint.h>

/* What generated files share. In a project of 2016 this is part of gizwits_protocol.c, and
 * static. GIZWITS_LOG is printf() there; here hal.c's, which knows %s, %d and %X.
 */
#define GIZWITS_LOG gizLog

#ifdef __cplusplus
extern "C" {
#endif

void gizLog(const char *format, ...);
uint8_t gizProtocolSum(uint8_t *buf, uint32_t len); /* of bytes 2 to len - 2 */
uint16_t exchangeBytes(uint16_t value);

#ifdef __cplusplus
}
#endif
#endif
