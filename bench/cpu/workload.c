/* SPDX-License-Identifier: Apache-2.0 */
#include "workload.h"

#include "otter/bytes.h"
#include "otter/crc32.h"
#include "otter/md5.h"

enum { ROUNDS = 100, WORDS = 1024 };

static uint32_t words[WORDS];
static uint8_t bytes[4 * WORDS];

/* Marsaglia, "Xorshift RNGs" (2003), the 13-17-5 generator. */
static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

/* Let words[at] sink until both of its children are not larger. */
static void sift_down(uint32_t at, uint32_t count)
{
    uint32_t value = words[at];
    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && words[child + 1] > words[child]) {
            child++;
        }
        if (words[child] <= value) {
            break;
        }
        words[at] = words[child];
        at = child;
    }
    words[at] = value;
}

static void sort_words(void)
{
    for (uint32_t i = WORDS / 2; i-- > 0;) {
        sift_down(i, WORDS);
    }
    for (uint32_t last = WORDS - 1; last > 0; last--) {
        uint32_t largest = words[0];
        words[0] = words[last];
        words[last] = largest;
        sift_down(0, last);
    }
}

uint32_t workload_run(void)
{
    uint32_t random = 2463534242U;
    uint32_t checksum = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct otter_md5 md5;
        uint8_t digest[16];

        for (uint32_t i = 0; i < WORDS; i++) {
            words[i] = next_random(&random);
            otter_put_le32(bytes + 4 * i, words[i]);
        }
        otter_md5_init(&md5);
        otter_md5_update(&md5, bytes, sizeof bytes);
        otter_md5_final(&md5, digest);
        checksum = otter_crc32(checksum, digest, sizeof digest);

        sort_words();
        for (uint32_t i = 0; i < WORDS; i++) {
            otter_put_le32(bytes + 4 * i, words[i]);
        }
        checksum = otter_crc32(checksum, bytes, sizeof bytes);
    }
    return checksum;
}
