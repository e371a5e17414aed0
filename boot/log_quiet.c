/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

void log_clean_start(void)
{
}
