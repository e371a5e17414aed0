/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULED_DAEMON_H
#define MODULED_DAEMON_H

#include "moduled/settings.h"

enum daemon_end {
    DAEMON_ENDED,  /* by SIGTERM or SIGINT */
    DAEMON_FAILED, /* it cannot begin: the folder, the system */
    DAEMON_WRONG,  /* it cannot begin: a setting, or a file that a setting names */
};

OTTER_MUST_CHECK enum daemon_end daemon_run(const struct settings *settings,
                                            struct host_error *out_error);

#endif
