/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DROPIN_GIZWITS_PROTOCOL_H
#define DROPIN_GIZWITS_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if GENERATOR >= 2017
#include "common.h"
#else
#include "gizwits_product.h"
#endif

/* The protocol file of a project that Gizwits' generator made, in the shapes of its two ages
 * (GENERATOR 2016 or 2017), written anew and kept to what an update meets. Lines that
 * docs/dropin.md adds or changes are marked "dropin"; those of its optional chapter 7 are there
 * with DROPIN_REPAIRS.
 */
#define protocol_VERSION "00000004"
#define P0_VERSION       "00000002"
#define PRODUCT_KEY      "6f3074fe43894547a4f1314bd7e3ae0b"
#define PRODUCT_SECRET   "00000000000000000000000000000000"

#ifdef DROPIN_BIG_BUFFERS /* as the tutorial asks for them */
#define MAX_PACKAGE_LEN 900
#define RB_MAX_LEN      1024
#else
/* dropin: both were about 40, too small for 0x19 and 0x1D */
#define MAX_PACKAGE_LEN 256
#define RB_MAX_LEN      256
#endif

#define SEND_MAX_NUM 2 /* resends */
#if GENERATOR >= 2017
#define SEND_MAX_TIME 200 /* ms */
#else
#define SEND_MAX_TIME 2000
#endif

typedef enum {
    CMD_GET_DEVICE_INTO = 0x01,
    ACK_GET_DEVICE_INFO = 0x02,
    CMD_ISSUED_P0 = 0x03,
    ACK_ISSUED_P0 = 0x04,
    CMD_REPORT_P0 = 0x05,
    ACK_REPORT_P0 = 0x06,
    CMD_HEARTBEAT = 0x07,
    ACK_HEARTBEAT = 0x08,
    CMD_WIFI_CONFIG = 0x09,
    ACK_WIFI_CONFIG = 0x0A,
    CMD_SET_DEFAULT = 0x0B,
    ACK_SET_DEFAULT = 0x0C,
    CMD_WIFISTATUS = 0x0D,
    ACK_WIFISTATUS = 0x0E,
    CMD_MCU_REBOOT = 0x0F,
    ACK_MCU_REBOOT = 0x10,
    CMD_ERROR_PACKAGE = 0x11,
    ACK_ERROR_PACKAGE = 0x12,
    CMD_PRODUCTION_TEST = 0x13,
    ACK_PRODUCTION_TEST = 0x14,
    CMD_NINABLE_MODE = 0x15,
    ACK_NINABLE_MODE = 0x16,
    CMD_GET_NTP = 0x17,
    ACK_GET_NTP = 0x18,
    /* The generator of 2017 has these and more, that of 2016 none of them. */
    CMD_ASK_BIGDATA = 0x19,
    ACK_BIGDATA_READY = 0x1C,
    CMD_BIGDATA_SEND = 0x1D,
    CMD_S_STOP_BIGDATA_SEND = 0x1F,
    ACK_D_STOP_BIGDATA_SEND = 0x28,
    ACK_REBOOT_MODULE = 0x2A,
} PROTOCOL_CMDTYPE;

typedef enum { ERROR_ACK_SUM = 1, ERROR_CMD = 2, ERROR_OTHER = 3 } errorPacketsType_t;

typedef enum {
    ACTION_CONTROL_DEVICE = 0x01,
    ACTION_READ_DEV_STATUS = 0x02,
    ACTION_READ_DEV_STATUS_ACK = 0x03,
    ACTION_REPORT_DEV_STATUS = 0x04,
} actionType_t;

typedef enum {
    STATELESS_TYPE = 0,
    ACTION_CONTROL_TYPE,
    WIFI_STATUS_TYPE
} PROTOCOL_EVENT_TYPE_T;

typedef enum { WIFI_STATUS = 0, EVENT_LED_OnOff, EVENT_TYPE_MAX } EVENT_TYPE_T;

#pragma pack(1)
typedef struct {
    uint8_t num;
    uint8_t event[EVENT_TYPE_MAX];
} eventInfo_t;

typedef struct {
    bool valueLED_OnOff;
} dataPoint_t;

typedef struct {
    uint8_t flagLED_OnOff : 1;
} attrFlags_t;

typedef struct {
    uint8_t valueLED_OnOff : 1;
} devStatus_t;

typedef struct {
    uint8_t head[2];
    uint16_t len; /* big-endian on the line */
    uint8_t cmd;
    uint8_t sn;
    uint8_t flags[2];
} protocolHead_t;

typedef struct {
    protocolHead_t head;
    uint8_t sum;
} protocolCommon_t;

typedef struct {
    protocolHead_t head;
    uint8_t error;
    uint8_t sum;
} protocolErrorType_t;

typedef struct {
    protocolHead_t head;
    uint8_t protocolVer[8];
    uint8_t p0Ver[8];
    uint8_t hardVer[8];
    uint8_t softVer[8];
    uint8_t productKey[32];
    uint16_t ninableTime;
    uint8_t devAttr[8];
    uint8_t productSecret[32];
    uint8_t sum;
} protocolDeviceInfo_t;

typedef struct {
    protocolHead_t head;
    uint8_t action;
    devStatus_t devStatus;
    uint8_t sum;
} gizwitsReport_t;

typedef struct {
    uint8_t num;
    uint8_t flag;
    uint8_t buf[MAX_PACKAGE_LEN];
    uint16_t dataLen;
    uint32_t sendTime;
} protocolWaitAck_t;

typedef struct {
    uint8_t issuedFlag;
    uint8_t protocolBuf[MAX_PACKAGE_LEN];
    uint8_t transparentBuff[MAX_PACKAGE_LEN];
    uint32_t transparentLen;
    uint32_t sn;
#if GENERATOR >= 2017
    uint32_t timerMsCount;
#endif
    protocolWaitAck_t waitAck;
    eventInfo_t issuedProcessEvent;
    eventInfo_t wifiStatusEvent;
    gizwitsReport_t reportData;
    dataPoint_t gizCurrentDataPoint;
    dataPoint_t gizLastDataPoint;
} gizwitsProtocol_t;
#pragma pack()

#if GENERATOR >= 2017 && defined(__cplusplus)
extern "C" {
#endif

extern dataPoint_t currentDataPoint;

void gizwitsInit(void);
int32_t gizwitsHandle(dataPoint_t *currentData);
int32_t gizPutData(uint8_t *buf, uint32_t len);
int8_t gizwitsEventProcess(eventInfo_t *info, uint8_t *data, uint32_t len);
extern uint32_t gizGetTimerCount(void);

#if GENERATOR >= 2017 && defined(__cplusplus)
}
#endif
#endif
