/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/store.h"

int store_load(struct store *store, enum record_kind kind, store_visitor *visitor, void *ctx,
               struct host_error *out_error)
{
    struct store_query query = {.kind = kind, .limit = SIZE_MAX};

    return store->read(store, &query, visitor, ctx, out_error);
}
