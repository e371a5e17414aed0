/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader that comes too late loses, of a ring of 8 bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "lab/ring_meter.h"

static const struct firmware_ring ring = {
    .addr = 0x20000100, .size = 8, .tail_addr = 0x20000200};

/* Store `stored` bytes, one after the other, with the reader standing still; then it reads
 * `read`. */
static void step(struct ring_meter *meter, unsigned stored, unsigned read)
{
    uint32_t head = meter->head, tail = meter->tail;
    for (unsigned i = 0; i < stored; i++) {
        head = (head + 1) % ring.size;
        ring_meter_step(meter, head, tail);
    }
    ring_meter_step(meter, head, (tail + read) % ring.size);
}

static void start(struct ring_meter *meter, uint32_t at)
{
    ring_meter_init(meter, &ring);
    ring_meter_step(meter, at, at);
}

static void test_reader_in_time_loses_nothing(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < ring.size; at++) {
        struct ring_meter meter;
        start(&meter, at);
        for (unsigned len = 1; len < ring.size; len++) {
            step(&meter, len, len);
            assert_int_equal(meter.unread, 0);
        }
        assert_int_equal(meter.stored, 1 + 2 + 3 + 4 + 5 + 6 + 7);
        assert_int_equal(meter.lost, 0);
    }
}

/* The reader finds the ring empty when it is full, and as full as it looks after that. */
static void test_whole_ring_is_lost(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < ring.size; at++) {
        struct ring_meter meter;
        start(&meter, at);
        step(&meter, 8, 0);
        assert_int_equal(meter.lost, 8);
        assert_int_equal(meter.unread, 0);
        step(&meter, 3, 3);
        assert_int_equal(meter.lost, 8);
        step(&meter, 21, 5); /* two rings, and five bytes that can be read */
        assert_int_equal(meter.lost, 24);
        assert_int_equal(meter.unread, 0);
    }
}

static void test_what_lies_there_already_counts(void **state)
{
    (void)state;
    struct ring_meter meter;
    ring_meter_init(&meter, &ring);
    ring_meter_step(&meter, 2, 5); /* five bytes unread */
    assert_int_equal(meter.unread, 5);
    step(&meter, 2, 0);
    assert_int_equal(meter.lost, 0);
    step(&meter, 1, 0);
    assert_int_equal(meter.lost, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader_in_time_loses_nothing),
        cmocka_unit_test(test_whole_ring_is_lost),
        cmocka_unit_test(test_what_lies_there_already_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
