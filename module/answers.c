/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the MCU and their answers, and the illegal-message rules; see module.h. */
#include "module/internal.h"

/* All answers but 0x18 and 0x22 are empty. A full send queue loses the answer: the MCU asks
 * again. */
static void acknowledge(struct module *module, const struct otter_frame *frame)
{
    int err = otter_link_answer(&module->link, frame, NULL, 0);
    (void)err;
}

static void emit_request(struct module *module, const struct otter_frame *frame)
{
    module_emit(module, (struct module_event){
                            .kind = MODULE_EVENT_REQUEST, .cmd = frame->cmd, .frame = frame});
}

static void answer_time(struct module *module, const struct otter_frame *frame)
{
    /* Before the cloud is reached: not zeros, but this (docs/protocol.md, 2). */
    struct otter_time time = {.year = 1970, .month = 1, .day = 1, .hour = 8};
    struct otter_time now;
    uint8_t payload[16];

    if (module->status_cloud_sent && (module->status & OTTER_STATUS_CLOUD) != 0 &&
        module->config->time != NULL && module->config->time(module->config->ctx, &now)) {
        time = now;
    }
    int len = otter_put_time(&time, payload, sizeof payload);
    int err = len < 0 ? len : otter_link_answer(&module->link, frame, payload, (uint16_t)len);
    (void)err;
}

static void answer_module_info(struct module *module, const struct otter_frame *frame)
{
    static const struct otter_module_info plain = {
        .kind = OTTER_MODULE_WIFI,
        .protocol = {'0', '0', '0', '0', '0', '0', '0', '4'},
        .hardware = {'0', '0', '0', 'O', 'T', 'T', 'E', 'R'},
        .version = {'0', '0', '0', '0', '0', '1', '0', '0'},
    };
    uint8_t payload[128 + 255];
    int len = otter_put_module_info(
        module->config->module_info != NULL ? module->config->module_info : &plain, payload,
        sizeof payload);
    int err = len < 0 ? len : otter_link_answer(&module->link, frame, payload, (uint16_t)len);
    (void)err;
}

static void on_report(struct module *module, const struct otter_frame *frame)
{
    struct otter_p0 p0;

    acknowledge(module, frame);
    if (otter_get_p0(frame, &p0) == 0) {
        module_emit(module, (struct module_event){.kind = MODULE_EVENT_REPORT, .p0 = &p0});
    }
}

/* No answer, and no reason to send anything sooner: but an otter app that knows no 0x6F yet
 * need not be asked three times. */
static void on_illegal(struct module *module, const struct otter_frame *frame)
{
    uint8_t code;

    if (otter_get_illegal(frame, &code) != 0) {
        return;
    }
    module_emit(module, (struct module_event){
                            .kind = MODULE_EVENT_ILLEGAL, .cmd = frame->cmd, .number = code});
    if (code == OTTER_ILLEGAL_COMMAND && frame->sn == module->link.command_sn &&
        otter_link_awaits(&module->link, OTTER_CMD_ASK_ABOUT)) {
        otter_link_drop(&module->link);
        module_emit_kind(module, MODULE_EVENT_ABOUT);
    }
}

void module_answer(struct module *module, const struct otter_frame *frame, uint32_t now_ms)
{
    switch (frame->cmd) {
    case OTTER_CMD_REPORT:
        on_report(module, frame);
        break;
    case OTTER_CMD_CONFIG_MODE:
    case OTTER_CMD_PRODUCTION_TEST:
    case OTTER_CMD_BINDABLE:
    case OTTER_CMD_TRANSACTION: /* the other MCU's update is the cloud side's affair */
        acknowledge(module, frame);
        emit_request(module, frame);
        break;
    case OTTER_CMD_RESET_MODULE:
        acknowledge(module, frame);
        emit_request(module, frame);
        module_restart_after(module, MODULE_T_RESET_MS, MODULE_START_RESET, now_ms);
        break;
    case OTTER_CMD_GET_TIME:
        answer_time(module, frame);
        emit_request(module, frame);
        break;
    case OTTER_CMD_GET_MODULE_INFO:
        answer_module_info(module, frame);
        emit_request(module, frame);
        break;
    case OTTER_CMD_READY:
        module_transfer_ready(module, frame, now_ms);
        break;
    case OTTER_CMD_RECEIVER_STOP:
        acknowledge(module, frame);
        module_transfer_stop(module, now_ms);
        break;
    case OTTER_CMD_RESTART_MODULE:
        if (module->config->knows_no_restart) {
            break;
        }
        acknowledge(module, frame);
        /* 0x29 again, because 0x2A is still on its way: it has restarted already, and what it
         * has asked is not to be lost. */
        if (module->phase != MODULE_PHASE_ASKING || !module->asked_by_mcu) {
            module_restart_after(module, MODULE_T_RESTART_MS, MODULE_START_ASKED, now_ms);
        }
        break;
    case OTTER_CMD_ILLEGAL_TO_MODULE:
        on_illegal(module, frame);
        break;
    case OTTER_CMD_OFFER: /* a file from the MCU to the cloud: not supported, so no answer */
        emit_request(module, frame);
        break;
    default: /* unknown codes with a good checksum get no answer, as measured */
        break;
    }
}

/* Which code the reply 0x11 quotes for a frame with a wrong checksum; 0 = no reply. Measured
 * for every code on a module (docs/protocol.md, chapter 5): answers are dropped silently. */
static enum otter_illegal illegal_code(uint8_t cmd, bool *out_silent)
{
    *out_silent = false;
    switch (cmd) {
    case OTTER_CMD_INFO:
    case OTTER_CMD_CONTROL_ACK:
    case OTTER_CMD_HEARTBEAT_ACK:
    case OTTER_CMD_STATUS_ACK:
    case OTTER_CMD_ILLEGAL_TO_MODULE:
    case OTTER_CMD_OFFER_ACK:
    case OTTER_CMD_PIECE_ACK:
    case OTTER_CMD_SENDER_STOP_ACK:
        *out_silent = true;
        return OTTER_ILLEGAL_OTHER;
    case OTTER_CMD_REPORT:
    case OTTER_CMD_CONFIG_MODE:
    case OTTER_CMD_RESET_MODULE:
    case OTTER_CMD_PRODUCTION_TEST:
    case OTTER_CMD_BINDABLE:
    case OTTER_CMD_GET_TIME:
    case OTTER_CMD_READY:
        return OTTER_ILLEGAL_CHECKSUM;
    default:
        return OTTER_ILLEGAL_COMMAND;
    }
}

void module_bad_checksum(struct module *module, const struct otter_frame *frame)
{
    bool silent;
    enum otter_illegal code = illegal_code(frame->cmd, &silent);
    uint8_t payload[1];
    int len = otter_put_illegal(code, payload, sizeof payload);

    if (silent || len < 0) {
        return;
    }
    int err = otter_link_notify(&module->link, OTTER_CMD_ILLEGAL_TO_MCU, frame->sn, payload,
                                (uint16_t)len);
    (void)err;
}
