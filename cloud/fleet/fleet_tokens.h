/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FLEET_TOKENS_H
#define CLOUD_FLEET_TOKENS_H

#include "cloud/fleet/fleet_change.h"

/* Tokens as rows. Only for the files fleet_*.c. */

/* May it be used now? `token` may be NULL. */
bool fleet_token_is_valid(const struct fleet *fleet, const struct fleet_token *token);

/* The row of a token in memory, to be changed and put. */
void fleet_token_row(const struct fleet_token *token, struct record_token *out_record);

/* All tokens of a device. */
void fleet_change_revoke_tokens_of(struct fleet_change *change, int64_t device);

#endif
