/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_LINE_DOUBT_H
#define HOST_LINE_DOUBT_H

#include "host/push_session.h"

/* What may be wrong with a serial line on which an MCU was not reached, judged by what came
 * over it, and by who else has the port open. */
enum { LINE_DOUBT_SIZE = 320 };

/* A clause that begins with ": " or "; ", to stand behind the words of `failure`
 * (host/module_text.h); "" = nothing is suspected. */
void line_doubt(const struct push_session *session, enum module_failure failure,
                char out_text[LINE_DOUBT_SIZE]);

#endif
