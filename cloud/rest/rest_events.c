/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events: every line of any timeline, and progress, to every console that is open,
 * as long as whoever opened it might open it again. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/rest/rest_call.h"
#include "cloud/rest/rest_json.h"

enum { STREAMS_MAX = 64 };

struct watcher {
    struct rest_events *events;
    struct http_stream *stream;
    int64_t token; /* an API token or a session, which may have lost the token behind it */
    struct watcher *next;
};

struct rest_events {
    struct fleet *fleet;
    pthread_mutex_t lock;
    struct watcher *watchers;
    size_t count;
    bool is_stopping;
};

/* Is it to be sent anything? If not, it ends. With the lock held. */
static bool stays(const struct watcher *watcher)
{
    bool good = fleet_is_person_good(watcher->events->fleet, watcher->token);

    if (!good) {
        http_stream_close(watcher->stream);
    }
    return good;
}

static void send_event(void *ctx, const struct record_event *event)
{
    struct rest_events *events = ctx;
    const char *name = strcmp(event->kind, "progress") == 0 ? "progress" : "timeline";

    pthread_mutex_lock(&events->lock);
    if (events->watchers != NULL) {
        json_t *document = rest_json_event(event);
        char *text = json_dumps(document, JSON_COMPACT | JSON_ENSURE_ASCII);
        for (const struct watcher *watcher = events->watchers; watcher != NULL && text != NULL;
             watcher = watcher->next) {
            if (stays(watcher)) {
                http_stream_send(watcher->stream, name, text);
            }
        }
        free(text);
        json_decref(document);
    }
    pthread_mutex_unlock(&events->lock);
}

int rest_events_open(struct fleet *fleet, struct rest_events **out_events)
{
    struct rest_events *events = calloc(1, sizeof *events);

    if (events == NULL || pthread_mutex_init(&events->lock, NULL) != 0) {
        free(events);
        return -1;
    }
    events->fleet = fleet;
    fleet_watch(fleet, send_event, events);
    *out_events = events;
    return 0;
}

void rest_events_stop(struct rest_events *events)
{
    fleet_watch(events->fleet, NULL, NULL);
    pthread_mutex_lock(&events->lock);
    events->is_stopping = true;
    for (struct watcher *watcher = events->watchers; watcher != NULL; watcher = watcher->next) {
        http_stream_close(watcher->stream);
    }
    pthread_mutex_unlock(&events->lock);
}

void rest_events_check(struct rest_events *events)
{
    pthread_mutex_lock(&events->lock);
    for (const struct watcher *watcher = events->watchers; watcher != NULL;
         watcher = watcher->next) {
        (void)stays(watcher);
    }
    pthread_mutex_unlock(&events->lock);
}

void rest_events_close(struct rest_events *events)
{
    pthread_mutex_destroy(&events->lock);
    free(events);
}

static void gone(void *ctx, struct http_stream *stream)
{
    struct watcher *watcher = ctx;
    struct rest_events *events = watcher->events;

    (void)stream;
    pthread_mutex_lock(&events->lock);
    for (struct watcher **at = &events->watchers; *at != NULL; at = &(*at)->next) {
        if (*at == watcher) {
            *at = watcher->next;
            events->count--;
            break;
        }
    }
    pthread_mutex_unlock(&events->lock);
    free(watcher);
}

/* The lock is held while the stream is opened, so that gone() finds the watcher in the list
 * however soon it comes. Returns false if the call is still to be ended. */
static bool open_stream(struct rest_call *call, struct rest_events *events)
{
    struct watcher *watcher = calloc(1, sizeof *watcher);

    if (watcher == NULL || events->is_stopping || events->count == STREAMS_MAX) {
        free(watcher);
        return false;
    }
    watcher->events = events;
    watcher->token = call->person.token;
    watcher->stream = http_reply_stream(call->request, gone, watcher);
    if (watcher->stream == NULL) { /* it has answered */
        free(watcher);
        return true;
    }
    /* Something to send at once: a proxy in between passes the head on, and a program knows
     * that from now on it misses nothing. */
    http_stream_send(watcher->stream, "hello", "{}");
    watcher->next = events->watchers;
    events->watchers = watcher;
    events->count++;
    return true;
}

void rest_stream_events(struct rest_call *call)
{
    struct rest_events *events = call->rest->events;

    pthread_mutex_lock(&events->lock);
    bool is_open = open_stream(call, events);
    pthread_mutex_unlock(&events->lock);
    if (is_open) {
        rest_end(call);
    } else {
        rest_fail(call, 503, "no more event streams can be open");
    }
}
