/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include "clock.h"
#include "debug.h"
#include "partitions.h"
#include "stm32f103.h"

/* An app gone wrong, or taken over: it programs and erases every page of the bootloader, past
 * the port, which would refuse, and says what the flash controller answered: FLASH_SR, of the
 * program and of the erase. */
static uint32_t answer(void)
{
    uint32_t sr;

    do {
        sr = FLASH->SR;
    } while ((sr & FLASH_SR_BSY) != 0);
    FLASH->SR = sr;
    return sr;
}

static uint32_t destroy_half_word(uint32_t addr)
{
    FLASH->CR = FLASH_CR_PG;
    *(volatile uint16_t *)addr = 0; /* taken over anything */
    return answer();
}

static uint32_t erase_page(uint32_t addr)
{
    FLASH->CR = FLASH_CR_PER;
    FLASH->AR = addr;
    FLASH->CR = FLASH_CR_PER | FLASH_CR_STRT;
    return answer();
}

int main(void)
{
    debug_start(clock_start());
    FLASH->KEYR = FLASH_KEY1;
    FLASH->KEYR = FLASH_KEY2;
    for (uint32_t addr = OTTER_BOOT_ADDR; addr < OTTER_BOOT_ADDR + OTTER_BOOT_SIZE;
         addr += OTTER_PAGE_SIZE) {
        debug_text("Program ");
        debug_hex4((uint16_t)destroy_half_word(addr));
        debug_text(" Erase ");
        debug_hex4((uint16_t)erase_page(addr));
        debug_text("\r\n");
    }
    debug_text("Wiped\r\n");
    for (;;) {
        __asm__ volatile("wfi");
    }
}
