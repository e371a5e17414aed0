/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "clock.h"
#include "debug.h"
#include "flash.h"
#include "iwdg.h"
#include "partitions.h"
#include "startup.h"
#include "stm32f103.h"
#include "system.h"
#include "systick.h"
#include "uart.h"

/* Tries the whole port from inside: what docs/porting.md demands of struct otter_port, one line
 * per rule on the log ("ok ..." or "FAIL ..."), then an echo on the module's line while pages
 * are erased. tests/fw/test_port.c runs it on the model; on a real board read the log with a
 * terminal. Started by reset, in the bootloader's place. Uses the spare page and the first page
 * of APPBAK.
 */
enum {
    PAGE = OTTER_SPARE_ADDR,
    BYTE_RESET = 0xF1,    /* on the module's line: reset the chip */
    BYTE_WATCHDOG = 0xF2, /* start the watchdog and hang */
    BYTE_SLEEP = 0xF3,    /* feed the watchdog from the tick for ever */
};

static uint32_t retained OTTER_RETAINED;
static volatile uint32_t initialised = 0x12345678;
static volatile uint32_t zeroed[4];

static void check(const char rule[], bool good)
{
    debug_text(good ? "ok " : "FAIL ");
    debug_text(rule);
    debug_text("\r\n");
}

static int program(uint32_t addr, const void *data, uint32_t len)
{
    return stm32f103_flash.program(stm32f103_flash.ctx, addr, data, len);
}

static int erase(uint32_t addr)
{
    return stm32f103_flash.erase(stm32f103_flash.ctx, addr);
}

static uint32_t crc(bool go_on, uint32_t addr, uint32_t len)
{
    return stm32f103_flash.crc(stm32f103_flash.ctx, go_on, addr, len);
}

static bool holds(uint32_t addr, const void *data, uint32_t len)
{
    uint8_t found[16];

    return stm32f103_flash.read(stm32f103_flash.ctx, addr, found, len) == 0 &&
           memcmp(found, data, len) == 0;
}

static bool is_locked(void)
{
    return FLASH->CR == FLASH_CR_LOCK;
}

static void check_flash(void)
{
    static const uint8_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t zeros[4];
    static const uint8_t mixed[8] = {1, 2, 0, 0, 0, 0, 7, 8};
    const uint32_t end = OTTER_FLASH_ADDR + OTTER_FLASH_SIZE;
    uint8_t out[8];

    check("erase", erase(PAGE) == 0);
    check("erased reads ff", holds(PAGE + 0x3F8, "\xff\xff\xff\xff\xff\xff\xff\xff", 8));
    check("program", program(PAGE, data, 8) == 0 && holds(PAGE, data, 8));
    check("read unaligned", holds(PAGE + 3, data + 3, 5));
    check("program last", program(PAGE + 0x3F8, data, 8) == 0);
    check("program over is an error", program(PAGE, data + 2, 2) == OTTER_ERR_FLASH);
    check("program over changes nothing", holds(PAGE, data, 8));
    check("after an error all works", program(PAGE + 8, data, 8) == 0);
    check("zero over anything", program(PAGE + 2, zeros, 4) == 0 && holds(PAGE, mixed, 8));
    check("locked", is_locked());
    /* CRC-32/MPEG-2 of the words 0x04030201 0x08070605 */
    check("crc", program(PAGE + 24, data, 8) == 0 && crc(false, PAGE + 24, 8) == 0xA3141BDA);
    check("crc goes on",
          crc(false, PAGE + 24, 4) != 0 && crc(true, PAGE + 28, 4) == 0xA3141BDA);
    check("odd address", program(PAGE + 17, data, 2) == OTTER_ERR_RANGE);
    check("odd length", program(PAGE + 16, data, 3) == OTTER_ERR_RANGE);
    check("bootloader program", program(OTTER_JOURNAL_ADDR - 2, data, 2) == OTTER_ERR_RANGE);
    check("bootloader erase", erase(OTTER_BOOT_ADDR) == OTTER_ERR_RANGE);
    check("below", program(0x07FFFFFE, data, 2) == OTTER_ERR_RANGE);
    check("end", program(end - 2, data, 4) == OTTER_ERR_RANGE);
    check("behind", erase(end) == OTTER_ERR_RANGE);
    check("wrap", program(end - 4, data, 0xFFFFFFFE) == OTTER_ERR_RANGE);
    check("not a page", erase(PAGE + 2) == OTTER_ERR_RANGE);
    check("read behind", stm32f103_flash.read(0, end - 4, out, 8) == OTTER_ERR_RANGE);
    check("read wrap", stm32f103_flash.read(0, end - 4, out, 0xFFFFFFFF) == OTTER_ERR_RANGE);
    check("still locked", is_locked());
    check("erase again", erase(PAGE) == 0 && erase(OTTER_BACKUP_ADDR) == 0);
}

static void check_time(uint32_t hclk_hz)
{
    uint32_t start_ms = systick_millis();

    while (systick_millis() - start_ms < 5) {
        system_sleep();
    }
    check("ticks", true);
    debug_text("clock ");
    debug_decimal(hclk_hz);
    debug_text("\r\n");
}

static void say_identity(void)
{
    uint8_t id[12];

    system_unique_id(id);
    debug_text("id ");
    for (unsigned i = 0; i < 12; i += 2) {
        debug_hex4((uint16_t)(id[i] << 8 | id[i + 1]));
    }
    debug_text("\r\ncause ");
    debug_decimal(system_take_reset_cause());
    debug_text("\r\nretained ");
    debug_decimal(retained == 0xC0FFEE);
    debug_text("\r\n");
    retained = 0xC0FFEE;
}

static void obey(uint8_t byte)
{
    if (byte == BYTE_RESET) {
        while (!uart_is_drained()) {
            system_sleep();
        }
        system_reset();
    }
    if (byte == BYTE_WATCHDOG || byte == BYTE_SLEEP) {
        iwdg_start(IWDG_3_S);
        debug_text("watchdog\r\n");
        for (;;) {
            if (byte == BYTE_SLEEP) {
                system_sleep();
                iwdg_feed();
            }
        }
    }
}

/* Every turn erases a page: 20..40 ms during which only DMA works. */
static void __attribute__((noreturn)) echo(void)
{
    uint8_t bytes[UART_TX_SIZE];
    size_t len = 0;

    for (;;) {
        len += uart_receive(bytes + len, sizeof(bytes) - len);
        if (len > 0 && bytes[len - 1] > 0xF0) {
            obey(bytes[len - 1]);
        }
        if (uart_can_send() && uart_send(bytes, len)) {
            len = 0;
        }
        if (erase(PAGE) != 0) {
            debug_text("FAIL erase\r\n");
        }
    }
}

int main(void)
{
    uint32_t hclk_hz = clock_start();

    systick_start(hclk_hz);
    debug_start(hclk_hz);
    uart_start(hclk_hz / 2, 9600);
    check("data and bss", initialised == 0x12345678 && zeroed[0] == 0 && zeroed[3] == 0);
    initialised = 1;
    zeroed[3] = 1; /* for the next start to put right */
    say_identity();
    check_flash();
    check_time(hclk_hz);
    debug_text("echo\r\n");
    echo();
}
