/* SPDX-License-Identifier: Apache-2.0 */
/* otter info: what one MCU tells of itself over a serial port; see docs/man/otter-info.1. */
#include <string.h>

#include "cli/cmd.h"
#include "cli/info_view.h"
#include "cli/report.h"
#include "host/line_doubt.h"
#include "host/local_time.h"
#include "host/module_text.h"
#include "host/push_session.h"

enum {
    WAIT_MS = 500,    /* the overall timeout is looked at from time to time */
    OPT_TIMEOUT = 256 /* no letter for it */
};

struct info {
    struct push_session session;
    const char *port;
    bool as_json, done;
    int code;
    unsigned restarts; /* that the MCU has asked for */
    /* 0x02, of an MCU that has yet to answer more */
    bool has_told;
    struct otter_info info;
    struct otter_update_status update_status;
};

struct options {
    const char *port;
    long baud;
    uint32_t timeout_s;
    bool json;
};

static void fail(struct info *info, const char *reason, const struct host_error *error)
{
    info->done = true;
    info->code = info_view_fail(info->port, reason, error, info->as_json);
}

/* The module answers for the time being, offers nothing, and asks what it always asks. */
static void on_event(void *ctx, const struct module_event *event)
{
    struct info *info = ctx;
    bool no_more_comes = event->kind == MODULE_EVENT_INFO && event->update_status == NULL;

    if (info->done) {
        return;
    }
    if (no_more_comes || event->kind == MODULE_EVENT_ABOUT) {
        info->done = true;
        info->code = info_view_print(event, info->port, info->as_json);
    } else if (event->kind == MODULE_EVENT_INFO) {
        info->has_told = true;
        info->info = *event->info;
        info->update_status = *event->update_status;
    } else if (event->kind == MODULE_EVENT_STARTED) {
        info->restarts +=
            event->start == MODULE_START_ASKED || event->start == MODULE_START_RESET;
    } else if (event->kind == MODULE_EVENT_FAILED) {
        char text[MODULE_TEXT_SIZE], doubt[LINE_DOUBT_SIZE];
        struct host_error error;

        module_text(event, text);
        line_doubt(&info->session, event->failure, doubt);
        (void)host_error_set(&error, info->port, "%s%s", text, doubt);
        fail(info, module_text_failure(event->failure), &error);
    }
}

/* An MCU that restarts the module again and again is never given up by it. */
static void end(struct info *info, uint32_t timeout_s)
{
    const struct module_event told = {
        .kind = MODULE_EVENT_INFO, .info = &info->info, .update_status = &info->update_status};
    struct host_error error;

    if (info->has_told) {
        info->done = true;
        info->code = info_view_print(&told, info->port, info->as_json);
    } else {
        (void)host_error_set(
            &error, info->port, "the MCU has told nothing in %u s%s", timeout_s,
            info->restarts > 0 ? ": it restarts the module again and again" : "");
        fail(info, "timeout", &error);
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case 'p':
        options->port = arg;
        return 0;
    case 'b':
        return cmd_baud(arg, &options->baud);
    case OPT_TIMEOUT:
        return cmd_number32("--timeout", arg, 1, 86400, &options->timeout_s);
    case 'j':
        options->json = true;
        return 0;
    case ARGP_KEY_ARG:
        return cmd_misuse(arg, "no file is wanted here");
    case ARGP_KEY_END:
        return options->port != NULL ? 0 : cmd_misuse(NULL, "no serial port given (--port)");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options =
        (const struct argp_option[]){
            {"port", 'p', "TTY", 0, "serial port the MCU's module UART is on (a tty or a pty)",
             0},
            {"baud", 'b', "N", 0, "baud rate, 9600 if not given", 0},
            {"timeout", OPT_TIMEOUT, "S", 0, "give up after S seconds in all, 60 if not given",
             0},
            {"json", 'j', NULL, 0, "print one JSON object", 0},
            {0}},
    .parser = parse_option,
    .doc = "Show what an MCU tells of itself over a serial port, in the place of its Wi-Fi "
           "module."};

int cmd_info(int argc, char **argv)
{
    static struct info info;
    struct options options = {.baud = 9600, .timeout_s = 60};
    struct host_error error;
    struct serial serial;

    int err = cmd_parse(&argp, "otter info", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (serial_open(&serial, options.port, options.baud, &error) != 0) {
        return info_view_fail(options.port, "port", &error, options.json);
    }
    cmd_warn_of_user(options.port);
    const struct module_config config = {.ctx = &info, .event = on_event, .time = local_time};
    info = (struct info){.port = options.port, .as_json = options.json};
    push_session_init(&info.session, &serial, &config);
    while (!info.done) {
        if (push_session_turn(&info.session, WAIT_MS, NULL, &error) != 0) {
            fail(&info, "port", &error);
        } else if (!info.done &&
                   push_session_now_ms(&info.session) / 1000 >= options.timeout_s) {
            end(&info, options.timeout_s);
        }
    }
    serial_close(&serial);
    return info.code;
}
