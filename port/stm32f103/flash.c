/* SPDX-License-Identifier: Apache-2.0 */
#include "flash.h"

#include <stdbool.h>
#include <string.h>
#include "otter/bytes.h"
#include "iwdg.h"
#include "partitions.h"
#include "stm32f103.h"

enum {
    FLAGS = FLASH_SR_EOP | FLASH_SR_PGERR | FLASH_SR_WRPRTERR, /* cleared by writing 1 */

    /* Code in flash is stalled while the controller works, so this limit only ends the wait for
     * a controller that never finishes. It is above 40 ms even if the loop ran all the time at
     * 72 MHz. */
    BUSY_TRIES = 1000000,
};

static bool lies_in(uint32_t addr, uint32_t len, uint32_t first)
{
    const uint32_t end = OTTER_FLASH_ADDR + OTTER_FLASH_SIZE;

    return addr >= first && addr <= end && len <= end - addr;
}

static int wait(void)
{
    uint32_t tries = BUSY_TRIES;
    uint32_t sr;

    do {
        sr = FLASH->SR;
        if (tries-- == 0) {
            return OTTER_ERR_FLASH;
        }
    } while (sr & FLASH_SR_BSY);
    return (sr & (FLASH_SR_PGERR | FLASH_SR_WRPRTERR)) != 0 ? OTTER_ERR_FLASH : 0;
}

static int unlock(void)
{
    if (FLASH->CR & FLASH_CR_LOCK) {
        FLASH->KEYR = FLASH_KEY1;
        FLASH->KEYR = FLASH_KEY2;
    }
    FLASH->SR = FLAGS;
    return (FLASH->CR & FLASH_CR_LOCK) != 0 ? OTTER_ERR_FLASH : wait();
}

static void lock(void)
{
    FLASH->SR = FLAGS;
    FLASH->CR = FLASH_CR_LOCK;
}

static int read_bytes(void *ctx, uint32_t addr, uint8_t out[], uint32_t len)
{
    (void)ctx;
    if (!lies_in(addr, len, OTTER_FLASH_ADDR)) {
        return OTTER_ERR_RANGE;
    }
    memcpy(out, (const void *)addr, len);
    return 0;
}

static int program_half_word(uint32_t addr, uint16_t value)
{
    volatile uint16_t *place = (volatile uint16_t *)addr;
    int err;

    *place = value;
    err = wait();
    /* cppcheck-suppress knownConditionTrueFalse ; flash does not always hold what was
     * written */
    if (err == 0 && *place != value) {
        err = OTTER_ERR_FLASH;
    }
    return err;
}

static int program(void *ctx, uint32_t addr, const uint8_t data[], uint32_t len)
{
    int err;

    (void)ctx;
    if (!lies_in(addr, len, OTTER_BOOT_ADDR + OTTER_BOOT_SIZE) || (addr | len) & 1) {
        return OTTER_ERR_RANGE;
    }
    err = unlock();
    if (err == 0) {
        FLASH->CR = FLASH_CR_PG;
    }
    for (uint32_t i = 0; err == 0 && i < len; i += 2) {
        err = program_half_word(addr + i, otter_get_le16(data + i));
    }
    lock();
    return err;
}

static int erase(void *ctx, uint32_t addr)
{
    const volatile uint32_t *page = (const volatile uint32_t *)addr;
    int err;

    (void)ctx;
    if (!lies_in(addr, OTTER_PAGE_SIZE, OTTER_BOOT_ADDR + OTTER_BOOT_SIZE) ||
        addr % OTTER_PAGE_SIZE) {
        return OTTER_ERR_RANGE;
    }
    err = unlock();
    if (err == 0) {
        FLASH->CR = FLASH_CR_PER;
        FLASH->AR = addr;
        FLASH->CR = FLASH_CR_PER | FLASH_CR_STRT;
        err = wait();
    }
    lock();
    for (unsigned i = 0; err == 0 && i < OTTER_PAGE_SIZE / 4; i++) {
        if (page[i] != 0xFFFFFFFFu) {
            err = OTTER_ERR_FLASH;
        }
    }
    return err;
}

static uint32_t crc(void *ctx, bool go_on, uint32_t addr, uint32_t len)
{
    const volatile uint32_t *words = (const volatile uint32_t *)addr;

    (void)ctx;
    RCC->AHBENR |= RCC_AHBENR_CRCEN;
    if (!go_on) {
        CRC->CR = CRC_CR_RESET;
    }
    for (uint32_t i = 0; i < (len + 3) / 4; i++) {
        CRC->DR = words[i];
    }
    return CRC->DR;
}

static void feed(void *ctx)
{
    (void)ctx;
    iwdg_feed();
}

const struct otter_port stm32f103_flash = {
    .read = read_bytes,
    .program = program,
    .erase = erase,
    .crc = crc,
    .feed = feed,
    .page_size = OTTER_PAGE_SIZE,
    .program_size = 2,
};
