/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_MODULE_TEXT_H
#define HOST_MODULE_TEXT_H

#include "module/module.h"

/* Words for what the module reports in codes: its events and failures. Those for the reasons
 * that a device gives are in host/reason_text.h.
 */
enum { MODULE_TEXT_SIZE = 160 };

/* One clause for a person about an event that has something to say: STARTED (why), WRONG_READY,
 * REFUSED, STOPPED and FAILED; "" for all others. */
void module_text(const struct module_event *event, char out_text[MODULE_TEXT_SIZE]);

/* One word for logs and JSON: "no-answer", "piece-lost", ...; "none" for what is no failure. */
const char *module_text_failure(enum module_failure failure);

#endif
