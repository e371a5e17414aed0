/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/hook/hook.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include "cloud/fleet/fleet_wait.h"
#include "cloud/hook/hook_post.h"
#include "cloud/hook/hook_rules.h"

enum {
    MS_PER_S = 1000,
    NS_PER_MS = 1000000,
    LOOK_MS = 1000, /* for new messages and new settings */
};

struct hook {
    struct fleet *fleet;
    const struct fleet_clock *clock;
    struct hook_post post;
    pthread_t thread;
    pthread_mutex_t lock; /* for `stopped` */
    pthread_cond_t stopped;
    atomic_bool is_stopping;
    /* of the thread */
    struct fleet_settings settings;
    struct hook_pace pace;
    int64_t pause_until_ms;
};

static uint32_t random_number(void)
{
    uint32_t number = 0;

    (void)getrandom(&number, sizeof number, GRND_NONBLOCK);
    return number;
}

/* Durable when it returns: else the same message would be fetched again. */
static void end_message(struct hook *hook, const struct fleet_message *message,
                        enum fleet_message_end end, int64_t wait_ms, const char *reason)
{
    struct fleet_wait wait;
    struct fleet_answer answer;

    fleet_wait_begin(&wait);
    fleet_end_message(hook->fleet, message->id, end, wait_ms, reason, fleet_wait_take, &wait);
    answer = fleet_wait_end(&wait);
    if (answer.result != FLEET_DONE) { /* a full disk: it would be sent on and on */
        (void)fprintf(stderr, "otter-cloud: webhook: %s: %s\n", message->event_id,
                      answer.reason);
        hook->pause_until_ms = hook->clock->steady_ms(hook->clock->ctx) + HOOK_PAUSE_MAX_MS;
    }
}

/* ---- one message ---- */
static int64_t first_wait_ms(const struct hook *hook)
{
    return (int64_t)hook->settings.webhook_retry_s * MS_PER_S;
}

static enum hook_outcome post_message(struct hook *hook, const struct fleet_message *message,
                                      char out_reason[HOOK_REASON_SIZE])
{
    const struct fleet_settings *settings = &hook->settings;
    char signature[HOOK_SIGNATURE_SIZE] = "";
    const struct hook_request request = {.url = settings->webhook_url,
                                         .event_id = message->event_id,
                                         .body = message->payload,
                                         .signature = signature,
                                         .timeout_ms =
                                             (long)settings->webhook_timeout_s * MS_PER_S};

    if (settings->webhook_secret[0] != '\0' &&
        hook_sign(settings->webhook_secret, message->payload, signature) != 0) {
        (void)snprintf(out_reason, HOOK_REASON_SIZE, "it cannot be signed");
        return HOOK_AWAY;
    }
    return hook_post_send(&hook->post, &request, out_reason);
}

static void send_message(struct hook *hook, const struct fleet_message *message)
{
    char reason[HOOK_REASON_SIZE] = "";
    enum hook_outcome outcome = post_message(hook, message, reason);

    if (outcome != HOOK_TAKEN && atomic_load(&hook->is_stopping)) {
        return; /* broken off, most likely: that is no try */
    }
    hook->pause_until_ms =
        hook->clock->steady_ms(hook->clock->ctx) +
        hook_pace_note(&hook->pace, message->id, outcome, first_wait_ms(hook), random_number());
    if (outcome == HOOK_TAKEN) {
        end_message(hook, message, FLEET_MESSAGE_SENT, 0, "");
        return;
    }
    (void)fprintf(stderr, "otter-cloud: webhook: %s, try %lld: %s\n", message->event_id,
                  (long long)message->tries + 1, reason);
    end_message(hook, message, FLEET_MESSAGE_FAILED,
                hook_wait_ms(message->tries + 1, first_wait_ms(hook), random_number()), reason);
}

static void take_settings(struct hook *hook)
{
    struct fleet_settings before = hook->settings;

    fleet_get_settings(hook->fleet, &hook->settings);
    if (strcmp(before.webhook_url, hook->settings.webhook_url) != 0 ||
        strcmp(before.webhook_secret, hook->settings.webhook_secret) != 0) {
        hook_pace_begin_anew(&hook->pace);
        hook->pause_until_ms = 0;
    }
}

/* Returns how long there is nothing to do, in ms. */
static int64_t serve(struct hook *hook)
{
    struct fleet_message message;

    take_settings(hook);
    if (hook->clock->steady_ms(hook->clock->ctx) < hook->pause_until_ms) {
        return LOOK_MS;
    }
    int64_t after = hook->pace.all ? hook->pace.after : FLEET_MESSAGES_DUE;
    if (fleet_next_message(hook->fleet, after, &message) != 1) {
        hook->pace.all = false;
        return LOOK_MS;
    }
    enum hook_step step = hook_next_step(hook->settings.webhook_url[0] == '\0', message.age_ms,
                                         message.tries, hook->pace.failures);
    hook->pace.after = message.id;
    if (step == HOOK_GIVE_UP) {
        (void)fprintf(stderr, "otter-cloud: webhook: %s: given up after %lld tries\n",
                      message.event_id, (long long)message.tries);
        end_message(hook, &message, FLEET_MESSAGE_GIVEN_UP, 0, "given up after three days");
    } else if (step == HOOK_SEND) {
        send_message(hook, &message);
    }
    free(message.payload);
    return step == HOOK_WAIT ? LOOK_MS : 0;
}

/* ---- the thread ---- */
static void wait_for(struct hook *hook, int64_t ms)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / MS_PER_S;
    until.tv_nsec += ms % MS_PER_S * NS_PER_MS;
    if (until.tv_nsec >= MS_PER_S * (long)NS_PER_MS) {
        until.tv_nsec -= MS_PER_S * (long)NS_PER_MS;
        until.tv_sec++;
    }
    pthread_mutex_lock(&hook->lock);
    while (!atomic_load(&hook->is_stopping) &&
           pthread_cond_timedwait(&hook->stopped, &hook->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&hook->lock);
}

static void *serve_until_stopped(void *ctx)
{
    struct hook *hook = ctx;

    while (!atomic_load(&hook->is_stopping)) {
        int64_t ms = serve(hook);

        if (ms > 0) {
            wait_for(hook, ms);
        }
    }
    return NULL;
}

static void init_lock(struct hook *hook)
{
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&hook->stopped, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&hook->lock, NULL);
}

static void free_hook(struct hook *hook)
{
    (void)pthread_cond_destroy(&hook->stopped);
    (void)pthread_mutex_destroy(&hook->lock);
    hook_post_close(&hook->post);
    free(hook);
}

int hook_start(struct fleet *fleet, const struct fleet_clock *clock, struct hook **out_hook,
               struct host_error *out_error)
{
    struct hook *hook = calloc(1, sizeof *hook);

    if (hook == NULL) {
        return host_error_set(out_error, "webhook", "no memory");
    }
    hook->fleet = fleet;
    hook->clock = clock;
    hook->post.is_stopping = &hook->is_stopping;
    if (!hook_post_open(&hook->post)) {
        free(hook);
        return host_error_set(out_error, "webhook", "no memory");
    }
    init_lock(hook);
    int err = pthread_create(&hook->thread, NULL, serve_until_stopped, hook);
    if (err != 0) {
        free_hook(hook);
        return host_error_errno(out_error, "webhook", err);
    }
    *out_hook = hook;
    return 0;
}

void hook_stop(struct hook *hook)
{
    pthread_mutex_lock(&hook->lock);
    atomic_store(&hook->is_stopping, true);
    pthread_cond_signal(&hook->stopped);
    pthread_mutex_unlock(&hook->lock);
    (void)pthread_join(hook->thread, NULL);
    free_hook(hook);
}
