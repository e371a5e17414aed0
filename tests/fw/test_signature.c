/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 and Ed25519 as the compiler made them for the bootloader, on the model: good
 * signatures, bad ones, time and stack. Authority: RFC 8032 (tests/vectors/README.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "board/cpu/cpu.h"
#include "host/ed25519_key.h"
#include "otter/bytes.h"
#include "port/stm32f103/partitions.h"
#include "support/ed25519_vectors.h"
#include "support/empty_bus.h"
#include "support/rng.h"
#include "support/unhex.h"
#include "tests/support/firmware.h"
#include "tests/fw/signapp/signapp.h"

enum {
    TICKS_PER_CYCLE = 8, /* 72 MHz, two wait states */
    FETCH_WAIT = 2,
    CYCLES_PER_MS = 72000,
    INIT_MS_MAX = 200,
    VERIFY_MS_MAX = 250,
    STACK_MAX =
        1400 + 840 + 64, /* in otter_ed25519_verify(); the program's own hash and digest */
    RAM_FILL = 0xA5,
};

/* A board's core and memory. Plain data: a copy is a snapshot. */
struct machine {
    struct cpu cpu;
    uint8_t flash[OTTER_FLASH_SIZE], ram[OTTER_RAM_SIZE];
};

static struct machine *ready; /* the constants computed, waiting for its input */
static struct otter_sha512 initial;

static uint32_t output(const struct machine *machine, size_t member_off)
{
    return otter_get_le32(machine->ram + (OTTER_RETAINED_ADDR - OTTER_RAM_ADDR) + member_off);
}

static void map(struct machine *machine)
{
    cpu_map(&machine->cpu, machine->flash, OTTER_FLASH_ADDR, sizeof machine->flash,
            machine->ram, OTTER_RAM_ADDR, sizeof machine->ram);
}

static void start(const char *program)
{
    otter_sha512_init(&initial);
    ready = calloc(1, sizeof *ready);
    assert_non_null(ready);
    memset(ready->flash, 0xFF, sizeof ready->flash);
    memset(ready->ram, RAM_FILL, sizeof ready->ram);
    firmware_read_to(program, ready->flash, OTTER_BOOT_SIZE);
    cpu_init(&ready->cpu, &empty_bus);
    map(ready);
    cpu_set_clock(&ready->cpu, TICKS_PER_CYCLE, FETCH_WAIT);
    cpu_reset(&ready->cpu);
    for (unsigned ms = 0;
         output(ready, offsetof(struct signapp_output, state)) != SIGNAPP_READY; ms++) {
        enum board_stop stop =
            cpu_run(&ready->cpu, ready->cpu.now + UINT64_C(1000) * CPU_TICKS_PER_US);
        if (stop != BOARD_STOP_TIME || ms > INIT_MS_MAX) {
            fail_msg("%s: not ready after %u ms: %s", program, ms, ready->cpu.why);
        }
    }
}

static int start_signapp(void **state)
{
    (void)state;
    start("tests/fw/signapp/signapp.bin");
    return 0;
}

static int start_signapp_lto(void **state)
{
    (void)state;
    start("tests/fw/signapp/signapp_lto.bin");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    free(ready);
    return 0;
}

/* Let the board check a signature; its digest must be the library's on the host. Returns
 * whether it is good there; out_machine, if not NULL, is how the board ends. */
static bool is_good(const struct otter_ed25519_key *key, const uint8_t signature[64],
                    const uint8_t message[], size_t len, struct machine *out_machine)
{
    static struct machine machine;
    uint8_t *input = machine.flash + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    uint8_t digest[64];

    machine = *ready;
    map(&machine);
    memcpy(input + offsetof(struct signapp_input, key), key, sizeof *key);
    memcpy(input + offsetof(struct signapp_input, signature), signature, 64);
    otter_put_le32(input + offsetof(struct signapp_input, message_len), (uint32_t)len);
    memcpy(input + offsetof(struct signapp_input, message), message, len);
    otter_put_le32(input + offsetof(struct signapp_input, wait), 0);
    enum board_stop why =
        cpu_run(&machine.cpu, machine.cpu.now + UINT64_C(1000000) * CPU_TICKS_PER_US);
    if (why != BOARD_STOP_BKPT ||
        output(&machine, offsetof(struct signapp_output, state)) != SIGNAPP_DONE) {
        fail_msg("stop %d at 0x%08" PRIx32 ": %s", (int)why, machine.cpu.r[15],
                 machine.cpu.why);
    }

    ed25519_digest(&initial, signature, key->packed, message, len, digest);
    assert_memory_equal(machine.ram + offsetof(struct signapp_output, digest), digest, 64);
    if (out_machine != NULL) {
        *out_machine = machine;
    }
    return output(&machine, offsetof(struct signapp_output, wrong)) == 0;
}

/* Each vector, and each with one bit of the signature, of the key's coordinates or
 * of the message turned. */
static void test_signature_good_and_flipped(void **state)
{
    struct vector_file vectors;
    struct ed25519_vector vector;
    uint64_t random = 1;
    unsigned count = 0;

    (void)state;
    vector_file_open(&vectors, OTTER_VECTORS_DIR "/ed25519/good.txt");
    while (ed25519_vector_next_good(&vectors, &vector)) {
        struct otter_ed25519_key key;
        uint8_t *const parts[4] = {vector.signature, vector.signature + 32, key.minus_x,
                                   vector.message};
        unsigned part = vector.message_len == 0 ? count % 3 : count % 4;
        uint32_t part_len = part == 3 ? (uint32_t)vector.message_len : 32;

        assert_int_equal(ed25519_key_unpack(vector.packed, &key), 0);
        assert_true(is_good(&key, vector.signature, vector.message, vector.message_len, NULL));
        parts[part][rng_below(&random, part_len)] ^= (uint8_t)(1U << rng_below(&random, 8));
        if (is_good(&key, vector.signature, vector.message, vector.message_len, NULL)) {
            fail_msg("good.txt:%u is good with one bit turned, too", vectors.number);
        }
        free(vector.message);
        count++;
    }
    assert_int_equal(count, 20);
}

/* Every third of the cases that verifiers disagree about, and those that are good. */
static void test_signature_edges(void **state)
{
    struct vector_file vectors;
    struct ed25519_vector vector;
    unsigned good = 0;

    (void)state;
    vector_file_open(&vectors, OTTER_VECTORS_DIR "/ed25519/edge.txt");
    while (ed25519_vector_next_edge(&vectors, &vector)) {
        struct otter_ed25519_key key;

        assert_int_equal(ed25519_key_unpack_any(vector.packed, &key), 0);
        if ((vector.is_good || vectors.number % 3 == 0) &&
            is_good(&key, vector.signature, vector.message, vector.message_len, NULL) !=
                vector.is_good) {
            fail_msg("edge.txt:%u %s is verified wrongly", vectors.number, vector.name);
        }
        good += vector.is_good;
        free(vector.message);
    }
    assert_int_equal(good, 22);
}

/* Time and stack with a message of the size of an image; the S with most ones, 126 more than
 * usual: each is a point more to add. What is printed is in docs/security.md. */
static void test_signature_costs(void **state)
{
    static uint8_t message[26000];
    static struct machine end;
    struct otter_ed25519_key key;
    uint8_t signature[64], packed[32];
    size_t untouched = OTTER_RETAINED_SIZE;

    (void)state;
    memset(signature, 0xFF, sizeof signature);
    signature[63] = 0x0F; /* below L */
    unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", packed, 32);
    assert_int_equal(ed25519_key_unpack(packed, &key), 0);
    assert_false(is_good(&key, signature, message, sizeof message, &end));
    uint32_t init = output(&end, offsetof(struct signapp_output, init_cycles));
    uint32_t hash = output(&end, offsetof(struct signapp_output, hash_cycles));
    uint32_t verify = output(&end, offsetof(struct signapp_output, verify_cycles));
    while (end.ram[untouched] == RAM_FILL) {
        untouched++;
    }
    print_message("constants %" PRIu32 " ms, hash of %zu bytes %" PRIu32 " ms, verify %" PRIu32
                  " ms, stack %zu bytes\n",
                  init / CYCLES_PER_MS, sizeof message, hash / CYCLES_PER_MS,
                  verify / CYCLES_PER_MS, sizeof end.ram - untouched);
    assert_true(init <= INIT_MS_MAX * CYCLES_PER_MS);
    assert_true(verify <= VERIFY_MS_MAX * CYCLES_PER_MS);
    assert_true(sizeof end.ram - untouched <= STACK_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature_good_and_flipped),
        cmocka_unit_test(test_signature_edges),
        cmocka_unit_test(test_signature_costs),
    };
    const struct CMUnitTest lto[] = {
        cmocka_unit_test(test_signature_good_and_flipped),
    };
    int failed = cmocka_run_group_tests_name("signapp", tests, start_signapp, stop);

    return failed + cmocka_run_group_tests_name("signapp_lto", lto, start_signapp_lto, stop);
}
