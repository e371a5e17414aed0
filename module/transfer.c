/* SPDX-License-Identifier: Apache-2.0 */
/* The file on its way to the MCU: offer, READY, pieces, every kind of end; see module.h. */
#include <string.h>

#include "module/internal.h"
#include "otter/reason.h"

bool module_transfer_runs(const struct module *module)
{
    return module->transfer == MODULE_TRANSFER_SENDING ||
           module->transfer == MODULE_TRANSFER_STOPPING;
}

static void await(struct module *module, enum module_transfer transfer, uint32_t after_ms,
                  uint32_t now_ms)
{
    if (module_transfer_runs(module)) {
        module->quiet = true;
        module->quiet_ms = now_ms;
    }
    module->transfer = transfer;
    module->deadline_ms = now_ms;
    module->deadline_after_ms = after_ms;
}

/* The MCU is to come back. An otter app that does not confirm is taken back after three starts
 * under a watchdog. */
static void await_return(struct module *module, uint32_t now_ms)
{
    bool is_otter = module->have_info && module->update_status.is_otter;

    await(module, MODULE_TRANSFER_RETURNING,
          is_otter ? MODULE_T_RETURN_OTTER_MS : MODULE_T_RETURN_MS, now_ms);
}

static void finish(struct module *module, enum module_event_kind kind)
{
    module->transfer = MODULE_TRANSFER_NONE;
    module->ended = true;
    module_emit_kind(module, kind);
}

static void fail(struct module *module, enum module_failure failure)
{
    module->transfer = MODULE_TRANSFER_NONE;
    module->ended = true;
    module_emit(module, (struct module_event){.kind = MODULE_EVENT_FAILED,
                                              .failure = failure,
                                              .number = module->piece_number,
                                              .count = module->piece_count});
}

static bool is_version(const struct module *module, const uint8_t version[8])
{
    return module->have_info && memcmp(module->info.version, version, 8) == 0;
}

void module_transfer_start(struct module *module, bool asked_by_mcu)
{
    module->piece_due = false;
    module->stop_requested = false;
    if (module->transfer == MODULE_TRANSFER_RETURNING) {
        module->returned = module->returned || asked_by_mcu;
    } else {
        module->transfer = MODULE_TRANSFER_NONE; /* 0x19 comes again */
    }
}

/* ---- offer ---- */

static void consider_offer(struct module *module, uint32_t now_ms)
{
    const struct module_config *config = module->config;

    if (module->offer_considered ||
        !module_passed(now_ms, module->start_ms, MODULE_T_OFFER_MS) ||
        !module->status_first_sent) {
        return;
    }
    module->offer_considered = true;
    if (config->file.read == NULL || module->ended ||
        module->transfer != MODULE_TRANSFER_NONE) {
        return;
    }
    if (!config->forced && is_version(module, config->version)) {
        finish(module, MODULE_EVENT_UP_TO_DATE);
        return;
    }
    if (module->offers >= MODULE_OFFERS_MAX) {
        fail(module, MODULE_FAIL_RESTARTS);
        return;
    }
    module->transfer = MODULE_TRANSFER_DUE;
}

static void send_offer(struct module *module, uint32_t now_ms)
{
    struct otter_offer offer = {.file_size = module->config->file.size};
    uint8_t payload[OTTER_OFFER_SIZE];

    memcpy(offer.md5_hex, module->config->file.md5_hex, sizeof offer.md5_hex);
    bool tells_force =
        module->config->forced && module->have_info && module->update_status.is_otter;
    int len = otter_put_offer(&offer, payload, sizeof payload);
    if (len < 0 || otter_link_command(&module->link, OTTER_CMD_OFFER,
                                      tells_force ? OTTER_OFFER_FLAGS_FORCED : 0, payload,
                                      (uint16_t)len, module_retry(module), now_ms) != 0) {
        return;
    }
    module->asked_why = false;
    module->offers++;
    module->transfer = MODULE_TRANSFER_OFFERED;
}

int module_offer(struct module *module, uint32_t now_ms)
{
    (void)now_ms;
    if (module->config->file.read == NULL) {
        return OTTER_ERR_NONE;
    }
    if (module_transfer_runs(module)) {
        return OTTER_ERR_BUSY;
    }
    if (module->transfer == MODULE_TRANSFER_OFFERED) {
        otter_link_drop(&module->link);
    }
    module->transfer = MODULE_TRANSFER_DUE;
    module->offers = 0;
    module->begun = false;
    module->ended = false;
    return 0;
}

/* Tell the MCU that no more comes; it then notices the silence if this is not taken. */
static void send_stop(struct module *module, uint32_t now_ms)
{
    int err = otter_link_command(&module->link, OTTER_CMD_SENDER_STOP, 0, NULL, 0,
                                 module_retry(module), now_ms);
    (void)err;
}

void module_cancel(struct module *module, uint32_t now_ms)
{
    bool runs = module->transfer == MODULE_TRANSFER_SENDING;

    if (runs || module->transfer == MODULE_TRANSFER_OFFERED) {
        otter_link_drop(&module->link);
    }
    module->transfer = MODULE_TRANSFER_NONE;
    module->piece_due = false;
    module->offer_considered = true;
    module->ended = true;
    if (runs) {
        send_stop(module, now_ms);
    }
}

/* ---- READY ---- */

static enum module_ready_error check_ready(const struct module *module,
                                           const struct otter_frame *frame,
                                           struct otter_ready *out_ready)
{
    const struct module_config *config = module->config;

    if (config->file.read == NULL || config->file.size == 0) {
        return MODULE_READY_NO_FILE;
    }
    if (otter_get_ready(frame, out_ready) != 0) {
        return MODULE_READY_MALFORMED;
    }
    if (memcmp(out_ready->md5_hex, config->file.md5_hex, sizeof config->file.md5_hex) != 0) {
        return MODULE_READY_OTHER_FILE;
    }
    if (out_ready->piece_len == 0) {
        out_ready->piece_len = MODULE_PIECE_DEFAULT;
    }
    if (out_ready->piece_len > MODULE_PIECE_MAX) {
        out_ready->piece_len = MODULE_PIECE_MAX;
    }
    if ((config->file.size - 1) / out_ready->piece_len >= UINT16_MAX) {
        return MODULE_READY_TOO_MANY;
    }
    return MODULE_READY_GOOD;
}

static void emit_wrong_ready(struct module *module, enum module_ready_error why)
{
    module_emit(module,
                (struct module_event){.kind = MODULE_EVENT_WRONG_READY, .ready_error = why});
}

static void refuse_hex(struct module *module, const struct otter_frame *frame)
{
    uint8_t payload[1];
    int len = otter_put_illegal(OTTER_ILLEGAL_FILE_TYPE, payload, sizeof payload);
    int err = len < 0 ? len
                      : otter_link_notify(&module->link, OTTER_CMD_ILLEGAL_TO_MCU, frame->sn,
                                          payload, (uint16_t)len);
    (void)err;
    emit_wrong_ready(module, MODULE_READY_HEX);
}

/* Is it a READY that met piece 1 on its way? Then that piece is the answer already. One that
 * comes after 3 s of silence is not: that MCU waits for another try. */
static bool is_repeated(const struct module *module, const struct otter_ready *ready,
                        uint32_t now_ms)
{
    return module->transfer == MODULE_TRANSFER_SENDING && module->piece_number == 1 &&
           module->piece_len == ready->piece_len &&
           (module->piece_due ||
            !module_passed(now_ms, module->piece_ms, otter_retry_piece.timeout_ms));
}

/* Is a status or heartbeat unanswered, in which an open module would forget this READY? */
static bool is_crossed(const struct module *module)
{
    return module->config->hasty && otter_link_is_busy(&module->link) &&
           module->transfer != MODULE_TRANSFER_OFFERED && !module_transfer_runs(module);
}

void module_transfer_ready(struct module *module, const struct otter_frame *frame,
                           uint32_t now_ms)
{
    struct otter_ready ready;

    if ((frame->flags & OTTER_READY_FLAG_HEX) != 0) {
        refuse_hex(module, frame);
        return;
    }
    if (otter_link_answer(&module->link, frame, NULL, 0) != 0) {
        return; /* no room for 0x1C: the MCU asks again */
    }
    enum module_ready_error wrong =
        is_crossed(module) ? MODULE_READY_CROSSED : check_ready(module, frame, &ready);
    if (wrong != MODULE_READY_GOOD) {
        emit_wrong_ready(module, wrong);
        return;
    }
    if (is_repeated(module, &ready, now_ms)) {
        return;
    }
    /* Whatever of the transfer is unacknowledged, 0x19 too, is overtaken by this READY; a
     * status or heartbeat is not, the first piece waits for its answer. */
    if (module->transfer == MODULE_TRANSFER_OFFERED) {
        module_emit_kind(module, MODULE_EVENT_OFFERED);
    }
    if (module->transfer == MODULE_TRANSFER_OFFERED || module_transfer_runs(module)) {
        if (!module->piece_due) {
            otter_link_drop(&module->link);
        }
    }
    if (!module->begun) {
        memcpy(module->version_before, module->info.version, sizeof module->version_before);
    }
    module->begun = true;
    module->ended = false;
    module->stop_requested = false;
    module->returned = false;
    module->offer_considered = true;
    module->quiet = false;
    module->transfer = MODULE_TRANSFER_SENDING;
    module->piece_len = ready.piece_len;
    module->piece_number = 1;
    module->piece_count = (uint16_t)((module->config->file.size - 1) / ready.piece_len + 1);
    module->piece_due = true;
    module_emit(module, (struct module_event){.kind = MODULE_EVENT_READY,
                                              .count = module->piece_count});
}

/* ---- pieces ---- */

static void send_piece(struct module *module, uint32_t now_ms)
{
    const struct module_file *file = &module->config->file;
    uint32_t off = (uint32_t)(module->piece_number - 1) * module->piece_len;
    uint32_t left = file->size - off;
    struct otter_piece piece = {
        .number = module->piece_number,
        .count = module->piece_count,
        .data = module->piece + OTTER_PIECE_HEAD,
        .data_len = left < module->piece_len ? (uint16_t)left : module->piece_len,
    };
    if (file->read(file->ctx, off, module->piece + OTTER_PIECE_HEAD, piece.data_len) != 0) {
        module->piece_due = false;
        module->quiet = true;
        module->quiet_ms = now_ms;
        send_stop(module, now_ms);
        fail(module, MODULE_FAIL_READ);
        return;
    }
    int len = otter_put_piece(&piece, module->piece, sizeof module->piece);
    if (len < 0) {
        return;
    }
    if (otter_link_command(&module->link, OTTER_CMD_PIECE, 0, module->piece, (uint16_t)len,
                           &otter_retry_piece, now_ms) != 0) {
        return;
    }
    module->piece_due = false;
    module->piece_ms = now_ms;
}

static void piece_acked(struct module *module, uint32_t now_ms)
{
    module_emit(module, (struct module_event){.kind = MODULE_EVENT_PROGRESS,
                                              .number = module->piece_number,
                                              .count = module->piece_count});
    if (module->stop_requested) {
        await(module, MODULE_TRANSFER_AGAIN, MODULE_T_AGAIN_BEGUN_MS, now_ms);
    } else if (module->piece_number == module->piece_count) {
        await_return(module, now_ms);
        module->sent_ms = now_ms;
        module->ask_ms = now_ms;
        module_emit(module, (struct module_event){.kind = MODULE_EVENT_SENT,
                                                  .count = module->piece_count});
    } else {
        module->piece_number++;
        module->piece_due = true;
    }
}

/* 0x27: the MCU wants no more. The pending piece is left to its ACK or its three sends, as the
 * open module does; the failure is reported only when no fresh READY follows. */
void module_transfer_stop(struct module *module, uint32_t now_ms)
{
    uint16_t number = module->piece_number;
    bool last = number == module->piece_count;

    switch (module->transfer) {
    case MODULE_TRANSFER_OFFERED:
        otter_link_drop(&module->link); /* 0x27 is answer enough */
        /* fall through */
    case MODULE_TRANSFER_DUE:
    case MODULE_TRANSFER_WAITING:
        module->failure = MODULE_FAIL_REFUSED;
        await(module, MODULE_TRANSFER_AGAIN, MODULE_T_AGAIN_MS, now_ms);
        break;
    case MODULE_TRANSFER_SENDING:
        module->failure =
            last && !module->piece_due ? MODULE_FAIL_MD5_DIFFERS : MODULE_FAIL_ABORTED;
        module->stop_requested = true;
        if (module->piece_due) {
            module->piece_due = false;
            await(module, MODULE_TRANSFER_AGAIN, MODULE_T_AGAIN_BEGUN_MS, now_ms);
        }
        break;
    case MODULE_TRANSFER_RETURNING: /* the tutorial's order: ACK of the last piece, then 0x27 */
        module->failure = MODULE_FAIL_MD5_DIFFERS;
        await(module, MODULE_TRANSFER_AGAIN, MODULE_T_AGAIN_BEGUN_MS, now_ms);
        break;
    case MODULE_TRANSFER_NONE:
    case MODULE_TRANSFER_STOPPING:
    case MODULE_TRANSFER_AGAIN:
        return; /* nothing runs: the answer 0x28 was all */
    }
    module_emit(module, (struct module_event){.kind = MODULE_EVENT_REFUSED,
                                              .number = number,
                                              .count = module->piece_count,
                                              .failure = module->failure});
}

void module_transfer_acked(struct module *module, uint8_t cmd, uint32_t now_ms)
{
    if (cmd == OTTER_CMD_OFFER_ACK && module->transfer == MODULE_TRANSFER_OFFERED) {
        await(module, MODULE_TRANSFER_WAITING, MODULE_T_READY_MS, now_ms);
        module_emit_kind(module, MODULE_EVENT_OFFERED);
    } else if (cmd == OTTER_CMD_PIECE_ACK && module->transfer == MODULE_TRANSFER_SENDING) {
        piece_acked(module, now_ms);
    } else if (cmd == OTTER_CMD_SENDER_STOP_ACK &&
               module->transfer == MODULE_TRANSFER_STOPPING) {
        await(module, MODULE_TRANSFER_AGAIN, MODULE_T_AGAIN_LOST_MS, now_ms);
        module->quiet = module->quiet && !module->config->hasty;
    }
}

void module_transfer_gave_up(struct module *module, uint8_t cmd, uint32_t now_ms)
{
    if (cmd == OTTER_CMD_OFFER && module->transfer == MODULE_TRANSFER_OFFERED) {
        module->failure = MODULE_FAIL_NO_OFFER_ACK;
        await(module, MODULE_TRANSFER_AGAIN, MODULE_T_AGAIN_MS, now_ms);
    } else if (cmd == OTTER_CMD_SENDER_STOP && module->transfer == MODULE_TRANSFER_STOPPING) {
        await(module, MODULE_TRANSFER_AGAIN, MODULE_T_AGAIN_LOST_MS, now_ms);
    } else if (cmd == OTTER_CMD_PIECE && module->transfer == MODULE_TRANSFER_SENDING) {
        if (!module->stop_requested) {
            module->failure = MODULE_FAIL_PIECE_LOST;
        }
        /* Measured: 0x1F comes after an unacknowledged piece even if 0x27 was first. */
        module->transfer = MODULE_TRANSFER_STOPPING;
        if (otter_link_command(&module->link, OTTER_CMD_SENDER_STOP, 0, NULL, 0,
                               module_retry(module), now_ms) != 0) {
            await(module, MODULE_TRANSFER_AGAIN, MODULE_T_AGAIN_LOST_MS, now_ms);
        }
        module_emit(module, (struct module_event){.kind = MODULE_EVENT_STOPPED,
                                                  .number = module->piece_number,
                                                  .count = module->piece_count,
                                                  .failure = module->failure});
    }
}

/* ---- the way back ---- */

void module_transfer_no_answer(struct module *module)
{
    if (module->transfer != MODULE_TRANSFER_RETURNING && !module->ended) {
        fail(module, MODULE_FAIL_NO_ANSWER);
    }
}

/* The MCU is back, and does not run what was sent. */
static void fail_old_version(struct module *module)
{
    bool says_why = module->update_status.reason != OTTER_REASON_NONE;

    fail(module, says_why ? MODULE_FAIL_NOT_INSTALLED : MODULE_FAIL_OLD_VERSION);
}

/* The expected version runs. On trial it may still be taken back: then its confirmation is
 * awaited, or the old version. */
static void take_expected(struct module *module, uint32_t now_ms)
{
    if (!module->update_status.on_trial) {
        finish(module, MODULE_EVENT_UPDATED);
    } else if (module->transfer != MODULE_TRANSFER_RETURNING) {
        await_return(module, now_ms);
        module->sent_ms = now_ms;
        module->ask_ms = now_ms;
    }
}

/* 0x02 came. An MCU may answer once more before it restarts into its bootloader, so an
 * unchanged version means something only after its 0x29, or when it had time enough to install.
 * A version that was there before, too, proves nothing if the MCU says that an update
 * failed. */
void module_transfer_info(struct module *module, uint32_t now_ms)
{
    bool expected = is_version(module, module->config->version);
    bool changed = module->begun && !is_version(module, module->version_before);

    if (module->transfer == MODULE_TRANSFER_RETURNING) {
        if (!changed && !module->returned &&
            !module_passed(now_ms, module->sent_ms, MODULE_T_SETTLE_MS)) {
            return;
        }
        if (expected && (changed || module->update_status.reason == OTTER_REASON_NONE)) {
            take_expected(module, now_ms);
        } else {
            fail_old_version(module);
        }
    } else if (module->transfer == MODULE_TRANSFER_NONE && !module->ended && changed &&
               expected) {
        /* Restarted at the last piece, whose ACK it left out or we lost. */
        take_expected(module, now_ms);
    }
}

void module_transfer_not_back(struct module *module, uint32_t now_ms)
{
    if (module->transfer == MODULE_TRANSFER_RETURNING &&
        module_passed(now_ms, module->deadline_ms, module->deadline_after_ms)) {
        if (module->update_status.on_trial && is_version(module, module->config->version)) {
            fail(module, MODULE_FAIL_ON_TRIAL);
        } else {
            fail(module, MODULE_FAIL_NOT_BACK);
        }
    }
}

static bool ask_info(struct module *module, uint32_t now_ms)
{
    return otter_link_command(&module->link, OTTER_CMD_GET_INFO, 0, NULL, 0,
                              module_retry(module), now_ms) == 0;
}

/* It refused the offer, and its next 0x02 has the reason. */
static bool is_to_say_why(const struct module *module)
{
    return module->failure == MODULE_FAIL_REFUSED && module->update_status.is_otter &&
           !module->asked_why;
}

void module_transfer_step(struct module *module, uint32_t now_ms)
{
    bool over = module_passed(now_ms, module->deadline_ms, module->deadline_after_ms);

    switch (module->transfer) {
    case MODULE_TRANSFER_NONE:
        consider_offer(module, now_ms);
        if (module->transfer == MODULE_TRANSFER_DUE) {
            send_offer(module, now_ms);
        }
        break;
    case MODULE_TRANSFER_DUE:
        send_offer(module, now_ms);
        break;
    case MODULE_TRANSFER_WAITING:
        if (over) {
            fail(module, MODULE_FAIL_NO_READY);
        }
        break;
    case MODULE_TRANSFER_SENDING:
        if (module->piece_due) {
            send_piece(module, now_ms);
        }
        break;
    case MODULE_TRANSFER_AGAIN:
        if (over) {
            fail(module, module->failure);
        } else if (is_to_say_why(module)) {
            module->asked_why = ask_info(module, now_ms);
        }
        break;
    case MODULE_TRANSFER_RETURNING:
        if (module_passed(now_ms, module->ask_ms, MODULE_T_ASK_AGAIN_MS) &&
            ask_info(module, now_ms)) {
            module->ask_ms = now_ms;
        }
        break;
    case MODULE_TRANSFER_OFFERED:
    case MODULE_TRANSFER_STOPPING: /* the link is busy with it */
        break;
    }
}

void module_transfer_sooner(const struct module *module, uint32_t *io_next_ms, uint32_t now_ms)
{
    switch (module->transfer) {
    case MODULE_TRANSFER_NONE:
        if (!module->offer_considered && module->status_first_sent) {
            module_sooner(io_next_ms, now_ms, module->start_ms, MODULE_T_OFFER_MS);
        }
        break;
    case MODULE_TRANSFER_DUE:
        *io_next_ms = 0;
        break;
    case MODULE_TRANSFER_SENDING:
        if (module->piece_due) {
            *io_next_ms = 0;
        }
        break;
    case MODULE_TRANSFER_RETURNING:
        module_sooner(io_next_ms, now_ms, module->ask_ms, MODULE_T_ASK_AGAIN_MS);
        module_sooner(io_next_ms, now_ms, module->deadline_ms, module->deadline_after_ms);
        break;
    case MODULE_TRANSFER_AGAIN:
        if (is_to_say_why(module)) {
            *io_next_ms = 0;
        }
        /* fall through */
    case MODULE_TRANSFER_WAITING:
        module_sooner(io_next_ms, now_ms, module->deadline_ms, module->deadline_after_ms);
        break;
    case MODULE_TRANSFER_OFFERED:
    case MODULE_TRANSFER_STOPPING:
        break;
    }
}

bool module_has_ended(const struct module *module)
{
    return module->ended;
}

static int read_memory(void *ctx, uint32_t off, uint8_t out[], size_t len)
{
    memcpy(out, (const uint8_t *)ctx + off, len);
    return 0;
}

struct module_file module_file_in_memory(const uint8_t data[], uint32_t size)
{
    /* Only read_memory() uses it, and that does not write.
     * NOLINTNEXTLINE(performance-no-int-to-ptr): the way round -Wcast-qual */
    void *ctx = (void *)(uintptr_t)data;
    return (struct module_file){.size = size, .read = read_memory, .ctx = ctx};
}
