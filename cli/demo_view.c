/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void demo_view_init(struct demo_view *view, bool is_quiet)
{
    *view = (struct demo_view){.is_quiet = is_quiet};
    progress_line_init(&view->progress, stdout, "module: ");
}

void demo_view_begin(struct demo_view *view, uint32_t image_size)
{
    view->image_size = image_size;
    view->log_len = 0;
    view->failure[0] = '\0';
}

void demo_view_end(struct demo_view *view)
{
    progress_line_break(&view->progress);
}

void demo_view_line(struct demo_view *view, const char *who, const char *text)
{
    if (!view->is_quiet) {
        progress_line_break(&view->progress);
        printf("%-7s %s\n", who, text);
        fflush(stdout);
    }
}

void demo_view_log(struct demo_view *view, char byte)
{
    if (byte == '\r') {
        return;
    }
    if (byte != '\n' && view->log_len < sizeof view->log - 1) {
        view->log[view->log_len++] = byte;
        return;
    }
    view->log[view->log_len] = '\0';
    if (view->log_len > 0) {
        demo_view_line(view, "mcu:", view->log);
    }
    view->log_len = 0;
}

void demo_view_power_failed(struct demo_view *view, uint64_t op)
{
    char text[120];

    view->log_len = 0;
    snprintf(text, sizeof text, "FAILS in flash operation %" PRIu64 ", which is left torn", op);
    demo_view_line(view, "power:", text);
}

/* The module asks again and again while it waits: the same answer is printed once. */
static void show_info(struct demo_view *view, const struct otter_info *info)
{
    char text[sizeof view->info];

    snprintf(text, sizeof text, "the MCU runs %.8s on hardware %.8s",
             (const char *)info->version, (const char *)info->hardware);
    if (strcmp(text, view->info) != 0) {
        memcpy(view->info, text, sizeof view->info);
        demo_view_line(view, "module:", text);
    }
}

static void show_ready(struct demo_view *view, unsigned pieces, uint32_t now_ms)
{
    char text[80];

    snprintf(text, sizeof text, "the MCU is ready: %u pieces at 9600 baud", pieces);
    demo_view_line(view, "module:", text);
    progress_line_start(&view->progress, view->image_size, now_ms);
}

void demo_view_event(struct demo_view *view, const struct module_event *event, uint32_t now_ms)
{
    char text[MODULE_TEXT_SIZE];

    switch (event->kind) {
    case MODULE_EVENT_STARTED:
        demo_view_line(view, "module:", "starts, asks for the device's versions");
        break;
    case MODULE_EVENT_INFO:
        show_info(view, event->info);
        break;
    case MODULE_EVENT_OFFERED:
        demo_view_line(view, "module:", "offered the new file, the MCU took notice");
        break;
    case MODULE_EVENT_READY:
        show_ready(view, event->count, now_ms);
        break;
    case MODULE_EVENT_PROGRESS:
        if (!view->is_quiet) {
            progress_line_show(&view->progress, event->number, event->count, now_ms);
        }
        break;
    case MODULE_EVENT_SENT:
        demo_view_line(view,
                       "module:", "all sent and acknowledged: the MCU has verified the MD5");
        break;
    case MODULE_EVENT_STOPPED:
    case MODULE_EVENT_REFUSED:
        module_text(event, text);
        demo_view_line(view, "module:", text);
        break;
    case MODULE_EVENT_FAILED:
        module_text(event, view->failure);
        demo_view_line(view, "module:", view->failure);
        break;
    case MODULE_EVENT_UPDATED:
    case MODULE_EVENT_UP_TO_DATE:
        demo_view_line(view, "module:", "the MCU is back with the new version");
        break;
    case MODULE_EVENT_ABOUT:
    case MODULE_EVENT_RESENT:
    case MODULE_EVENT_REPORT:
    case MODULE_EVENT_ANSWER:
    case MODULE_EVENT_REQUEST:
    case MODULE_EVENT_ILLEGAL:
    case MODULE_EVENT_WRONG_READY:
    case MODULE_EVENT_GAVE_UP:
        break;
    }
}
