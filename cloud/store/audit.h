/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_AUDIT_H
#define CLOUD_AUDIT_H

#include <stdint.h>
#include "cloud/store/store.h"

/* What people did, as a chain: each entry has the hash of the one before it, and a hash of its
 * own over everything in it. Whoever changes, removes or reorders an entry in the database must
 * make all later hashes anew; so the last hash, kept somewhere else, proves the whole.
 *
 * The hash is SHA-256 in lower-case hex over one line of JSON without spaces, names sorted, all
 * other characters than ASCII escaped:
 *
 *   {"actor":...,"after":...,"at":...,"before":...,"id":...,"object":...,"previous_hash":...,
 *    "verb":...}
 *
 * with `before` and `after` as strings. The first entry has the previous_hash "".
 *
 * An entry goes into the batch of the change that it is about. The next one can be made when
 * that batch is answered: after a conflict nothing of it is there, and the next entry follows
 * the same one again. Two that follow the same entry are a conflict in the store.
 */
struct audit_end {
    int64_t id, count; /* of the last entry, and of all */
    char hash[65];     /* "" = there is none yet */
};

/* Make `io_entry` the one after `previous_hash`: fills in both hashes. id, at, actor, verb,
 * object, before and after are the caller's. Returns 0, or -1: a text is not UTF-8, or no
 * memory. */
OTTER_MUST_CHECK int audit_seal(struct record_audit *io_entry, const char *previous_hash,
                                struct host_error *out_error);

/* Read the whole chain and check it. Returns 0 with its end, which is where the next entry
 * goes, or -1: the error names the first entry that does not fit. */
OTTER_MUST_CHECK int audit_verify(struct store *store, struct audit_end *out_end,
                                  struct host_error *out_error);

#endif
