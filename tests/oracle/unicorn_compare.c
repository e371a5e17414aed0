/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/oracle/unicorn_compare.h"

#include <stdio.h>
#include <string.h>
#include <unicorn/unicorn.h>
#include "board/cpu/cpu.h"
#include "tests/support/empty_bus.h"
#include "tests/support/rng.h"

static uint8_t flash[COMPARE_FLASH_SIZE];
static uint8_t pristine[COMPARE_RAM_SIZE], model_ram[COMPARE_RAM_SIZE],
    unicorn_ram[COMPARE_RAM_SIZE];
static uint8_t saved_code[2 * COMPARE_HALFWORDS];
static uint32_t saved_at;
static struct cpu model;
static uc_engine *engine;
static uc_context *fresh;
static uint32_t invalid_addr;

/* ---- the model ---- */

static uint32_t ram_word(uint32_t addr)
{
    uint32_t value = 0;
    if (addr >= COMPARE_RAM && addr - COMPARE_RAM <= COMPARE_RAM_SIZE - 4) {
        memcpy(&value, model_ram + (addr - COMPARE_RAM), sizeof value);
    }
    return value;
}

/* After a fault: is the frame the instruction's own, and are r0..r12 as they were? POP may have
 * loaded some of its registers (B1.5.10 abandons it). */
static bool fault_kept_state(const struct compare_case *in, const struct cpu *cpu)
{
    uint32_t code = in->code[in->it ? 1 : 0];
    bool pops = (code & 0xFE00u) == 0xBC00u;
    bool calls = (code & 0xFF00u) == 0xDF00u; /* SVC, perhaps escalated */
    uint32_t where = in->at + (in->it ? 2 : 0);
    if (!pops && memcmp(cpu->r, in->r, 13 * sizeof cpu->r[0]) != 0) {
        return false;
    }
    if (cpu->stop == BOARD_STOP_LOCKUP) { /* no frame: the stack pointer was no good */
        return true;
    }
    bool by_fault = !calls && cpu->ipsr >= 3 && cpu->ipsr <= 6;
    return !by_fault || (cpu->cfsr & 0x1000u) != 0 || ram_word(cpu->r[13] + 24) == where;
}

static void run_model(const struct compare_case *in, struct compare_state *out)
{
    cpu_init(&model, &empty_bus);
    cpu_map(&model, flash, COMPARE_FLASH, sizeof flash, model_ram, COMPARE_RAM,
            sizeof model_ram);
    cpu_reset(&model);
    memcpy(model.r, in->r, sizeof in->r);
    model.r[15] = in->at;
    model.arm_state = false;
    model.other_sp = in->psp;
    cpu_set_apsr(&model, in->apsr);
    model.primask = in->primask;
    model.basepri = in->basepri;

    enum board_stop stop = cpu_step(&model);
    if (in->it && stop == BOARD_STOP_TIME) {
        stop = cpu_step(&model);
    }
    memcpy(out->r, model.r, sizeof out->r);
    out->apsr = cpu_apsr(&model);
    out->primask = model.primask;
    out->basepri = model.basepri;
    out->faultmask = model.faultmask;
    out->control = model.control;
    out->psp = model.other_sp;
    if ((model.control & 2u) != 0 && model.ipsr == 0) {
        out->psp = model.r[13];
    }
    out->cfsr = model.cfsr;
    out->why = model.why;
    out->kept = true;
    if (stop == BOARD_STOP_UNKNOWN) {
        out->end = COMPARE_UNKNOWN;
    } else if (stop != BOARD_STOP_TIME || model.ipsr != 0) {
        out->end = COMPARE_FAULT;
        out->kept = fault_kept_state(in, &model);
    } else {
        out->end = COMPARE_NEXT;
    }
}

/* ---- Unicorn ---- */

static bool on_invalid(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
                       void *ctx)
{
    (void)uc, (void)type, (void)size, (void)value, (void)ctx;
    invalid_addr = (uint32_t)addr;
    return false;
}

static bool good(uc_err err, const char *what)
{
    if (err != UC_ERR_OK) {
        fprintf(stderr, "unicorn: %s: %s\n", what, uc_strerror(err));
    }
    return err == UC_ERR_OK;
}

bool compare_open(void)
{
    uc_hook hook;
    /* UC_MODE_MCLASS would be a Cortex-M33 in 2.0.1, whatever model is set. */
    return good(uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &engine), "open") &&
           good(uc_ctl_set_cpu_model(engine, UC_CPU_ARM_CORTEX_M3), "cpu model") &&
           good(uc_mem_map_ptr(engine, COMPARE_FLASH, sizeof flash, UC_PROT_READ | UC_PROT_EXEC,
                               flash),
                "flash") &&
           good(uc_mem_map_ptr(engine, 0, sizeof flash, UC_PROT_READ | UC_PROT_EXEC, flash),
                "flash at 0") &&
           good(uc_mem_map_ptr(engine, COMPARE_RAM, sizeof unicorn_ram, UC_PROT_ALL,
                               unicorn_ram),
                "ram") &&
           good(uc_hook_add(engine, &hook, UC_HOOK_MEM_INVALID, (void *)on_invalid, NULL, 1, 0),
                "hook") &&
           good(uc_context_alloc(engine, &fresh), "context") &&
           good(uc_context_save(engine, fresh), "context");
}

void compare_close(void)
{
    uc_context_free(fresh);
    uc_close(engine);
    engine = NULL;
}

static int register_ids[] = {
    UC_ARM_REG_R0,   UC_ARM_REG_R1,      UC_ARM_REG_R2,        UC_ARM_REG_R3,
    UC_ARM_REG_R4,   UC_ARM_REG_R5,      UC_ARM_REG_R6,        UC_ARM_REG_R7,
    UC_ARM_REG_R8,   UC_ARM_REG_R9,      UC_ARM_REG_R10,       UC_ARM_REG_R11,
    UC_ARM_REG_R12,  UC_ARM_REG_SP,      UC_ARM_REG_LR,        UC_ARM_REG_PC,
    UC_ARM_REG_APSR, UC_ARM_REG_PRIMASK, UC_ARM_REG_BASEPRI,   UC_ARM_REG_PSP,
    UC_ARM_REG_XPSR, UC_ARM_REG_CONTROL, UC_ARM_REG_FAULTMASK,
};
enum { ID_APSR = 16, ID_PRIMASK, ID_BASEPRI, ID_PSP, ID_XPSR, ID_CONTROL, ID_FAULTMASK, IDS };

static void run_unicorn(const struct compare_case *in, struct compare_state *out)
{
    uint32_t value[IDS];
    void *at[IDS];
    for (int i = 0; i < IDS; i++) {
        at[i] = &value[i];
    }
    memset(value, 0, sizeof value);
    memcpy(value, in->r, sizeof in->r);
    value[15] = in->at | 1u;
    value[ID_APSR] = in->apsr;
    value[ID_PRIMASK] = in->primask;
    value[ID_BASEPRI] = in->basepri;
    value[ID_PSP] = in->psp;
    uc_context_restore(engine, fresh);
    uc_reg_write_batch(engine, register_ids, at, ID_PSP + 1);
    uc_ctl_remove_cache(engine, in->at, in->at + 2 * COMPARE_HALFWORDS);

    invalid_addr = 0;
    uc_err err = uc_emu_start(engine, in->at | 1u, in->at + 2 * in->halfwords, 0, 1);
    uc_reg_read_batch(engine, register_ids, at, IDS);
    memcpy(out->r, value, sizeof out->r);
    out->r[15] &= ~1u;
    out->apsr = value[ID_XPSR] & 0xF8000000u;
    out->primask = value[ID_PRIMASK] & 1u;
    out->basepri = value[ID_BASEPRI];
    out->faultmask = value[ID_FAULTMASK] & 1u;
    out->control = value[ID_CONTROL];
    out->psp = value[ID_PSP];
    out->error = (int)err;
    out->invalid_addr = invalid_addr;
    out->end = err == UC_ERR_OK ? COMPARE_NEXT : COMPARE_FAULT;
}

/* ---- both ---- */

void compare_fill(uint64_t seed)
{
    rng_fill(&seed, flash, sizeof flash);
    rng_fill(&seed, pristine, sizeof pristine);
    memcpy(model_ram, pristine, sizeof pristine);
    memcpy(unicorn_ram, pristine, sizeof pristine);
}

void compare_run(const struct compare_case *in, struct compare_state *out_model,
                 struct compare_state *out_unicorn)
{
    uint8_t *code = flash + (in->at - COMPARE_FLASH);
    saved_at = in->at;
    memcpy(saved_code, code, sizeof saved_code);
    for (size_t i = 0; i < in->halfwords; i++) {
        code[2 * i] = (uint8_t)in->code[i];
        code[2 * i + 1] = (uint8_t)(in->code[i] >> 8);
    }
    memset(out_model, 0, sizeof *out_model);
    memset(out_unicorn, 0, sizeof *out_unicorn);
    run_model(in, out_model);
    if (out_model->end != COMPARE_UNKNOWN) {
        run_unicorn(in, out_unicorn);
    }
}

bool compare_ram_equal(void)
{
    return memcmp(model_ram, unicorn_ram, sizeof model_ram) == 0;
}

void compare_restore(void)
{
    memcpy(flash + (saved_at - COMPARE_FLASH), saved_code, sizeof saved_code);
    memcpy(model_ram, pristine, sizeof pristine);
    memcpy(unicorn_ram, pristine, sizeof pristine);
}
