/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/device.h"

#include <string.h>

enum { RESTART_DELAY_MS = 600 }; /* after 0x0F (Gizwits serial protocol, 0x0F) */

void otter_device_init(struct otter_device *device, const struct otter_device_config *config,
                       uint32_t now_ms)
{
    memset(device, 0, sizeof(*device));
    device->config = config;
    device->link_config.rx_body = device->rx_body;
    device->link_config.rx_body_max = sizeof(device->rx_body);
    device->link_config.command = device->command;
    device->link_config.command_max = sizeof(device->command);
    device->link_config.tx = device->tx;
    device->link_config.tx_max = sizeof(device->tx);
    device->link_config.rx_mode = OTTER_FRAME_LENIENT;
    otter_link_init(&device->link, &device->link_config);
    otter_receiver_init(&device->receiver, config->receiver, now_ms);
}

static void tell_link_works(struct otter_device *device)
{
    if (!device->link_works && device->config->link_works != NULL) {
        device->config->link_works(device->config->ctx);
    }
    device->link_works = true;
}

/* A full send queue loses the answer; the module asks again. So does whoever calls these
 * two. */
static void answer(struct otter_device *device, const struct otter_frame *request,
                   const uint8_t payload[], int payload_len)
{
    if (payload_len >= 0 &&
        otter_link_answer(&device->link, request, payload, (uint16_t)payload_len) == 0) {
        device->has_answered = true;
    }
}

static void report_error(struct otter_device *device, const struct otter_frame *frame,
                         enum otter_illegal code)
{
    uint8_t payload[1] = {(uint8_t)code};

    if (otter_link_notify(&device->link, OTTER_CMD_ILLEGAL_TO_MODULE, frame->sn, payload,
                          sizeof(payload)) != 0) {
        return;
    }
}

static void answer_info(struct otter_device *device, const struct otter_frame *request)
{
    uint8_t payload[OTTER_INFO_MAX];
    struct otter_update_status update_status = {.is_otter = false};
    int len = otter_put_info(device->config->info, payload, sizeof(payload));

    if (device->config->update_status != NULL) {
        device->config->update_status(device->config->ctx, &update_status);
    }
    if (len >= 0 &&
        otter_link_answer_flags(&device->link, request, otter_put_update_status(&update_status),
                                payload, (uint16_t)len) == 0) {
        device->has_answered = true; /* else as with answer() */
    }
}

/* What is no question with a file is taken for one without. */
static void answer_about(struct otter_device *device, const struct otter_frame *request)
{
    const struct otter_device_config *config = device->config;
    struct otter_update_status update_status = {.is_otter = true};
    struct otter_about about = {.on_trial = false};
    uint8_t payload[OTTER_ABOUT_MAX];
    struct otter_ask_about ask;
    int rc = otter_get_ask_about(request, &ask);

    (void)rc;
    memcpy(about.version, config->info->version, sizeof about.version);
    memcpy(about.hardware, config->info->hardware, sizeof about.hardware);
    otter_receiver_status(&device->receiver, &update_status);
    about.on_trial = update_status.on_trial;
    about.reason = update_status.reason;
    config->about(config->receiver->port, config->receiver->layout, &ask, &about);
    answer(device, request, payload, otter_put_about(&about, payload, sizeof(payload)));
}

static void answer_control(struct otter_device *device, const struct otter_frame *request)
{
    uint8_t payload[OTTER_COMMAND_MAX];
    struct otter_p0 p0;
    uint16_t len = 0;

    if (otter_get_p0(request, &p0) == 0) {
        len = device->config->control(device->config->ctx, &p0, payload);
    }
    if (len > sizeof(payload)) {
        len = 0;
    }
    answer(device, request, payload, len);
}

static void answer_status(struct otter_device *device, const struct otter_frame *request)
{
    uint16_t status;

    answer(device, request, NULL, 0);
    if (otter_get_status(request, &status) == 0 && device->config->status != NULL) {
        device->config->status(device->config->ctx, status);
    }
}

static void on_request(struct otter_device *device, const struct otter_frame *request,
                       uint32_t now_ms)
{
    switch (request->cmd) {
    case OTTER_CMD_GET_INFO:
        answer_info(device, request);
        break;
    case OTTER_CMD_CONTROL:
        answer_control(device, request);
        break;
    case OTTER_CMD_STATUS:
        answer_status(device, request);
        break;
    case OTTER_CMD_HEARTBEAT:
    case OTTER_CMD_TRANSACTION_RESULT:
        answer(device, request, NULL, 0);
        break;
    case OTTER_CMD_RESTART_MCU:
        answer(device, request, NULL, 0);
        if (!device->restart_due) { /* a resent one does not postpone it */
            device->restart_due = true;
            device->restart_ms = now_ms;
        }
        break;
    case OTTER_CMD_OFFER:
    case OTTER_CMD_PIECE:
    case OTTER_CMD_SENDER_STOP:
        if (otter_receiver_request(&device->receiver, &device->link, request, now_ms) == 0 &&
            request->cmd != OTTER_CMD_PIECE) { /* a piece may be left unanswered */
            device->has_answered = true;
        }
        break;
    case OTTER_CMD_ILLEGAL_TO_MCU:
        break;
    case OTTER_CMD_ASK_ABOUT:
        if (device->config->about != NULL) {
            answer_about(device, request);
            break;
        }
        /* fall through */
    default:
        report_error(device, request, OTTER_ILLEGAL_COMMAND);
        break;
    }
}

/* Our unacknowledged command is over: tell whose it was. `frame` NULL: without an answer. */
static void command_is_over(struct otter_device *device, uint8_t cmd,
                            const struct otter_frame *frame, uint32_t now_ms)
{
    const struct otter_device_config *config = device->config;

    if (frame != NULL) {
        tell_link_works(device);
    }
    if (!device->command_is_apps) {
        if (cmd == OTTER_CMD_RECEIVER_STOP) {
            otter_receiver_tell(
                &device->receiver,
                frame != NULL ? OTTER_TRANSFER_STOPPED : OTTER_TRANSFER_STOP_LOST, now_ms);
        }
        return;
    }
    device->command_is_apps = false;
    if (frame != NULL && config->answer != NULL) {
        config->answer(config->ctx, frame);
    }
    if (frame == NULL && config->gave_up != NULL) {
        config->gave_up(config->ctx, cmd);
    }
}

void otter_device_receive(struct otter_device *device, const uint8_t in[], size_t in_len,
                          uint32_t now_ms)
{
    if (in_len != 0) {
        otter_receiver_tell(&device->receiver, OTTER_TRANSFER_HEARD, now_ms);
    }
    while (in_len != 0) {
        struct otter_frame frame;
        size_t consumed = 0;

        switch (otter_link_receive(&device->link, in, in_len, &consumed, &frame)) {
        case OTTER_LINK_REQUEST:
            on_request(device, &frame, now_ms);
            break;
        case OTTER_LINK_ANSWER:
            command_is_over(device, (uint8_t)(frame.cmd - 1), &frame, now_ms);
            break;
        case OTTER_LINK_BAD_CHECKSUM:
            otter_receiver_tell(&device->receiver, OTTER_TRANSFER_BAD_CHECKSUM, now_ms);
            report_error(device, &frame, OTTER_ILLEGAL_CHECKSUM);
            break;
        case OTTER_LINK_STRAY:
        case OTTER_LINK_GAVE_UP:
        case OTTER_LINK_NONE:
            break;
        }
        in += consumed;
        in_len -= consumed;
    }
}

void otter_device_poll(struct otter_device *device, uint32_t now_ms)
{
    const struct otter_device_config *config = device->config;
    struct otter_frame frame;
    bool is_finished;

    if (otter_link_poll(&device->link, now_ms, &frame) == OTTER_LINK_GAVE_UP) {
        command_is_over(device, frame.cmd, NULL, now_ms);
    }
    if (otter_receiver_poll(&device->receiver, &device->link, now_ms) != 0) {
        return; /* the send queue is full: first it must be taken */
    }
    is_finished = device->receiver.transfer.state == OTTER_TRANSFER_FINISHED;
    if (device->restarted || !otter_link_is_drained(&device->link)) {
        return;
    }
    if (device->has_answered) {
        tell_link_works(device);
    }
    if (is_finished ||
        (!otter_link_is_busy(&device->link) &&
         otter_receiver_awaits_restart(&device->receiver)) ||
        (device->restart_due && now_ms - device->restart_ms >= RESTART_DELAY_MS)) {
        device->restarted = true;
        config->restart(config->ctx);
    }
}

size_t otter_device_take(struct otter_device *device, uint8_t out[], size_t out_max)
{
    return otter_link_take(&device->link, out, out_max);
}

int otter_device_command(struct otter_device *device, uint8_t cmd, const uint8_t payload[],
                         uint16_t payload_len, uint32_t now_ms)
{
    int rc;

    if (otter_receiver_is_active(&device->receiver)) {
        return OTTER_ERR_BUSY;
    }
    if (payload_len > OTTER_COMMAND_MAX) {
        return OTTER_ERR_SPACE;
    }
    rc = otter_link_command(&device->link, cmd, 0, payload, payload_len, &otter_retry_command,
                            now_ms);
    if (rc == 0) {
        device->command_is_apps = true;
    }
    return rc;
}
