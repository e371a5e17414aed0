/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the pet house with a clock of our own: when what is told to the module (vendor's
 * rules 3.1 of the serial protocol document: report after each control, changes of the
 * environment not faster than 6 s, of keys at once, one each 600 s), alerts, faults, colours,
 * speed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/pethouse/product.h"

static struct product product;
static struct product_command command;
static uint32_t now;

static int start(void **state)
{
    (void)state;
    now = UINT32_MAX - 20000; /* the counter wraps in the long tests */
    product_init(&product, &p0_layout_2017, false, now);
    return 0;
}

/* Ask every 10 ms for `ms` as the main loop does; at the first command: take it as sent, return
 * it. */
static uint8_t run(uint32_t ms)
{
    for (uint32_t i = 0; i <= ms; i += 10) {
        if (product_next(&product, now, &command)) {
            product_sent(&product, &command, now);
            return command.cmd;
        }
        now += 10;
    }
    return 0;
}

static void begin_life(void) /* first climate, first report */
{
    product_climate(&product, 20, 50);
    assert_int_equal(run(6000), OTTER_CMD_REPORT);
}

static void control(uint8_t flags, uint8_t bits, uint8_t r, uint8_t g, uint8_t b, uint8_t motor)
{
    const uint8_t data[] = {flags, bits, r, g, b, motor};
    const struct otter_p0 p0 = {OTTER_P0_CONTROL, data, sizeof data};
    uint8_t answer[P0_STATUS_MAX];
    assert_int_equal(product_p0(&product, &p0, answer), 0);
}

static void expect_led(uint8_t r, uint8_t g, uint8_t b)
{
    struct product_color color = product_led(&product);
    assert_int_equal(color.red, r);
    assert_int_equal(color.green, g);
    assert_int_equal(color.blue, b);
}

static void test_first_report(void **state)
{
    (void)state;
    assert_int_equal(run(60000), 0); /* nothing measured yet */
    product_climate(&product, 24, 54);
    assert_int_equal(run(0), OTTER_CMD_REPORT);
    const uint8_t golden[] = {4, 0, 0, 0, 0, 5, 0, 0x25, 0x36, 0, 0}; /* recorded */
    assert_int_equal(command.payload_len, sizeof golden);
    assert_memory_equal(command.payload, golden, sizeof golden);
}

static void test_environment_not_faster_than_6_s(void **state)
{
    (void)state;
    begin_life();
    uint32_t last = now;
    product_obstacle(&product, true);
    assert_int_equal(run(5980), 0);
    assert_int_equal(run(1000), OTTER_CMD_REPORT);
    assert_true(now - last >= PRODUCT_REPORT_GAP_MS);
    assert_int_equal(command.payload[6], 1);
    /* there and back again within the gap: nothing to tell */
    product_obstacle(&product, false);
    assert_int_equal(run(3000), 0);
    product_obstacle(&product, true);
    assert_int_equal(run(60000), 0);
    /* temperature, after a long calm: at once */
    product_climate(&product, 21, 50);
    assert_int_equal(run(0), OTTER_CMD_REPORT);
}

static void test_report_each_600_s(void **state)
{
    (void)state;
    begin_life();
    for (int i = 0; i < 3; i++) {
        uint32_t last = now;
        assert_int_equal(run(700000), OTTER_CMD_REPORT);
        assert_int_equal(now - last, PRODUCT_REPORT_EACH_MS);
    }
}

static void test_control_is_always_reported(void **state)
{
    (void)state;
    begin_life();
    for (int i = 0; i < 5; i++) { /* the same control each time, no gap between */
        control(0x01, 1, 0, 0, 0, 0);
        assert_int_equal(run(0), OTTER_CMD_REPORT);
        assert_int_equal(command.payload[1], 1);
        assert_int_equal(run(100), 0);
    }
    control(0, 0, 0, 0, 0, 0); /* even one that sets nothing */
    assert_int_equal(run(0), OTTER_CMD_REPORT);
}

static void test_read_and_unknown_actions(void **state)
{
    (void)state;
    begin_life();
    uint8_t answer[P0_STATUS_MAX];
    const struct otter_p0 read = {OTTER_P0_READ, NULL, 0};
    assert_int_equal(product_p0(&product, &read, answer), 11);
    assert_int_equal(answer[0], OTTER_P0_READ_ANSWER);
    assert_memory_equal(answer + 1, command.payload + 1, 10);
    for (unsigned action = 0; action < 256; action++) {
        static const uint8_t data[] = {0x3F, 7, 1, 1, 1, 1};
        const struct otter_p0 p0 = {(uint8_t)action, data, sizeof data};
        if (action != OTTER_P0_CONTROL && action != OTTER_P0_READ) {
            assert_int_equal(product_p0(&product, &p0, answer), 0);
        }
    }
    /* a control of the other layout's length does nothing */
    static const uint8_t old[] = {0x3F, 7, 1, 1, 1, 0, 1};
    const struct otter_p0 p0 = {OTTER_P0_CONTROL, old, sizeof old};
    assert_int_equal(product_p0(&product, &p0, answer), 0);
    assert_int_equal(run(5000), 0);
    expect_led(0, 0, 0);
    assert_int_equal(product_motor(&product), 0);
}

static void test_colours(void **state)
{
    (void)state;
    expect_led(0, 0, 0);
    control(0x01, 1, 0, 0, 0, 0); /* on, custom 0,0,0: red */
    expect_led(254, 0, 0);
    control(0x1C, 0, 1, 2, 3, 0); /* on, custom: that */
    expect_led(1, 2, 3);
    control(0x02, 1 << 1, 0, 0, 0, 0);
    expect_led(254, 254, 0);
    control(0x02, 2 << 1, 0, 0, 0, 0);
    expect_led(254, 0, 70);
    control(0x02, 3 << 1, 0, 0, 0, 0);
    expect_led(238, 30, 30);
    control(0x03, 0, 0, 0, 0, 0); /* off, custom: the colour set before */
    expect_led(1, 2, 3);
    control(0x1C, 0, 0, 0, 0, 0);
    expect_led(0, 0, 0);
}

static void test_motor(void **state)
{
    (void)state;
    assert_int_equal(product_motor(&product), 0);
    for (int raw = 0; raw <= 10; raw++) {
        control(0x20, 0, 0, 0, 0, (uint8_t)raw);
        assert_int_equal(product_motor(&product), raw - 5);
    }
    control(0x20, 0, 0, 0, 0, 200); /* cannot be: keeps its speed */
    assert_int_equal(product_motor(&product), 5);
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        unsigned key;
        enum key_event event;
        uint8_t cmd;
        int payload;
    } cases[] = {
        {1, KEY_SHORT, OTTER_CMD_BINDABLE, -1},
        {1, KEY_LONG, OTTER_CMD_RESET_MODULE, -1},
        {2, KEY_SHORT, OTTER_CMD_CONFIG_MODE, OTTER_CONFIG_SOFTAP},
        {2, KEY_LONG, OTTER_CMD_CONFIG_MODE, OTTER_CONFIG_AIRLINK},
        {3, KEY_LONG, OTTER_CMD_PRODUCTION_TEST, -1},
    };
    begin_life();
    product.values[P0_ALERT_1] = 1; /* KEY3 is being held: its alert is told already */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        product_key(&product, cases[i].key, cases[i].event);
        assert_int_equal(run(0), cases[i].cmd);
        assert_int_equal(command.payload_len, cases[i].payload < 0 ? 0 : 1);
        if (cases[i].payload >= 0) {
            assert_int_equal(command.payload[0], cases[i].payload);
        }
        assert_int_equal(run(1000), 0); /* once */
    }
    product_key(&product, 1, KEY_PRESSED);
    product_key(&product, 1, KEY_RELEASED);
    product_key(&product, 2, KEY_NONE);
    assert_int_equal(run(900), 0);
    /* both modes wanted at once: one after the other, none lost */
    product_key(&product, 2, KEY_SHORT);
    product_key(&product, 2, KEY_LONG);
    assert_int_equal(run(0), OTTER_CMD_CONFIG_MODE);
    assert_int_equal(command.payload[0], OTTER_CONFIG_SOFTAP);
    assert_int_equal(run(0), OTTER_CMD_CONFIG_MODE);
    assert_int_equal(command.payload[0], OTTER_CONFIG_AIRLINK);
}

static void test_alert_1_while_key3_is_held(void **state)
{
    (void)state;
    begin_life();
    product_key(&product, 3, KEY_PRESSED);
    assert_int_equal(run(0), OTTER_CMD_REPORT); /* at once */
    assert_int_equal(command.payload[9], 1);
    product_key(&product, 3, KEY_LONG);
    assert_int_equal(run(0), OTTER_CMD_PRODUCTION_TEST);
    assert_int_equal(run(100), 0);
    product_key(&product, 3, KEY_RELEASED);
    assert_int_equal(run(0), OTTER_CMD_REPORT);
    assert_int_equal(command.payload[9], 0);
    product_key(&product, 3, KEY_PRESSED);
    product_key(&product, 3, KEY_SHORT); /* no command behind a short press */
    assert_int_equal(run(0), OTTER_CMD_REPORT);
    assert_int_equal(run(5000), 0);
}

static void test_alert_2_above_50_degrees(void **state)
{
    (void)state;
    static const int celsius[] = {50, 51, 187, 50, -13, -20};
    static const uint8_t alert[] = {0, 2, 2, 0, 0, 0};
    static const uint8_t raw[] = {63, 64, 200, 63, 0, 0};
    begin_life();
    for (size_t i = 0; i < sizeof alert; i++) {
        product_climate(&product, celsius[i], 30);
        run(PRODUCT_REPORT_GAP_MS);
        assert_int_equal(command.payload[7], raw[i]);
        assert_int_equal(command.payload[8], 30);
        assert_int_equal(command.payload[9], alert[i]);
    }
}

static void test_fault_after_3_failed_reads(void **state)
{
    (void)state;
    begin_life();
    for (int i = 0; i < 5; i++) { /* two failures between good ones: no fault */
        product_climate_failed(&product);
        product_climate_failed(&product);
        product_climate(&product, 20, 50);
    }
    assert_int_equal(run(10000), 0);
    product_climate_failed(&product);
    product_climate_failed(&product);
    assert_int_equal(run(10000), 0);
    product_climate_failed(&product);
    assert_int_equal(run(0), OTTER_CMD_REPORT);
    assert_int_equal(command.payload[10], 4);
    assert_int_equal(command.payload[7], 33); /* the last temperature stays */
    for (int i = 0; i < 1000; i++) {
        product_climate_failed(&product); /* the count does not wrap */
    }
    assert_int_equal(run(10000), 0);
    product_climate(&product, 20, 50);
    assert_int_equal(run(0), OTTER_CMD_REPORT);
    assert_int_equal(command.payload[10], 0);
}

static void test_fault_from_the_start_is_reported(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        product_climate_failed(&product);
    }
    assert_int_equal(run(6000), OTTER_CMD_REPORT);
    assert_int_equal(command.payload[10], 4);
}

static void test_module_status(void **state)
{
    (void)state;
    begin_life();
    product_status(&product, 0x071A);
    assert_int_equal(run(0), OTTER_CMD_GET_MODULE_INFO);
    assert_int_equal(command.payload_len, 1);
    assert_int_equal(command.payload[0], 0);
    product_status(&product, 0x073A); /* the cloud comes */
    assert_int_equal(run(0), OTTER_CMD_GET_TIME);
    assert_int_equal(command.payload_len, 0);
    product_status(&product, 0x0F3A); /* and stays */
    assert_int_equal(run(1000), 0);
    product_status(&product, 0x071A);
    assert_int_equal(run(1000), 0);
    product_status(&product, 0x073A); /* comes again */
    assert_int_equal(run(0), OTTER_CMD_GET_TIME);
    /* a module that was silent is asked again at its next status */
    product_gave_up(&product, OTTER_CMD_GET_MODULE_INFO);
    assert_int_equal(run(1000), 0);
    product_status(&product, 0x073A);
    assert_int_equal(run(0), OTTER_CMD_GET_MODULE_INFO);
}

/* The offer that may follow the module's 0x01 must not meet 0x21 or 0x17; all else may. */
static void test_module_is_asked_3_s_after_it_has_asked(void **state)
{
    (void)state;
    begin_life();
    product_module_asks(&product, now);
    product_status(&product, 0x073A);
    assert_int_equal(run(1000), 0);
    product_key(&product, 1, KEY_SHORT);
    assert_int_equal(run(0), OTTER_CMD_BINDABLE);
    product_module_asks(&product, now); /* again */
    assert_int_equal(run(2980), 0);
    assert_int_equal(run(10), OTTER_CMD_GET_TIME);
    assert_int_equal(run(0), OTTER_CMD_GET_MODULE_INFO);
}

static void test_lost_report_is_repeated_after_the_gap(void **state)
{
    (void)state;
    begin_life();
    uint32_t last = now;
    product_gave_up(&product, OTTER_CMD_REPORT);
    assert_int_equal(run(5980), 0);
    assert_int_equal(run(1000), OTTER_CMD_REPORT);
    assert_true(now - last >= PRODUCT_REPORT_GAP_MS);
    product_gave_up(&product, OTTER_CMD_BINDABLE); /* a key's is not */
    assert_int_equal(run(60000), 0);
}

static void test_refused_command_is_offered_again(void **state)
{
    (void)state;
    begin_life();
    product_key(&product, 1, KEY_SHORT);
    for (int i = 0; i < 1000; i++) { /* the link is busy: nobody calls product_sent() */
        assert_true(product_next(&product, now += 10, &command));
        assert_int_equal(command.cmd, OTTER_CMD_BINDABLE);
    }
    product_sent(&product, &command, now);
    control(0, 0, 0, 0, 0, 0);
    product_key(&product, 1, KEY_LONG); /* a person waits: before the report */
    assert_int_equal(run(0), OTTER_CMD_RESET_MODULE);
    assert_int_equal(run(0), OTTER_CMD_REPORT);
}

static void test_first_start_of_a_version(void **state)
{
    (void)state;
    product_init(&product, &p0_layout_2017, true, now);
    product_key(&product, 1, KEY_SHORT);
    assert_int_equal(run(0), OTTER_CMD_RESTART_MODULE); /* before all else */
    assert_int_equal(command.payload_len, 0);
    assert_int_equal(run(0), OTTER_CMD_BINDABLE);
    product_gave_up(&product, OTTER_CMD_RESTART_MODULE);
    uint32_t last = now;
    assert_int_equal(run(10000), OTTER_CMD_RESTART_MODULE); /* until it is answered */
    assert_int_equal(now - last, PRODUCT_RESTART_GAP_MS);
    product_answered(&product, OTTER_CMD_RESTART_MODULE);
    assert_int_equal(run(60000), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_first_report, start),
        cmocka_unit_test_setup(test_environment_not_faster_than_6_s, start),
        cmocka_unit_test_setup(test_report_each_600_s, start),
        cmocka_unit_test_setup(test_control_is_always_reported, start),
        cmocka_unit_test_setup(test_read_and_unknown_actions, start),
        cmocka_unit_test_setup(test_colours, start),
        cmocka_unit_test_setup(test_motor, start),
        cmocka_unit_test_setup(test_keys, start),
        cmocka_unit_test_setup(test_alert_1_while_key3_is_held, start),
        cmocka_unit_test_setup(test_alert_2_above_50_degrees, start),
        cmocka_unit_test_setup(test_fault_after_3_failed_reads, start),
        cmocka_unit_test_setup(test_fault_from_the_start_is_reported, start),
        cmocka_unit_test_setup(test_module_status, start),
        cmocka_unit_test_setup(test_module_is_asked_3_s_after_it_has_asked, start),
        cmocka_unit_test_setup(test_lost_report_is_repeated_after_the_gap, start),
        cmocka_unit_test_setup(test_refused_command_is_offered_again, start),
        cmocka_unit_test_setup(test_first_start_of_a_version, start),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
