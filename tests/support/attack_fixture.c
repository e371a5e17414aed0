/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/attack_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "lab/replay/replay.h"
#include "otter/bytes.h"
#include "otter/journal.h"
#include "otter/swap.h"
#include "tests/support/firmware.h"
#include "tests/support/journal_fixture.h"

enum { START_MAX_MS = 20000, RECOVERY_MS = 2000 };

struct ram_flash attack_flash;
struct otter_digest_record attack_app;

static const struct otter_layout *const layout = &ram_flash_layout;
static uint8_t base[RAM_FLASH_SIZE];
static struct testbed *last;  /* of the last start; its log is what the bootloader has said */
static struct replay *replay; /* the same images are verified in hundreds of starts */
static char replayed[64];     /* of this bootloader */

static uint8_t *bytes_at(uint32_t addr)
{
    return attack_flash.bytes + (addr - RAM_FLASH_ADDR);
}

/* As the chip's unit has it, a bit at a time: RM0008 chapter 4. Digest records are right on the
 * board then. */
static uint32_t crc(void *ctx, bool go_on, uint32_t addr, uint32_t len)
{
    static uint32_t sum;

    (void)ctx;
    sum = go_on ? sum : 0xFFFFFFFF;
    for (uint32_t off = 0; off < len; off += 4) {
        sum ^= otter_get_le32(bytes_at(addr + off));
        for (unsigned bit = 0; bit < 32; bit++) {
            sum = sum << 1 ^ (sum >> 31 != 0 ? 0x04C11DB7 : 0);
        }
    }
    return sum;
}

static void remember(const char *boot)
{
    char elf[sizeof replayed];

    (void)snprintf(elf, sizeof elf, "%.*s.elf", (int)(strlen(boot) - strlen(".bin")), boot);
    if (strcmp(elf, replayed) == 0) {
        return;
    }
    testbed_free(last);
    last = NULL;
    replay_free(replay);
    replay = firmware_replay(elf);
    memcpy(replayed, elf, sizeof replayed);
}

void attack_set_up(const char *boot, const char *app)
{
    struct otter_journal journal;

    remember(boot);
    ram_flash_init(&attack_flash);
    attack_flash.port.crc = crc;
    (void)firmware_read_to(boot, bytes_at(layout->boot.addr), layout->boot.size);
    (void)firmware_read_to(app, bytes_at(layout->app.addr), layout->app.size);
    assert_int_equal(attack_start(), ATTACK_APP);
    memcpy(base, attack_flash.bytes, sizeof base);
    otter_journal_read(&attack_flash.port, layout, &journal);
    assert_int_equal(journal.kind, OTTER_JOURNAL_IDLE);
    attack_app = attack_digest(OTTER_IMAGE_AT_APP, journal.present.length);
    assert_int_equal(journal.present.crc, attack_app.crc);
}

void attack_begin(void)
{
    ram_flash_restart(&attack_flash);
    memcpy(attack_flash.bytes, base, sizeof base);
}

/* ---- what the attacker writes ---- */

void attack_put(enum otter_image_at place, const uint8_t bytes[], uint32_t size)
{
    for (uint32_t off = 0; off < size; off += RAM_FLASH_PAGE) {
        uint32_t left = size - off;
        uint8_t *page = bytes_at(otter_swap_page_addr(layout, place, off / RAM_FLASH_PAGE));

        memset(page, 0xFF, RAM_FLASH_PAGE);
        memcpy(page, bytes + off, left < RAM_FLASH_PAGE ? left : RAM_FLASH_PAGE);
    }
}

struct otter_digest_record attack_digest(enum otter_image_at place, uint32_t size)
{
    return (struct otter_digest_record){
        size, otter_swap_image_crc(&attack_flash.port, layout, place, size)};
}

void attack_put_entry(enum otter_journal_kind kind, uint16_t step,
                      struct otter_digest_record present, struct otter_digest_record previous,
                      uint8_t flags)
{
    const struct journal_entry entry = {.step = step,
                                        .kind = (uint8_t)kind,
                                        .number = 8,
                                        .present_len = present.length,
                                        .present_crc = present.crc,
                                        .previous_len = previous.length,
                                        .previous_crc = previous.crc,
                                        .flags = flags};

    memset(bytes_at(layout->flag.addr), 0xFF, RAM_FLASH_PAGE);
    memset(bytes_at(layout->journal.addr), 0xFF, RAM_FLASH_PAGE);
    journal_entry_put(bytes_at(layout->journal.addr), 0, &entry);
}

void attack_put_marks(unsigned at, unsigned count)
{
    memset(bytes_at(layout->journal.addr) + at, 0, (size_t)2 * count);
}

/* ---- what the bootloader makes of it ---- */

static const char *said(void)
{
    return testbed_log(last);
}

static bool has_said(const char *text)
{
    return strstr(said(), text) != NULL;
}

enum attack_end attack_start(void)
{
    uint32_t ms = 0, recovering_ms = 0;

    testbed_free(last);
    last = firmware_alone(NULL, NULL);
    struct board *board = testbed_board(last);
    assert_true(replay_attach(replay, board));
    memcpy(board_flash(board), attack_flash.bytes, RAM_FLASH_SIZE);
    testbed_power_on(last);
    while (!has_said("App Init Success") && !has_said("Mute") && recovering_ms < RECOVERY_MS) {
        enum board_stop stop = testbed_run_ms(last, 1);

        if (stop != BOARD_STOP_TIME || ++ms == START_MAX_MS) {
            fail_msg("no end (stop %d, %s); log:\n%s", (int)stop, board_why(board), said());
        }
        recovering_ms += has_said("Recover");
    }
    memcpy(attack_flash.bytes, board_flash(board), RAM_FLASH_SIZE);
    assert_int_equal(board_resets(board, BOARD_RESET_WATCHDOG), 0);
    return has_said("App Init") ? ATTACK_APP : has_said("Mute") ? ATTACK_MUTE : ATTACK_RECOVERY;
}

unsigned attack_count(const char *action, unsigned number)
{
    char line[24];
    unsigned count = 0;

    (void)snprintf(line, sizeof line, "%s [%u]", action, number);
    for (const char *at = strstr(said(), line); at != NULL; at = strstr(at + 1, line)) {
        count++;
    }
    return count;
}

/* ---- what must hold ---- */

static void expect_end(const char *name, enum attack_end want)
{
    enum attack_end end = attack_start();

    if (end != want) {
        fail_msg("%s: ends %d, not %d; log:\n%s", name, (int)end, (int)want, said());
    }
}

static void expect_app_untouched(const char *name)
{
    uint32_t off = layout->app.addr - RAM_FLASH_ADDR;

    if (memcmp(attack_flash.bytes + off, base + off, layout->app.size) != 0) {
        fail_msg("%s: APP has changed; log:\n%s", name, said());
    }
}

void attack_expect_app(const char *name)
{
    expect_end(name, ATTACK_APP);
    expect_app_untouched(name);
}

/* From now on a start is as every other. */
static void expect_quiet(const char *name)
{
    attack_expect_app(name);
    uint64_t operations = board_flash_ops(testbed_board(last));
    if (operations != 0 || has_said("[")) {
        fail_msg("%s: %u operations; log:\n%s", name, (unsigned)operations, said());
    }
}

void attack_expect_refused(const char *name, enum otter_reason reason)
{
    struct otter_journal journal;

    attack_expect_app(name);
    if (attack_count("Refuse", reason) != 1 || has_said("Install") || has_said("Revert") ||
        has_said("Recover")) {
        fail_msg("%s: not refused with %d; log:\n%s", name, (int)reason, said());
    }
    expect_quiet(name);
    otter_journal_read(&attack_flash.port, layout, &journal);
    if (journal.kind != OTTER_JOURNAL_IDLE || journal.reason != reason) {
        fail_msg("%s: the journal says %d", name, journal.reason);
    }
}

void attack_expect_recovery(const char *name)
{
    expect_end(name, ATTACK_RECOVERY);
    expect_end(name, ATTACK_RECOVERY);
}
