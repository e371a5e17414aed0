/* SPDX-License-Identifier: Apache-2.0 */
/* The source itself, so that a restart can give its static state back its first values. */
#include "gizwits-dropin/gizwits_ota.c" /* NOLINT(bugprone-suspicious-include) */

#include "support/dropin_fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include "otter/bytes.h"
#include "support/rng.h"

struct dropin dropin;
const struct otter_port *const otter_dropin_port = &dropin.flash.port;
const struct otter_layout *const otter_dropin_layout = &ram_flash_layout;

static void note(unsigned cmd, uint8_t sn, const uint8_t payload[], uint32_t len)
{
    if (dropin.sent_count < DROPIN_SENT_MAX) {
        struct dropin_sent *sent = &dropin.sent[dropin.sent_count];
        *sent = (struct dropin_sent){.cmd = cmd, .sn = sn, .payload_len = (uint16_t)len};
        if (len > 0) {
            memcpy(sent->payload, payload,
                   len < sizeof sent->payload ? len : sizeof sent->payload);
        }
    }
    dropin.sent_count++;
}

int32_t uartWrite(uint8_t *buf, uint32_t len)
{
    uint8_t sum = 0;
    for (uint32_t i = 2; i + 1 < len; i++) {
        sum = (uint8_t)(sum + buf[i]);
    }
    if (len < 9 || buf[0] != 0xFF || buf[1] != 0xFF || otter_get_be16(buf + 2) + 4U != len ||
        buf[6] != 0 || buf[7] != 0 || buf[len - 1] != sum) {
        fprintf(stderr, "dropin: not a frame, %u bytes\n", (unsigned)len);
        abort();
    }
    if (dropin.uart_fails) {
        return -1;
    }
    note(buf[4], buf[5], buf + 8, len - 9);
    return (int32_t)len;
}

uint32_t gizGetTimerCount(void)
{
    return dropin.now_ms;
}

void mcuRestart(void)
{
    dropin.restarts++;
}

void otter_dropin_reset(void)
{
    dropin.resets++;
}

void otter_dropin_forgive(void)
{
    dropin.forgiven++;
}

void dropin_start(void)
{
    memset(&ota, 0, sizeof ota);
    memset(&romUpdate, 0, sizeof romUpdate);
    heard = 0;
    dropin.restarts = dropin.resets = dropin.forgiven = 0;
    dropin_forget();
}

void dropin_boot(void)
{
    dropin_start();
    ram_flash_restart(&dropin.flash);
}

void dropin_update_offer(void)
{
    struct otter_md5 md5;
    otter_md5_init(&md5);
    otter_md5_update(&md5, dropin.image, dropin.size);
    otter_md5_final(&md5, dropin.md5);
    otter_put_be32(dropin.offer, dropin.size);
    otter_put_be16(dropin.offer + 4, 32);
    for (int i = 0; i < 16; i++) {
        dropin.offer[6 + 2 * i] = (uint8_t) "0123456789abcdef"[dropin.md5[i] >> 4];
        dropin.offer[7 + 2 * i] = (uint8_t) "0123456789ABCDEF"[dropin.md5[i] & 15];
    }
}

void dropin_init(uint32_t size, uint64_t seed)
{
    uint8_t app[2048];
    ram_flash_init(&dropin.flash);
    rng_fill(&seed, app, sizeof app);
    ram_flash_poke(&dropin.flash, ram_flash_layout.app.addr, app, sizeof app);
    rng_fill(&seed, dropin.image, sizeof dropin.image);
    otter_put_le32(dropin.image, ram_flash_layout.ram.addr + ram_flash_layout.ram.size);
    otter_put_le32(dropin.image + 4, ram_flash_layout.app.addr + 9);
    dropin.size = size;
    dropin.now_ms = (uint32_t)seed; /* any, so that it wraps in some tests */
    dropin.uart_fails = false;
    dropin_update_offer();
    dropin_boot();
}

int8_t dropin_ask(const uint8_t payload[], uint32_t len)
{
    uint8_t *copy = malloc(len + 1); /* ends where the payload ends: ASan looks */
    if (len > 0) {
        memcpy(copy, payload, len);
    }
    copy = realloc(copy, len == 0 ? 1 : len);
    note(DROPIN_ACK + 0x19, 0, NULL, 0);
    int8_t result = Pro_W2D_UpdateCmdHandle(copy, len);
    if (result == 0) {
        romUpdate.otaBusyModeFlag = 1;
    } else {
        Pro_D2W_UpdateSuspend();
    }
    free(copy);
    return result;
}

int8_t dropin_offer(void)
{
    return dropin_ask(dropin.offer, sizeof dropin.offer);
}

/* A static copy: a cut in the handler leaves by longjmp. */
int8_t dropin_piece_raw(const uint8_t payload[], uint32_t len)
{
    static uint8_t *copy;
    free(copy);
    copy = malloc(len == 0 ? 1 : len);
    if (len > 0) {
        memcpy(copy, payload, len);
    }
    int8_t result = Pro_W2D_UpdateDataHandle(copy, len, HEX);
    note(DROPIN_ACK + 0x1D, 0, NULL, 0);
    if (result != 0) {
        romUpdate.otaBusyModeFlag = 0;
        Pro_D2W_UpdateSuspend();
    }
    return result;
}

int8_t dropin_piece(unsigned number, uint16_t piece_len)
{
    uint8_t payload[4 + 1024];
    uint32_t off = (number - 1) * piece_len;
    uint32_t len = dropin.size - off < piece_len ? dropin.size - off : piece_len;
    otter_put_be16(payload, (uint16_t)number);
    otter_put_be16(payload + 2, (uint16_t)((dropin.size + piece_len - 1) / piece_len));
    memcpy(payload + 4, dropin.image + off, len);
    return dropin_piece_raw(payload, 4 + len);
}

void dropin_sender_stops(void)
{
    note(DROPIN_ACK + 0x1F, 0, NULL, 0);
    romUpdate.otaBusyModeFlag = 0;
}

uint16_t dropin_asked(void)
{
    for (unsigned i = dropin.sent_count; i-- > 0;) {
        if (i < DROPIN_SENT_MAX && dropin.sent[i].cmd == 0x1B) {
            return otter_get_be16(dropin.sent[i].payload + 34);
        }
    }
    return 0;
}

int8_t dropin_update(void)
{
    int8_t result = dropin_offer();
    uint16_t len = dropin_asked();
    for (unsigned n = 1; result == 0 && (n - 1) * len < dropin.size; n++) {
        result = dropin_piece(n, len);
    }
    return result;
}

void dropin_wait(uint32_t ms)
{
    for (uint32_t i = 0; i < ms; i += 10) {
        dropin.now_ms += 10;
        otter_dropin_poll();
    }
}

unsigned dropin_sent(unsigned cmd)
{
    unsigned found = 0;
    for (unsigned i = 0; i < dropin.sent_count && i < DROPIN_SENT_MAX; i++) {
        found += dropin.sent[i].cmd == cmd;
    }
    return found;
}

void dropin_forget(void)
{
    dropin.sent_count = 0;
}
