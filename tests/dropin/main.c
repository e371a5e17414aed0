/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"
#include "gizwits_protocol.h"
#if GENERATOR >= 2017
#include "gizwits_product.h"
#endif
#include "gizwits_ota.h"
#include "hal.h"
#include "startup.h"

/* A project as Gizwits' generator makes it, with the update added as docs/dropin.md says. That
 * of 2016 has a watchdog; that of 2017 has none, and delays in its loop.
 */
#if GENERATOR >= 2017
static void start(void)
{
    timerInit();
    uartInit();
    userInit();
    gizwitsInit();
}

static void turn(void)
{
    uint32_t since = gizGetTimerCount();

    userHandle();
    gizwitsHandle((dataPoint_t *)&currentDataPoint);
    while (gizGetTimerCount() - since < 5) { /* HAL_Delay(5) */
        hal_sleep();
    }
}
#else
static void start(void)
{
    userInit();
    watchdogInit(2);
    timerInit();
    uartInit();
    gizwitsInit();
}

static void turn(void)
{
    watchdogFeed();
    userHandle();
    gizwitsHandle((dataPoint_t *)&currentDataPoint);
    hal_sleep();
}
#endif

static void run(void)
{
    hal_start();
#ifdef DROPIN_HANGS
    GIZWITS_LOG("App Init Success , SoftVersion = %s\r\n", SOFTWARE_VERSION);
    hal_sleep(); /* nothing wakes it */
#endif
    start();
    GIZWITS_LOG("App Init Success , SoftVersion = %s\r\n", SOFTWARE_VERSION);
    otter_dropin_hardware(HARDWARE_VERSION);
    Pro_D2W_Ask_Module_Reboot();
    for (;;) {
        turn();
        otter_dropin_poll();
    }
}

/* On the stack that Keil's start-up file would have set up. */
int main(void)
{
    __asm__ volatile("msr msp, %0\n\tbx %1" : : "r"(hal_stack_top()), "r"(run) : "memory");
    for (;;) {
    }
}
