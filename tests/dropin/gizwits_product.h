/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DROPIN_GIZWITS_PRODUCT_H
#define DROPIN_GIZWITS_PRODUCT_H

#include <stdint.h>

/* The product's side of a generated project: version, the port's functions, the events. The
 * build gives SOFTWARE_VERSION, 8 digits in quotes. The generator of 2016 lets
 * gizwits_protocol.h include this file, that of 2017 the other way round.
 */
#if GENERATOR >= 2017
#include "gizwits_protocol.h"
#endif

#define HARDWARE_VERSION "03010100"

#if GENERATOR >= 2017 && defined(__cplusplus)
extern "C" {
#endif

void timerInit(void);
void uartInit(void);
void mcuRestart(void);
int32_t uartWrite(uint8_t *buf, uint32_t len);
void userInit(void);
void userHandle(void);
void gizTimerMs(void);
uint32_t gizGetTimerCount(void);

#if GENERATOR >= 2017 && defined(__cplusplus)
}
#endif
#endif
