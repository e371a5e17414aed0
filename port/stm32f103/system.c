/* SPDX-License-Identifier: Apache-2.0 */
#include "system.h"

#include "stm32f103.h"

enum system_reset_cause system_take_reset_cause(void)
{
    uint32_t csr = RCC->CSR;

    RCC->CSR = csr | RCC_CSR_RMVF;
    /* Every reset also pulls the NRST pin, so PINRSTF alone means the pin. */
    if (csr & ((uint32_t)RCC_CSR_IWDGRSTF | RCC_CSR_WWDGRSTF)) {
        return SYSTEM_WATCHDOG;
    }
    if (csr & RCC_CSR_SFTRSTF) {
        return SYSTEM_SOFTWARE;
    }
    if (csr & RCC_CSR_PORRSTF) {
        return SYSTEM_POWER_ON;
    }
    return SYSTEM_PIN;
}

void system_reset(void)
{
    /* All writes must be done before (PM0056 4.4.5). */
    __asm__ volatile("dsb" : : : "memory");
    SCB->AIRCR = SCB_AIRCR_VECTKEY | SCB_AIRCR_SYSRESETREQ;
    for (;;) {
    }
}

void system_unique_id(uint8_t out_id[12])
{
    const volatile uint8_t *id = (const volatile uint8_t *)UNIQUE_ID_ADDR;

    for (unsigned i = 0; i < 12; i++) {
        out_id[i] = id[i];
    }
}

void system_sleep(void)
{
    __asm__ volatile("dsb\n\twfi" : : : "memory");
}

void system_quiet(void)
{
    SYSTICK->CTRL = 0;
    SYSTICK->LOAD = 0;
    SYSTICK->VAL = 0;
    for (unsigned i = 0; i < 2; i++) {
        NVIC->ICER[i] = 0xFFFFFFFFu;
        NVIC->ICPR[i] = 0xFFFFFFFFu;
    }
    SCB->ICSR = SCB_ICSR_PENDSTCLR | SCB_ICSR_PENDSVCLR;
    __asm__ volatile("dsb\n\tisb" : : : "memory");
}
