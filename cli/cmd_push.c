/* SPDX-License-Identifier: Apache-2.0 */
/* otter push: update one MCU over a serial port, without any cloud; see
 * docs/man/otter-push.1. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_file.h"
#include "cli/cmd.h"
#include "cli/push_options.h"
#include "cli/push_view.h"
#include "cli/report.h"
#include "host/line_doubt.h"
#include "host/local_time.h"
#include "host/push_session.h"

enum {
    CANCEL_MS = 1000, /* for 0x1F and its answer after Ctrl-C */
    WAIT_MS = 500,    /* the overall timeout is looked at from time to time */
};

struct push {
    struct push_session session;
    struct push_view view;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void on_event(void *ctx, const struct module_event *event)
{
    struct push *push = ctx;
    char doubt[LINE_DOUBT_SIZE] = "";

    if (event->kind == MODULE_EVENT_FAILED) {
        line_doubt(&push->session, event->failure, doubt);
    }
    push_view_event(&push->view, event, doubt, push_session_now_ms(&push->session));
}

/* After Ctrl-C, or too long: tell an MCU that waits for pieces that none will come. */
static void cancel(struct push *push, const sigset_t *wait_mask)
{
    uint32_t start_ms = push_session_now_ms(&push->session);

    push_session_cancel(&push->session);
    interrupted = 0; /* a second Ctrl-C ends at once */
    while (push_session_is_busy(&push->session) && !interrupted &&
           push_session_now_ms(&push->session) - start_ms < CANCEL_MS &&
           push_session_turn(&push->session, WAIT_MS, wait_mask, NULL) == 0) {
    }
}

static void run(struct push *push, uint32_t timeout_s, const sigset_t *wait_mask)
{
    struct push_view *view = &push->view;
    struct host_error error;

    while (view->outcome == PUSH_RUNNING) {
        if (push_session_turn(&push->session, WAIT_MS, wait_mask, &error) != 0) {
            push_view_fail_error(view, "port", &error);
        } else if (view->outcome != PUSH_RUNNING) {
            return;
        } else if (interrupted) {
            cancel(push, wait_mask);
            push_view_fail(view, "interrupted", NULL, "interrupted");
        } else if (push_session_now_ms(&push->session) / 1000 >= timeout_s) {
            cancel(push, wait_mask);
            push_view_fail(view, "timeout", view->port, "not done after %u s", timeout_s);
        }
    }
}

/* Signals are blocked but while waiting, so that none slips in between test and wait. */
static void catch_signals(sigset_t *out_wait_mask)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t block;

    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGTERM);
    sigprocmask(SIG_BLOCK, &block, out_wait_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* The version the MCU must report afterwards. 0 or -1. */
static int expect_version(const struct push_options *options, const struct image_file *firmware,
                          uint8_t out_version[8], struct host_error *out_error)
{
    if (options->version == NULL && !firmware->has_trailer) {
        return host_error_set(out_error, options->file,
                              "no trailer says its version; give --version");
    }
    if (options->version != NULL) {
        memcpy(out_version, options->version, 8);
    } else {
        memcpy(out_version, firmware->image.version, 8);
    }
    if (firmware->has_trailer && memcmp(out_version, firmware->image.version, 8) != 0 &&
        !options->force) {
        char is[9];
        image_file_text(firmware->image.version, is);
        return host_error_set(out_error, options->file, "its trailer says version %s, not %s",
                              is, options->version);
    }
    return 0;
}

static void push_to(struct push *push, const struct push_options *options,
                    struct serial *serial, const uint8_t version[8])
{
    struct module_config config = {
        .file = image_file_offer(&push->view.firmware->file),
        .forced = options->force,
        .ctx = push,
        .event = on_event,
        .time = local_time,
    };
    sigset_t wait_mask;

    memcpy(config.version, version, sizeof config.version);
    catch_signals(&wait_mask);
    push_session_init(&push->session, serial, &config);
    run(push, options->timeout_s, &wait_mask);
}

/* The file is fit to be sent: to the port. Returns how long it took, in seconds. */
static double push_file(struct push *push, const struct push_options *options,
                        const uint8_t version[8])
{
    struct host_error error;
    struct serial serial;

    if (serial_open(&serial, options->port, options->baud, &error) != 0) {
        push_view_fail_error(&push->view, "port", &error);
        return 0;
    }
    cmd_warn_of_user(options->port);
    push_to(push, options, &serial, version);
    serial_close(&serial);
    return push_session_now_ms(&push->session) / 1000.0;
}

int cmd_push(int argc, char **argv)
{
    static struct push push;
    struct push_options options;
    struct image_file firmware;
    struct host_error error;
    uint8_t version[8];
    double seconds = 0;

    int err = push_options_parse(&options, argc, argv);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    push.view = (struct push_view){.path = options.file,
                                   .port = options.port,
                                   .force = options.force,
                                   .verbose = options.verbose,
                                   .as_json = options.json,
                                   .reason = "none"};
    progress_line_init(&push.view.progress, stderr, "");
    if (app_file_load(&firmware, options.file, &options.map, NULL, &error) != 0) {
        push_view_fail_error(&push.view, "file", &error);
        return push_view_finish(&push.view, 0);
    }
    push.view.firmware = &firmware;
    if (expect_version(&options, &firmware, version, &error) != 0 ||
        (!options.force && image_file_check_startable(&firmware, &options.map, &error) != 0)) {
        push_view_fail_error(&push.view, "file", &error);
    } else {
        cmd_warn_of_version(&firmware, version);
        seconds = push_file(&push, &options, version);
    }
    int code = push_view_finish(&push.view, seconds);
    image_file_free(&firmware);
    return code;
}
