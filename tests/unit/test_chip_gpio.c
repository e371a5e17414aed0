/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chip_fixture.h"
#include "board/stm32f1/pins.h"

/* Pins, EXTI, bit-band, the memory map and the small peripherals: RM0008 chapters 2, 4, 5, 6,
 * 9, 10. */

enum { CRL = 0, CRH = 4, IDR = 8, ODR = 12, BSRR = 16, BRR = 20, LCKR = 24 };

static int make(void **state)
{
    struct board *board = make_board(NULL);
    set_reg(board, RCC_APB2ENR, 0x3D);
    set_reg(board, RCC_APB1ENR, 3u << 27);
    set_reg(board, RCC_AHBENR, 0x54);
    *state = board;
    return 0;
}

static int drop(void **state)
{
    board_free(*state);
    return 0;
}

static unsigned pin(struct board *board, uint32_t base, unsigned number)
{
    return get_reg(board, base + IDR) >> number & 1;
}

static void test_gpio_rm0008_output(void **state)
{
    struct board *board = *state;
    assert_int_equal(get_reg(board, GPIOB_BASE + CRL), 0x44444444);
    set_reg(board, GPIOB_BASE + CRL, 0x44444443); /* PB0 push-pull */
    set_reg(board, GPIOB_BASE + BSRR, 1);
    assert_int_equal(pin(board, GPIOB_BASE, 0), 1);
    assert_true(pins_level(board, PORT_B, 0));
    pins_drive(board, PORT_B, 0, PINS_LOW); /* loses against push-pull */
    assert_int_equal(pin(board, GPIOB_BASE, 0), 1);
    set_reg(board, GPIOB_BASE + BRR, 1);
    assert_int_equal(pin(board, GPIOB_BASE, 0), 0);
    set_reg(board, GPIOB_BASE + BSRR, 0x00010001); /* set wins */
    assert_int_equal(get_reg(board, GPIOB_BASE + ODR), 1);
    set_reg(board, GPIOB_BASE + ODR, 0);
    assert_false(pins_level(board, PORT_B, 0));
}

static void test_gpio_rm0008_input(void **state)
{
    struct board *board = *state;
    set_reg(board, GPIOA_BASE + CRH, 0x44444448); /* PA8 with pull, ODR 0 = down */
    pins_drive(board, PORT_A, 8, PINS_RELEASE);
    assert_int_equal(pin(board, GPIOA_BASE, 8), 0);
    set_reg(board, GPIOA_BASE + BSRR, 1u << 8);
    assert_int_equal(pin(board, GPIOA_BASE, 8), 1);
    pins_drive(board, PORT_A, 8, PINS_LOW);
    assert_int_equal(pin(board, GPIOA_BASE, 8), 0);
    pins_drive(board, PORT_A, 8, PINS_RELEASE);
    assert_int_equal(pin(board, GPIOA_BASE, 8), 1);
    set_reg(board, GPIOA_BASE + CRH, 0x44444440); /* analog */
    assert_int_equal(pin(board, GPIOA_BASE, 8), 0);
}

static void test_gpio_open_drain(void **state)
{
    struct board *board = *state;
    set_reg(board, GPIOB_BASE + CRL, 0x44444447); /* PB0 open drain */
    set_reg(board, GPIOB_BASE + BSRR, 1);
    pins_drive(board, PORT_B, 0, PINS_PULL_UP);
    assert_int_equal(pin(board, GPIOB_BASE, 0), 1);
    pins_drive(board, PORT_B, 0, PINS_LOW);
    assert_int_equal(pin(board, GPIOB_BASE, 0), 0);
    pins_drive(board, PORT_B, 0, PINS_PULL_UP);
    set_reg(board, GPIOB_BASE + BRR, 1);
    assert_int_equal(pin(board, GPIOB_BASE, 0), 0);
}

static void test_gpio_jtag_keeps_pb3_until_swj_cfg(void **state)
{
    struct board *board = *state;
    set_reg(board, GPIOB_BASE + CRL, 0x44433444); /* PB3, PB4 outputs */
    set_reg(board, GPIOB_BASE + BSRR, 1u << 3);
    pins_drive(board, PORT_B, 3, PINS_RELEASE);
    assert_false(pins_level(board, PORT_B, 3));
    assert_true(pins_level(board, PORT_B, 4)); /* NJTRST pull-up */
    set_reg(board, AFIO_BASE + 4, 2u << 24);
    assert_true(pins_level(board, PORT_B, 3));
    assert_false(pins_level(board, PORT_B, 4));
    assert_int_equal(get_reg(board, AFIO_BASE + 4), 0); /* SWJ_CFG is write-only */
}

/* RM0008 9.4.2: 3, 5, 6 and 7 have no effect; the rest of the register has. */
static void test_afio_swj_cfg_without_a_meaning(void **state)
{
    struct board *board = *state;
    static const uint32_t without[] = {3, 5, 6, 7};
    set_reg(board, GPIOB_BASE + CRL, 0x44433444); /* PB3, PB4 outputs */
    set_reg(board, GPIOB_BASE + BSRR, 1u << 3);
    pins_drive(board, PORT_B, 3, PINS_RELEASE);
    for (unsigned i = 0; i < sizeof without / sizeof without[0]; i++) {
        set_reg(board, AFIO_BASE + 4, 2u << 24); /* PB3 and PB4 are released */
        set_reg(board, AFIO_BASE + 4, without[i] << 24 | 1u << 2);
        assert_int_equal(get_reg(board, AFIO_BASE + 4), 1 << 2);
        assert_true(pins_level(board, PORT_B, 3));
        assert_false(pins_level(board, PORT_B, 4));
        set_reg(board, AFIO_BASE + 4, 0);
        set_reg(board, AFIO_BASE + 4, without[i] << 24); /* they stay the debug port's */
        assert_false(pins_level(board, PORT_B, 3));
        assert_true(pins_level(board, PORT_B, 4));
    }
    pass(board, US);
}

static void test_gpio_lock(void **state)
{
    struct board *board = *state;
    set_reg(board, GPIOB_BASE + CRL, 0x44444433);
    set_reg(board, GPIOB_BASE + LCKR, 0x10001);
    set_reg(board, GPIOB_BASE + LCKR, 0x00001);
    set_reg(board, GPIOB_BASE + LCKR, 0x10001);
    (void)get_reg(board, GPIOB_BASE + LCKR);
    assert_int_equal(get_reg(board, GPIOB_BASE + LCKR), 0x10001);
    set_reg(board, GPIOB_BASE + CRL, 0x44444444);
    assert_int_equal(get_reg(board, GPIOB_BASE + CRL), 0x44444443);
}

static void test_gpio_without_clock(void **state)
{
    struct board *board = *state;
    set_reg(board, RCC_APB2ENR, 0);
    set_reg(board, GPIOB_BASE + CRL, 0x33333333);
    assert_int_equal(get_reg(board, GPIOB_BASE + CRL), 0);
    set_reg(board, RCC_APB2ENR, 8);
    assert_int_equal(get_reg(board, GPIOB_BASE + CRL), 0x44444444);
}

static void test_gpio_words_only(void **state)
{
    struct board *board = *state;
    assert_true(bus_write(board, GPIOB_BASE + BSRR, 2, 1));
    assert_unknown(board, "GPIOB");
}

static void test_exti_edges(void **state)
{
    struct board *board = *state;
    set_reg(board, GPIOB_BASE + CRL, 0x84444444); /* PB7, pull-up */
    set_reg(board, GPIOB_BASE + BSRR, 0x80);
    pins_drive(board, PORT_B, 7, PINS_RELEASE);
    set_reg(board, AFIO_BASE + 0x0C, 1u << 12); /* EXTI7 = port B */
    set_reg(board, EXTI_BASE + 0x00, 1u << 7);
    set_reg(board, EXTI_BASE + 0x0C, 1u << 7);
    pins_drive(board, PORT_A, 7, PINS_HIGH);
    pins_drive(board, PORT_A, 7, PINS_LOW); /* the other port */
    assert_int_equal(get_reg(board, EXTI_BASE + 0x14), 0);
    pins_drive(board, PORT_B, 7, PINS_LOW);
    assert_int_equal(get_reg(board, EXTI_BASE + 0x14), 0x80);
    assert_true((board->cpu.irq_line >> 23 & 1) != 0);
    set_reg(board, EXTI_BASE + 0x14, 0x80);
    assert_true((board->cpu.irq_line >> 23 & 1) == 0);
    pins_drive(board, PORT_B, 7, PINS_RELEASE); /* rising: not asked for */
    assert_int_equal(get_reg(board, EXTI_BASE + 0x14), 0);
    set_reg(board, EXTI_BASE + 0x10, 0x80); /* by software */
    assert_int_equal(get_reg(board, EXTI_BASE + 0x14), 0x80);
}

/* ---- bus ---- */

static void test_bus_bit_band(void **state)
{
    struct board *board = *state;
    uint32_t value;
    memset(board->sram + 0x100, 0, 4);
    set_reg(board, 0x22000000 + 0x102 * 32 + 5 * 4, 0xFFFFFFFF);
    assert_int_equal(board->sram[0x102], 0x20);
    assert_int_equal(get_reg(board, 0x22000000 + 0x102 * 32 + 5 * 4), 1);
    assert_int_equal(get_reg(board, 0x22000000 + 0x102 * 32 + 4 * 4), 0);
    set_reg(board, 0x22000000 + 0x102 * 32 + 5 * 4, 2); /* only bit 0 counts */
    assert_int_equal(board->sram[0x102], 0);
    set_reg(board, GPIOA_BASE + CRL, 0x44444443);
    set_reg(board, 0x42000000 + (GPIOA_BASE + ODR - 0x40000000) * 32, 1);
    assert_int_equal(get_reg(board, GPIOA_BASE + ODR), 1);
    assert_false(bus_read(board, 0x22000000 + BOARD_SRAM_SIZE * 32, 4, &value));
}

static void test_bus_faults(void **state)
{
    struct board *board = *state;
    static const uint32_t nowhere[] = {0x08010000, 0x00010000, 0x20005000, 0x30000000,
                                       0x60000000, 0x1FFF0000, 0x40030000};
    for (unsigned i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        uint32_t value;
        if (bus_read(board, nowhere[i], 4, &value) || bus_write(board, nowhere[i], 4, 0)) {
            fail_msg("0x%08X is not a bus fault", (unsigned)nowhere[i]);
        }
    }
}

static void test_bus_unknown_stops_loudly(void **state)
{
    struct board *board = *state;
    (void)get_reg(board, 0x40012400);
    assert_unknown(board, "ADC1");
    board_reset(board);
    set_reg(board, 0x40001000, 5); /* TIM6: not on this chip */
    assert_unknown(board, "0x40001000");
    board_reset(board);
    pass(board, MS);
}

static void test_bus_system_memory(void **state)
{
    struct board *board = *state;
    uint32_t value;
    assert_true(bus_read(board, 0x1FFFF7E0, 2, &value));
    assert_int_equal(value, 64);
    assert_int_equal(get_reg(board, 0x1FFFF800) & 0xFFFF, 0x5AA5);
    for (unsigned i = 0; i < 12; i++) {
        assert_true(bus_read(board, 0x1FFFF7E8 + i, 1, &value));
        assert_int_equal(value, board_unique_id(board)[i]);
    }
    assert_int_equal(get_reg(board, 0), get_reg(board, BOARD_FLASH_BASE));
}

static void test_unique_id_from_options(void **state)
{
    (void)state;
    struct board_options options = {.unique_id = {0x11223344, 0x55667788, 0x99AABBCC}};
    struct board *board = make_board(&options);
    assert_int_equal(get_reg(board, 0x1FFFF7E8), 0x11223344);
    assert_int_equal(get_reg(board, 0x1FFFF7F0), 0x99AABBCC);
    board_free(board);
}

/* ---- CRC, backup ---- */

static void test_crc_unit(void **state)
{
    struct board *board = *state;
    set_reg(board, CRC_BASE + 8, 1);
    assert_int_equal(get_reg(board, CRC_BASE), 0xFFFFFFFF);
    set_reg(board, CRC_BASE, 0x00000000);
    assert_int_equal(get_reg(board, CRC_BASE),
                     0xC704DD7B); /* CRC-32/MPEG-2 of four zero bytes */
    set_reg(board, CRC_BASE + 8, 1);
    set_reg(board, CRC_BASE, 0x31323334);
    set_reg(board, CRC_BASE, 0x35363738);
    assert_int_equal(get_reg(board, CRC_BASE), 0x49E3C2FB); /* of "12345678" */
}

static void test_bkp_needs_dbp_and_dies_with_the_supply(void **state)
{
    struct board *board = *state;
    set_reg(board, BKP_BASE + 4, 0x1234);
    assert_int_equal(get_reg(board, BKP_BASE + 4), 0);
    set_reg(board, PWR_BASE, 0x100);
    set_reg(board, BKP_BASE + 4, 0x1234);
    set_reg(board, BKP_BASE + 0x28, 0x5678);
    assert_int_equal(get_reg(board, BKP_BASE + 4), 0x1234);
    board_reset(board);
    set_reg(board, RCC_APB1ENR, 3u << 27);
    assert_int_equal(get_reg(board, PWR_BASE), 0);
    assert_int_equal(get_reg(board, BKP_BASE + 4), 0x1234);
    assert_int_equal(get_reg(board, BKP_BASE + 0x28), 0x5678);
    power_on(board);
    set_reg(board, RCC_APB1ENR, 3u << 27);
    assert_int_equal(get_reg(board, BKP_BASE + 4), 0);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(test_gpio_rm0008_output),
        TEST(test_gpio_rm0008_input),
        TEST(test_gpio_open_drain),
        TEST(test_gpio_jtag_keeps_pb3_until_swj_cfg),
        TEST(test_afio_swj_cfg_without_a_meaning),
        TEST(test_gpio_lock),
        TEST(test_gpio_without_clock),
        TEST(test_gpio_words_only),
        TEST(test_exti_edges),
        TEST(test_bus_bit_band),
        TEST(test_bus_faults),
        TEST(test_bus_unknown_stops_loudly),
        TEST(test_bus_system_memory),
        cmocka_unit_test(test_unique_id_from_options),
        TEST(test_crc_unit),
        TEST(test_bkp_needs_dbp_and_dies_with_the_supply),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
