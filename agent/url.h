/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_URL_H
#define AGENT_URL_H

#include <stdbool.h>
#include "agent/ddi_read.h"
#include "otter/err.h"

/* As much of RFC 3986 as links of a DDI server need. Pure. */

/* Is it an http or https URL with a host and without user, blanks, controls and fragment? */
bool url_is_good(const char *url);

/* Have two good URLs the same scheme, host and port? Case does not count, and a port that is
 * left out is the scheme's. */
bool url_is_same_origin(const char *a, const char *b);

/* What `href` means in the answer to a request for `base`: an absolute URL, or "//host/path",
 * "/path" or "path". Returns 0, or -1 if it is no good URL or too long. */
OTTER_MUST_CHECK int url_resolve(const char *base, const char *href,
                                 char out_url[DDI_URL_SIZE]);

#endif
