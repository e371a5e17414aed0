/* SPDX-License-Identifier: Apache-2.0 */
/* otter push: update one MCU over a serial port, without any cloud; see docs/man/otter-push.1. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "host/image_file.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "host/serial.h"
#include "module/module.h"
#include "module/reason.h"
#include "port/stm32f103/partitions.h"

enum { CANCEL_MS = 1000 }; /* for 0x1F and its answer after Ctrl-C */

struct options {
    const char *file, *port, *version;
    long baud;
    uint32_t slot_size, timeout_s;
    bool force, json, verbose;
};

/* What came of it: one line, or one JSON object. */
enum outcome { RUNNING, UPDATED, UP_TO_DATE, FAILED };

struct push {
    const struct options *options;
    const struct image_file *firmware;
    struct module_config config;
    struct module module;
    struct serial serial;
    struct progress progress;
    struct timespec start;
    enum outcome outcome;
    char from[9], to[9]; /* versions the MCU told; empty = none yet */
    char hardware[9];
    struct otter_update_status before,
        after; /* what it told of its last update: at first, and lately */
    bool was_in_recovery;
    bool is_judged; /* `after` is about this update */
    uint16_t pieces;
    uint32_t resent;
    const char *reason; /* one word, for JSON */
    char text[256];     /* one clause, for a person */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* ---- command line ---- */

enum { OPT_FORCE = 256, OPT_JSON, OPT_TIMEOUT, OPT_SLOT };

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    uint32_t number = 0;
    error_t err;

    switch (key) {
    case 'p':
        options->port = arg;
        return 0;
    case 'b':
        err = cmd_number32("--baud", arg, 1, 10000000, &number);
        options->baud = (long)number;
        return err != 0 || serial_baud_is_known(options->baud)
                   ? err
                   : cmd_bad_value("--baud", arg, "not a baud rate this system knows");
    case 'V':
        if (strlen(arg) != 8) {
            return cmd_bad_value("--version", arg,
                                 "a version has 8 characters, such as 03010102");
        }
        options->version = arg;
        return 0;
    case OPT_FORCE:
        options->force = true;
        return 0;
    case OPT_JSON:
        options->json = true;
        return 0;
    case OPT_TIMEOUT:
        return cmd_number32("--timeout", arg, 1, 86400, &options->timeout_s);
    case OPT_SLOT:
        return cmd_number32("--slot", arg, OTTER_IMAGE_SIZE_MIN, 0x100000, &options->slot_size);
    case 'v':
        options->verbose = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->file != NULL) {
            return cmd_misuse(arg, "one file at a time");
        }
        options->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->file == NULL || options->port == NULL) {
            return cmd_misuse(NULL, options->file == NULL ? "no file given"
                                                          : "no serial port given (--port)");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"port", 'p', "TTY", 0, "serial port the MCU's module UART is on (a tty or a pty)", 0},
    {"baud", 'b', "N", 0, "baud rate, 9600 if not given", 0},
    {"version", 'V', "V", 0,
     "version (8 characters) the MCU is to report afterwards; needed for a .bin without "
     "trailer",
     0},
    {"slot", OPT_SLOT, "BYTES", 0, "size of the MCU's slot, 26624 if not given", 0},
    {"force", OPT_FORCE, NULL, 0,
     "send even if the MCU has that version, or the file does not look startable, or is for "
     "other "
     "hardware",
     0},
    {"timeout", OPT_TIMEOUT, "S", 0, "give up after S seconds in all, 600 if not given", 0},
    {"json", OPT_JSON, NULL, 0, "print the result as one JSON object", 0},
    {"verbose", 'v', NULL, 0, "tell every step", 0},
    {0}};

static const struct argp push_argp = {
    .options = option_table,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc = "Update one MCU over a serial port, in the place of its Wi-Fi module.\v"
           "FILE is the .bin of the build, with otter's trailer or without."};

/* ---- events of the module ---- */

static uint32_t now_ms(const struct push *push)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((now.tv_sec - push->start.tv_sec) * 1000 +
                      (now.tv_nsec - push->start.tv_nsec) / 1000000);
}

__attribute__((format(printf, 2, 3))) static void note(struct push *push, const char *format,
                                                       ...)
{
    va_list args;
    progress_break(&push->progress);
    fputs("otter: push: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

__attribute__((format(printf, 3, 4))) static void
end_badly(struct push *push, const char *reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(push->text, sizeof push->text, format, args);
    va_end(args);
    push->reason = reason;
    push->outcome = FAILED;
}

static void note_first_info(struct push *push, const struct otter_info *info)
{
    if (module_info_is_recovery(info)) {
        push->was_in_recovery = true;
        note(push, "MCU hardware %s is in recovery: its bootloader waits for an image",
             push->hardware);
        return;
    }
    note(push, "MCU hardware %s, version %s", push->hardware, push->from);
    if (push->before.reason != OTTER_REASON_NONE) {
        note(push, "its last update was %s", module_reason(push->before.reason)->text);
    }
}

static void on_info(struct push *push, const struct otter_info *info,
                    const struct otter_update_status *status)
{
    char version[9];

    image_file_text(info->version, version);
    push->after = status != NULL ? *status : (struct otter_update_status){.is_otter = false};
    if (push->from[0] == 0) {
        memcpy(push->from, version, sizeof push->from);
        image_file_text(info->hardware, push->hardware);
        push->before = push->after;
        note_first_info(push, info);
        if (push->firmware->has_trailer &&
            memcmp(info->hardware, push->firmware->image.hardware, 8) != 0 &&
            !push->options->force) {
            char needs[9];
            image_file_text(push->firmware->image.hardware, needs);
            end_badly(push, "wrong-hardware", "%s: the file is for hardware %s, the MCU is %s",
                      push->options->file, needs, push->hardware);
        }
    } else if (push->options->verbose) {
        note(push, "MCU answers, version %s%s", version,
             push->after.on_trial ? ", on trial" : "");
    }
    memcpy(push->to, version, sizeof push->to);
}

static void on_event(void *ctx, const struct module_event *event)
{
    struct push *push = ctx;
    bool verbose = push->options->verbose;

    switch (event->kind) {
    case MODULE_STARTED:
        if (verbose) {
            note(push, "module starts: %s", event->text);
        }
        break;
    case MODULE_INFO:
        on_info(push, event->info, event->update_status);
        break;
    case MODULE_OFFERED:
        if (verbose) {
            note(push, "MCU took the offer");
        }
        break;
    case MODULE_READY:
        push->pieces = event->count;
        if (verbose) {
            note(push, "MCU asks for %u pieces", event->count);
        }
        progress_start(&push->progress, push->config.file_size, now_ms(push));
        break;
    case MODULE_PROGRESS:
        progress_show(&push->progress, event->number, event->count, now_ms(push));
        break;
    case MODULE_RESENT:
        push->resent++;
        if (verbose) {
            note(push, "piece %u sent again", event->number);
        }
        break;
    case MODULE_SENT:
        note(push, "all sent; waiting for the MCU to come back");
        break;
    case MODULE_STOPPED:
    case MODULE_REFUSAL:
    case MODULE_WRONG_READY:
        note(push, "%s", event->text);
        break;
    case MODULE_ILLEGAL:
    case MODULE_REQUEST:
    case MODULE_GAVE_UP:
        if (verbose) {
            note(push, "%s 0x%02X",
                 event->kind == MODULE_GAVE_UP ? "no answer to" : "MCU sends", event->cmd);
        }
        break;
    case MODULE_REPORT:
    case MODULE_ANSWER:
        break;
    case MODULE_UP_TO_DATE:
        push->outcome = UP_TO_DATE;
        break;
    case MODULE_UPDATED:
        push->outcome = UPDATED;
        push->is_judged = true;
        break;
    case MODULE_FAILED:
        push->is_judged = event->failure == MODULE_NOT_INSTALLED;
        end_badly(push, module_failure_name(event->failure), "%s: %s", push->options->port,
                  event->text);
        break;
    }
}

/* 0x17: the MCU asks for the time; tell this computer's. */
static bool local_time(void *ctx, struct otter_time *out_time)
{
    time_t now = time(NULL);
    struct tm tm;

    (void)ctx;
    if (localtime_r(&now, &tm) == NULL) {
        return false;
    }
    *out_time = (struct otter_time){
        .year = (uint16_t)(tm.tm_year + 1900),
        .month = (uint8_t)(tm.tm_mon + 1),
        .day = (uint8_t)tm.tm_mday,
        .hour = (uint8_t)tm.tm_hour,
        .minute = (uint8_t)tm.tm_min,
        .second = (uint8_t)tm.tm_sec,
        .ntp_s = (uint32_t)now,
    };
    return true;
}

/* ---- the loop between port and module ---- */

struct pending {
    uint8_t bytes[512];
    size_t off, len;
};

/* Wait for the port or the next timer, and move bytes. 0, or -1 if the port failed. */
static int turn(struct push *push, struct pending *pending, const sigset_t *wait_mask)
{
    struct host_error error;
    uint8_t in[512];

    if (pending->off == pending->len) {
        pending->off = 0;
        pending->len = module_take(&push->module, pending->bytes, sizeof pending->bytes);
    }
    struct pollfd fd = {.fd = push->serial.fd, .events = POLLIN};
    if (pending->len != pending->off) {
        fd.events |= POLLOUT;
    }
    uint32_t next_ms = module_next_ms(&push->module, now_ms(push));
    if (next_ms > 500) {
        next_ms = 500; /* the overall timeout is looked at from time to time */
    }
    struct timespec timeout = {.tv_sec = 0, .tv_nsec = (long)next_ms * 1000000};
    int ready = ppoll(&fd, 1, &timeout, wait_mask);
    if (ready < 0 && errno != EINTR) {
        (void)report_failure(push->serial.path, "%s", strerror(errno));
        return -1;
    }
    if (ready > 0 && (fd.revents & POLLIN) != 0) {
        long len = serial_read(&push->serial, in, sizeof in, &error);
        if (len < 0) {
            (void)report_error(&error);
            return -1;
        }
        module_receive(&push->module, in, (size_t)len, now_ms(push));
    } else if (ready > 0 && (fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
        (void)serial_set_gone(&push->serial, &error);
        (void)report_error(&error);
        return -1;
    }
    if (ready > 0 && (fd.revents & POLLOUT) != 0) {
        long len = serial_write(&push->serial, pending->bytes + pending->off,
                                pending->len - pending->off, &error);
        if (len < 0) {
            (void)report_error(&error);
            return -1;
        }
        pending->off += (size_t)len;
    }
    module_poll(&push->module, now_ms(push));
    return 0;
}

/* After Ctrl-C: tell an MCU that waits for pieces that none will come. */
static void cancel(struct push *push, struct pending *pending, const sigset_t *wait_mask)
{
    uint32_t start_ms = now_ms(push);

    module_cancel(&push->module, start_ms);
    interrupted = 0; /* a second Ctrl-C ends at once */
    while ((module_is_busy(&push->module) || pending->off != pending->len) && !interrupted &&
           now_ms(push) - start_ms < CANCEL_MS) {
        if (turn(push, pending, wait_mask) != 0) {
            break;
        }
    }
    end_badly(push, "interrupted", "interrupted");
}

static void run(struct push *push)
{
    struct pending pending = {.len = 0};
    sigset_t block, wait_mask;
    struct sigaction action = {.sa_handler = on_signal};

    /* Blocked but while waiting, so that no signal slips in between test and wait. */
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGTERM);
    sigprocmask(SIG_BLOCK, &block, &wait_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    module_init(&push->module, &push->config, now_ms(push));
    while (push->outcome == RUNNING) {
        if (turn(push, &pending, &wait_mask) != 0) {
            push->outcome = FAILED; /* already said */
            push->reason = "port";
        } else if (interrupted && push->outcome == RUNNING) {
            push->outcome = FAILED;
            cancel(push, &pending, &wait_mask);
        } else if (push->outcome == RUNNING &&
                   now_ms(push) / 1000 >= push->options->timeout_s) {
            cancel(push, &pending, &wait_mask);
            end_badly(push, "timeout", "%s: not done after %u s", push->options->port,
                      push->options->timeout_s);
        }
    }
    progress_break(&push->progress);
}

/* ---- result ---- */

/* ", "NAME": null", or an object with outcome and reason. */
static void print_json_update(const char *name, uint8_t reason, bool is_installed)
{
    if (reason != OTTER_REASON_NONE) {
        const struct module_reason *words = module_reason(reason);
        printf(", \"%s\": {\"outcome\": \"%s\", \"why\": \"%s\", \"number\": %u}", name,
               words->outcome, words->name, reason);
    } else if (is_installed) {
        printf(", \"%s\": {\"outcome\": \"installed\"}", name);
    } else {
        printf(", \"%s\": null", name);
    }
}

static void print_json(const struct push *push, double seconds)
{
    static const char *const names[] = {
        [UPDATED] = "updated", [UP_TO_DATE] = "up-to-date", [FAILED] = "failed"};

    printf("{\"result\": \"%s\", \"file\": ", names[push->outcome]);
    json_string(stdout, push->options->file);
    printf(", \"bytes\": %u, \"pieces\": %u, \"resent\": %u, \"from\": ",
           push->config.file_size, push->pieces, push->resent);
    json_string(stdout, push->from);
    printf(", \"to\": ");
    json_string(stdout, push->to);
    printf(", \"recovery\": %s", push->was_in_recovery ? "true" : "false");
    print_json_update("last_update", push->before.reason, false);
    print_json_update("update", push->is_judged ? push->after.reason : OTTER_REASON_NONE,
                      push->outcome == UPDATED);
    printf(", \"seconds\": %.1f", seconds);
    if (push->outcome == FAILED) {
        printf(", \"reason\": ");
        json_string(stdout, push->reason);
        printf(", \"text\": ");
        json_string(stdout, push->text);
    }
    printf("}\n");
}

static int report(const struct push *push)
{
    double seconds = now_ms(push) / 1000.0;

    if (push->outcome == FAILED && push->text[0] != 0) {
        (void)report_failure(NULL, "%s", push->text);
    }
    if (push->outcome == UPDATED && push->after.reason != OTTER_REASON_NONE) {
        (void)report_failure(push->options->port, "the update was %s",
                             module_reason(push->after.reason)->text);
    }
    if (push->options->json) {
        print_json(push, seconds);
    } else if (push->outcome == UPDATED) {
        printf("otter: push: MCU updated %s -> %s in %.1f s\n", push->from, push->to, seconds);
    } else if (push->outcome == UP_TO_DATE) {
        printf("otter: push: MCU already has version %s; nothing sent\n", push->to);
    }
    return push->outcome == FAILED ? CMD_FAILED : CMD_OK;
}

/* The version the MCU must report afterwards. 0 or -1. */
static int expect_version(const struct options *options, const struct image_file *firmware,
                          uint8_t out_version[8])
{
    if (options->version == NULL && !firmware->has_trailer) {
        (void)report_failure(options->file, "no trailer says its version; give --version");
        return -1;
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
        (void)report_failure(options->file, "its trailer says version %s, not %s", is,
                             options->version);
        return -1;
    }
    return 0;
}

static int push_file(const struct options *options, const struct image_file *firmware)
{
    int code = CMD_FAILED;
    struct push *push = calloc(1, sizeof *push);

    if (push == NULL) {
        return report_failure(options->file, "not enough memory");
    }
    push->options = options;
    push->firmware = firmware;
    push->reason = "none";
    push->config = (struct module_config){
        .file = firmware->file.data,
        .file_size = (uint32_t)firmware->file.len,
        .offer_always = options->force,
        .ctx = push,
        .event = on_event,
        .time = local_time,
    };
    file_md5_hex(&firmware->file, push->config.md5_hex);
    progress_init(&push->progress, stderr);
    struct host_error error;
    if (expect_version(options, firmware, push->config.version) != 0) {
        free(push);
        return CMD_FAILED;
    }
    if ((!options->force && image_file_check_startable(firmware, OTTER_APP_ADDR,
                                                       options->slot_size, &error) != 0) ||
        serial_open(&push->serial, options->port, options->baud, &error) != 0) {
        code = report_error(&error);
    } else {
        clock_gettime(CLOCK_MONOTONIC, &push->start);
        run(push);
        serial_close(&push->serial);
        code = report(push);
    }
    free(push);
    return code;
}

int cmd_push(int argc, char **argv)
{
    struct options options = {.baud = 9600, .slot_size = OTTER_APP_SIZE, .timeout_s = 600};
    struct image_file firmware;
    struct host_error error;

    int err = cmd_parse(&push_argp, "otter push", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (image_file_load(&firmware, options.file, options.slot_size, &error) != 0) {
        return report_error(&error);
    }
    int code = push_file(&options, &firmware);
    image_file_free(&firmware);
    return code;
}
