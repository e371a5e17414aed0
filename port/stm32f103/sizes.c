/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/verify.h"

/* Sizes of the target's structs, for tools on the host that look into its RAM: absolute symbols
 * of the .elf, which take no place in the image. The function around them is in no program:
 * nobody calls it. */
void sizes(void);

void sizes(void)
{
    __asm__(".global sizeof_otter_verifier\n\t"
            ".equ sizeof_otter_verifier, %c0"
            :
            : "i"(sizeof(struct otter_verifier)));
}
