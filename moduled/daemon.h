/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULED_DAEMON_H
#define MODULED_DAEMON_H

#include "moduled/settings.h"

/* Run until SIGTERM or SIGINT. Returns 0, or -1 if it cannot begin. */
OTTER_MUST_CHECK int daemon_run(const struct settings *settings, struct host_error *out_error);

#endif
