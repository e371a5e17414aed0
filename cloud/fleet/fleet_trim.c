/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/fleet/fleet_trim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cloud/fleet/fleet_change.h"
#include "host/number.h"

enum {
    LINES_MAX = 5000,  /* that a pass looks at */
    DELETE_MAX = 1000, /* that it deletes */
    EVERY_MS = 60000,
    SAVE_EVERY_MS = 3600 * 1000, /* of retention's clock */
    SPEED_MAX = 10,              /* ... beside the steady one */
};

/* 2026-01-01: a machine without a battery, at whose first start it is 1970, is not believed. */
static const int64_t earliest_ms = 1767225600000;
static const char clock_name[] = "retention clock";

/* ---- its clock ---- */
void fleet_trim_take_setting(struct fleet *fleet, const struct record_setting *setting)
{
    uint64_t ms;

    if (strcmp(setting->name, clock_name) == 0 && setting->value != NULL &&
        number_parse(clock_name, setting->value, 1, INT64_MAX, &ms, NULL) == 0) {
        fleet->trim.saved_ms = (int64_t)ms;
    }
}

void fleet_trim_begin(struct fleet *fleet)
{
    int64_t wall_ms = fleet_wall_ms(fleet);
    int64_t first_ms = wall_ms > earliest_ms ? wall_ms : earliest_ms;

    fleet->trim.clock_ms = fleet->trim.saved_ms != 0 ? fleet->trim.saved_ms : first_ms;
    fleet->trim.ticked_ms = fleet_steady_ms(fleet);
    fleet->trim.looked_ms = fleet->trim.ticked_ms;
}

int64_t fleet_sure_ms(const struct fleet *fleet)
{
    int64_t wall_ms = fleet_wall_ms(fleet);

    return wall_ms < fleet->trim.clock_ms ? wall_ms : fleet->trim.clock_ms;
}

static void follow(struct fleet_trim *trim, int64_t wall_ms, int64_t steady_ms)
{
    int64_t step_ms = (steady_ms - trim->ticked_ms) * SPEED_MAX;
    int64_t away_ms = wall_ms - trim->clock_ms;

    trim->ticked_ms = steady_ms;
    trim->clock_ms += away_ms > step_ms ? step_ms : away_ms < -step_ms ? -step_ms : away_ms;
}

static enum fleet_result build_clock(struct fleet_change *change)
{
    const struct fleet_list *rows = &change->fleet->rows[RECORD_SETTING];
    struct record_setting setting = {0};
    char value[24];

    for (size_t i = 0; i < rows->count; i++) {
        const struct record_setting *row = ((const struct fleet_row *)rows->items[i])->record;

        if (strcmp(row->name, clock_name) == 0) {
            setting = *row;
        }
    }
    (void)snprintf(setting.name, sizeof setting.name, "%s", clock_name);
    (void)snprintf(value, sizeof value, "%lld", (long long)change->fleet->trim.clock_ms);
    setting.value = value;
    if (setting.head.id == 0) {
        (void)fleet_change_insert(change, RECORD_SETTING, &setting);
    } else {
        fleet_change_put(change, RECORD_SETTING, &setting);
    }
    return FLEET_DONE;
}

/* ---- a pass ---- */
struct pass {
    int64_t before_ms, now_ms;
    int64_t last_id; /* up to here everything is decided */
    size_t looked, count;
    int64_t ids[DELETE_MAX];
};

/* Ids grow with time. The first line that is young ends the pass; one of the future is from
 * when the clock was wrong, says nothing of those after it, and stays. */
static bool look_at(void *ctx, const void *record)
{
    const struct record_event *event = record;
    struct pass *pass = ctx;

    if (event->at >= pass->before_ms && event->at <= pass->now_ms) {
        return false;
    }
    pass->last_id = event->head.id;
    pass->looked++;
    if (event->at < pass->before_ms && !event->final) {
        pass->ids[pass->count++] = event->head.id;
    }
    return pass->count < DELETE_MAX;
}

static enum fleet_result build_pass(struct fleet_change *change)
{
    const struct pass *pass = change->params;

    for (size_t i = 0; i < pass->count; i++) {
        fleet_change_delete(change, RECORD_EVENT, pass->ids[i], STORE_ANY_REV);
    }
    change->answer.id = pass->last_id;
    return FLEET_DONE;
}

static void end_pass(void *ctx, const struct fleet_answer *answer)
{
    struct fleet *fleet = ctx;

    pthread_mutex_lock(&fleet->lock);
    if (answer->result == FLEET_DONE) {
        fleet->trim.after = answer->id;
    } else {
        fleet->trim.has_more = false; /* not again at once */
    }
    fleet->trim.is_busy = false;
    pthread_mutex_unlock(&fleet->lock);
}

static void run_pass(struct fleet *fleet, struct pass *pass)
{
    struct store_query query = {
        .kind = RECORD_EVENT, .after = pass->last_id, .limit = LINES_MAX};
    int err = fleet->store->read(fleet->store, &query, look_at, pass, NULL);

    pthread_mutex_lock(&fleet->lock);
    fleet->failures += err != 0;
    fleet->trim.has_more = err == 0 && (pass->looked == LINES_MAX || pass->count == DELETE_MAX);
    fleet->trim.is_busy = err == 0;
    pthread_mutex_unlock(&fleet->lock);
    if (err == 0) {
        fleet_run(fleet, build_pass, pass, sizeof *pass, NULL, end_pass, fleet);
    }
}

void fleet_trim_tick(struct fleet *fleet)
{
    struct fleet_trim *trim = &fleet->trim;
    int64_t wall_ms = fleet_wall_ms(fleet), steady_ms = fleet_steady_ms(fleet);
    struct pass pass = {.now_ms = wall_ms};
    char nothing = 0;

    pthread_mutex_lock(&fleet->lock);
    follow(trim, wall_ms, steady_ms);
    bool saves = llabs(trim->clock_ms - trim->saved_ms) >= SAVE_EVERY_MS;
    /* Set back: then nothing can be said of a line's age. */
    bool looks = trim->clock_ms <= wall_ms && !trim->is_busy &&
                 (trim->has_more || steady_ms - trim->looked_ms >= EVERY_MS);
    trim->looked_ms = looks ? steady_ms : trim->looked_ms;
    pass.last_id = trim->after;
    pass.before_ms = trim->clock_ms - (int64_t)fleet->settings.retention_days * FLEET_DAY_MS;
    pthread_mutex_unlock(&fleet->lock);
    if (saves) {
        fleet_run(fleet, build_clock, &nothing, sizeof nothing, NULL, NULL, NULL);
    }
    if (looks) {
        run_pass(fleet, &pass);
    }
}
