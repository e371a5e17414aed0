/* SPDX-License-Identifier: Apache-2.0 */
#include "signapp.h"

#include "otter/sha512.h"
#include "partitions.h"

/* What a bootloader does with a signature, and nothing else: no clock, no peripherals, a vector
 * table of its own. Linked in the bootloader's place. Ends at BKPT. */
extern uint32_t ld_stack_top[];

void reset_handler(void);

__attribute__((section(".retained"), used)) static volatile struct signapp_output output;

/* ARM DDI 0403E, C1.8: the cycle counter, switched on by DEMCR.TRCENA and
 * DWT_CTRL.CYCCNTENA. */
#define DEMCR      (*(volatile uint32_t *)0xE000EDFC)
#define DWT_CTRL   (*(volatile uint32_t *)0xE0001000)
#define DWT_CYCCNT (*(volatile uint32_t *)0xE0001004)

static void stop(void)
{
    for (;;) {
        __asm__ volatile("bkpt 0");
    }
}

static void check(const volatile struct signapp_input *waiting)
{
    const struct signapp_input *input = (const struct signapp_input *)OTTER_APP_ADDR;
    struct otter_sha512 sha512;
    uint8_t digest[64];

    uint32_t start = DWT_CYCCNT;
    otter_sha512_init(&sha512);
    output.init_cycles = DWT_CYCCNT - start;
    output.state = SIGNAPP_READY;
    while (waiting->wait == UINT32_MAX) {
    }
    start = DWT_CYCCNT;
    otter_sha512_update(&sha512, input->signature, 32);
    otter_sha512_update(&sha512, input->key.packed, sizeof input->key.packed);
    otter_sha512_update(&sha512, input->message, input->message_len);
    otter_sha512_final(&sha512, digest);
    uint32_t hashed = DWT_CYCCNT;
    output.wrong = otter_ed25519_verify(&input->key, input->signature, digest);
    output.verify_cycles = DWT_CYCCNT - hashed;
    output.hash_cycles = hashed - start;
    for (unsigned i = 0; i < sizeof digest; i++) {
        output.digest[i] = digest[i];
    }
    output.state = SIGNAPP_DONE;
}

void reset_handler(void)
{
    DEMCR = 1U << 24;
    DWT_CTRL = 1;
    check((const volatile struct signapp_input *)OTTER_APP_ADDR);
    stop();
}

/* ARM DDI 0403E B1.5.3. Any exception is a failure: the program stops before it is done. */
struct vectors {
    uint32_t *stack;
    void (*handlers[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    ld_stack_top,
    {reset_handler, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop,
     stop, stop},
};
