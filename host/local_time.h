/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LOCAL_TIME_H
#define HOST_LOCAL_TIME_H

#include <stdbool.h>
#include "otter/message.h"

/* This computer's local time as the answer to 0x17: fits module_config.time. False if it is not
 * known. `ctx` is not used. */
bool local_time(void *ctx, struct otter_time *out_time);

#endif
