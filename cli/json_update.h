/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_JSON_UPDATE_H
#define CLI_JSON_UPDATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* How an update ended, in the JSON of `otter push` and `otter info`: an object with outcome
 * and, if it was not installed, why and number; null if there is nothing to tell. */
json_t *json_update(uint8_t reason, bool is_installed);

#endif
