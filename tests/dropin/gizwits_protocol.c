/* SPDX-License-Identifier: Apache-2.0 */
#include "gizwits_protocol.h"

#include <string.h>
#include "ring.h"

enum {
    SEND_MAX_TIME = 200, /* ms */
    SEND_MAX_NUM = 2,    /* resends */
    INFO_LEN = 66,
    STATUS_LEN = 1,
    P0_ACTION_CONTROL = 1,
    P0_ACTION_READ = 2,
    P0_ACTION_READ_ACK = 3,
    P0_ACTION_REPORT = 4,
};

typedef struct {
    uint8_t buf[sizeof(protocolCommon_t) + 1 + STATUS_LEN];
    uint16_t dataLen;
    uint8_t num;
    uint8_t flag;
    uint32_t sendTime;
} protocolWaitAck_t;

static struct {
    uint8_t protocolBuf[MAX_PACKAGE_LEN];
    uint8_t sn;
    uint8_t reportDue;
    uint8_t rebootDue;
    uint32_t rebootTime;
    protocolWaitAck_t waitAck;
} gizwitsProtocol;

static uint8_t rbBuf[RB_MAX_LEN];
static ringBuffer_t pRb = {rbBuf, sizeof rbBuf, 0, 0};

/* ---- from bytes to packets ---- */

int32_t gizPutData(const uint8_t *buf, uint32_t len)
{
    if (len > 0) {
        otter_dropin_heard(); /* dropin */
    }
    return (int32_t)rbWrite(&pRb, buf, len);
}

static uint8_t gizProtocolSum(const uint8_t *buf, uint32_t len)
{
    uint8_t sum = 0;
    for (uint32_t i = 2; i < len - 1; i++) {
        sum = (uint8_t)(sum + buf[i]);
    }
    return sum;
}

/* dropin: the generated one counts what waits in 8 bits, takes any length, and goes on behind a
 * wrong sum as if nothing was. Returns 0: a packet; 1: more bytes needed; -2: wrong sum. */
static int8_t gizProtocolGetOnePacket(ringBuffer_t *rb, uint8_t *data, uint16_t *len)
{
    static uint16_t count;  /* bytes of the packet so far; 0 = no head yet */
    static uint16_t whole;  /* bytes it will have */
    static uint8_t afterFF; /* the last byte was an FF of its body */
    uint8_t byte;

    while (rbRead(rb, &byte, 1) == 1) {
        if (count < 2) {
            data[count] = byte;
            count = byte == 0xFF ? (uint16_t)(count + 1) : 0;
            whole = MAX_PACKAGE_LEN;
            afterFF = 0;
            continue;
        }
        if (count == 2 && byte == 0xFF) { /* a third FF in front */
            continue;
        }
        if (afterFF && byte == 0x55) {
            afterFF = 0;
            continue;
        }
        if (afterFF && byte == 0xFF) { /* a new head ends what came before */
            count = 2;
            whole = MAX_PACKAGE_LEN;
            afterFF = 0;
            continue;
        }
        data[count++] = byte;
        afterFF = byte == 0xFF;
        if (count == 4) {
            uint32_t total = ((uint32_t)data[2] << 8 | data[3]) + 4;
            if (total < sizeof(protocolCommon_t) || total > MAX_PACKAGE_LEN) {
                count = 0;
                continue;
            }
            whole = (uint16_t)total;
        }
        if (count == whole) {
            count = 0;
            *len = whole;
            return gizProtocolSum(data, whole) == data[whole - 1] ? 0 : -2;
        }
    }
    return 1;
}

/* ---- from packets to bytes ---- */

static uint16_t gizBuild(uint8_t *out, uint8_t cmd, uint8_t sn, const uint8_t *p0,
                         uint16_t p0Len)
{
    uint16_t whole = (uint16_t)(sizeof(protocolCommon_t) + p0Len);
    uint16_t len = (uint16_t)(whole - 4);

    memset(out, 0, whole); /* dropin: the flags too */
    out[0] = 0xFF;
    out[1] = 0xFF;
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    out[4] = cmd;
    out[5] = sn;
    if (p0Len > 0) {
        memcpy(out + sizeof(protocolHead_t), p0, p0Len);
    }
    out[whole - 1] = gizProtocolSum(out, whole);
    return whole;
}

static void gizProtocolCommonAck(const protocolHead_t *head)
{
    uint8_t ack[sizeof(protocolCommon_t)];

    memcpy(ack, head, sizeof *head);
    ack[2] = 0;
    ack[3] = 5;
    ack[4] = (uint8_t)(head->cmd + 1);
    ack[8] = gizProtocolSum(ack, sizeof ack);
    (void)uartWrite(ack, sizeof ack);
}

static void gizProtocolAnswer(const protocolHead_t *head, uint8_t cmd, const uint8_t *p0,
                              uint16_t p0Len)
{
    uint8_t buf[sizeof(protocolCommon_t) + INFO_LEN];
    uint16_t len = gizBuild(buf, cmd, head->sn, p0, p0Len);
    (void)uartWrite(buf, len);
}

static void gizProtocolGetDeviceInfo(const protocolHead_t *head)
{
    static const char info[] =
        PROTOCOL_VERSION P0_VERSION HARDWARE_VERSION SOFTWARE_VERSION PRODUCT_KEY "\0";
    uint8_t p0[INFO_LEN];
    memcpy(p0, info, sizeof p0); /* ends with the bindable time, 0 */
    gizProtocolAnswer(head, ACK_GET_DEVICE_INFO, p0, sizeof p0);
}

static void gizProtocolIssueP0(const protocolHead_t *head, const uint8_t *p0, uint32_t p0Len,
                               dataPoint_t *currentData)
{
    const uint8_t status[] = {P0_ACTION_READ_ACK, currentData->valueLED_OnOff};

    if (p0Len >= 1 && p0[0] == P0_ACTION_READ) {
        gizProtocolAnswer(head, ACK_ISSUE_P0, status, sizeof status);
        return;
    }
    gizProtocolCommonAck(head);
    if (p0Len == 3 && p0[0] == P0_ACTION_CONTROL && (p0[1] & 1) != 0) {
        currentData->valueLED_OnOff = p0[2] & 1;
        gizwitsProtocol.reportDue = 1;
    }
}

static void gizProtocolReport(const dataPoint_t *currentData)
{
    const uint8_t p0[] = {P0_ACTION_REPORT, currentData->valueLED_OnOff};
    protocolWaitAck_t *wait = &gizwitsProtocol.waitAck;

    wait->dataLen = gizBuild(wait->buf, CMD_REPORT_P0, gizwitsProtocol.sn++, p0, sizeof p0);
    wait->num = 0;
    wait->flag = 1;
    wait->sendTime = gizGetTimerCount();
    (void)uartWrite(wait->buf, wait->dataLen);
}

static void gizProtocolAckHandle(void)
{
    protocolWaitAck_t *wait = &gizwitsProtocol.waitAck;

    if (!wait->flag || gizGetTimerCount() - wait->sendTime < SEND_MAX_TIME) {
        return;
    }
    wait->flag = wait->num++ < SEND_MAX_NUM;
    wait->sendTime = gizGetTimerCount();
    if (wait->flag) {
        (void)uartWrite(wait->buf, wait->dataLen);
    }
}

/* ---- dispatcher ---- */

void gizwitsInit(void)
{
    memset(&gizwitsProtocol, 0, sizeof gizwitsProtocol);
}

static void gizDispatch(uint16_t protocolLen, dataPoint_t *currentData)
{
    protocolHead_t head;
    const protocolHead_t *recvHead = &head;
    int8_t updatePieceResult;

    memcpy(&head, gizwitsProtocol.protocolBuf, sizeof head);
    switch (head.cmd) {
    case CMD_GET_DEVICE_INTO:
        gizProtocolGetDeviceInfo(recvHead);
        break;
    case CMD_ISSUE_P0:
        gizProtocolIssueP0(recvHead, gizwitsProtocol.protocolBuf + sizeof(protocolHead_t),
                           protocolLen - (uint32_t)sizeof(protocolCommon_t), currentData);
        break;
    case CMD_HEARTBEAT:
    case CMD_WIFISTATUS:
        gizProtocolCommonAck(recvHead);
        break;
    case CMD_MCU_REBOOT:
        gizProtocolCommonAck(recvHead);
        gizwitsProtocol.rebootDue = 1;
        gizwitsProtocol.rebootTime = gizGetTimerCount();
        break;
    case ACK_REPORT_P0:
        gizwitsProtocol.waitAck.flag = 0;
        break;
    case CMD_ERROR_PACKAGE:
        break;
    /* [dispatcher] */
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
    case ACK_ASK_MODULE_REBOOT:
        otter_dropin_answered(recvHead->cmd);
        break;
    /* [dispatcher end] */
    default: {
        const uint8_t code = ERROR_CMD;
        gizProtocolAnswer(recvHead, ACK_ERROR_PACKAGE, &code, 1);
        break;
    }
    }
}

int32_t gizwitsHandle(dataPoint_t *currentData)
{
    uint16_t protocolLen = 0;
    int8_t ret;

    gizProtocolAckHandle();
    ret = gizProtocolGetOnePacket(&pRb, gizwitsProtocol.protocolBuf, &protocolLen);
    if (ret == 0) {
        gizDispatch(protocolLen, currentData);
    } else if (ret == -2) {
        const uint8_t code = ERROR_ACK_SUM;
        protocolHead_t head;
        memcpy(&head, gizwitsProtocol.protocolBuf, sizeof head);
        gizProtocolAnswer(&head, ACK_ERROR_PACKAGE, &code, 1);
    }
    /* dropin: no reports while an update runs */
    if (gizwitsProtocol.reportDue && romUpdate.otaBusyModeFlag == 0) {
        gizwitsProtocol.reportDue = 0;
        gizProtocolReport(currentData);
    }
    if (gizwitsProtocol.rebootDue && gizGetTimerCount() - gizwitsProtocol.rebootTime >= 600) {
        mcuRestart();
    }
    return ret;
}
