/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/push_view.h"

#include <stdarg.h>
#include <string.h>
#include "cli/cmd.h"
#include "cli/json_update.h"
#include "cli/report.h"
#include "host/about_check.h"
#include "host/json.h"
#include "host/module_text.h"
#include "host/reason_text.h"

__attribute__((format(printf, 2, 3))) static void log_line(struct push_view *view,
                                                           const char *format, ...)
{
    char text[320];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    progress_line_break(&view->progress);
    log_event("%s", text);
}

void push_view_fail_error(struct push_view *view, const char *reason,
                          const struct host_error *error)
{
    view->error = *error;
    view->reason = reason;
    view->outcome = PUSH_FAILED;
}

void push_view_fail(struct push_view *view, const char *reason, const char *thing,
                    const char *format, ...)
{
    struct host_error error;
    char text[HOST_REASON_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)host_error_set(&error, thing, "%s", text);
    push_view_fail_error(view, reason, &error);
}

/* ---- events of the module ---- */

static void on_first_info(struct push_view *view, const struct otter_info *info)
{
    if (module_info_is_recovery(info)) {
        const char *why = reason_recovery_text(view->before.reason);

        view->was_in_recovery = true;
        log_line(view, "MCU hardware %s is in recovery: its bootloader waits for an image",
                 view->hardware);
        if (why[0] != '\0') {
            log_line(view, "why: %s (%u)", why, view->before.reason);
        }
        return;
    }
    log_line(view, "MCU hardware %s, version %s", view->hardware, view->from);
    if (view->before.reason != OTTER_REASON_NONE) {
        log_line(view, "its last update was %s", reason_text(view->before.reason)->text);
    }
}

static void on_info(struct push_view *view, const struct otter_info *info,
                    const struct otter_update_status *status)
{
    char version[9];

    image_file_text(info->version, version);
    view->after = status != NULL ? *status : (struct otter_update_status){.is_otter = false};
    if (view->from[0] == 0) {
        memcpy(view->from, version, sizeof view->from);
        image_file_text(info->hardware, view->hardware);
        view->before = view->after;
        on_first_info(view, info);
        if (view->firmware->has_trailer &&
            memcmp(info->hardware, view->firmware->image.hardware, 8) != 0 && !view->force) {
            char needs[9];
            image_file_text(view->firmware->image.hardware, needs);
            push_view_fail(view, "wrong-hardware", view->path,
                           "the file is for hardware %s, the MCU is %s%s", needs,
                           view->hardware,
                           view->hardware[0] != '?' ? ""
                                                    : ": its bootloader has no ids yet, see "
                                                      "`otter boot make`");
        }
    } else if (view->verbose) {
        log_line(view, "MCU answers, version %s%s", version,
                 view->after.on_trial ? ", on trial" : "");
    }
    memcpy(view->to, version, sizeof view->to);
}

/* What the words of a reason leave out, as "; ..." or "". */
static void put_detail(const struct otter_about *about, const struct otter_image *image,
                       enum otter_reason reason, char out_text[], size_t size)
{
    out_text[0] = '\0';
    if (reason == OTTER_REASON_OLDER) {
        (void)snprintf(out_text, size, "; its number is 0x%08x, the lowest taken is 0x%08x",
                       image->number, about->floor);
    } else if (reason == OTTER_REASON_UNKNOWN_KEY) {
        int len = snprintf(out_text, size, ", 0x%08x; known:", image->key_id);

        for (unsigned i = 0; i < otter_about_keys_told(about) && (size_t)len < size; i++) {
            len += snprintf(out_text + len, size - (size_t)len, " 0x%08x", about->key_ids[i]);
        }
    } else if (reason == OTTER_REASON_HARDWARE) {
        char is[9], needs[9];

        image_file_text(image->hardware, needs);
        image_file_text(about->hardware, is);
        (void)snprintf(out_text, size, ", %s; the device takes %s", needs, is);
    } else if ((reason == OTTER_REASON_TRIED || reason == OTTER_REASON_NONE) && about->judged &&
               about->tries != 0 && about->try_ended != OTTER_REASON_NONE) {
        (void)snprintf(out_text, size, "; the last time it was %s",
                       reason_text(about->try_ended)->text);
    }
}

/* Would the MCU not take the file? Then nothing is sent. */
static void judge(struct push_view *view, const struct otter_about *about)
{
    const struct image_file *firmware = view->firmware;
    enum otter_reason reason = about_check(about, firmware);
    char detail[120];

    put_detail(about, &firmware->image, reason, detail, sizeof detail);
    if (about_check_is_too_large(about, firmware)) {
        push_view_fail(view, "too-large", view->path,
                       "not sent: %zu bytes do not fit the MCU's slot of %u bytes",
                       firmware->file.len, about->slot_size);
    } else if (reason != OTTER_REASON_NONE) {
        view->after.reason = (uint8_t)reason;
        view->after_is_final = true;
        push_view_fail(view, "refused", view->port, "not sent: the file was %s%s",
                       reason_text((uint8_t)reason)->text, detail);
    } else if (detail[0] != '\0') {
        log_line(view, "the MCU has had this file %u time%s before%s", about->tries,
                 about->tries == 1 ? "" : "s", detail);
    }
}

/* An MCU that runs that version is not offered the file anyway. */
static void on_about(struct push_view *view, const struct module_event *event)
{
    bool runs_it = memcmp(event->info->version, event->expected, 8) == 0;

    if (event->about != NULL && !view->was_judged && !view->force && !runs_it &&
        view->outcome == PUSH_RUNNING) {
        judge(view, event->about);
    }
    view->was_judged = true;
}

/* An MCU that does not say why it is as before: what may have been, as "; ...". */
static const char *guess(const struct push_view *view, enum module_failure failure)
{
    if (failure != MODULE_FAIL_OLD_VERSION || view->after.is_otter) {
        return "";
    }
    return image_file_is_signed(view->firmware)
               ? "; its bootloader may have refused the file, or taken it back: the log of "
                 "USART1 has the reason"
               : "; its bootloader may have refused the file, which is not signed, or taken it "
                 "back: the log of USART1 has the reason";
}

void push_view_event(struct push_view *view, const struct module_event *event,
                     const char *doubt, uint32_t now_ms)
{
    bool verbose = view->verbose;
    char text[MODULE_TEXT_SIZE];

    module_text(event, text);

    switch (event->kind) {
    case MODULE_EVENT_STARTED:
        if (verbose) {
            log_line(view, "module starts: %s", text);
        }
        break;
    case MODULE_EVENT_INFO:
        on_info(view, event->info, event->update_status);
        break;
    case MODULE_EVENT_ABOUT:
        on_about(view, event);
        break;
    case MODULE_EVENT_OFFERED:
        if (verbose) {
            log_line(view, "MCU took the offer");
        }
        break;
    case MODULE_EVENT_READY:
        view->pieces = event->count;
        if (verbose) {
            log_line(view, "MCU asks for %u pieces", event->count);
        }
        progress_line_start(&view->progress, (uint32_t)view->firmware->file.len, now_ms);
        break;
    case MODULE_EVENT_PROGRESS:
        progress_line_show(&view->progress, event->number, event->count, now_ms);
        break;
    case MODULE_EVENT_RESENT:
        view->resent++;
        if (verbose) {
            log_line(view, "piece %u sent again", event->number);
        }
        break;
    case MODULE_EVENT_SENT:
        log_line(view, "all sent; waiting for the MCU to come back");
        break;
    case MODULE_EVENT_STOPPED:
    case MODULE_EVENT_REFUSED:
    case MODULE_EVENT_WRONG_READY:
        log_line(view, "%s", text);
        break;
    case MODULE_EVENT_ILLEGAL:
    case MODULE_EVENT_REQUEST:
    case MODULE_EVENT_GAVE_UP:
        if (verbose) {
            log_line(view, "%s 0x%02X",
                     event->kind == MODULE_EVENT_GAVE_UP ? "no answer to" : "MCU sends",
                     event->cmd);
        }
        break;
    case MODULE_EVENT_REPORT:
    case MODULE_EVENT_ANSWER:
        break;
    case MODULE_EVENT_UP_TO_DATE:
        view->outcome = PUSH_UP_TO_DATE;
        break;
    case MODULE_EVENT_UPDATED:
        view->outcome = PUSH_UPDATED;
        view->after_is_final = true;
        break;
    case MODULE_EVENT_FAILED:
        view->after_is_final =
            event->failure == MODULE_FAIL_NOT_INSTALLED ||
            (event->failure == MODULE_FAIL_REFUSED && reason_is_of_offer(view->after.reason));
        push_view_fail(view, module_text_failure(event->failure), view->port, "%s%s%s", text,
                       doubt, guess(view, event->failure));
        break;
    }
}

/* ---- result ---- */

static int print_json(const struct push_view *view, double seconds)
{
    static const char *const names[] = {[PUSH_RUNNING] = "running",
                                        [PUSH_UPDATED] = "updated",
                                        [PUSH_UP_TO_DATE] = "up-to-date",
                                        [PUSH_FAILED] = "failed"};
    char text[REPORT_TEXT_SIZE];
    uint8_t after = view->after_is_final ? view->after.reason : OTTER_REASON_NONE;
    json_t *result = json_object();

    json_add(&result, "result", json_text(names[view->outcome]));
    json_add(&result, "file", json_text(view->path));
    json_add(&result, "bytes",
             view->firmware != NULL ? json_count(view->firmware->file.len) : json_null());
    json_add(&result, "pieces", json_count(view->pieces));
    json_add(&result, "resent", json_count(view->resent));
    json_add(&result, "from", json_text(view->from));
    json_add(&result, "to", json_text(view->to));
    json_add(&result, "recovery", json_boolean(view->was_in_recovery));
    json_add(&result, "last_update", json_update(view->before.reason, false));
    json_add(&result, "update", json_update(after, view->outcome == PUSH_UPDATED));
    json_add(&result, "seconds", json_fixed(seconds, 1));
    if (view->outcome == PUSH_FAILED) {
        json_add(&result, "reason", json_text(view->reason));
        report_text(&view->error, text);
        json_add(&result, "text", json_text(text));
    }
    return cmd_print_json(result);
}

int push_view_finish(struct push_view *view, double seconds)
{
    int code = CMD_OK;

    progress_line_break(&view->progress);
    if (view->outcome == PUSH_FAILED) {
        (void)report_error(&view->error);
    }
    if (view->outcome == PUSH_UPDATED && view->after.reason != OTTER_REASON_NONE) {
        (void)report_failure(view->port, "the update was %s",
                             reason_text(view->after.reason)->text);
    }
    if (view->as_json) {
        code = print_json(view, seconds);
    } else if (view->outcome == PUSH_UPDATED) {
        printf("otter: push: MCU updated %s -> %s in %.1f s\n", view->from, view->to, seconds);
    } else if (view->outcome == PUSH_UP_TO_DATE) {
        printf("otter: push: MCU already has version %s; nothing sent\n", view->to);
    }
    return view->outcome == PUSH_FAILED ? CMD_FAILED : code;
}
