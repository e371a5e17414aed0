/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet.h"

#include <stdlib.h>
#include <string.h>
#include "cloud/fleet/fleet_settings.h"
#include "cloud/fleet/fleet_state.h"
#include "cloud/fleet/fleet_sweep.h"

enum { RESERVE_MAX = 1000000 };

struct loader {
    struct fleet *fleet;
    enum record_kind kind;
    bool is_bad;
};

static bool take(void *ctx, const void *record)
{
    struct loader *loader = ctx;

    loader->is_bad = fleet_state_put(loader->fleet, loader->kind, record) != 0;
    return !loader->is_bad;
}

static int load(struct fleet *fleet, enum record_kind kind, struct host_error *out_error)
{
    struct loader loader = {.fleet = fleet, .kind = kind};

    if (store_load(fleet->store, kind, take, &loader, out_error) != 0) {
        return -1;
    }
    return loader.is_bad ? host_error_set(out_error, record_table(kind)->name,
                                          "a row that cannot be, or no memory")
                         : 0;
}

/* Of history only the newest row counts: the audit goes on from it. */
static int load_last(struct fleet *fleet, enum record_kind kind, struct host_error *out_error)
{
    struct loader loader = {.fleet = fleet, .kind = kind};
    struct store_query query = {.kind = kind, .newest_first = true, .limit = 1};

    return fleet->store->read(fleet->store, &query, take, &loader, out_error);
}

/* ---- tokens ---- */
/* They are half of the rows that are read at the start, and need nothing of the others: another
 * thread reads them. */
struct token_loader {
    struct fleet *fleet;
    pthread_t thread;
    bool is_bad;
    int err;
    struct host_error error;
};

static bool take_token(void *ctx, const void *record)
{
    struct token_loader *loader = ctx;

    loader->is_bad = fleet_state_load_token(loader->fleet, record) != 0;
    return !loader->is_bad;
}

static void *load_tokens(void *ctx)
{
    struct token_loader *loader = ctx;

    loader->err =
        store_load(loader->fleet->store, RECORD_TOKEN, take_token, loader, &loader->error);
    if (loader->err == 0 && loader->is_bad) {
        loader->err = host_error_set(&loader->error, record_table(RECORD_TOKEN)->name,
                                     "a row that cannot be, or no memory");
    }
    return NULL;
}

static int load_rows(struct fleet *fleet, struct host_error *out_error)
{
    /* What others point to comes first. */
    static const enum record_kind whole[] = {RECORD_SETTING,    RECORD_PRODUCT, RECORD_FIRMWARE,
                                             RECORD_DEPLOYMENT, RECORD_GROUP,   RECORD_DEVICE,
                                             RECORD_CONTACT,    RECORD_TAG,     RECORD_ACTION,
                                             RECORD_TRIES,      RECORD_OUTBOX};
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof whole / sizeof *whole; i++) {
        err = load(fleet, whole[i], out_error);
    }
    return err;
}

static int load_rows_and_tokens(struct fleet *fleet, struct host_error *out_error)
{
    struct token_loader loader = {.fleet = fleet};
    bool is_beside = pthread_create(&loader.thread, NULL, load_tokens, &loader) == 0;
    int err = load_rows(fleet, out_error);

    if (is_beside) {
        (void)pthread_join(loader.thread, NULL);
    } else {
        (void)load_tokens(&loader);
    }
    if (err == 0 && loader.err != 0) {
        *out_error = loader.error;
        err = -1;
    }
    fleet_state_count_tokens(fleet);
    return err;
}

/* A damaged database may say any number. */
static size_t bounded(int64_t highest_id)
{
    return highest_id < 0 ? 0 : highest_id < RESERVE_MAX ? (size_t)highest_id : RESERVE_MAX;
}

static int load_all(struct fleet *fleet, struct host_error *out_error)
{
    for (int kind = 0; kind < RECORD_KINDS; kind++) {
        if (fleet->store->highest_id(fleet->store, (enum record_kind)kind,
                                     &fleet->last_id[kind], out_error) != 0) {
            return -1;
        }
    }
    /* That many rows there are at most. What of it is not used costs addresses only. */
    if (fleet_index_reserve(&fleet->by_controller_id, bounded(fleet->last_id[RECORD_DEVICE])) !=
            0 ||
        fleet_index_reserve(&fleet->by_hash, bounded(fleet->last_id[RECORD_TOKEN])) != 0) {
        return host_error_set(out_error, NULL, "no memory");
    }
    if (load_rows_and_tokens(fleet, out_error) != 0) {
        return -1;
    }
    return load_last(fleet, RECORD_AUDIT, out_error);
}

int fleet_open(struct store *store, const struct fleet_clock *clock, struct fleet **out_fleet,
               struct host_error *out_error)
{
    struct fleet *fleet = calloc(1, sizeof *fleet);

    if (fleet == NULL) {
        return host_error_set(out_error, NULL, "no memory");
    }
    pthread_mutex_init(&fleet->lock, NULL);
    fleet->store = store;
    fleet->clock = *clock;
    fleet_settings_default(&fleet->settings);
    fleet->contacts_saved_ms = fleet_steady_ms(fleet);
    fleet->swept_ms = fleet->contacts_saved_ms;
    fleet_sweep_all(fleet); /* each row that is loaded */
    if (load_all(fleet, out_error) != 0) {
        fleet_close(fleet);
        return -1;
    }
    fleet_trim_begin(fleet);
    *out_fleet = fleet;
    return 0;
}

void fleet_close(struct fleet *fleet)
{
    if (fleet != NULL) {
        fleet_state_free(fleet);
        pthread_mutex_destroy(&fleet->lock);
        free(fleet);
    }
}

struct store *fleet_store(struct fleet *fleet)
{
    return fleet->store;
}

void fleet_watch(struct fleet *fleet,
                 void (*watcher)(void *ctx, const struct record_event *event), void *ctx)
{
    pthread_mutex_lock(&fleet->lock);
    fleet->watcher = watcher;
    fleet->watcher_ctx = ctx;
    pthread_mutex_unlock(&fleet->lock);
}

void fleet_get_settings(struct fleet *fleet, struct fleet_settings *out_settings)
{
    pthread_mutex_lock(&fleet->lock);
    *out_settings = fleet->settings;
    pthread_mutex_unlock(&fleet->lock);
}
