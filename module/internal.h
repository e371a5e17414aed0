/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULE_INTERNAL_H
#define MODULE_INTERNAL_H

#include "module/module.h"

/* What module.c (start, periodic messages), transfer.c (the file) and answers.c (requests of
 * the MCU) share. Not for users of the module.
 */
enum module_phase {
    MODULE_PHASE_ASKING,  /* 0x01 is unanswered: nothing else is sent */
    MODULE_PHASE_RUNNING, /* 0x02 came */
};

/* Have `interval_ms` passed since `since_ms`? */
static inline bool module_passed(uint32_t now_ms, uint32_t since_ms, uint32_t interval_ms)
{
    return (uint32_t)(now_ms - since_ms) >= interval_ms;
}

/* Milliseconds until that, or *io_next_ms if that is sooner. */
static inline void module_sooner(uint32_t *io_next_ms, uint32_t now_ms, uint32_t since_ms,
                                 uint32_t interval_ms)
{
    uint32_t passed = now_ms - since_ms;
    uint32_t left = passed >= interval_ms ? 0 : interval_ms - passed;
    if (left < *io_next_ms) {
        *io_next_ms = left;
    }
}

/* module.c */
const struct otter_retry *module_retry(const struct module *module); /* of all but pieces */
void module_emit(struct module *module, struct module_event event);
void module_emit_kind(struct module *module, enum module_event_kind kind);
void module_restart_after(struct module *module, uint32_t after_ms, enum module_start why,
                          uint32_t now_ms);

/* transfer.c: the start of the module, 0x02, READY, 0x27, and what became of our 0x19, 0x1D,
 * 0x1F */
bool module_transfer_runs(const struct module *module);
void module_transfer_start(struct module *module, bool asked_by_mcu);
void module_transfer_info(struct module *module, uint32_t now_ms);
void module_transfer_ready(struct module *module, const struct otter_frame *frame,
                           uint32_t now_ms);
void module_transfer_stop(struct module *module, uint32_t now_ms);
void module_transfer_acked(struct module *module, uint8_t cmd, uint32_t now_ms);
void module_transfer_gave_up(struct module *module, uint8_t cmd, uint32_t now_ms);
void module_transfer_no_answer(struct module *module);
/* The deadline of the way back, which also runs while the restarted module still asks 0x01. */
void module_transfer_not_back(struct module *module, uint32_t now_ms);
/* What is due while the link is free: deadlines, 0x19, 0x1D, 0x01 again. */
void module_transfer_step(struct module *module, uint32_t now_ms);
void module_transfer_sooner(const struct module *module, uint32_t *io_next_ms, uint32_t now_ms);

/* answers.c */
void module_answer(struct module *module, const struct otter_frame *frame, uint32_t now_ms);
void module_bad_checksum(struct module *module, const struct otter_frame *frame);

#endif
