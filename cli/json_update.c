/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json_update.h"

#include "host/json.h"
#include "host/reason_text.h"

json_t *json_update(uint8_t reason, bool is_installed)
{
    if (reason == OTTER_REASON_NONE && !is_installed) {
        return json_null();
    }
    json_t *update = json_object();
    if (reason == OTTER_REASON_NONE) {
        json_add(&update, "outcome", json_text("installed"));
        return update;
    }
    const struct reason_text *words = reason_text(reason);
    json_add(&update, "outcome", json_text(words->outcome));
    json_add(&update, "why", json_text(words->name));
    json_add(&update, "number", json_count(reason));
    return update;
}
