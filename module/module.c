/* SPDX-License-Identifier: Apache-2.0 */
/* Start, periodic messages, and the loop of the module; see module.h. */
#include <string.h>

#include "module/internal.h"
#include "otter/md5.h"

enum { STATUS_CONNECTED = 0x073A }; /* RSSI 7, cloud, router, binding, station: as measured */

void module_emit(struct module *module, struct module_event event)
{
    event.expected = module->config->version;
    event.info = module->have_info ? &module->info : NULL;
    event.update_status =
        module->have_info && module->update_status.is_otter ? &module->update_status : NULL;
    event.about = module->have_about ? &module->about : NULL;
    if (module->config->event != NULL) {
        module->config->event(module->config->ctx, &event);
    }
}

void module_emit_kind(struct module *module, enum module_event_kind kind)
{
    module_emit(module, (struct module_event){.kind = kind});
}

/* Make the link use the buffers of this very struct: it holds pointers to them. */
static void rebind(struct module *module)
{
    module->link_config.rx_body = module->rx_body;
    module->link_config.command = module->command;
    module->link_config.tx = module->tx;
    module->link.config = &module->link_config;
    module->link.decoder.body = module->rx_body;
}

const struct otter_retry *module_retry(const struct module *module)
{
    static const struct otter_retry slow = {.timeout_ms = MODULE_T_SLOW_MS, .sends = 3};

    return module->is_slow ? &slow : &otter_retry_command;
}

/* Begin as a module's program does: empty queues, sn 0, 0x01 first. What is known about the
 * update stays, as it does in a cloud. */
static void start(struct module *module, enum module_start why, bool asked_by_mcu,
                  uint32_t now_ms)
{
    otter_link_init(&module->link, &module->link_config);
    if (why != MODULE_START_NO_INFO) {
        module->unheard_ms = now_ms;
    }
    module->phase = MODULE_PHASE_ASKING;
    module->start_ms = now_ms;
    module->info_rounds = 0;
    module->heartbeats_lost = 0;
    module->heartbeat_ms = now_ms;
    module->status_ms = now_ms;
    module->status = module->config->status != 0 ? module->config->status : STATUS_CONNECTED;
    module->status_first_sent = false;
    module->status_cloud_sent = false;
    module->status_due = false;
    module->offer_considered = false;
    module->asked_about = false;
    module->have_about = false;
    module->is_slow = false;
    module->gave_up = false;
    module->asked_by_mcu = asked_by_mcu;
    module->restart_due = false;
    module->quiet = false;
    module_transfer_start(module, asked_by_mcu);
    module_emit(module, (struct module_event){.kind = MODULE_EVENT_STARTED, .start = why});
}

void module_restart_after(struct module *module, uint32_t after_ms, enum module_start why,
                          uint32_t now_ms)
{
    module->restart_due = true;
    module->restart_ms = now_ms;
    module->restart_after_ms = after_ms;
    module->restart_why = why;
}

/* Send a command; a full send queue is no loss, its step comes again. */
static bool send(struct module *module, uint8_t cmd, const uint8_t payload[],
                 uint16_t payload_len, uint32_t now_ms)
{
    return otter_link_command(&module->link, cmd, 0, payload, payload_len, module_retry(module),
                              now_ms) == 0;
}

static bool send_status(struct module *module, uint16_t status, uint32_t now_ms)
{
    uint8_t payload[2];
    int len = otter_put_status(status, payload, sizeof payload);
    if (len < 0 || !send(module, OTTER_CMD_STATUS, payload, (uint16_t)len, now_ms)) {
        return false;
    }
    module->status_ms = now_ms;
    module->status_due = false;
    return true;
}

/* The periodic messages, one at a time: each waits for the answer to the one before. */
static void step_running(struct module *module, uint32_t now_ms)
{
    uint16_t before_cloud = module->status & (uint16_t)~OTTER_STATUS_CLOUD;

    if (module->quiet) {
        module->quiet = !module_passed(now_ms, module->quiet_ms, MODULE_T_QUIET_MS);
        if (module->quiet) {
            return;
        }
    }
    if (!module->status_first_sent) {
        if (module_passed(now_ms, module->start_ms, MODULE_T_STATUS_FIRST_MS)) {
            module->status_first_sent = send_status(module, before_cloud, now_ms);
        }
    } else if (!module->status_cloud_sent &&
               module_passed(now_ms, module->start_ms, MODULE_T_STATUS_CLOUD_MS)) {
        module->status_cloud_sent = send_status(module, module->status, now_ms);
    } else if (module->status_due) {
        module->status_cloud_sent = send_status(module, module->status, now_ms);
    } else if (module_passed(now_ms, module->heartbeat_ms, MODULE_T_HEARTBEAT_MS)) {
        if (module->heartbeats_lost >= MODULE_HEARTBEATS_LOST) {
            module_restart_after(module, 0, MODULE_START_NO_HEARTBEAT, now_ms);
        } else if (send(module, OTTER_CMD_HEARTBEAT, NULL, 0, now_ms)) {
            module->heartbeat_ms = now_ms;
        }
    } else if (module_passed(now_ms, module->status_ms, MODULE_T_STATUS_MS)) {
        (void)send_status(module, module->status, now_ms);
    }
}

static void restart_if_due(struct module *module, uint32_t now_ms)
{
    if (module->restart_due &&
        module_passed(now_ms, module->restart_ms, module->restart_after_ms)) {
        start(module, module->restart_why, module->restart_after_ms == MODULE_T_RESTART_MS,
              now_ms);
    }
}

/* ---- otter's own question ---- */

static bool wants_about(const struct module *module)
{
    return module->phase == MODULE_PHASE_RUNNING && module->update_status.is_otter &&
           !module->asked_about;
}

static void ask_about(struct module *module, uint32_t now_ms)
{
    const struct module_file *file = &module->config->file;
    struct otter_ask_about ask = {.has_file = false};
    uint8_t payload[OTTER_ASK_ABOUT_MAX];

    if (file->read != NULL && otter_md5_from_hex(file->md5_hex, ask.md5) == 0) {
        ask.has_file = true;
        ask.file_size = file->size;
    }
    int len = otter_put_ask_about(&ask, payload, sizeof payload);
    module->asked_about =
        len >= 0 && send(module, OTTER_CMD_ASK_ABOUT, payload, (uint16_t)len, now_ms);
}

static void on_about(struct module *module, const struct otter_frame *frame)
{
    module->have_about = otter_get_about(frame, &module->about) == 0;
    module_emit_kind(module, MODULE_EVENT_ABOUT);
}

static void step(struct module *module, uint32_t now_ms)
{
    if (module->restart_due || otter_link_is_busy(&module->link)) {
        return;
    }
    module_transfer_not_back(module, now_ms);
    if (module->phase == MODULE_PHASE_ASKING) {
        (void)send(module, OTTER_CMD_GET_INFO, NULL, 0, now_ms);
        return;
    }
    if (wants_about(module)) {
        ask_about(module, now_ms);
        return;
    }
    module_transfer_step(module, now_ms);
    /* In the middle of a transfer the open module is deaf to its own timers, and an MCU counts
     * on that: nothing but answers between two pieces. */
    if (!otter_link_is_busy(&module->link) && !module_transfer_runs(module)) {
        step_running(module, now_ms);
    }
    restart_if_due(module, now_ms);
}

static void gave_up(struct module *module, uint8_t cmd, uint8_t sn, uint32_t now_ms)
{
    module->gave_up = true;
    module->lost_cmd = cmd;
    module->lost_sn = sn;
    switch (cmd) {
    case OTTER_CMD_GET_INFO:
        if (module->phase != MODULE_PHASE_ASKING) {
            break; /* asked again after an update: the time decides */
        }
        if (++module->info_rounds < MODULE_INFO_ROUNDS) {
            break;
        }
        if (module_passed(now_ms, module->unheard_ms, module->config->no_answer_ms)) {
            module_transfer_no_answer(module);
        }
        start(module, MODULE_START_NO_INFO, false, now_ms);
        break;
    case OTTER_CMD_ASK_ABOUT:
        module_emit_kind(module, MODULE_EVENT_ABOUT);
        break;
    case OTTER_CMD_OFFER:
    case OTTER_CMD_PIECE:
    case OTTER_CMD_SENDER_STOP:
        module_transfer_gave_up(module, cmd, now_ms);
        break;
    case OTTER_CMD_HEARTBEAT:
        module->heartbeats_lost++;
        module_emit(module, (struct module_event){.kind = MODULE_EVENT_GAVE_UP, .cmd = cmd});
        break;
    default:
        module_emit(module, (struct module_event){.kind = MODULE_EVENT_GAVE_UP, .cmd = cmd});
        break;
    }
}

static void on_info(struct module *module, const struct otter_frame *frame, uint32_t now_ms)
{
    struct otter_frame head = *frame;
    struct otter_info info;

    if (otter_get_info(frame, &info) != 0) {
        /* Deployed modules take any 0x02 that holds the fixed fields (docs/protocol.md,
         * 2.1). */
        head.payload_len = 66;
        if (frame->payload_len < head.payload_len || otter_get_info(&head, &info) != 0) {
            return;
        }
    }
    module->info = info;
    if (!module->config->knows_no_otter) {
        otter_get_update_status(frame, &module->update_status);
    }
    module->have_info = true;
    module->phase = MODULE_PHASE_RUNNING;
    module_emit_kind(module, MODULE_EVENT_INFO);
    module_transfer_info(module, now_ms);
}

/* An answer that nobody waits for any more: the line is slow, not the MCU silent. */
static void on_stray(struct module *module, const struct otter_frame *frame, uint32_t now_ms)
{
    if (module->gave_up && frame->cmd == module->lost_cmd + 1 && frame->sn == module->lost_sn) {
        module->is_slow = true;
    }
    /* Any 0x01 of this start: several may have been given up. */
    if (frame->cmd == OTTER_CMD_INFO && module->phase == MODULE_PHASE_ASKING &&
        module->info_rounds > 0) {
        otter_link_drop(&module->link);
        module->is_slow = true;
        on_info(module, frame, now_ms);
    }
}

static void on_answer(struct module *module, const struct otter_frame *frame, uint32_t now_ms)
{
    struct otter_p0 p0 = {0};

    switch (frame->cmd) {
    case OTTER_CMD_INFO:
        on_info(module, frame, now_ms);
        break;
    case OTTER_CMD_ABOUT:
        on_about(module, frame);
        break;
    case OTTER_CMD_CONTROL_ACK:
        if (frame->payload_len == 0 || otter_get_p0(frame, &p0) == 0) {
            module_emit(module, (struct module_event){.kind = MODULE_EVENT_ANSWER, .p0 = &p0});
        }
        break;
    case OTTER_CMD_OFFER_ACK:
    case OTTER_CMD_PIECE_ACK:
    case OTTER_CMD_SENDER_STOP_ACK:
        module_transfer_acked(module, frame->cmd, now_ms);
        break;
    default: /* status, heartbeat, ...: that it came is all it says */
        break;
    }
}

void module_init(struct module *module, const struct module_config *config, uint32_t now_ms)
{
    memset(module, 0, sizeof *module);
    module->config = config;
    module->link_config = (struct otter_link_config){
        .rx_body_max = sizeof module->rx_body,
        .command_max = sizeof module->command,
        .tx_max = sizeof module->tx,
        .rx_mode = OTTER_FRAME_STRICT,
        .raw_acks = true,
    };
    rebind(module);
    start(module, MODULE_START_POWER_ON, false, now_ms);
}

void module_copy(struct module *to, const struct module *from)
{
    *to = *from;
    rebind(to);
}

/* 0x01 is sent by modules only. */
static void hear(struct module *module, const struct otter_frame *frame)
{
    if (frame->cmd != OTTER_CMD_GET_INFO) {
        module->heard = MODULE_HEARD_MESSAGES;
    } else if (module->heard != MODULE_HEARD_MESSAGES) {
        module->heard = MODULE_HEARD_ITSELF;
    }
}

enum module_heard module_heard(const struct module *module)
{
    return module->heard;
}

void module_receive(struct module *module, const uint8_t in[], size_t in_len, uint32_t now_ms)
{
    restart_if_due(module, now_ms);
    if (in_len > 0 && module->heard == MODULE_HEARD_NOTHING) {
        module->heard = MODULE_HEARD_BYTES;
    }
    while (in_len > 0 && !module->restart_due) {
        struct otter_frame frame;
        size_t consumed = 0;
        enum otter_link_event event =
            otter_link_receive(&module->link, in, in_len, &consumed, &frame);
        in += consumed;
        in_len -= consumed;
        switch (event) {
        case OTTER_LINK_REQUEST:
            module_answer(module, &frame, now_ms);
            break;
        case OTTER_LINK_ANSWER:
            on_answer(module, &frame, now_ms);
            break;
        case OTTER_LINK_STRAY:
            if (frame.cmd == OTTER_CMD_ILLEGAL_TO_MODULE) {
                module_answer(module, &frame, now_ms);
            } else {
                on_stray(module, &frame, now_ms);
            }
            break;
        case OTTER_LINK_BAD_CHECKSUM:
            module_bad_checksum(module, &frame);
            break;
        case OTTER_LINK_NONE:
        case OTTER_LINK_GAVE_UP:
            break;
        }
        if (event != OTTER_LINK_NONE && event != OTTER_LINK_BAD_CHECKSUM) {
            module->heartbeats_lost = 0; /* any good frame is a sign of life */
            hear(module, &frame);
        }
        step(module, now_ms);
    }
}

void module_poll(struct module *module, uint32_t now_ms)
{
    struct otter_frame frame;

    restart_if_due(module, now_ms);
    if (module->restart_due) {
        return;
    }
    bool drained = otter_link_is_drained(&module->link);
    if (otter_link_poll(&module->link, now_ms, &frame) == OTTER_LINK_GAVE_UP) {
        gave_up(module, frame.cmd, frame.sn, now_ms);
    } else if (drained && !otter_link_is_drained(&module->link) &&
               module->transfer == MODULE_TRANSFER_SENDING && !module->piece_due) {
        module_emit(module, (struct module_event){.kind = MODULE_EVENT_RESENT,
                                                  .number = module->piece_number,
                                                  .count = module->piece_count});
    }
    step(module, now_ms);
}

size_t module_take(struct module *module, uint8_t out[], size_t out_max)
{
    return otter_link_take(&module->link, out, out_max);
}

uint32_t module_next_ms(const struct module *module, uint32_t now_ms)
{
    uint32_t next_ms = MODULE_T_HEARTBEAT_MS;

    if (module->restart_due) {
        module_sooner(&next_ms, now_ms, module->restart_ms, module->restart_after_ms);
        return next_ms;
    }
    if (otter_link_is_busy(&module->link)) {
        uint32_t link_ms = otter_link_next_ms(&module->link, now_ms);
        return link_ms < next_ms ? link_ms : next_ms;
    }
    if (module->phase == MODULE_PHASE_ASKING) {
        return 0;
    }
    module_transfer_sooner(module, &next_ms, now_ms);
    if (wants_about(module)) {
        next_ms = 0;
    }
    if (module->quiet) {
        module_sooner(&next_ms, now_ms, module->quiet_ms, MODULE_T_QUIET_MS);
    } else if (!module_transfer_runs(module)) {
        module_sooner(&next_ms, now_ms, module->heartbeat_ms, MODULE_T_HEARTBEAT_MS);
        module_sooner(&next_ms, now_ms, module->status_ms, MODULE_T_STATUS_MS);
        if (module->status_due) {
            next_ms = 0;
        }
        if (!module->status_first_sent) {
            module_sooner(&next_ms, now_ms, module->start_ms, MODULE_T_STATUS_FIRST_MS);
        } else if (!module->status_cloud_sent) {
            module_sooner(&next_ms, now_ms, module->start_ms, MODULE_T_STATUS_CLOUD_MS);
        }
    }
    /* Something is due but the send queue has no room: come back soon, but do not spin. */
    return next_ms == 0 && !otter_link_is_drained(&module->link) ? 5 : next_ms;
}

void module_set_status(struct module *module, uint16_t status)
{
    module->status = status;
    module->status_cloud_sent = true;
    module->status_due = true;
}

int module_command(struct module *module, uint8_t cmd, const uint8_t payload[],
                   uint16_t payload_len, uint32_t now_ms)
{
    if (module->restart_due || module->phase == MODULE_PHASE_ASKING ||
        module_transfer_runs(module)) {
        return OTTER_ERR_BUSY;
    }
    return otter_link_command(&module->link, cmd, 0, payload, payload_len, module_retry(module),
                              now_ms);
}

int module_control(struct module *module, const struct otter_p0 *p0, uint32_t now_ms)
{
    uint8_t payload[1 + 1024];
    int len = otter_put_p0(p0, payload, sizeof payload);
    if (len < 0) {
        return len;
    }
    return module_command(module, OTTER_CMD_CONTROL, payload, (uint16_t)len, now_ms);
}

bool module_info_is_recovery(const struct otter_info *info)
{
    return memcmp(info->version, "00000000", sizeof info->version) == 0;
}

bool module_is_busy(const struct module *module)
{
    return otter_link_is_busy(&module->link) || !otter_link_is_drained(&module->link);
}
