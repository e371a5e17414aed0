/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_INFO_VIEW_H
#define CLI_INFO_VIEW_H

#include "module/module.h"

/* What `otter info` prints. */

/* Print what an MCU has told, in 0x02 (event->info, ->update_status) and, if it was asked, of
 * itself (event->about): as lines for a person, or as one JSON object. Returns the exit
 * code. */
int info_view_print(const struct module_event *event, const char *port, bool as_json);

#endif
