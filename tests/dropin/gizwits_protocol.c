/* SPDX-License-Identifier: Apache-2.0 */
#if GENERATOR >= 2017
#include "ringBuffer.h"
#include "gizwits_product.h"
#else
#define RB_FUNCTION static
#include "gizwits_protocol.h"
#include "common.h"
#include "ringbuffer.c" /* NOLINT(bugprone-suspicious-include) */
#endif
#include "gizwits_ota.h"

/* gcc puts the first of them highest: below the stack and the heap lies the ring. */
static uint8_t rbBuf[RB_MAX_LEN];
rb_t pRb;
gizwitsProtocol_t gizwitsProtocol;

/* ---- from bytes to packets ---- */

void gizwitsInit(void)
{
    pRb.rbCapacity = RB_MAX_LEN;
    pRb.rbBuff = rbBuf;
    rbCreate(&pRb);
    memset(&gizwitsProtocol, 0, sizeof(gizwitsProtocol_t));
}

/* In the UART's interrupt. */
int32_t gizPutData(uint8_t *buf, uint32_t len)
{
    int32_t count = 0;

    otter_dropin_heard();
    if (NULL == buf) {
        GIZWITS_LOG("ERR: gizPutData buf is empty \n");
        return -1;
    }
    count = rbWrite(&pRb, buf, len);
    if (count != (int32_t)len) {
        GIZWITS_LOG("ERR: Failed to rbWrite \n");
        return -1;
    }
    return count;
}

/* Returns 0: a packet; 1: none yet; -1: nothing waits; -2: a wrong sum. */
static int8_t gizProtocolGetOnePacket(rb_t *rb, uint8_t *data, uint16_t *len)
{
    static uint8_t protocolFlag = 0;
    static uint16_t protocolCount = 0;
    static uint8_t lastData = 0;
#ifdef DROPIN_REPAIRS
    uint16_t tmpLen = 0; /* dropin: 8 bits took 256 waiting bytes for none */
#else
    uint8_t tmpLen = 0;
#endif
    uint16_t tmpCount = 0;
    uint16_t i;
    uint8_t tmpData;

    if (NULL == rb || NULL == data || NULL == len) {
        return -1;
    }
    tmpLen = rbCanRead(rb);
    if (0 == tmpLen) {
        return -1;
    }
    for (i = 0; i < tmpLen && rbRead(rb, &tmpData, 1) == 1; i++) {
        if (0xFF == lastData && 0xFF == tmpData) {
#ifdef DROPIN_REPAIRS
            if (0 == protocolFlag || protocolCount > 2) { /* dropin: a head begins anywhere */
#else
            if (0 == protocolFlag || (protocolCount > 4 && protocolCount != tmpCount)) {
#endif
                data[0] = 0xFF;
                data[1] = 0xFF;
                protocolCount = 2;
                protocolFlag = 1;
            }
        } else if (1 == protocolFlag && !(0xFF == lastData && 0x55 == tmpData)) {
            data[protocolCount++] = tmpData;
            if (protocolCount > 4) {
                tmpCount = (data[2] << 8 | data[3]) + 4;
#ifdef DROPIN_REPAIRS
                if (tmpCount < sizeof(protocolCommon_t) || tmpCount > MAX_PACKAGE_LEN) {
                    protocolFlag = 0; /* dropin: a length that cannot be */
                    protocolCount = 0;
                }
#endif
                if (protocolCount == tmpCount) {
                    break;
                }
            }
        }
        lastData = tmpData;
    }
    if (protocolCount > 4 && protocolCount == tmpCount) {
        if (gizProtocolSum(data, tmpCount) == data[tmpCount - 1]) {
            *len = tmpCount;
            protocolFlag = 0;
            protocolCount = 0;
            lastData = 0;
            return 0;
        }
#ifdef DROPIN_REPAIRS
        protocolFlag = 0; /* dropin: what follows is no part of it */
        protocolCount = 0;
        lastData = 0;
#endif
        return -2;
    }
    return 1;
}

/* ---- from packets to bytes ---- */

static int8_t gizProtocolHeadInit(protocolHead_t *head)
{
    if (NULL == head) {
        return -1;
    }
    memset(head, 0, sizeof(protocolHead_t));
    head->head[0] = 0xFF;
    head->head[1] = 0xFF;
    return 0;
}

static int8_t gizProtocolWaitAck(uint8_t *data, uint32_t len)
{
    if (NULL == data) {
        return -1;
    }
    memset(&gizwitsProtocol.waitAck, 0, sizeof(protocolWaitAck_t));
    memcpy(gizwitsProtocol.waitAck.buf, data, len);
    gizwitsProtocol.waitAck.dataLen = (uint16_t)len;
    gizwitsProtocol.waitAck.flag = 1;
    gizwitsProtocol.waitAck.sendTime = gizGetTimerCount();
    return 0;
}

/* The command alone is compared, not the number. */
static int8_t gizProtocolWaitAckCheck(protocolHead_t *head)
{
    protocolHead_t *sent = (protocolHead_t *)gizwitsProtocol.waitAck.buf;

    if (NULL == head) {
        return -1;
    }
    if (sent->cmd + 1 == head->cmd) {
        memset(&gizwitsProtocol.waitAck, 0, sizeof(protocolWaitAck_t));
    }
    return 0;
}

static void gizProtocolAckHandle(void)
{
    if (1 != gizwitsProtocol.waitAck.flag) {
        return;
    }
    if (gizwitsProtocol.waitAck.num >= SEND_MAX_NUM) {
        memset(&gizwitsProtocol.waitAck, 0, sizeof(protocolWaitAck_t));
    } else if (gizGetTimerCount() - gizwitsProtocol.waitAck.sendTime > SEND_MAX_TIME) {
        uartWrite(gizwitsProtocol.waitAck.buf, gizwitsProtocol.waitAck.dataLen);
        gizwitsProtocol.waitAck.sendTime = gizGetTimerCount();
        gizwitsProtocol.waitAck.num++;
    }
}

static int32_t gizProtocolCommonAck(protocolHead_t *head)
{
    protocolCommon_t ack;

    if (NULL == head) {
        return -1;
    }
    memcpy(&ack, head, sizeof(protocolHead_t)); /* its number and its flags go back */
    ack.head.cmd = (uint8_t)(head->cmd + 1);
    ack.head.len = exchangeBytes(sizeof(protocolCommon_t) - 4);
    ack.sum = gizProtocolSum((uint8_t *)&ack, sizeof(protocolCommon_t));
    return uartWrite((uint8_t *)&ack, sizeof(protocolCommon_t));
}

static int32_t gizProtocolErrorCmd(protocolHead_t *head, errorPacketsType_t error)
{
    protocolErrorType_t answer;

    gizProtocolHeadInit(&answer.head);
    answer.head.cmd = ACK_ERROR_PACKAGE;
    answer.head.sn = head->sn;
    answer.head.len = exchangeBytes(sizeof(protocolErrorType_t) - 4);
    answer.error = error;
    answer.sum = gizProtocolSum((uint8_t *)&answer, sizeof(protocolErrorType_t));
    return uartWrite((uint8_t *)&answer, sizeof(protocolErrorType_t));
}

static int32_t gizProtocolGetDeviceInfo(protocolHead_t *head)
{
    protocolDeviceInfo_t info;

    gizProtocolHeadInit(&info.head);
    info.head.cmd = ACK_GET_DEVICE_INFO;
    info.head.sn = head->sn;
    info.head.len = exchangeBytes(sizeof(protocolDeviceInfo_t) - 4);
    memcpy(info.protocolVer, protocol_VERSION, 8);
    memcpy(info.p0Ver, P0_VERSION, 8);
    memcpy(info.hardVer, HARDWARE_VERSION, 8);
    memcpy(info.softVer, SOFTWARE_VERSION, 8);
    memcpy(info.productKey, PRODUCT_KEY, 32);
    info.ninableTime = 0;
    memset(info.devAttr, 0, 8);
    info.devAttr[7] = 1 << 1;
    memcpy(info.productSecret, PRODUCT_SECRET, 32);
    info.sum = gizProtocolSum((uint8_t *)&info, sizeof(protocolDeviceInfo_t));
    return uartWrite((uint8_t *)&info, sizeof(protocolDeviceInfo_t));
}

/* A control is put into the list of events; a read is answered with the state. */
static int8_t gizProtocolIssuedProcess(uint8_t *inData, uint32_t inLen, uint8_t *outData,
                                       uint32_t *outLen)
{
    if (NULL == inData || NULL == outData || NULL == outLen) {
        return -1;
    }
    memset(&gizwitsProtocol.issuedProcessEvent, 0, sizeof(eventInfo_t));
    *outLen = 0;
    if (inLen == 3 && inData[0] == ACTION_CONTROL_DEVICE) {
        attrFlags_t flags;

        memcpy(&flags, inData + 1, 1);
        if (flags.flagLED_OnOff) {
            gizwitsProtocol.issuedProcessEvent.event[0] = EVENT_LED_OnOff;
            gizwitsProtocol.issuedProcessEvent.num = 1;
            gizwitsProtocol.gizCurrentDataPoint.valueLED_OnOff = inData[2] & 1;
        }
        gizwitsProtocol.issuedFlag = ACTION_CONTROL_TYPE;
    } else if (inLen >= 1 && inData[0] == ACTION_READ_DEV_STATUS) {
        outData[0] = ACTION_READ_DEV_STATUS_ACK;
        memcpy(outData + 1, &gizwitsProtocol.reportData.devStatus, sizeof(devStatus_t));
        *outLen = 1 + sizeof(devStatus_t);
    }
    return 0;
}

static int32_t gizProtocolIssuedDataAck(protocolHead_t *head, uint8_t *data, uint32_t len)
{
    uint8_t tx_buf[RB_MAX_LEN];
    protocolHead_t *answer = (protocolHead_t *)tx_buf;
    uint32_t whole = sizeof(protocolCommon_t) + len;

    gizProtocolHeadInit(answer);
    answer->cmd = ACK_ISSUED_P0;
    answer->sn = head->sn;
    answer->len = exchangeBytes((uint16_t)(whole - 4));
    memcpy(tx_buf + sizeof(protocolHead_t), data, len);
    tx_buf[whole - 1] = gizProtocolSum(tx_buf, whole);
    return uartWrite(tx_buf, whole);
}

static void gizProtocolReboot(void)
{
    uint32_t timeDelay = gizGetTimerCount();

    while (gizGetTimerCount() - timeDelay <= 600) {
    }
    mcuRestart();
}

static void gizReportData(uint8_t action, dataPoint_t *data)
{
    gizwitsReport_t *report = &gizwitsProtocol.reportData;

    gizProtocolHeadInit(&report->head);
    report->head.cmd = CMD_REPORT_P0;
    report->head.sn = (uint8_t)gizwitsProtocol.sn++;
    report->head.len = exchangeBytes(sizeof(gizwitsReport_t) - 4);
    report->action = action;
    report->devStatus.valueLED_OnOff = data->valueLED_OnOff;
    report->sum = gizProtocolSum((uint8_t *)report, sizeof(gizwitsReport_t));
    uartWrite((uint8_t *)report, sizeof(gizwitsReport_t));
    gizProtocolWaitAck((uint8_t *)report, sizeof(gizwitsReport_t));
}

/* At once after a change, and every ten minutes. */
static void gizDevReportPolicy(dataPoint_t *currentData)
{
#if GENERATOR >= 2017
    static uint32_t lastRepTime = 1;
    uint32_t timeNow = gizGetTimerCount();

    if (timeNow % 600000 == 0 && timeNow != lastRepTime) {
        gizReportData(ACTION_REPORT_DEV_STATUS, currentData);
        lastRepTime = timeNow;
    }
#else
    if (gizGetTimerCount() % 600000 == 0) {
        gizReportData(ACTION_REPORT_DEV_STATUS, currentData);
    }
#endif
    if (memcmp(&gizwitsProtocol.gizLastDataPoint, currentData, sizeof(dataPoint_t)) != 0) {
        gizReportData(ACTION_REPORT_DEV_STATUS, currentData);
        memcpy(&gizwitsProtocol.gizLastDataPoint, currentData, sizeof(dataPoint_t));
    }
}

/* ---- dispatcher ---- */

/* Returns 0; -1: no data points; -2: a wrong sum. */
int32_t gizwitsHandle(dataPoint_t *currentData)
{
    int8_t ret = 0;
    int8_t updatePieceResult = 0;
    uint8_t ackData[RB_MAX_LEN];
    uint16_t protocolLen = 0;
    uint32_t ackLen = 0;
    protocolHead_t *recvHead = NULL;

    if (NULL == currentData) {
        return -1;
    }
    gizProtocolAckHandle();
    ret = gizProtocolGetOnePacket(&pRb, gizwitsProtocol.protocolBuf, &protocolLen);
    recvHead = (protocolHead_t *)gizwitsProtocol.protocolBuf;
    if (0 == ret) {
        switch (recvHead->cmd) {
        case CMD_GET_DEVICE_INTO:
            gizProtocolGetDeviceInfo(recvHead);
            break;
        case CMD_ISSUED_P0:
            if (gizProtocolIssuedProcess(gizwitsProtocol.protocolBuf + sizeof(protocolHead_t),
                                         protocolLen - sizeof(protocolCommon_t), ackData,
                                         &ackLen) == 0) {
                gizProtocolIssuedDataAck(recvHead, ackData, ackLen);
            }
            break;
        case CMD_HEARTBEAT:
        case CMD_WIFISTATUS:
            gizProtocolCommonAck(recvHead);
            break;
        case ACK_REPORT_P0:
        case ACK_WIFI_CONFIG:
        case ACK_SET_DEFAULT:
        case ACK_NINABLE_MODE:
#ifdef DROPIN_OLD_GROUP /* as the generator of 2017 has it; the page moves it */
        case ACK_REBOOT_MODULE:
#endif
            gizProtocolWaitAckCheck(recvHead);
            break;
        case CMD_MCU_REBOOT:
            gizProtocolCommonAck(recvHead);
            gizProtocolReboot();
            break;
        case CMD_ERROR_PACKAGE:
            break;
        case ACK_PRODUCTION_TEST:
        case ACK_GET_NTP:
            gizProtocolWaitAckCheck(recvHead);
            break;
        case CMD_ASK_BIGDATA:
            gizProtocolCommonAck(recvHead);
            if (0 == Pro_W2D_UpdateCmdHandle((uint8_t *)gizwitsProtocol.protocolBuf +
                                                 sizeof(protocolHead_t),
                                             protocolLen - sizeof(protocolCommon_t))) {
                romUpdate.otaBusyModeFlag = 1;
            } else {
                Pro_D2W_UpdateSuspend();
            }
            break;
        case CMD_BIGDATA_SEND:
            updatePieceResult = Pro_W2D_UpdateDataHandle(
                (uint8_t *)gizwitsProtocol.protocolBuf + sizeof(protocolHead_t),
                protocolLen - sizeof(protocolCommon_t), BIN);
            gizProtocolCommonAck(recvHead);
            if (0 != updatePieceResult) {
                romUpdate.otaBusyModeFlag = 0;
                Pro_D2W_UpdateSuspend();
            }
            break;
        case CMD_S_STOP_BIGDATA_SEND:
            gizProtocolCommonAck(recvHead);
            romUpdate.otaBusyModeFlag = 0;
            break;
        case ACK_BIGDATA_READY:
        case ACK_D_STOP_BIGDATA_SEND:
#ifndef DROPIN_OLD_GROUP
        case ACK_REBOOT_MODULE:
#endif
            otter_dropin_answered(recvHead->cmd);
            break;
        default:
            gizProtocolErrorCmd(recvHead, ERROR_CMD);
            break;
        }
    } else if (-2 == ret) {
        gizProtocolErrorCmd(recvHead, ERROR_ACK_SUM);
        return -2;
    }
    if (ACTION_CONTROL_TYPE == gizwitsProtocol.issuedFlag) {
        gizwitsProtocol.issuedFlag = STATELESS_TYPE;
        gizwitsEventProcess(&gizwitsProtocol.issuedProcessEvent,
                            (uint8_t *)&gizwitsProtocol.gizCurrentDataPoint,
                            sizeof(dataPoint_t));
        memset(&gizwitsProtocol.issuedProcessEvent, 0, sizeof(eventInfo_t));
    }
#ifdef DROPIN_REPAIRS
    if (romUpdate.otaBusyModeFlag == 0) { /* dropin: no reports while an update runs */
        gizDevReportPolicy(currentData);
    }
#else
    gizDevReportPolicy(currentData);
#endif
    return 0;
}
