/* SPDX-License-Identifier: Apache-2.0 */
#include "testapp.h"

#include <stdint.h>
#include "clock.h"
#include "debug.h"
#include "startup.h"
#include "stm32f103.h"

/* Says on USART1 what it finds at its very first instruction, then sleeps. Linked for address 0
 * it shows the state that a reset gives, linked as an app the state that the bootloader leaves:
 * a test compares the two. Brings its own vector table, because startup.c would tidy up first.
 */
enum { RETURN_ADDRESS, STACK, PRIMASK, FAULTMASK, BASEPRI, CONTROL, CORE_COUNT };

static const char *const core_names[CORE_COUNT] = {"LR",        "MSP",     "PRIMASK",
                                                   "FAULTMASK", "BASEPRI", "CONTROL"};

struct place {
    const char *name;
    uint32_t addr;
    uint32_t mask; /* the bits that a reset defines */
};

static const struct place places[] = {
    {"VTOR", 0xE000ED08, 0xFFFFFFFF},
    {"ICSR", 0xE000ED04, 0xFFFFFFFF},
    {"SCR", 0xE000ED10, 0xFFFFFFFF},
    {"SHCSR", 0xE000ED24, 0xFFFFFFFF},
    {"STK_CTRL", 0xE000E010, 0xFFFFFFFF},
    {"STK_LOAD", 0xE000E014, 0xFFFFFF},
    {"NVIC_ISER0", 0xE000E100, 0xFFFFFFFF},
    {"NVIC_ISER1", 0xE000E104, 0xFFFFFFFF},
    {"NVIC_ISPR0", 0xE000E200, 0xFFFFFFFF},
    {"NVIC_ISPR1", 0xE000E204, 0xFFFFFFFF},
    {"RCC_CR", 0x40021000, 0xFFFF00FF}, /* without HSICAL */
    {"RCC_CFGR", 0x40021004, 0xFFFFFFFF},
    {"RCC_CIR", 0x40021008, 0xFFFFFFFF},
    {"RCC_APB2RSTR", 0x4002100C, 0xFFFFFFFF},
    {"RCC_APB1RSTR", 0x40021010, 0xFFFFFFFF},
    {"RCC_AHBENR", 0x40021014, 0xFFFFFFFF},
    {"RCC_APB2ENR", 0x40021018, 0xFFFFFFFF},
    {"RCC_APB1ENR", 0x4002101C, 0xFFFFFFFF},
    {"RCC_CSR", 0x40021024, 0x00FFFFFF}, /* without the causes of reset */
    {"FLASH_ACR", 0x40022000, 0xFFFFFFFF},
    {"FLASH_SR", 0x4002200C, 0xFFFFFFFF},
    {"FLASH_CR", 0x40022010, 0xFFFFFFFF},
    {"IWDG_PR", 0x40003004, 0xFFFFFFFF},
    {"IWDG_RLR", 0x40003008, 0xFFFFFFFF},
};

/* Readable only with their clock on. */
static const struct place clocked[] = {
    {"GPIOA_CRL", 0x40010800, 0xFFFFFFFF},  {"GPIOA_CRH", 0x40010804, 0xFFFFFFFF},
    {"GPIOA_ODR", 0x4001080C, 0xFFFFFFFF},  {"USART1_SR", 0x40013800, 0xFFFFFFFF},
    {"USART1_BRR", 0x40013808, 0xFFFFFFFF}, {"USART1_CR1", 0x4001380C, 0xFFFFFFFF},
    {"USART1_CR3", 0x40013814, 0xFFFFFFFF}, {"AFIO_MAPR", 0x40010004, 0x001FFFFF},
    {"DMA_CCR6", 0x4002006C, 0xFFFFFFFF},   {"DMA_CCR7", 0x40020080, 0xFFFFFFFF},
};

enum {
    PLACES = sizeof(places) / sizeof(places[0]),
    CLOCKED = sizeof(clocked) / sizeof(clocked[0])
};

static void read_all(const struct place place[], uint32_t count, uint32_t out[])
{
    for (uint32_t i = 0; i < count; i++) {
        out[i] = *(const volatile uint32_t *)place[i].addr & place[i].mask;
    }
}

static void say(const char name[], uint32_t value)
{
    debug_text(name);
    debug_text(" ");
    debug_hex4((uint16_t)(value >> 16));
    debug_hex4((uint16_t)value);
    debug_text("\r\n");
}

static void __attribute__((noreturn, used)) report(const uint32_t core[CORE_COUNT])
{
    uint32_t values[PLACES], clocked_values[CLOCKED];

    read_all(places, PLACES, values);
    RCC->AHBENR |= RCC_AHBENR_DMA1EN;
    RCC->APB2ENR |= RCC_APB2ENR_AFIOEN | RCC_APB2ENR_IOPAEN | RCC_APB2ENR_USART1EN;
    read_all(clocked, CLOCKED, clocked_values);

    debug_start(CLOCK_HSI_HZ);
    debug_text(testapp_name);
    debug_text("\r\n");
    for (uint32_t i = 0; i < CORE_COUNT; i++) {
        say(core_names[i], core[i]);
    }
    for (uint32_t i = 0; i < PLACES; i++) {
        say(places[i].name, values[i]);
    }
    for (uint32_t i = 0; i < CLOCKED; i++) {
        say(clocked[i].name, clocked_values[i]);
    }
    debug_text("app end\r\n");
    for (;;) {
        __asm__ volatile("wfi");
    }
}

/* Before the compiler can touch anything: push what it would change. */
__attribute__((naked)) void reset_handler(void)
{
    __asm__ volatile("mov r0, lr\n\t"
                     "mov r1, sp\n\t"
                     "mrs r2, primask\n\t"
                     "mrs r3, faultmask\n\t"
                     "mrs r4, basepri\n\t"
                     "mrs r5, control\n\t"
                     "push {r0-r5}\n\t"
                     "mov r0, sp\n\t"
                     "b report");
}

__attribute__((section(".vectors"), used)) static const struct core_vectors vectors = {
    ld_stack_top, {reset_handler}};
