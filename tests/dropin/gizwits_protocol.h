/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GIZWITS_PROTOCOL_H
#define GIZWITS_PROTOCOL_H

#include <stdint.h>
#include "gizwits_ota.h"
#include "gizwits_product.h"

/* The protocol file of a project in the style of Gizwits' generator, written anew and kept to
 * what an update meets. Lines that docs/dropin.md adds or changes are marked "dropin".
 */
#define RB_MAX_LEN      1024 /* dropin: both were about 40, too small for 0x19 and 0x1D */
#define MAX_PACKAGE_LEN 900

typedef enum {
    CMD_GET_DEVICE_INTO = 0x01,
    ACK_GET_DEVICE_INFO = 0x02,
    CMD_ISSUE_P0 = 0x03,
    ACK_ISSUE_P0 = 0x04,
    CMD_REPORT_P0 = 0x05,
    ACK_REPORT_P0 = 0x06,
    CMD_HEARTBEAT = 0x07,
    ACK_HEARTBEAT = 0x08,
    CMD_WIFISTATUS = 0x0D,
    ACK_WIFISTATUS = 0x0E,
    CMD_MCU_REBOOT = 0x0F,
    ACK_MCU_REBOOT = 0x10,
    CMD_ERROR_PACKAGE = 0x11,
    ACK_ERROR_PACKAGE = 0x12,
    /* dropin: the messages of an update */
    CMD_ASK_BIGDATA = 0x19,
    ACK_BIGDATA_READY = 0x1C,
    CMD_BIGDATA_SEND = 0x1D,
    CMD_S_STOP_BIGDATA_SEND = 0x1F,
    ACK_D_STOP_BIGDATA_SEND = 0x28,
    ACK_ASK_MODULE_REBOOT = 0x2A,
} EVENT_TYPE_T;

typedef enum { ERROR_ACK_SUM = 1, ERROR_CMD = 2, ERROR_OTHER = 3 } errorPacketsType_t;

typedef struct {
    uint8_t head[2];
    uint8_t len[2];
    uint8_t cmd;
    uint8_t sn;
    uint8_t flags[2];
} protocolHead_t;

typedef struct {
    protocolHead_t head;
    uint8_t sum;
} protocolCommon_t;

void gizwitsInit(void);
int32_t gizwitsHandle(dataPoint_t *currentData);
int32_t gizPutData(const uint8_t *buf, uint32_t len);

#endif
