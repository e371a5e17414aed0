/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include "debug.h"

static void line(const char text[])
{
    debug_text(text);
    debug_text("\r\n");
}

void log_action(enum otter_action action, uint8_t detail)
{
    static const char update_task[] = "Update Task ,Sys Will Load New Sys..Wait For A Moment";

    switch (action) {
    case OTTER_ACTION_INSTALL:
        line(update_task);
        line("MD5 Check Success ,MCU OTA Success");
        line("Copy New Sys");
        break;
    case OTTER_ACTION_REFUSE:
        line(update_task);
        line("Md5_Cacl Check Faild ,MCU OTA Faild");
        line("Check Faild , Go to Old Systerm");
        break;
    case OTTER_ACTION_FINISH:
        line("New ROM Check Success , Wait to Load New Systerm");
        break;
    case OTTER_ACTION_RECOVER:
        line("Start APP Failed!");
        break;
    case OTTER_ACTION_REVERT:
    case OTTER_ACTION_TRY:
    case OTTER_ACTION_GIVE_UP: /* the tutorial has no text for these */
        debug_text(action == OTTER_ACTION_TRY      ? "Trial ["
                   : action == OTTER_ACTION_REVERT ? "Revert ["
                                                   : "Give up [");
        debug_decimal(detail);
        line("]");
        break;
    case OTTER_ACTION_CHECK_APP:
    case OTTER_ACTION_CHECK_NEW:
    case OTTER_ACTION_CHECK_OLD:
    case OTTER_ACTION_ACCEPT_FLASHED:
    case OTTER_ACTION_REWRITE:
    case OTTER_ACTION_MOVE:
    case OTTER_ACTION_START:
    case OTTER_ACTION_START_ONCE:
        break;
    }
}
