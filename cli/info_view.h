/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_INFO_VIEW_H
#define CLI_INFO_VIEW_H

#include "host/error.h"
#include "module/module.h"

/* What `otter info` prints. */

/* Print what an MCU has told, in 0x02 (event->info, ->update_status) and, if it was asked, of
 * itself (event->about): as lines for a person, or as one JSON object. Returns the exit
 * code. */
int info_view_print(const struct module_event *event, const char *port, bool as_json);

/* Report that it has told nothing. `reason` is one word, for JSON. Returns the exit code. */
int info_view_fail(const char *port, const char *reason, const struct host_error *error,
                   bool as_json);

#endif
