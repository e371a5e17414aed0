/* SPDX-License-Identifier: Apache-2.0 */
/* One loop over the server's connection, the serial port, the control socket and signals. The
 * agent decides, this file carries. What it has decided is on disk before anything is done
 * about it: save() comes first in every turn, and a turn begins after every event. */
#include "moduled/daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "host/json.h"
#include "host/local_time.h"
#include "host/push_session.h"
#include "moduled/control.h"
#include "moduled/http.h"
#include "moduled/log.h"
#include "moduled/notify.h"
#include "moduled/store.h"
#include "moduled/view.h"

enum {
    PORT_AGAIN_MS = 2000, /* a serial port that is not there is tried again */
    SAVE_AGAIN_MS = 5000,
    OFFER_AGAIN_MS = 500,
    SPREAD_MS = 2000,
    EXTRA_MAX = 3 + CONTROL_CLIENTS,
    STOP_MS = 1000, /* for 0x1F and its answer */
};

struct daemon {
    const struct settings *settings;
    struct agent *agent;
    struct agent_config agent_config;
    struct agent_attribute attributes[2];
    char token[AGENT_TOKEN_MAX + 1];
    struct store store;
    struct http http;
    struct control control;
    struct view view;
    struct module_config module_config;
    struct push_session session;
    struct serial serial;
    uint64_t port_at_ms, save_at_ms, offer_at_ms, watchdog_ms, watchdog_at_ms;
    bool offer_due, must_stop;
    bool is_forced;  /* a person wants the next update, whatever the MCU says */
    bool is_unsaved; /* the disk is full: then no byte goes to the MCU */
    int signal_fd;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool port_is_open(const struct daemon *daemon)
{
    return daemon->serial.fd >= 0;
}

/* ---- the state ---- */

static void save(struct daemon *daemon)
{
    const char *state = agent_state_due(daemon->agent);
    struct host_error error;

    daemon->is_unsaved = state != NULL;
    if (state == NULL || now_ms() < daemon->save_at_ms) {
        return;
    }
    if (store_save(&daemon->store, state, &error) == 0) {
        agent_state_saved(daemon->agent);
        daemon->is_unsaved = false;
        daemon->view.store_error[0] = '\0';
        return;
    }
    if (strcmp(daemon->view.store_error, error.reason) != 0) {
        log_error(&error);
        memcpy(daemon->view.store_error, error.reason, sizeof error.reason);
    }
    daemon->save_at_ms = now_ms() + SAVE_AGAIN_MS; /* until then nothing goes on */
}

/* ---- the MCU ---- */

static void on_event(void *ctx, const struct module_event *event)
{
    struct daemon *daemon = ctx;

    view_event(event);
    agent_mcu_event(daemon->agent, event, now_ms());
}

static void open_port(struct daemon *daemon)
{
    const struct settings *settings = daemon->settings;
    struct host_error error;

    if (serial_open(&daemon->serial, settings->port, settings->baud, &error) != 0) {
        if (strcmp(daemon->view.port_error, error.reason) != 0) {
            log_error(&error);
            memcpy(daemon->view.port_error, error.reason, sizeof error.reason);
        }
        daemon->serial.fd = -1;
        daemon->port_at_ms = now_ms() + PORT_AGAIN_MS;
        return;
    }
    daemon->view.port_error[0] = '\0';
    daemon->module_config.file = (struct module_file){0};
    push_session_init(&daemon->session, &daemon->serial, &daemon->module_config);
}

static void lose_port(struct daemon *daemon, const struct host_error *error)
{
    log_error(error);
    memcpy(daemon->view.port_error, error->reason, sizeof error->reason);
    serial_close(&daemon->serial);
    daemon->serial.fd = -1;
    daemon->port_at_ms = now_ms() + PORT_AGAIN_MS;
    daemon->offer_due = false;
    agent_mcu_lost(daemon->agent, now_ms());
}

static void offer(struct daemon *daemon)
{
    struct module_config *config = &daemon->module_config;

    if (!daemon->offer_due || !port_is_open(daemon) || now_ms() < daemon->offer_at_ms) {
        return;
    }
    if (config->file.read == NULL && store_offer(&daemon->store, &config->file) != 0) {
        config->file = (struct module_file){0};
    } else if (module_offer(&daemon->session.module, push_session_now_ms(&daemon->session)) ==
               0) {
        daemon->offer_due = false;
        return;
    }
    daemon->offer_at_ms = now_ms() + OFFER_AGAIN_MS;
}

static void ask(struct daemon *daemon)
{
    int err = port_is_open(daemon)
                  ? module_command(&daemon->session.module, OTTER_CMD_GET_INFO, NULL, 0,
                                   push_session_now_ms(&daemon->session))
                  : 0;
    (void)err; /* busy: it is asked again */
}

static void obey(struct daemon *daemon)
{
    switch (agent_take_command(daemon->agent, now_ms())) {
    case AGENT_COMMAND_NONE:
        break;
    case AGENT_COMMAND_OFFER:
        memcpy(daemon->module_config.version, agent_version(daemon->agent), 8);
        daemon->module_config.file = (struct module_file){0};
        daemon->module_config.forced = daemon->is_forced;
        daemon->is_forced = false;
        daemon->offer_due = true;
        daemon->offer_at_ms = 0;
        break;
    case AGENT_COMMAND_WITHDRAW:
        daemon->offer_due = false;
        if (port_is_open(daemon)) {
            push_session_cancel(&daemon->session);
        }
        daemon->module_config.file = (struct module_file){0};
        break;
    case AGENT_COMMAND_ASK:
        ask(daemon);
        break;
    }
}

/* ---- the control socket ---- */

static void put_outcome(int err, const struct host_error *error,
                        char out_text[CONTROL_ANSWER_SIZE])
{
    json_t *object = json_object();
    size_t len = 0;

    if (err != 0) {
        json_add(&object, "error", json_text(error->reason));
    } else {
        json_add(&object, "done", json_true());
    }
    if (object != NULL) {
        len = json_dumpb(object, out_text, CONTROL_ANSWER_SIZE - 1, JSON_COMPACT);
    }
    json_decref(object);
    out_text[len < CONTROL_ANSWER_SIZE ? len : 0] = '\0';
}

static void answer(void *ctx, const char *word, char out_text[CONTROL_ANSWER_SIZE])
{
    struct daemon *daemon = ctx;
    struct host_error error = {.reason = "no such command"};
    int err = -1;

    if (strcmp(word, "status") == 0) {
        struct agent_status status;
        agent_get_status(daemon->agent, now_ms(), &status);
        view_put_json(&daemon->view, &status, daemon->settings->id, out_text);
        return;
    }
    if (strcmp(word, "approve") == 0) {
        err = agent_approve(daemon->agent, now_ms(), &error);
    } else if (strcmp(word, "deny") == 0) {
        err = agent_deny(daemon->agent, now_ms(), &error);
    } else if (strcmp(word, "force") == 0) {
        daemon->is_forced = true;
        err = 0;
    } else if (strcmp(word, "poll") == 0) {
        agent_poll_now(daemon->agent, now_ms());
        err = 0;
    }
    put_outcome(err, &error, out_text);
}

/* ---- the loop ---- */

static void at_most(uint64_t *io_wait_ms, uint64_t at_ms)
{
    uint64_t now = now_ms(), wait_ms = at_ms > now ? at_ms - now : 0;

    if (wait_ms < *io_wait_ms) {
        *io_wait_ms = wait_ms;
    }
}

static uint64_t next_ms(struct daemon *daemon)
{
    uint64_t wait_ms = agent_next_ms(daemon->agent, now_ms());

    if (daemon->is_unsaved) {
        wait_ms = UINT64_MAX;
        at_most(&wait_ms, daemon->save_at_ms);
    }
    if (port_is_open(daemon) && !daemon->is_unsaved) {
        uint32_t port_ms = push_session_next_ms(&daemon->session);
        wait_ms = port_ms < wait_ms ? port_ms : wait_ms;
    } else if (!port_is_open(daemon)) {
        at_most(&wait_ms, daemon->port_at_ms);
    }
    if (daemon->offer_due && port_is_open(daemon)) {
        at_most(&wait_ms, daemon->offer_at_ms);
    }
    if (daemon->watchdog_ms != 0) {
        at_most(&wait_ms, daemon->watchdog_at_ms);
    }
    return wait_ms;
}

/* Wait, and return what poll() says of the serial port: libcurl's own wait does not tell that
 * it hung up. */
static short wait_for_all(struct daemon *daemon)
{
    struct curl_waitfd extra[EXTRA_MAX] = {
        {.fd = daemon->signal_fd, .events = CURL_WAIT_POLLIN},
        {.fd = daemon->control.fd, .events = CURL_WAIT_POLLIN}};
    unsigned count = 2;
    struct pollfd port = {.fd = -1};

    for (int i = 0; i < CONTROL_CLIENTS; i++) {
        if (daemon->control.clients[i] >= 0) {
            extra[count++] = (struct curl_waitfd){.fd = daemon->control.clients[i],
                                                  .events = CURL_WAIT_POLLIN};
        }
    }
    if (port_is_open(daemon)) {
        port = (struct pollfd){.fd = daemon->serial.fd, .events = POLLIN};
        if (!daemon->is_unsaved) {
            port.events = push_session_events(&daemon->session);
        }
        extra[count] = (struct curl_waitfd){.fd = port.fd, .events = CURL_WAIT_POLLIN};
        if ((port.events & POLLOUT) != 0) {
            extra[count].events = CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT;
        }
        count++;
    }
    http_wait(&daemon->http, extra, count, next_ms(daemon));
    (void)poll(&port, 1, 0); /* without a port it leaves revents 0 */
    return port.revents;
}

static void serve_port(struct daemon *daemon, short revents)
{
    struct host_error error;

    if (!port_is_open(daemon)) {
        if (now_ms() >= daemon->port_at_ms) {
            open_port(daemon);
        }
    } else if (push_session_serve(&daemon->session, revents, &error) != 0) {
        lose_port(daemon, &error);
    }
}

static void feed_watchdog(struct daemon *daemon)
{
    if (daemon->watchdog_ms != 0 && now_ms() >= daemon->watchdog_at_ms) {
        daemon->watchdog_at_ms = now_ms() + daemon->watchdog_ms;
        notify("WATCHDOG=1");
    }
}

static void turn(struct daemon *daemon)
{
    struct signalfd_siginfo info;
    struct agent_status status;
    short revents = wait_for_all(daemon);

    serve_port(daemon, revents);
    save(daemon);
    http_serve(&daemon->http);
    save(daemon);
    control_serve(&daemon->control, answer, daemon);
    save(daemon);
    obey(daemon);
    offer(daemon);
    save(daemon);
    agent_get_status(daemon->agent, now_ms(), &status);
    view_watch(&daemon->view, &status);
    feed_watchdog(daemon);
    if (read(daemon->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        daemon->must_stop = true;
    }
}

/* An MCU that waits for pieces is told that none will come. */
static void stop(struct daemon *daemon)
{
    uint64_t start_ms = now_ms();

    notify("STOPPING=1");
    log_line("ends");
    if (!port_is_open(daemon)) {
        return;
    }
    push_session_cancel(&daemon->session);
    while (push_session_is_busy(&daemon->session) && now_ms() - start_ms < STOP_MS &&
           push_session_turn(&daemon->session, STOP_MS / 4, NULL, NULL) == 0) {
    }
    serial_close(&daemon->serial);
}

/* ---- begin ---- */

static int catch_signals(struct daemon *daemon, struct host_error *out_error)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    daemon->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return daemon->signal_fd >= 0 ? 0 : host_error_errno(out_error, "signals", errno);
}

/* Before the first connection: a file that is not there would be tried for ever. */
static int read_files(struct daemon *daemon, struct host_error *out_error)
{
    const struct settings *settings = daemon->settings;

    if (settings->ca[0] != '\0' && settings_check_ca(settings->ca, out_error) != 0) {
        return -1;
    }
    return settings->token_file[0] != '\0'
               ? store_read_token(settings->token_file, daemon->token, out_error)
               : 0;
}

static int open_store(struct daemon *daemon, struct host_error *out_error)
{
    const struct settings *settings = daemon->settings;

    if (store_open(&daemon->store, settings->state_dir, out_error) != 0) {
        return -1;
    }
    return settings->token_file[0] == '\0'
               ? store_own_token(&daemon->store, settings->claim[0] != '\0', daemon->token,
                                 out_error)
               : 0;
}

static int start_agent(struct daemon *daemon, struct host_error *out_error)
{
    const struct settings *settings = daemon->settings;
    struct host_error error;

    daemon->attributes[0] = (struct agent_attribute){"mac", settings->id};
    daemon->attributes[1] = (struct agent_attribute){"agent", "otter-module " OTTER_VERSION};
    daemon->agent_config = (struct agent_config){
        .base_url = settings->cloud,
        .tenant = settings->tenant,
        .controller_id = settings->id,
        .token_kind = settings->is_gateway_token ? AGENT_TOKEN_GATEWAY : AGENT_TOKEN_TARGET,
        .token = daemon->token,
        .claim = settings->claim,
        .attributes = daemon->attributes,
        .attribute_count = 2,
        .is_manual = settings->is_manual,
        .poll_ms = settings->poll_s * 1000,
        .spread_ms = SPREAD_MS,
        .image_max = settings->slot_size,
        .sink = &store_sink,
        .sink_ctx = &daemon->store,
    };
    daemon->agent = agent_new(&daemon->agent_config, now_ms(), out_error);
    if (daemon->agent == NULL) {
        return -1;
    }
    if (store_restore(&daemon->store, daemon->agent, now_ms(), &error) != 0) {
        log_line("the saved state cannot be used, and is now state.json.bad: %s", error.reason);
    }
    return 0;
}

static enum daemon_end begin(struct daemon *daemon, struct host_error *out_error)
{
    daemon->module_config =
        (struct module_config){.ctx = daemon, .event = on_event, .time = local_time};
    if (read_files(daemon, out_error) != 0) {
        return DAEMON_WRONG;
    }
    if (catch_signals(daemon, out_error) != 0 || open_store(daemon, out_error) != 0) {
        return DAEMON_FAILED;
    }
    if (start_agent(daemon, out_error) != 0) {
        return DAEMON_WRONG;
    }
    if (http_init(&daemon->http, daemon->agent, daemon->settings->ca, now_ms, out_error) != 0 ||
        control_open(&daemon->control, daemon->store.control, out_error) != 0) {
        return DAEMON_FAILED;
    }
    daemon->watchdog_ms = notify_watchdog_ms();
    log_line("device %s at %s, MCU at %s", daemon->settings->id, daemon->settings->cloud,
             daemon->settings->port);
    notify("READY=1");
    return DAEMON_ENDED;
}

enum daemon_end daemon_run(const struct settings *settings, struct host_error *out_error)
{
    static struct daemon daemon;

    daemon = (struct daemon){.settings = settings, .serial.fd = -1};
    enum daemon_end failure = begin(&daemon, out_error);
    if (failure != DAEMON_ENDED) {
        return failure;
    }
    while (!daemon.must_stop) {
        turn(&daemon);
    }
    stop(&daemon);
    control_close(&daemon.control);
    http_close(&daemon.http);
    agent_free(daemon.agent);
    store_close(&daemon.store);
    close(daemon.signal_fd);
    return DAEMON_ENDED;
}
