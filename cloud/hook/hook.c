/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/hook/hook.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include "cloud/hook/hook_post.h"
#include "cloud/hook/hook_rules.h"

enum {
    MS_PER_S = 1000,
    NS_PER_MS = 1000000,
    LOOK_MS = 1000,       /* for new messages and new settings */
    PAUSE_MAX_MS = 60000, /* between two requests, whatever waits: new messages, too */
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
    int64_t failures; /* in a row, of whatever message */
    int64_t pause_until_ms;
    bool all; /* messages that wait for their time, too: the receiver is there again, or new */
};

static uint32_t random_number(void)
{
    uint32_t number = 0;

    (void)getrandom(&number, sizeof number, GRND_NONBLOCK);
    return number;
}

/* ---- the end of a message ---- */
struct ending {
    sem_t is_done; /* posted on the store's thread */
    struct fleet_answer answer;
};

static void on_end(void *ctx, const struct fleet_answer *answer)
{
    struct ending *ending = ctx;

    ending->answer = *answer;
    (void)sem_post(&ending->is_done);
}

/* Durable when it returns: else the same message would be fetched again. */
static void end_message(struct hook *hook, const struct fleet_message *message,
                        enum fleet_message_end end, int64_t wait_ms, const char *reason)
{
    struct ending ending;

    (void)sem_init(&ending.is_done, 0, 0); /* fails for impossible values only */
    fleet_end_message(hook->fleet, message->id, end, wait_ms, reason, on_end, &ending);
    while (sem_wait(&ending.is_done) != 0) {
    }
    (void)sem_destroy(&ending.is_done);
    if (ending.answer.result != FLEET_DONE) { /* a full disk: it would be sent on and on */
        (void)fprintf(stderr, "otter-cloud: webhook: %s: %s\n", message->event_id,
                      ending.answer.reason);
        hook->pause_until_ms = hook->clock->steady_ms(hook->clock->ctx) + PAUSE_MAX_MS;
    }
}

/* ---- one message ---- */
static void note_failure(struct hook *hook, const struct fleet_message *message,
                         const char *reason)
{
    int64_t first_ms = (int64_t)hook->settings.webhook_retry_s * MS_PER_S;
    int64_t wait_ms = hook_wait_ms(message->tries + 1, first_ms, random_number());

    hook->failures++;
    hook->all = false;
    int64_t pause_ms = hook_wait_ms(hook->failures, first_ms, random_number());
    pause_ms = pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS;
    hook->pause_until_ms = hook->clock->steady_ms(hook->clock->ctx) + pause_ms;
    (void)fprintf(stderr, "otter-cloud: webhook: %s, try %lld: %s\n", message->event_id,
                  (long long)message->tries + 1, reason);
    end_message(hook, message, FLEET_MESSAGE_FAILED, wait_ms, reason);
}

static void send_message(struct hook *hook, const struct fleet_message *message)
{
    const struct fleet_settings *settings = &hook->settings;
    char signature[HOOK_SIGNATURE_SIZE] = "", reason[HOOK_REASON_SIZE] = "it cannot be signed";
    const struct hook_request request = {.url = settings->webhook_url,
                                         .event_id = message->event_id,
                                         .body = message->payload,
                                         .signature = signature,
                                         .timeout_ms =
                                             (long)settings->webhook_timeout_s * MS_PER_S};
    bool is_signed = settings->webhook_secret[0] == '\0' ||
                     hook_sign(settings->webhook_secret, message->payload, signature) == 0;

    if (is_signed && hook_post_send(&hook->post, &request, reason)) {
        hook->all = hook->all || hook->failures != 0;
        hook->failures = 0;
        end_message(hook, message, FLEET_MESSAGE_SENT, 0, "");
    } else if (!atomic_load(&hook->is_stopping)) {
        note_failure(hook, message, reason);
    }
}

/* Returns how long there is nothing to do, in ms. */
static int64_t serve(struct hook *hook)
{
    struct fleet_settings before = hook->settings;
    struct fleet_message message;

    fleet_get_settings(hook->fleet, &hook->settings);
    bool is_off = hook->settings.webhook_url[0] == '\0';
    if (strcmp(before.webhook_url, hook->settings.webhook_url) != 0 ||
        strcmp(before.webhook_secret, hook->settings.webhook_secret) != 0) {
        hook->failures = 0;
        hook->pause_until_ms = 0;
        hook->all = true;
    }
    if (hook->clock->steady_ms(hook->clock->ctx) < hook->pause_until_ms) {
        return LOOK_MS;
    }
    if (fleet_next_message(hook->fleet, hook->all, &message) != 1) {
        hook->all = false;
        return LOOK_MS;
    }
    int64_t age_ms = hook->clock->wall_ms(hook->clock->ctx) - message.created_at;
    bool gives_up =
        hook_gives_up(age_ms, message.tries, is_off ? HOOK_TRIES_MIN : hook->failures);
    if (gives_up) {
        (void)fprintf(stderr, "otter-cloud: webhook: %s: given up after %lld tries\n",
                      message.event_id, (long long)message.tries);
        end_message(hook, &message, FLEET_MESSAGE_GIVEN_UP, 0, "given up after three days");
    } else if (!is_off) {
        send_message(hook, &message);
    }
    free(message.payload);
    return is_off && !gives_up ? LOOK_MS : 0;
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
