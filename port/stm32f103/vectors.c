/* SPDX-License-Identifier: Apache-2.0 */
#include "startup.h"

/* The vector table of an app, RM0008 table 63. */

#define HANDLER(name) void name(void) __attribute__((weak, alias("unused_interrupt")))

static void unused_interrupt(void)
{
    default_handler();
}

HANDLER(WWDG_IRQHandler);
HANDLER(PVD_IRQHandler);
HANDLER(TAMPER_IRQHandler);
HANDLER(RTC_IRQHandler);
HANDLER(FLASH_IRQHandler);
HANDLER(RCC_IRQHandler);
HANDLER(EXTI0_IRQHandler);
HANDLER(EXTI1_IRQHandler);
HANDLER(EXTI2_IRQHandler);
HANDLER(EXTI3_IRQHandler);
HANDLER(EXTI4_IRQHandler);
HANDLER(DMA1_Channel1_IRQHandler);
HANDLER(DMA1_Channel2_IRQHandler);
HANDLER(DMA1_Channel3_IRQHandler);
HANDLER(DMA1_Channel4_IRQHandler);
HANDLER(DMA1_Channel5_IRQHandler);
HANDLER(DMA1_Channel6_IRQHandler);
HANDLER(DMA1_Channel7_IRQHandler);
HANDLER(ADC1_2_IRQHandler);
HANDLER(USB_HP_CAN_TX_IRQHandler);
HANDLER(USB_LP_CAN_RX0_IRQHandler);
HANDLER(CAN_RX1_IRQHandler);
HANDLER(CAN_SCE_IRQHandler);
HANDLER(EXTI9_5_IRQHandler);
HANDLER(TIM1_BRK_IRQHandler);
HANDLER(TIM1_UP_IRQHandler);
HANDLER(TIM1_TRG_COM_IRQHandler);
HANDLER(TIM1_CC_IRQHandler);
HANDLER(TIM2_IRQHandler);
HANDLER(TIM3_IRQHandler);
HANDLER(TIM4_IRQHandler);
HANDLER(I2C1_EV_IRQHandler);
HANDLER(I2C1_ER_IRQHandler);
HANDLER(I2C2_EV_IRQHandler);
HANDLER(I2C2_ER_IRQHandler);
HANDLER(SPI1_IRQHandler);
HANDLER(SPI2_IRQHandler);
HANDLER(USART1_IRQHandler);
HANDLER(USART2_IRQHandler);
HANDLER(USART3_IRQHandler);
HANDLER(EXTI15_10_IRQHandler);
HANDLER(RTCAlarm_IRQHandler);
HANDLER(USBWakeup_IRQHandler);
HANDLER(TIM8_BRK_IRQHandler);
HANDLER(TIM8_UP_IRQHandler);
HANDLER(TIM8_TRG_COM_IRQHandler);
HANDLER(TIM8_CC_IRQHandler);
HANDLER(ADC3_IRQHandler);
HANDLER(FSMC_IRQHandler);
HANDLER(SDIO_IRQHandler);
HANDLER(TIM5_IRQHandler);
HANDLER(SPI3_IRQHandler);
HANDLER(UART4_IRQHandler);
HANDLER(UART5_IRQHandler);
HANDLER(TIM6_IRQHandler);
HANDLER(TIM7_IRQHandler);
HANDLER(DMA2_Channel1_IRQHandler);
HANDLER(DMA2_Channel2_IRQHandler);
HANDLER(DMA2_Channel3_IRQHandler);
HANDLER(DMA2_Channel4_5_IRQHandler);

struct vectors {
    struct core_vectors core;
    void (*irq[60])(void); /* as many as the largest F103 has; the C8 uses the first 43 */
};

__attribute__((section(".vectors"), used)) const struct vectors vectors = {
    CORE_VECTORS,
    {
        WWDG_IRQHandler,          PVD_IRQHandler,           TAMPER_IRQHandler,
        RTC_IRQHandler,           FLASH_IRQHandler,         RCC_IRQHandler,
        EXTI0_IRQHandler,         EXTI1_IRQHandler,         EXTI2_IRQHandler,
        EXTI3_IRQHandler,         EXTI4_IRQHandler,         DMA1_Channel1_IRQHandler,
        DMA1_Channel2_IRQHandler, DMA1_Channel3_IRQHandler, DMA1_Channel4_IRQHandler,
        DMA1_Channel5_IRQHandler, DMA1_Channel6_IRQHandler, DMA1_Channel7_IRQHandler,
        ADC1_2_IRQHandler,        USB_HP_CAN_TX_IRQHandler, USB_LP_CAN_RX0_IRQHandler,
        CAN_RX1_IRQHandler,       CAN_SCE_IRQHandler,       EXTI9_5_IRQHandler,
        TIM1_BRK_IRQHandler,      TIM1_UP_IRQHandler,       TIM1_TRG_COM_IRQHandler,
        TIM1_CC_IRQHandler,       TIM2_IRQHandler,          TIM3_IRQHandler,
        TIM4_IRQHandler,          I2C1_EV_IRQHandler,       I2C1_ER_IRQHandler,
        I2C2_EV_IRQHandler,       I2C2_ER_IRQHandler,       SPI1_IRQHandler,
        SPI2_IRQHandler,          USART1_IRQHandler,        USART2_IRQHandler,
        USART3_IRQHandler,        EXTI15_10_IRQHandler,     RTCAlarm_IRQHandler,
        USBWakeup_IRQHandler,     TIM8_BRK_IRQHandler,      TIM8_UP_IRQHandler,
        TIM8_TRG_COM_IRQHandler,  TIM8_CC_IRQHandler,       ADC3_IRQHandler,
        FSMC_IRQHandler,          SDIO_IRQHandler,          TIM5_IRQHandler,
        SPI3_IRQHandler,          UART4_IRQHandler,         UART5_IRQHandler,
        TIM6_IRQHandler,          TIM7_IRQHandler,          DMA2_Channel1_IRQHandler,
        DMA2_Channel2_IRQHandler, DMA2_Channel3_IRQHandler, DMA2_Channel4_5_IRQHandler,
    },
};
