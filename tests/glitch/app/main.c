/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest image that can be signed and started. tests/glitch never lets it run: it asks
 * only whether its first instruction would. */
#include "startup.h"

void reset_handler(void)
{
    for (;;) {
    }
}
