/* SPDX-License-Identifier: Apache-2.0 */
#include "board/gokit2/motor.h"

int motor_percent(unsigned duty_a, unsigned duty_b)
{
    int difference =
        (int)(duty_a > 1000 ? 1000 : duty_a) - (int)(duty_b > 1000 ? 1000 : duty_b);
    return difference >= 0 ? (difference + 5) / 10 : -((5 - difference) / 10);
}
