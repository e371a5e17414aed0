/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/md5.h"
#include <stddef.h>
#include <string.h>
#include "otter/bytes.h"

/* Written for size: boot_unsigned (boot/CMakeLists.txt) has room for 8 KB in all. One loop does
 * all 64 steps, and bytes go into the block one at a time, so that update needs no special
 * cases. */

/* floor(2^32 * |sin(i + 1)|), RFC 1321 3.4. Computing it would cost more than these 256
 * bytes. */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
    0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
    0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
    0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
    0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
    0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
    0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
    0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
    0xeb86d391,
};

/* RFC 1321 3.4, rounds 1 to 4: how far step i rotates left, by i mod 4. */
static const uint8_t rotations[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static void transform(struct otter_md5 *md5)
{
    uint32_t a = md5->state[0], b = md5->state[1], c = md5->state[2], d = md5->state[3];

    for (unsigned i = 0; i < 64; i++) {
        unsigned left = rotations[i / 16][i % 4];
        size_t word = i; /* which of the block's 16, modulo 16 */
        uint32_t mix, sum;

        if (i < 16) {
            mix = d ^ (b & (c ^ d));
        } else if (i < 32) {
            mix = c ^ (d & (b ^ c));
            word = 5 * word + 1;
        } else if (i < 48) {
            mix = b ^ c ^ d;
            word = 3 * word + 5;
        } else {
            mix = c ^ (b | ~d);
            word = 7 * word;
        }
        sum = a + mix + sines[i] + otter_get_le32(md5->block + word % 16 * 4);
        a = d;
        d = c;
        c = b;
        b += sum << left | sum >> (32 - left);
    }
    md5->state[0] += a;
    md5->state[1] += b;
    md5->state[2] += c;
    md5->state[3] += d;
}

void otter_md5_init(struct otter_md5 *md5)
{
    md5->state[0] = 0x67452301;
    md5->state[1] = 0xefcdab89;
    md5->state[2] = 0x98badcfe;
    md5->state[3] = 0x10325476;
    md5->length = 0;
}

void otter_md5_update(struct otter_md5 *md5, const uint8_t data[], uint32_t len)
{
    while (len-- != 0) {
        md5->block[md5->length++ % 64] = *data++;
        if (md5->length % 64 == 0) {
            transform(md5);
        }
    }
}

/* Write `count` words as little-endian bytes. */
static void put_words(uint8_t out[], const uint32_t words[], unsigned count)
{
    for (unsigned i = 0; i < 4 * count; i++) {
        out[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
    }
}

void otter_md5_final(struct otter_md5 *md5, uint8_t out_digest[16])
{
    const uint32_t bits[2] = {md5->length << 3, md5->length >> 29};
    uint8_t pad = 0x80;

    do { /* one 1 bit, then zeros up to the place of the length (RFC 1321 3.1) */
        otter_md5_update(md5, &pad, 1);
        pad = 0;
    } while (md5->length % 64 != 56);
    put_words(md5->block + 56, bits, 2); /* RFC 1321 3.2 */
    transform(md5);
    put_words(out_digest, md5->state, 4);
}

int otter_md5_from_hex(const uint8_t hex[32], uint8_t out_digest[16])
{
    uint8_t digest[16];
    unsigned byte = 0;

    for (unsigned i = 0; i < 32; i++) {
        unsigned digit = hex[i] - (unsigned)'0';

        if (digit > 9) {
            digit = (hex[i] | 0x20U) - (unsigned)'a'; /* upper and lower case */
            if (digit > 5) {
                return OTTER_ERR_FORMAT;
            }
            digit += 10;
        }
        byte = byte << 4 | digit;
        digest[i / 2] = (uint8_t)byte; /* the second digit of a pair overwrites the first */
    }
    memcpy(out_digest, digest, sizeof digest);
    return 0;
}
