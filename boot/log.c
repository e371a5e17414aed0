/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "otter/bytes.h"
#include "clock.h"
#include "debug.h"
#include "iwdg.h"
#include "layout.h"
#include "partitions.h"
#include "system.h"
#include "systick.h"

static uint32_t chunks; /* of the image, told at OTTER_INSTALL_CHECK */

void log_start(void)
{
    debug_start(clock_start());
}

void log_stop(void)
{
    debug_stop();
    clock_stop();
}

void log_halt(void)
{
    log_stop();
    systick_start(CLOCK_HSI_HZ);
    for (;;) {
        iwdg_feed();
        system_sleep();
    }
}

static void line(const char text[])
{
    debug_text(text);
    debug_text("\r\n");
}

static void line_with(const char before[], uint32_t value, const char after[])
{
    debug_text(before);
    debug_decimal(value);
    line(after);
}

void log_install(enum otter_install_step step, uint32_t value)
{
    switch (step) {
    case OTTER_INSTALL_START:
        line("Update Task ,Sys Will Load New Sys..Wait For A Moment");
        line_with("Update Size [", value, "]");
        break;
    case OTTER_INSTALL_CHECK:
        chunks = value;
        line_with("Check New Sys ...loop = ", value, "");
        break;
    case OTTER_INSTALL_CHECK_CHUNK:
        debug_text("*");
        break;
    case OTTER_INSTALL_CHECK_GOOD:
        line("\r\nMD5 Calculate Success");
        line("MD5 Check Success ,MCU OTA Success");
        break;
    case OTTER_INSTALL_CHECK_BAD:
        if (chunks) { /* else the size was wrong and nothing was hashed */
            line("\r\nMD5 Calculate Success");
        }
        line("Md5_Cacl Check Faild ,MCU OTA Faild");
        line("Check Faild , Go to Old Systerm");
        break;
    case OTTER_INSTALL_ERASE:
        line_with("Copy New Sys ...loop = ", chunks, "");
        line_with("Need Erase ", value, " Pages");
        break;
    case OTTER_INSTALL_COPY:
        line("Erase Success");
        line("Copy New Sys");
        break;
    case OTTER_INSTALL_COPY_CHUNK:
        debug_text(".");
        break;
    case OTTER_INSTALL_VERIFY:
        line("\r\nCopy Success , Wait to Check...");
        break;
    case OTTER_INSTALL_VERIFY_GOOD:
        line("New ROM Check Success , Wait to Load New Systerm");
        break;
    case OTTER_INSTALL_VERIFY_BAD:
        line("New ROM Check Faild , Update Faild , MCU Try To Update Again ,MCU Restart...");
        break;
    }
}

void log_not_startable(const uint8_t head[8])
{
    const struct otter_region *ram = &stm32f103_layout.ram;
    uint32_t stack = otter_get_le32(head);

    /* The tutorial's two tests: a reset vector in flash, then a stack pointer in RAM. */
    if (head[7] == OTTER_FLASH_ADDR >> 24 && stack - ram->addr > ram->size) {
        line("Sys Will Load APP.....");
        line("Stack Failed!");
    }
    line("Start APP Failed!");
}
