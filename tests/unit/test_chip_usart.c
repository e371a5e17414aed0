/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chip_fixture.h"
#include "board/stm32f1/pins.h"

/* USART1..3 and DMA1 against RM0008 chapters 27 and 13. */

enum { SR = 0x00, DR = 0x04, BRR = 0x08, CR1 = 0x0C, CR3 = 0x14 };
enum { FE = 2, ORE = 8, IDLE = 0x10, RXNE = 0x20, TC = 0x40, TXE = 0x80 };
enum { RE = 4, TE = 8, IDLEIE = 0x10, RXNEIE = 0x20, UE = 0x2000 };
enum { DMAR = 0x40, DMAT = 0x80 };

struct fixture {
    struct board *board;
    uint8_t sent[600];
    uint64_t when[600];
    unsigned count;
};

static void take(void *ctx, uint8_t byte, uint64_t now)
{
    struct fixture *fixture = ctx;
    assert_true(fixture->count < sizeof fixture->sent);
    fixture->when[fixture->count] = now;
    fixture->sent[fixture->count++] = byte;
}

/* USART2 at 9600 (PCLK1 36 MHz), USART1 at 115200 (PCLK2 72 MHz), pins set up. */
static int make(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->board = make_board(NULL);
    struct board *board = fixture->board;
    struct board_uart_sink sink = {fixture, take};
    board_uart_connect(board, 1, &sink);
    board_uart_connect(board, 2, &sink);
    clock_72_mhz(board);
    set_reg(board, RCC_APB2ENR, 1u << 14 | 1u << 2 | 1);
    set_reg(board, RCC_APB1ENR, 1u << 17);
    set_reg(board, RCC_AHBENR, 0x15);
    set_reg(board, GPIOA_BASE + 0, 0x44444B44); /* PA2 AF push-pull, PA3 floating */
    set_reg(board, GPIOA_BASE + 4, 0x444444B4); /* PA9, PA10 */
    set_reg(board, USART2_BASE + BRR, 0x0EA6);
    set_reg(board, USART1_BASE + BRR, 0x0271);
    *state = fixture;
    return 0;
}

static int drop(void **state)
{
    struct fixture *fixture = *state;
    board_free(fixture->board);
    free(fixture);
    return 0;
}

#define BIT_9600   ((uint64_t)0x0EA6 * 16)
#define BIT_115200 ((uint64_t)0x0271 * 8)

static void test_usart_rm0008_reset_values(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(get_reg(fixture->board, USART2_BASE + SR), TC | TXE);
    assert_int_equal(get_reg(fixture->board, USART2_BASE + CR1), 0);
    assert_int_equal(get_reg(fixture->board, 0x40004800), 0); /* USART3: no clock reads 0 */
}

static void test_usart_frame_lasts_ten_bits(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    set_reg(board, USART2_BASE + CR1, UE | TE);
    pass(board, 20 * BIT_9600); /* the idle frame */
    assert_int_equal(get_reg(board, USART2_BASE + SR), TC | TXE);
    uint64_t start = board_now(board);
    set_reg(board, USART2_BASE + DR, 'a');
    assert_int_equal(get_reg(board, USART2_BASE + SR), TXE);
    set_reg(board, USART2_BASE + DR, 'b');
    assert_int_equal(get_reg(board, USART2_BASE + SR), 0);
    pass(board, 10 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR), TXE);
    pass(board, 10 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR), TXE | TC);
    assert_int_equal(fixture->count, 2);
    assert_memory_equal(fixture->sent, "ab", 2);
    assert_int_equal(fixture->when[0], start + 10 * BIT_9600);
    assert_int_equal(fixture->when[1], start + 20 * BIT_9600);
}

static void test_usart_te_sends_an_idle_frame_first(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    uint64_t start = board_now(board);
    set_reg(board, USART1_BASE + CR1, UE | TE);
    set_reg(board, USART1_BASE + DR, 'x');
    assert_int_equal(get_reg(board, USART1_BASE + SR) & TXE, 0);
    pass(board, 25 * BIT_115200);
    assert_int_equal(fixture->count, 1);
    assert_int_equal(fixture->when[0], start + 20 * BIT_115200);
}

static void test_usart_tx_needs_its_pin(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    set_reg(board, GPIOA_BASE + 0, 0x44444444);
    set_reg(board, USART2_BASE + CR1, UE | TE);
    set_reg(board, USART2_BASE + DR, 'x');
    pass(board, 30 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR), TC | TXE);
    assert_int_equal(fixture->count, 0);
}

static void test_usart_receives_at_the_senders_pace(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    set_reg(board, USART2_BASE + CR1, UE | RE);
    assert_int_equal(board_uart_put(board, 2, (const uint8_t *)"hi", 2, 9600), 2);
    pass(board, 9 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & RXNE, 0);
    pass(board, BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & RXNE, RXNE);
    assert_int_equal(board_uart_waiting(board, 2), 1);
    assert_int_equal(get_reg(board, USART2_BASE + DR), 'h');
    assert_int_equal(get_reg(board, USART2_BASE + SR) & RXNE, 0);
    pass(board, 10 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + DR), 'i');
    assert_int_equal(board_uart_overruns(board, 2), 0);
}

static void test_usart_rm0008_overrun_keeps_dr(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    set_reg(board, USART2_BASE + CR1, UE | RE | RXNEIE);
    (void)board_uart_put(board, 2, (const uint8_t *)"abc", 3, 9600);
    pass(board, 30 * BIT_9600);
    assert_true((board->cpu.irq_line >> 38 & 1) != 0);
    assert_int_equal(board_uart_overruns(board, 2), 2);
    assert_int_equal(get_reg(board, USART2_BASE + DR), 'a'); /* without SR first: ORE stays */
    assert_int_equal(get_reg(board, USART2_BASE + SR) & (ORE | RXNE), ORE);
    assert_true((board->cpu.irq_line >> 38 & 1) != 0);
    (void)get_reg(board, USART2_BASE + DR);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & ORE, 0);
    assert_true((board->cpu.irq_line >> 38 & 1) == 0);
}

static void test_usart_rm0008_idle_line(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    set_reg(board, USART2_BASE + CR1, UE | RE | IDLEIE);
    pass(board, 100 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & IDLE, 0); /* only after a byte */
    (void)board_uart_put(board, 2, (const uint8_t *)"ab", 2, 9600);
    pass(board, 20 * BIT_9600 + 9 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & IDLE, 0);
    pass(board, 2 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & IDLE, IDLE);
    assert_true((board->cpu.irq_line >> 38 & 1) != 0);
    (void)get_reg(board, USART2_BASE + DR);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & IDLE, 0);
    pass(board, 100 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & IDLE, 0);
    /* a byte inside the idle frame puts it off */
    (void)board_uart_put(board, 2, (const uint8_t *)"c", 1, 9600);
    pass(board, 15 * BIT_9600);
    (void)board_uart_put(board, 2, (const uint8_t *)"d", 1, 9600);
    pass(board, 12 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & IDLE, 0);
    pass(board, 10 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & IDLE, IDLE);
}

static uint32_t receive_at(struct board *board, uint32_t baud, uint32_t *out_dr)
{
    (void)board_uart_put(board, 2, (const uint8_t *)"U", 1, baud);
    pass(board, 3 * MS);
    uint32_t sr = get_reg(board, USART2_BASE + SR);
    *out_dr = get_reg(board, USART2_BASE + DR);
    return sr;
}

static void test_usart_baud_mismatch(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    uint32_t dr;
    set_reg(board, USART2_BASE + CR1, UE | RE);
    pass(board, US);
    assert_int_equal(receive_at(board, 9600 * 96 / 100, &dr) & (RXNE | FE), RXNE);
    assert_int_equal(dr, 'U');
    assert_int_equal(receive_at(board, 9600 * 104 / 100, &dr) & (RXNE | FE), RXNE);
    assert_int_equal(dr, 'U');
    assert_int_equal(receive_at(board, 9600 * 94 / 100, &dr) & (RXNE | FE), RXNE | FE);
    assert_int_equal(receive_at(board, 19200, &dr) & (RXNE | FE), RXNE | FE);
    assert_int_not_equal(dr, 'U');
    assert_int_equal(receive_at(board, 9600, &dr) & (RXNE | FE), RXNE);
    assert_int_equal(dr, 'U');
}

static void test_usart_deaf_until_enabled(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    (void)board_uart_put(board, 2, (const uint8_t *)"ab", 2, 9600);
    pass(board, 5 * BIT_9600);
    set_reg(board, USART2_BASE + CR1, UE | RE);
    pass(board, 6 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + SR) & RXNE, 0);
    pass(board, 10 * BIT_9600);
    assert_int_equal(get_reg(board, USART2_BASE + DR), 'b');
}

static void test_usart_line_holds_4096_bytes(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t bytes[5000];
    assert_int_equal(board_uart_put(fixture->board, 2, bytes, sizeof bytes, 9600), 4096);
    assert_int_equal(board_uart_put(fixture->board, 2, bytes, 1, 9600), 0);
    assert_int_equal(board_uart_waiting(fixture->board, 2), 4096);
    pass(fixture->board, 1100 * BIT_9600);
    assert_int_equal(board_uart_put(fixture->board, 2, bytes, sizeof bytes, 115200), 110);
}

static void test_usart_unmodelled_stops_loudly(void **state)
{
    struct fixture *fixture = *state;
    set_reg(fixture->board, USART2_BASE + CR3, 8); /* HDSEL */
    assert_unknown(fixture->board, "USART2_CR3 = 0x8");
}

/* ---- DMA ---- */

enum { EN = 1, TCIE = 2, HTIE = 4, DIR = 0x10, CIRC = 0x20, MINC = 0x80 };
#define CHANNEL(n)      (DMA1_BASE + 8 + 20 * ((n)-1))
#define FLAGS(board, n) (get_reg(board, DMA1_BASE) >> (4 * ((n)-1)) & 0xF)

/* USART2 RX is channel 6: a circular ring, while the core stalls in an erase. */
static void test_dma_ring_goes_on_while_the_core_stalls(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    uint8_t bytes[40];
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i + 1);
    }
    set_reg(board, CHANNEL(6) + 4, 16);
    set_reg(board, CHANNEL(6) + 8, USART2_BASE + DR);
    set_reg(board, CHANNEL(6) + 12, BOARD_SRAM_BASE + 0x100);
    set_reg(board, CHANNEL(6), EN | TCIE | HTIE | CIRC | MINC);
    set_reg(board, USART2_BASE + CR3, DMAR);
    set_reg(board, USART2_BASE + CR1, UE | RE);
    (void)board_uart_put(board, 2, bytes, 8, 9600);
    pass(board, 80 * BIT_9600);
    assert_int_equal(get_reg(board, CHANNEL(6) + 4), 8);
    assert_int_equal(FLAGS(board, 6), 1 | 4);
    assert_true((board->cpu.irq_line >> 16 & 1) != 0);
    set_reg(board, DMA1_BASE + 4, 1u << 20);
    assert_int_equal(FLAGS(board, 6), 0);
    assert_true((board->cpu.irq_line >> 16 & 1) == 0);

    unlock_flash(board);
    set_reg(board, FLASH_CR, 2);
    set_reg(board, FLASH_AR, BOARD_FLASH_BASE + 0x4000);
    set_reg(board, FLASH_CR, 0x42);
    (void)board_uart_put(board, 2, bytes + 8, 10, 9600);
    uint32_t word;
    assert_true(bus_read(board, BOARD_FLASH_BASE, 4, &word)); /* 20 ms or more = 19 bytes */
    assert_int_equal(get_reg(board, CHANNEL(6) + 4), 14);
    assert_int_equal(FLAGS(board, 6), 1 | 2);
    assert_memory_equal(board->sram + 0x100, "\x11\x12\x03\x04", 4);
    assert_int_equal(board_uart_overruns(board, 2), 0);
}

/* USART1 TX is channel 4. */
static void test_dma_sends_and_completes(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    memcpy(board->sram + 0x200, "hello", 5);
    set_reg(board, USART1_BASE + CR1, UE | TE);
    set_reg(board, USART1_BASE + SR, ~(uint32_t)TC);
    set_reg(board, CHANNEL(4) + 4, 5);
    set_reg(board, CHANNEL(4) + 8, USART1_BASE + DR);
    set_reg(board, CHANNEL(4) + 12, BOARD_SRAM_BASE + 0x200);
    set_reg(board, CHANNEL(4), EN | DIR | MINC);
    set_reg(board, USART1_BASE + CR3, DMAT);
    pass(board, 55 * BIT_115200);
    assert_int_equal(FLAGS(board, 4), 1 | 2 | 4);
    assert_int_equal(get_reg(board, USART1_BASE + SR) & TC, 0);
    pass(board, 10 * BIT_115200);
    assert_int_equal(get_reg(board, USART1_BASE + SR) & TC, TC);
    assert_int_equal(fixture->count, 5);
    assert_memory_equal(fixture->sent, "hello", 5);
    assert_int_equal(fixture->when[4] - fixture->when[0], 40 * BIT_115200);
}

static void test_dma_reading_busy_flash_stalls_all_channels(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    memcpy(board_flash(board) + 0x8000, "flash", 5);
    set_reg(board, CHANNEL(4) + 4, 5);
    set_reg(board, CHANNEL(4) + 8, USART1_BASE + DR);
    set_reg(board, CHANNEL(4) + 12, BOARD_FLASH_BASE + 0x8000);
    set_reg(board, CHANNEL(4), EN | DIR | MINC);
    set_reg(board, USART1_BASE + CR3, DMAT);
    unlock_flash(board);
    set_reg(board, FLASH_CR, 2);
    set_reg(board, FLASH_AR, BOARD_FLASH_BASE + 0x4000);
    set_reg(board, FLASH_CR, 0x42);
    set_reg(board, USART1_BASE + CR1, UE | TE);
    board->cpu.now += 15 * MS; /* only time passes: code in flash would stall */
    assert_int_equal(get_reg(board, CHANNEL(4) + 4), 5);
    pass(board, 30 * MS);
    assert_int_equal(fixture->count, 5);
    assert_memory_equal(fixture->sent, "flash", 5);
}

static void test_dma_bus_error(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = fixture->board;
    set_reg(board, USART1_BASE + CR1, UE | TE);
    set_reg(board, USART1_BASE + CR3, DMAT);
    set_reg(board, CHANNEL(4) + 4, 5);
    set_reg(board, CHANNEL(4) + 8, USART1_BASE + DR);
    set_reg(board, CHANNEL(4) + 12, 0x30000000);
    set_reg(board, CHANNEL(4), EN | DIR | MINC);
    assert_int_equal(FLAGS(board, 4), 1 | 8);
    assert_int_equal(get_reg(board, CHANNEL(4)) & EN, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(test_usart_rm0008_reset_values),
        TEST(test_usart_frame_lasts_ten_bits),
        TEST(test_usart_te_sends_an_idle_frame_first),
        TEST(test_usart_tx_needs_its_pin),
        TEST(test_usart_receives_at_the_senders_pace),
        TEST(test_usart_rm0008_overrun_keeps_dr),
        TEST(test_usart_rm0008_idle_line),
        TEST(test_usart_baud_mismatch),
        TEST(test_usart_deaf_until_enabled),
        TEST(test_usart_line_holds_4096_bytes),
        TEST(test_usart_unmodelled_stops_loudly),
        TEST(test_dma_ring_goes_on_while_the_core_stalls),
        TEST(test_dma_sends_and_completes),
        TEST(test_dma_reading_busy_flash_stalls_all_channels),
        TEST(test_dma_bus_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
