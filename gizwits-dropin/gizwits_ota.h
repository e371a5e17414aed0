/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GIZWITS_OTA_H
#define GIZWITS_OTA_H

#include <stdint.h>
#include "otter/md5.h"

#ifdef __cplusplus
extern "C" {
#endif

/* MCU OTA for a project that Gizwits' code generator made: the functions of the vendor's
 * tutorial, with its names, signatures and return codes, over otter's core. docs/dropin.md says
 * which line goes where.
 *
 * The generated dispatcher forces the shape: it acknowledges a piece after the handler
 * returned, calls Pro_D2W_UpdateSuspend() after that, and tells neither sn nor flags. So the
 * piece handler sends 0x27 itself before it returns an error (0x27 first, then the ACK: the
 * order that ends a transfer at once), Suspend is then silent, and a repeated piece is known by
 * its number.
 *
 * Everything here is called from the main loop, but for otter_dropin_heard(). In a handler
 * flash is worked on at once. A piece of 128 bytes takes up to 5 ms, with a page erase 45 ms,
 * and the first one 85 ms, since FLAG is erased, too; of 1024 bytes 40, 80 and 120 ms
 * (STM32F1). RAM: 293 bytes with romUpdate; ROM: 1.7 KB, and what it uses of core/:
 * 8.3 KB in all.
 *
 * Over otter's bootloader the last piece ends in a request in its journal (otter/update.h): the
 * new image is on trial, and is taken back if it is not confirmed. It confirms by itself: when
 * the dispatcher hands on an answer, when an offer was handled, or when bytes came and the poll
 * was made for 30 s. Without a journal, over the vendor's bootloader, FLAG gets the tutorial's
 * record, and there is no trial.
 * Power: nothing is requested before the last piece; then as update.h says.
 */

/* Piece length asked with READY: even, 8 to 1024, and such that a piece's 13 bytes more fit the
 * generated MAX_PACKAGE_LEN. The tutorial's is 128. */
#ifndef OTTER_DROPIN_PIECE_LEN
#define OTTER_DROPIN_PIECE_LEN 128
#endif
#if OTTER_DROPIN_PIECE_LEN % 2 != 0 || OTTER_DROPIN_PIECE_LEN < 8 ||                           \
    OTTER_DROPIN_PIECE_LEN > 1024
#error OTTER_DROPIN_PIECE_LEN cannot be
#endif

/* What the transfer's data are. The tutorial passes HEX although the module sends BIN; pieces
 * are taken as BIN whatever is passed, and lines of a .hex file are refused by their count of
 * 0. */
typedef enum { HEX = 0, BIN = 1 } otaDataType;

typedef struct otter_md5 MD5_CTX;

typedef struct {
    uint16_t rom_statue;  /* 0xEEEE once the installation is requested */
    uint32_t rom_size;    /* bytes of the image */
    uint8_t ssl_data[16]; /* its MD5, binary */
} updateParamSave_t;

typedef struct {
    uint8_t otaBusyModeFlag; /* 1 = a transfer runs: send no reports, sleep not too long */
    uint32_t updateFileSize; /* as offered */
    MD5_CTX ctx;             /* over the bytes read back from flash so far */
    updateParamSave_t update_param;
} mcuOTA_t;

/* To be read. The dispatcher may write otaBusyModeFlag: 0 at message 0x1F makes the next poll
 * ask for the file again. Of the other members only the MD5s are used, never an address or a
 * size. */
extern mcuOTA_t romUpdate;

/* Message 0x19, already acknowledged; inData is the payload (frame offset 8). Sends READY.
 * Returns 0; -1: not of the right form, the size cannot be, or it is not taken (already there,
 * on trial, tried; docs/protocol.md 4.8); -2: READY could not be sent.
 * Suspend then tells the module. */
int8_t Pro_W2D_UpdateCmdHandle(uint8_t *inData, uint32_t dataLen);

/* Ask for the offered file with its MD5 as 32 characters. Called by the handler above.
 * Returns 0; -1: no such file is offered; -2: not sent. */
int8_t Pro_D2W_UpdateReady(uint8_t *md5Data, uint16_t md5Len);

/* Message 0x1D, to be acknowledged whatever this returns; inData is the payload (frame offset
 * 8).
 * Returns 0: stored, or a repeat; -1: a piece that cannot be, the vectors in piece 1 cannot
 * start, or flash failed; -2: the whole file is not what was offered (MD5), for other hardware,
 * or its trailer is damaged. For -1 and -2 0x27 was sent; if the line had shown a
 * fault, READY with half the piece length follows when 0x28 came (docs/protocol.md 4.6). After
 * the last good piece the installation is requested, and the poll restarts the MCU once the
 * ACK has left. */
int8_t Pro_W2D_UpdateDataHandle(uint8_t *inData, uint32_t dataLen, otaDataType formatType);

/* End the transfer with 0x27, unless the piece handler just did so. */
void Pro_D2W_UpdateSuspend(void);

/* At start: restart the module (0x29) if this is the first start of a new version, so that the
 * cloud learns of it; the poll repeats it until 0x2A came, three times at most. The vendor's
 * bootloader leaves no trace of an installation: over that one it does so at each start. */
void Pro_D2W_Ask_Module_Reboot(void);

/* Erase the pages of APPBAK or of FLAG that size bytes at addr_base touch; nothing else, APPBAK
 * not on trial, and FLAG not where it is a page of the journal. */
void flash_erase(uint32_t size, uint32_t addr_base);

/* Program len bytes at an even addr inside APPBAK, an odd end filled up with 0xFF. Anything
 * else is ignored, as all is on trial, and FLAG: it is written by the piece handler only. */
void wFlashData(uint8_t *buf, uint16_t len, uint32_t addr);

/* Read; 0xFF where there is no flash. */
void rFlashData(uint8_t *buf, uint16_t len, uint32_t addr);

/* Other names for otter/md5.h. */
static inline void GAgent_MD5Init(MD5_CTX *context)
{
    otter_md5_init(context);
}

static inline void GAgent_MD5Update(MD5_CTX *context, unsigned char *input,
                                    unsigned int inputlen)
{
    otter_md5_update(context, input, inputlen);
}

static inline void GAgent_MD5Final(MD5_CTX *context, unsigned char digest[16])
{
    otter_md5_final(context, digest);
}

/* ---- four lines more than the tutorial has ---- */

/* In the main loop, after gizwitsHandle(): repeats READY after 3.5 s of silence or 10 s
 * without a good piece, restarts the MCU after the last piece's ACK, repeats 0x29. Feeds the
 * watchdog, which runs on trial, for 17 s at least, also in a project that starts none; and
 * resets an app that is still on trial after five minutes: after three starts the old one is
 * back. */
void otter_dropin_poll(void);

/* Where received bytes enter the ring (gizPutData): silence is counted from here. Any
 * context. */
void otter_dropin_heard(void);

/* At start: the product's HARDWARE_VERSION, 8 characters that stay where they are. An image
 * whose trailer names another one is then refused; a plain .bin names none. Not called: any is
 * taken. */
void otter_dropin_hardware(const char hardware[8]);

/* In the dispatcher, for 0x1C, 0x28, 0x2A and any other answer: the module answered. */
void otter_dropin_answered(uint8_t cmd);

/* ---- what the project supplies; the generator made the first two ---- */

/* Send a frame; puts the 0x55 after each 0xFF from the third byte on. Returns < 0 on
 * failure. */
extern int32_t uartWrite(uint8_t *buf, uint32_t len);
extern uint32_t gizGetTimerCount(void); /* milliseconds, may wrap at 2^32 */
extern void mcuRestart(void);           /* if it returns, the chip is reset here */

#ifdef __cplusplus
}
#endif
#endif
