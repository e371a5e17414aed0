/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GIZWITS_PRODUCT_H
#define GIZWITS_PRODUCT_H

#include <stdint.h>

/* The product's side of a project in the generator's style: versions, the only data point, and
 * what the protocol file calls. The build gives SOFTWARE_VERSION, 8 digits in quotes.
 */
#define PROTOCOL_VERSION "00000004"
#define P0_VERSION       "00000002"
#define HARDWARE_VERSION "03010100"
#define PRODUCT_KEY      "6f3074fe43894547a4f1314bd7e3ae0b"

typedef struct {
    uint8_t valueLED_OnOff;
} dataPoint_t;

extern dataPoint_t currentDataPoint;

void userInit(void);
void uartInit(void);
void uartPoll(void); /* hands received bytes to gizPutData() */
int32_t uartWrite(uint8_t *buf, uint32_t len);
uint32_t gizGetTimerCount(void);
void mcuRestart(void);

#endif
