# SPDX-License-Identifier: Apache-2.0
# The chip: board/stm32f1 and board/board.c, registers driven by hand.
otter_test(LABEL unit NAME test_chip_flash SOURCES test_chip_flash.c LIBS board)
otter_test(LABEL unit NAME test_chip_tear SOURCES test_chip_tear.c LIBS board)
otter_test(LABEL unit NAME test_chip_usart SOURCES test_chip_usart.c LIBS board)
otter_test(LABEL unit NAME test_chip_clock SOURCES test_chip_clock.c LIBS board)
otter_test(LABEL unit NAME test_chip_tim SOURCES test_chip_tim.c LIBS board)
otter_test(LABEL unit NAME test_chip_rtc SOURCES test_chip_rtc.c LIBS board)
otter_test(LABEL unit NAME test_chip_gpio SOURCES test_chip_gpio.c LIBS board)
otter_test(LABEL unit NAME test_chip_program SOURCES test_chip_program.c LIBS board)
otter_test(LABEL unit NAME test_board_hook SOURCES test_board_hook.c LIBS board)
