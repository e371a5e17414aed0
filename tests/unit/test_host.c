/* SPDX-License-Identifier: Apache-2.0 */
/* What connects the board to the host: endpoints, the state file, the pace, the option values.
 * No test waits for time: pseudo terminals answer within poll(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "board/host/endpoint.h"
#include "board/host/pace.h"
#include "board/host/state.h"

static char folder[64];
static char why[HOST_WHY_SIZE];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/otter-host-XXXXXX");
    why[0] = '\0';
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails if a test left something behind */
}

static const char *in_folder(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* ---- endpoints ---- */

static void send_text(struct endpoint *end, const char *text)
{
    for (; *text != '\0'; text++) {
        endpoint_send(end, (uint8_t)*text);
    }
}

static void open_pty(struct endpoint *end, char path[128])
{
    char spec[160];
    strcpy(path, in_folder("mcu"));
    (void)snprintf(spec, sizeof spec, "pty:%s", path);
    if (!endpoint_open(end, spec, why)) {
        fail_msg("%s: %s", spec, why);
    }
}

static void test_endpoint_pty_carries_all_bytes_raw(void **state)
{
    (void)state;
    static struct endpoint end;
    char path[128];
    uint8_t all[256], got[256];
    for (unsigned i = 0; i < 256; i++) {
        all[i] = (uint8_t)i;
    }
    open_pty(&end, path);
    int peer = open(path, O_RDWR | O_NOCTTY);
    assert_true(peer >= 0);

    assert_int_equal(write(peer, all, sizeof all), sizeof all);
    size_t len = 0;
    for (size_t n;
         len < sizeof got && (n = endpoint_receive(&end, got + len, sizeof got - len)) > 0;) {
        len += n;
    }
    assert_int_equal(len, sizeof all);
    assert_memory_equal(got, all, sizeof all);
    assert_int_equal(endpoint_receive(&end, got, sizeof got), 0); /* no echo, no wait */

    for (unsigned i = 0; i < 256; i++) {
        endpoint_send(&end, all[i]);
    }
    assert_true(endpoint_flush(&end));
    len = 0;
    while (len < sizeof got) {
        struct pollfd fd = {.fd = peer, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, 5000), 1);
        ssize_t n = read(peer, got + len, sizeof got - len);
        assert_true(n > 0);
        len += (size_t)n;
    }
    assert_memory_equal(got, all, sizeof all);
    assert_int_equal(end.lost, 0);
    close(peer);
    endpoint_close(&end);
    assert_int_equal(access(path, F_OK), -1);
}

/* Like a wire: without a peer nothing is kept; a later peer gets what is sent from then on. */
static void test_endpoint_pty_without_peer_loses(void **state)
{
    (void)state;
    static struct endpoint end;
    char path[128], got[16];
    open_pty(&end, path);
    for (unsigned round = 0; round < 3; round++) {
        send_text(&end, "early");
        assert_true(endpoint_flush(&end));
        assert_int_equal(end.lost, 5 * (round + 1));
        assert_int_equal(endpoint_receive(&end, (uint8_t *)got, sizeof got), 0);
        int peer = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
        assert_true(peer >= 0);
        send_text(&end, "now");
        assert_true(endpoint_flush(&end));
        struct pollfd fd = {.fd = peer, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, 5000), 1);
        assert_int_equal(read(peer, got, sizeof got), 3);
        assert_memory_equal(got, "now", 3);
        close(peer);
    }
    endpoint_close(&end);
}

/* A peer that does not read must not stop the board. */
static void test_endpoint_pty_never_blocks(void **state)
{
    (void)state;
    static struct endpoint end;
    char path[128];
    open_pty(&end, path);
    int peer = open(path, O_RDWR | O_NOCTTY);
    assert_true(peer >= 0);
    for (unsigned i = 0; i < 100000; i++) {
        endpoint_send(&end, 'x');
    }
    assert_true(endpoint_flush(&end));
    assert_true(end.lost > 0);
    close(peer);
    endpoint_close(&end);
}

static void test_endpoint_pty_name(void **state)
{
    (void)state;
    static struct endpoint end, second;
    char path[128], spec[160];
    /* The link of a run that was killed is replaced. */
    strcpy(path, in_folder("mcu"));
    assert_int_equal(symlink("/dev/pts/4194304", path), 0);
    open_pty(&end, path);
    /* If another run has taken the name over, its link is not removed. */
    (void)snprintf(spec, sizeof spec, "pty:%s", path);
    assert_true(endpoint_open(&second, spec, why));
    endpoint_close(&end);
    assert_int_equal(access(path, F_OK), 0);
    endpoint_close(&second);
    assert_int_equal(access(path, F_OK), -1);
    /* A file is never replaced. */
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_false(endpoint_open(&end, spec, why));
    assert_string_equal(why, "File exists");
    assert_int_equal(unlink(path), 0);
    (void)snprintf(spec, sizeof spec, "pty:%s/no/such/folder", folder);
    assert_false(endpoint_open(&end, spec, why));
    assert_string_equal(why, "No such file or directory");
}

static void test_endpoint_file_and_null(void **state)
{
    (void)state;
    static struct endpoint end;
    char spec[160], got[16] = "";
    (void)snprintf(spec, sizeof spec, "file:%s", in_folder("log"));
    assert_true(endpoint_open(&end, spec, why));
    send_text(&end, "hello");
    assert_int_equal(endpoint_receive(&end, (uint8_t *)got, sizeof got), 0);
    assert_true(endpoint_flush(&end));
    endpoint_close(&end);
    int fd = open(spec + 5, O_RDONLY);
    assert_int_equal(read(fd, got, sizeof got), 5);
    assert_memory_equal(got, "hello", 5);
    close(fd);
    unlink(spec + 5);

    assert_true(endpoint_open(&end, "null", why));
    for (unsigned i = 0; i < 10000; i++) {
        endpoint_send(&end, 1);
    }
    assert_true(endpoint_flush(&end));
    endpoint_close(&end);

    assert_true(endpoint_open(&end, "file:/dev/full", why));
    send_text(&end, "x");
    assert_false(endpoint_flush(&end));
    assert_int_equal(end.error, ENOSPC);
    endpoint_close(&end);
}

static void test_endpoint_wrong_spec(void **state)
{
    (void)state;
    static struct endpoint end;
    static const char *const wrong[] = {"", "pty", "pty:", "file:", "tcp:1", "nul", "--"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        why[0] = '\0';
        assert_false(endpoint_is_spec(wrong[i]));
        assert_false(endpoint_open(&end, wrong[i], why));
        assert_non_null(strstr(why, "not one of"));
        endpoint_close(&end);
    }
}

/* ---- state ---- */

static void test_state_round_trip_and_wrong_files(void **state)
{
    (void)state;
    static uint8_t flash[BOARD_FLASH_SIZE], back[BOARD_FLASH_SIZE];
    char path[128];
    strcpy(path, in_folder("state.bin"));
    assert_true(state_load(path, back, BOARD_FLASH_SIZE, why)); /* absent: erased */
    for (size_t i = 0; i < sizeof back; i++) {
        assert_int_equal(back[i], 0xFF);
        flash[i] = (uint8_t)(i * 7);
    }
    assert_true(state_save(path, flash, BOARD_FLASH_SIZE, why));
    assert_true(state_load(path, back, BOARD_FLASH_SIZE, why));
    assert_memory_equal(back, flash, sizeof flash);
    flash[5] ^= 1;
    assert_true(state_save(path, flash, BOARD_FLASH_SIZE, why)); /* over the old one */
    assert_true(state_load(path, back, BOARD_FLASH_SIZE, why));
    assert_memory_equal(back, flash, sizeof flash);

    assert_int_equal(truncate(path, BOARD_FLASH_SIZE - 1), 0);
    assert_false(state_load(path, back, BOARD_FLASH_SIZE, why));
    assert_string_equal(why, "65535 bytes: not the flash of a board (65536)");
    assert_int_equal(truncate(path, BOARD_FLASH_SIZE + 1), 0);
    assert_false(state_load(path, back, BOARD_FLASH_SIZE, why));
    assert_memory_equal(back, flash, sizeof flash);
    assert_int_equal(unlink(path), 0);

    assert_false(state_load(folder, back, BOARD_FLASH_SIZE, why));
    assert_string_equal(why, "not a file");
    assert_false(state_save(in_folder("no/such"), flash, BOARD_FLASH_SIZE, why));
    assert_non_null(strstr(why, "cannot save: No such file"));
    /* A folder in the way: refused, and no temporary file stays (see remove_folder()). */
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(state_save(path, flash, BOARD_FLASH_SIZE, why));
    assert_int_equal(rmdir(path), 0);
}

/* ---- pace ---- */

static void test_pace(void **state)
{
    (void)state;
    struct pace pace;
    const int64_t ms = 1000000;
    const uint64_t tick_ms = UINT64_C(1000) * BOARD_TICKS_PER_US;
    pace_start_at(&pace, 5 * tick_ms, 1000 * ms);
    assert_int_equal(pace_ahead_at(&pace, 5 * tick_ms, 1000 * ms), 0);
    assert_int_equal(pace_ahead_at(&pace, 15 * tick_ms, 1000 * ms), 10 * ms);
    assert_int_equal(pace_ahead_at(&pace, 15 * tick_ms, 1004 * ms), 6 * ms);
    assert_int_equal(pace_ahead_at(&pace, 15 * tick_ms + 288, 1010 * ms), 500);
    /* Late by less than the limit: it catches up. */
    assert_int_equal(pace_ahead_at(&pace, 15 * tick_ms, 1100 * ms), 0);
    assert_int_equal(pace_ahead_at(&pace, 106 * tick_ms, 1100 * ms), 1 * ms);
    assert_int_equal(pace.lost_ns, 0);
    /* Suspended for a minute: that time is given up, and it is in step again. */
    assert_int_equal(pace_ahead_at(&pace, 106 * tick_ms, 61101 * ms), 0);
    assert_int_equal(pace.lost_ns, 60000 * ms);
    assert_int_equal(pace_ahead_at(&pace, 107 * tick_ms, 61101 * ms), 1 * ms);
    /* A year of virtual time does not overflow. */
    pace_start_at(&pace, 0, 0);
    uint64_t year_ms = UINT64_C(365) * 86400 * 1000;
    assert_true(pace_ahead_at(&pace, year_ms * tick_ms, 0) == year_ms * (uint64_t)ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint_pty_carries_all_bytes_raw),
        cmocka_unit_test(test_endpoint_pty_without_peer_loses),
        cmocka_unit_test(test_endpoint_pty_never_blocks),
        cmocka_unit_test(test_endpoint_pty_name),
        cmocka_unit_test(test_endpoint_file_and_null),
        cmocka_unit_test(test_endpoint_wrong_spec),
        cmocka_unit_test(test_state_round_trip_and_wrong_files),
        cmocka_unit_test(test_pace),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
