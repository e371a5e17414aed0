/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled only: every function and type of the tutorial, used with the types and in the way
 * the tutorial's project uses them. If a signature changes, this file no longer builds. */
#include "gizwits_ota.h"

#include <stddef.h>

typedef int8_t (*askHandler_t)(uint8_t *, uint32_t);
typedef int8_t (*pieceHandler_t)(uint8_t *, uint32_t, otaDataType);
typedef int8_t (*ready_t)(uint8_t *, uint16_t);
typedef void (*flash_t)(uint8_t *, uint16_t, uint32_t);

extern const askHandler_t askHandler;
extern const pieceHandler_t pieceHandler;
extern const ready_t ready;
extern const flash_t flashCalls[2];
extern void (*const plainCalls[2])(void);
extern void (*const erase)(uint32_t, uint32_t);
int8_t tutorialCalls(uint8_t *protocolBuf, uint32_t protocolLen);

const askHandler_t askHandler = Pro_W2D_UpdateCmdHandle;
const pieceHandler_t pieceHandler = Pro_W2D_UpdateDataHandle;
const ready_t ready = Pro_D2W_UpdateReady;
const flash_t flashCalls[2] = {wFlashData, rFlashData};
void (*const plainCalls[2])(void) = {Pro_D2W_UpdateSuspend, Pro_D2W_Ask_Module_Reboot};
void (*const erase)(uint32_t, uint32_t) = flash_erase;

int8_t tutorialCalls(uint8_t *protocolBuf, uint32_t protocolLen)
{
    mcuOTA_t copy = romUpdate;
    MD5_CTX ctx;
    uint8_t digest[16];
    uint8_t buf[256] = {0};
    int8_t result = -1;

    Pro_D2W_Ask_Module_Reboot();
    if (0 == Pro_W2D_UpdateCmdHandle((uint8_t *)protocolBuf + 8, protocolLen - 9)) {
        romUpdate.otaBusyModeFlag = 1;
    } else {
        Pro_D2W_UpdateSuspend();
    }
    result = Pro_W2D_UpdateDataHandle((uint8_t *)protocolBuf + 8, protocolLen - 9, HEX);
    if (0 != result) {
        romUpdate.otaBusyModeFlag = 0;
        Pro_D2W_UpdateSuspend();
    }
    result = Pro_D2W_UpdateReady(protocolBuf + 14, 32);
    flash_erase(romUpdate.updateFileSize, 0x08009800);
    rFlashData(buf, sizeof buf, 0x08009800);
    wFlashData(buf, sizeof buf, 0x08009800);
    GAgent_MD5Init(&ctx);
    GAgent_MD5Update(&ctx, buf, sizeof buf);
    GAgent_MD5Final(&ctx, digest);
    GAgent_MD5Init(&romUpdate.ctx);
    copy.update_param.rom_statue = 0xEEEE;
    copy.update_param.rom_size = romUpdate.update_param.rom_size;
    copy.update_param.ssl_data[15] = digest[15];
    return copy.update_param.ssl_data[15] == 0 ? result : 0;
}
