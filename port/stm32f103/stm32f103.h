/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STM32F103_H
#define STM32F103_H

#include <stdint.h>

/* The registers of the STM32F103C8T6 that otter uses, under the names of the reference manual
 * (RM0008) and, for the core, of the programming manual (PM0056). USART_CR1 of USART2 is
 * USART2->CR1. It holds only what is used; add what you need, from the manual.
 */

/* ---- RCC, RM0008 7.3 ---- */
struct stm32_rcc {
    uint32_t CR, CFGR, CIR, APB2RSTR, APB1RSTR, AHBENR, APB2ENR, APB1ENR, BDCR, CSR;
};
#define RCC ((volatile struct stm32_rcc *)0x40021000u)

enum {
    RCC_CR_HSION = 1 << 0,
    RCC_CR_HSIRDY = 1 << 1,
    RCC_CR_HSEON = 1 << 16,
    RCC_CR_HSERDY = 1 << 17,
    RCC_CR_HSEBYP = 1 << 18,
    RCC_CR_CSSON = 1 << 19,
    RCC_CR_PLLON = 1 << 24,
    RCC_CR_PLLRDY = 1 << 25,

    RCC_CFGR_SW_PLL = 2 << 0,
    RCC_CFGR_SWS = 3 << 2,
    RCC_CFGR_SWS_PLL = 2 << 2,
    RCC_CFGR_PPRE1_DIV2 = 4 << 8,
    RCC_CFGR_PLLSRC_HSE = 1 << 16, /* else HSI / 2 */
    RCC_CFGR_PLLMUL9 = 7 << 18,
    RCC_CFGR_PLLMUL16 = 14 << 18,

    RCC_CIR_CLEAR = 0x9F << 16, /* all ready flags; enables nothing */

    RCC_AHBENR_DMA1EN = 1 << 0,
    RCC_AHBENR_SRAMEN = 1 << 2,
    RCC_AHBENR_FLITFEN = 1 << 4,
    RCC_AHBENR_CRCEN = 1 << 6,
    RCC_APB2ENR_AFIOEN = 1 << 0, /* APB2RSTR has the same places */
    RCC_APB2ENR_IOPAEN = 1 << 2,
    RCC_APB2ENR_IOPBEN = 1 << 3,
    RCC_APB2ENR_IOPCEN = 1 << 4,
    RCC_APB2ENR_USART1EN = 1 << 14,
    RCC_APB1ENR_TIM2EN = 1 << 0,
    RCC_APB1ENR_TIM3EN = 1 << 1,
    RCC_APB1ENR_TIM4EN = 1 << 2,
    RCC_APB1ENR_USART2EN = 1 << 17,
    RCC_APB1ENR_USART3EN = 1 << 18,

    RCC_CSR_RMVF = 1 << 24,
    RCC_CSR_PINRSTF = 1 << 26,
    RCC_CSR_PORRSTF = 1 << 27,
    RCC_CSR_SFTRSTF = 1 << 28,
    RCC_CSR_IWDGRSTF = 1 << 29,
    RCC_CSR_WWDGRSTF = 1 << 30,
};

/* ---- flash interface, PM0075 3 ---- */
struct stm32_flash {
    uint32_t ACR, KEYR, OPTKEYR, SR, CR, AR, reserved, OBR, WRPR;
};
#define FLASH ((volatile struct stm32_flash *)0x40022000u)

enum {
    FLASH_ACR_LATENCY_2 = 2 << 0,
    FLASH_ACR_PRFTBE = 1 << 4,

    FLASH_SR_BSY = 1 << 0,
    FLASH_SR_PGERR = 1 << 2,
    FLASH_SR_WRPRTERR = 1 << 4,
    FLASH_SR_EOP = 1 << 5,

    FLASH_CR_PG = 1 << 0,
    FLASH_CR_PER = 1 << 1,
    FLASH_CR_STRT = 1 << 6,
    FLASH_CR_LOCK = 1 << 7,
};
#define FLASH_KEY1 0x45670123u
#define FLASH_KEY2 0xCDEF89ABu

/* ---- GPIO and AFIO, RM0008 9.2, 9.4 ---- */
struct stm32_gpio {
    uint32_t CRL, CRH, IDR, ODR, BSRR, BRR, LCKR;
};
#define GPIOA ((volatile struct stm32_gpio *)0x40010800u)
#define GPIOB ((volatile struct stm32_gpio *)0x40010C00u)
#define GPIOC ((volatile struct stm32_gpio *)0x40011000u)

enum { /* the four bits CNF, MODE of one pin */
       GPIO_IN_FLOATING = 0x4,
       GPIO_IN_PULL = 0x8,     /* up or down by ODR */
       GPIO_OUT_PP_2MHZ = 0x2, /* push-pull */
       GPIO_OUT_OD_2MHZ = 0x6, /* open drain */
       GPIO_AF_PP_2MHZ = 0xA,
       GPIO_AF_PP_50MHZ = 0xB,
};

struct stm32_afio {
    uint32_t EVCR, MAPR, EXTICR[4];
};
#define AFIO ((volatile struct stm32_afio *)0x40010000u)

enum {
    AFIO_MAPR_TIM3_PARTIAL = 2 << 10, /* CH1 PB4, CH2 PB5 */
    AFIO_MAPR_SWJ_NOJTAG = 2 << 24,   /* SWD stays on; the field reads as undefined */
};

/* ---- USART, RM0008 27.6 ---- */
struct stm32_usart {
    uint32_t SR, DR, BRR, CR1, CR2, CR3, GTPR;
};
#define USART1 ((volatile struct stm32_usart *)0x40013800u)
#define USART2 ((volatile struct stm32_usart *)0x40004400u)

enum {
    USART_SR_RXNE = 1 << 5,
    USART_SR_TC = 1 << 6,
    USART_SR_TXE = 1 << 7,
    USART_CR1_RE = 1 << 2,
    USART_CR1_TE = 1 << 3,
    USART_CR1_UE = 1 << 13,
    USART_CR3_DMAR = 1 << 6,
    USART_CR3_DMAT = 1 << 7,
};

/* ---- DMA1, RM0008 13.4 ---- */
struct stm32_dma_channel {
    uint32_t CCR, CNDTR, CPAR, CMAR, reserved;
};
struct stm32_dma {
    uint32_t ISR, IFCR;
    struct stm32_dma_channel channel[7]; /* channel[5] is DMA_CCR6 and so on */
};
#define DMA1 ((volatile struct stm32_dma *)0x40020000u)

enum {
    DMA_CCR_EN = 1 << 0,
    DMA_CCR_DIR = 1 << 4, /* from memory to the peripheral */
    DMA_CCR_CIRC = 1 << 5,
    DMA_CCR_MINC = 1 << 7,
    DMA_CCR_PL_HIGH = 2 << 12,
};

/* ---- general-purpose timers, RM0008 15.4 ---- */
struct stm32_tim {
    uint32_t CR1, CR2, SMCR, DIER, SR, EGR, CCMR1, CCMR2, CCER, CNT, PSC, ARR, reserved;
    uint32_t CCR1, CCR2, CCR3, CCR4;
};
#define TIM2 ((volatile struct stm32_tim *)0x40000000u)
#define TIM3 ((volatile struct stm32_tim *)0x40000400u)
#define TIM4 ((volatile struct stm32_tim *)0x40000800u)

enum {
    TIM_CR1_CEN = 1 << 0,
    TIM_CR1_ARPE = 1 << 7,
    TIM_EGR_UG = 1 << 0,
    TIM_CCMR1_OC1PE = 1 << 3,
    TIM_CCMR1_OC1M_PWM1 = 6 << 4,
    TIM_CCMR1_OC2PE = 1 << 11,
    TIM_CCMR1_OC2M_PWM1 = 6 << 12,
    TIM_CCER_CC1E = 1 << 0,
    TIM_CCER_CC2E = 1 << 4,
};

/* ---- independent watchdog, RM0008 19.4 ---- */
struct stm32_iwdg {
    uint32_t KR, PR, RLR, SR;
};
#define IWDG ((volatile struct stm32_iwdg *)0x40003000u)

enum { IWDG_KR_RELOAD = 0xAAAA, IWDG_KR_ACCESS = 0x5555, IWDG_KR_START = 0xCCCC };

/* ---- CRC unit, RM0008 4.4 ---- */
struct stm32_crc {
    uint32_t DR, IDR, CR;
};
#define CRC ((volatile struct stm32_crc *)0x40023000u)

enum { CRC_CR_RESET = 1 << 0 };

/* ---- device electronic signature, RM0008 30.2 ---- */
#define UNIQUE_ID_ADDR 0x1FFFF7E8u

/* ---- core: SysTick, NVIC, SCB, PM0056 4.5, 4.3, 4.4 ---- */
struct stm32_systick {
    uint32_t CTRL, LOAD, VAL, CALIB;
};
#define SYSTICK ((volatile struct stm32_systick *)0xE000E010u)

enum {
    STK_CTRL_ENABLE = 1 << 0,
    STK_CTRL_TICKINT = 1 << 1,
    STK_CTRL_CLKSOURCE = 1 << 2,
    STK_CTRL_COUNTFLAG = 1 << 16, /* cleared by reading */
};

struct stm32_nvic {
    uint32_t ISER[32], ICER[32], ISPR[32], ICPR[32];
};
#define NVIC ((volatile struct stm32_nvic *)0xE000E100u)

struct stm32_scb {
    uint32_t CPUID, ICSR, VTOR, AIRCR, SCR, CCR;
};
#define SCB ((volatile struct stm32_scb *)0xE000ED00u)

#define SCB_ICSR_PENDSVCLR    (1u << 27)
#define SCB_ICSR_PENDSTCLR    (1u << 25)
#define SCB_AIRCR_VECTKEY     (0x05FAu << 16)
#define SCB_AIRCR_SYSRESETREQ (1u << 2)

#endif
