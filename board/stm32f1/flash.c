/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/flash.h"

#include <string.h>
#include "board/stm32f1/chip.h"
#include "board/stm32f1/rcc.h"

/* Flash program and erase controller, FPEC (PM0075). What its operations leave when the power
 * fails is in tear.c. While an operation is under way every access to the flash stalls the
 * core; DMA, USARTs and timers go on. */

enum {
    ACR = 0x00,
    KEYR = 0x04,
    OPTKEYR = 0x08,
    SR = 0x0C,
    CR = 0x10,
    AR = 0x14,
    OBR = 0x1C,
    WRPR = 0x20,
};

#define ACR_LATENCY 7u
#define ACR_HLFCYA  (1u << 3)
#define ACR_PRFTBE  (1u << 4)
#define ACR_PRFTBS  (1u << 5)
#define ACR_RESET   0x30u
#define KEY1        0x45670123u
#define KEY2        0xCDEF89ABu
#define SR_BSY      (1u << 0)
#define SR_PGERR    (1u << 2)
#define SR_WRPRTERR (1u << 4)
#define SR_EOP      (1u << 5)
#define CR_PG       (1u << 0)
#define CR_PER      (1u << 1)
#define CR_MER      (1u << 2)
#define CR_OPTPG    (1u << 4)
#define CR_OPTER    (1u << 5)
#define CR_STRT     (1u << 6)
#define CR_LOCK     (1u << 7)
#define CR_ERRIE    (1u << 10)
#define CR_EOPIE    (1u << 12)
#define CR_SETTABLE (CR_PG | CR_PER | CR_MER | CR_STRT | CR_LOCK | CR_ERRIE | CR_EOPIE)
#define OBR_RDPRT   (1u << 1)
#define RDP_OPEN    0xA5u
#define USER_WDG_SW 1u
#define WRP_PAGES   4u /* pages per bit of WRPR */

enum { KEYS_NONE, KEYS_FIRST, KEYS_SPOILT };
enum { OB_RDP = 0, OB_USER = 2, OB_DATA0 = 4, OB_DATA1 = 6, OB_WRP0 = 8 };

enum { /* DS5319 table 29 (DS5792 has the same figures) */
       PROGRAM_MIN_US = 40,
       PROGRAM_MAX_US = 70,
       ERASE_MIN_US = 20000,
       ERASE_MAX_US = 40000,
};

struct flash_state *flash_state(const struct board *board)
{
    return chip_state(board, CHIP_flash);
}

/* As delivered: all 0xFF, option bytes open. */
static void init(struct board *board)
{
    struct flash_cells *cells = &flash_state(board)->cells;
    memset(chip_flash(board), 0xFF, chip_flash_size(board));
    for (unsigned i = 0; i < sizeof cells->option_bytes; i += 2) {
        cells->option_bytes[i] = i == OB_RDP ? RDP_OPEN : 0xFF;
        cells->option_bytes[i + 1] = (uint8_t)~cells->option_bytes[i];
    }
}

static unsigned page_count(const struct board *board)
{
    return chip_flash_size(board) / FLASH_PAGE_SIZE;
}

static uint32_t wrpr(const struct board *board)
{
    const uint8_t *wrp = flash_state(board)->cells.option_bytes + OB_WRP0;
    return wrp[0] | (uint32_t)wrp[2] << 8 | (uint32_t)wrp[4] << 16 | (uint32_t)wrp[6] << 24;
}

void flash_protect(struct board *board, uint32_t addr, uint32_t len)
{
    uint8_t *wrp = flash_state(board)->cells.option_bytes + OB_WRP0;
    uint32_t first = (addr - BOARD_FLASH_BASE) / (WRP_PAGES * FLASH_PAGE_SIZE);
    uint32_t end = (addr - BOARD_FLASH_BASE + len - 1) / (WRP_PAGES * FLASH_PAGE_SIZE) + 1;
    for (size_t bit = first; bit < end && bit < page_count(board) / WRP_PAGES; bit++) {
        uint8_t *byte = wrp + bit / 8 * 2; /* its complement follows it */
        byte[0] = (uint8_t)(byte[0] & ~(1u << bit % 8));
        byte[1] = (uint8_t)~byte[0];
    }
}

static bool is_read_protected(const struct board *board)
{
    return flash_state(board)->cells.option_bytes[OB_RDP] != RDP_OPEN;
}

static bool is_write_protected(const struct board *board, unsigned page)
{
    if (is_read_protected(board) && page < WRP_PAGES) {
        return true; /* PM0075 2.4.1: read protection also protects pages 0-3 */
    }
    return (wrpr(board) >> (page / WRP_PAGES) & 1) == 0;
}

static void update_irq(struct board *board)
{
    const struct fpec *fpec = &flash_state(board)->fpec;
    bool eop = (fpec->cr & CR_EOPIE) != 0 && (fpec->sr & SR_EOP) != 0;
    bool err = (fpec->cr & CR_ERRIE) != 0 && (fpec->sr & (SR_PGERR | SR_WRPRTERR)) != 0;
    chip_irq(board, IRQ_FLASH, eop || err);
}

/* ---- what an operation does to the cells ---- */

void flash_change(struct board *board)
{
    const struct fpec *fpec = &flash_state(board)->fpec;
    uint8_t *cells = chip_flash(board);
    switch (fpec->op) {
    case FPEC_PROGRAM:
        cells[fpec->op_addr] &= (uint8_t)fpec->op_value;
        cells[fpec->op_addr + 1] &= (uint8_t)(fpec->op_value >> 8);
        break;
    case FPEC_ERASE:
        memset(cells + fpec->op_addr, 0xFF, FLASH_PAGE_SIZE);
        break;
    case FPEC_MASS_ERASE:
        memset(cells, 0xFF, chip_flash_size(board));
        break;
    case FPEC_IDLE:
        break;
    }
}

/* ---- flash that fails ---- */

static bool has_failed(const struct flash_cells *cells)
{
    return cells->fault.wear != BOARD_WEAR_NONE && cells->ops > cells->fault.from;
}

/* Is the operation under way one of those that change nothing? */
static bool is_refused(struct board *board)
{
    struct flash_cells *cells = &flash_state(board)->cells;
    enum board_wear wear =
        flash_state(board)->fpec.op == FPEC_PROGRAM ? BOARD_WEAR_PROGRAMS : BOARD_WEAR_ERASES;
    if (!has_failed(cells) || cells->fault.count == 0 ||
        (cells->fault.wear != BOARD_WEAR_ALL && cells->fault.wear != wear)) {
        return false;
    }
    cells->fault.count--;
    return true;
}

static void stick_cell(struct board *board)
{
    const struct flash_cells *cells = &flash_state(board)->cells;
    const struct board_flash_fault *fault = &cells->fault;
    if (fault->wear == BOARD_WEAR_CELL && has_failed(cells)) {
        uint8_t *cell = chip_flash(board) + (fault->addr - BOARD_FLASH_BASE);
        *cell = (uint8_t)((*cell & ~fault->mask) | (fault->reads_one ? fault->mask : 0));
    }
}

static void leave_op(struct board *board)
{
    const struct fpec *fpec = &flash_state(board)->fpec;
    if (fpec->op != FPEC_IDLE) {
        flash_state(board)->cells.busy[fpec->op != FPEC_PROGRAM] +=
            chip_now(board) - fpec->op_start;
    }
    flash_state(board)->fpec.op = FPEC_IDLE;
    flash_state(board)->fpec.sr &= ~SR_BSY;
    flash_state(board)->fpec.cr &= ~CR_STRT;
    chip_set_flash_busy(board, false);
    chip_due(board, CHIP_flash, 0, CHIP_NEVER);
}

static void due(struct board *board, unsigned event, uint64_t tick)
{
    (void)event;
    struct fpec *fpec = &flash_state(board)->fpec;
    struct flash_cells *cells = &flash_state(board)->cells;
    if (fpec->op == FPEC_IDLE || tick < fpec->op_end) {
        return;
    }
    if (fpec->op_cut) {
        flash_fail(board);
    } else if (!is_refused(board)) {
        flash_change(board);
        flash_settle(board);
    }
    stick_cell(board);
    bool cut = fpec->op_cut;
    fpec->op_cut = false;
    leave_op(board);
    if (cut) {
        cells->cut_armed = false;
        chip_power_fails(board);
        return;
    }
    fpec->sr |= SR_EOP;
    update_irq(board);
    chip_signal(board, SIGNAL_FLASH_READY, tick);
}

/* ---- operations ---- */

static void start(struct board *board, enum fpec_op op, uint32_t addr, uint16_t value)
{
    struct fpec *fpec = &flash_state(board)->fpec;
    struct flash_cells *cells = &flash_state(board)->cells;
    if (!rcc_hsi_is_on(board)) {
        chip_unknown(board, "flash operation with the HSI off (PM0075 2.3.1)");
        return;
    }
    bool erase = op != FPEC_PROGRAM;
    uint64_t number = cells->ops++;
    const struct board_flash_watch *watch = &chip_links(board)->watch;
    if (watch->before != NULL) {
        watch->before(watch->ctx, number, erase, BOARD_FLASH_BASE + addr);
    }
    fpec->op_cut = cells->cut_armed && number == cells->cut_op;
    if (fpec->op_cut && cells->cut_tear == BOARD_TEAR_NOT_DONE) {
        fpec->op_cut = false;
        cells->cut_armed = false;
        chip_power_fails(board);
        return;
    }
    uint32_t min = (erase ? ERASE_MIN_US : PROGRAM_MIN_US) * (uint32_t)CHIP_US;
    uint32_t max = (erase ? ERASE_MAX_US : PROGRAM_MAX_US) * (uint32_t)CHIP_US;
    uint64_t duration = min + chip_random(board) % (max - min + 1);
    if (fpec->op_cut &&
        (cells->cut_tear == BOARD_TEAR_TORN || cells->cut_tear == BOARD_TEAR_HALF_ERASED)) {
        uint64_t random = cells->cut_seed;
        duration = 1 + chip_mix(&random) % duration;
    }
    fpec->op = op;
    fpec->op_addr = addr;
    fpec->op_value = value;
    fpec->op_start = chip_now(board);
    fpec->op_end = fpec->op_start + duration;
    fpec->sr |= SR_BSY;
    chip_set_flash_busy(board, true);
    if (op == FPEC_ERASE) {
        cells->erases[addr / FLASH_PAGE_SIZE]++;
    } else if (op == FPEC_MASS_ERASE) {
        for (unsigned page = 0; page < page_count(board); page++) {
            cells->erases[page]++;
        }
    }
    chip_due(board, CHIP_flash, 0, fpec->op_end);
}

/* A write to the flash array: PM0075 2.3.2, main Flash programming. False = bus fault. */
bool flash_program(struct board *board, uint32_t addr, unsigned size, uint32_t value)
{
    struct fpec *fpec = &flash_state(board)->fpec;
    uint32_t offset = addr - BOARD_FLASH_BASE;
    if (size != 2 || (fpec->cr & CR_LOCK) != 0 || (fpec->cr & CR_PG) == 0) {
        return false;
    }
    if (fpec->op != FPEC_IDLE) {
        chip_unknown(board, "write to flash 0x%08X while an operation is under way",
                     (unsigned)addr);
        return true;
    }
    if ((fpec->cr & (CR_PER | CR_MER | CR_STRT)) != 0) {
        chip_unknown(board, "write to flash 0x%08X with FLASH_CR 0x%X: PG is not alone",
                     (unsigned)addr, (unsigned)fpec->cr);
        return true;
    }
    fpec->ar = addr;
    const uint8_t *cell = chip_flash(board) + offset;
    if (is_write_protected(board, offset / FLASH_PAGE_SIZE)) {
        fpec->sr |= SR_WRPRTERR;
    } else if ((cell[0] & cell[1]) != 0xFF && value != 0) {
        fpec->sr |= SR_PGERR; /* over a value that is not erased only 0x0000 is taken */
    } else {
        start(board, FPEC_PROGRAM, offset, (uint16_t)value);
        return true;
    }
    update_irq(board);
    return true;
}

static void start_erase(struct board *board)
{
    struct fpec *fpec = &flash_state(board)->fpec;
    uint32_t kind = fpec->cr & (CR_PG | CR_PER | CR_MER);
    bool protected = false;
    if (kind == CR_PER) {
        if (fpec->ar - BOARD_FLASH_BASE >= chip_flash_size(board)) {
            chip_unknown(board, "page erase with FLASH_AR 0x%08X", (unsigned)fpec->ar);
            return;
        }
        unsigned page = (fpec->ar - BOARD_FLASH_BASE) / FLASH_PAGE_SIZE;
        protected = is_write_protected(board, page);
        if (!protected) {
            start(board, FPEC_ERASE, page * FLASH_PAGE_SIZE, 0);
        }
    } else if (kind == CR_MER) {
        for (unsigned page = 0; page < page_count(board); page++) {
            protected = protected || is_write_protected(board, page);
        }
        if (!protected) {
            start(board, FPEC_MASS_ERASE, 0, 0);
        }
    } else {
        chip_unknown(board, "FLASH_CR.STRT with FLASH_CR 0x%X", (unsigned)fpec->cr);
        return;
    }
    if (protected) {
        fpec->cr &= ~CR_STRT;
        fpec->sr |= SR_WRPRTERR;
        update_irq(board);
    }
}

/* ---- registers ---- */

bool flash_is_busy(const struct board *board)
{
    return flash_state(board)->fpec.op != FPEC_IDLE;
}

uint64_t flash_busy_until(const struct board *board)
{
    return flash_state(board)->fpec.op_end;
}

static void write_key(struct board *board, uint32_t value)
{
    struct fpec *fpec = &flash_state(board)->fpec;
    if (fpec->key_state == KEYS_NONE && value == KEY1) {
        fpec->key_state = KEYS_FIRST;
    } else if (fpec->key_state == KEYS_FIRST && value == KEY2) {
        fpec->key_state = KEYS_NONE;
        fpec->cr &= ~CR_LOCK;
    } else {
        /* PM0075 2.3.1: a wrong key locks until the next reset and is a bus error */
        fpec->key_state = KEYS_SPOILT;
        fpec->cr |= CR_LOCK;
        chip_bus_error(board);
    }
}

static void write_cr(struct board *board, uint32_t value)
{
    struct fpec *fpec = &flash_state(board)->fpec;
    if ((fpec->cr & CR_LOCK) != 0) {
        return;
    }
    if (fpec->op != FPEC_IDLE) {
        chip_unknown(board, "FLASH_CR = 0x%X while BSY: not writable (PM0075 3.5)",
                     (unsigned)value);
        return;
    }
    if ((value & (CR_OPTPG | CR_OPTER)) != 0) {
        chip_unknown(board, "FLASH_CR = 0x%X: programming of option bytes is not modelled",
                     (unsigned)value);
        return;
    }
    fpec->cr = value & CR_SETTABLE;
    update_irq(board);
    if ((value & CR_STRT) != 0) {
        start_erase(board);
    }
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    const struct fpec *fpec = &flash_state(board)->fpec;
    const uint8_t *ob = flash_state(board)->cells.option_bytes;
    switch (offset) {
    case ACR:
        return fpec->acr;
    case SR:
        return fpec->sr;
    case CR:
        return fpec->cr;
    case AR:
        return fpec->ar;
    case OBR:
        return (is_read_protected(board) ? OBR_RDPRT : 0) | (uint32_t)ob[OB_USER] << 2 |
               (uint32_t)ob[OB_DATA0] << 10 | (uint32_t)ob[OB_DATA1] << 18;
    case WRPR:
        return wrpr(board);
    case KEYR:
    case OPTKEYR:
        return 0;
    default:
        chip_unknown(board, "FLASH: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    struct fpec *fpec = &flash_state(board)->fpec;
    switch (offset) {
    case ACR:
        fpec->acr = value & (ACR_LATENCY | ACR_HLFCYA | ACR_PRFTBE);
        if ((fpec->acr & ACR_PRFTBE) != 0) {
            fpec->acr |= ACR_PRFTBS;
        }
        rcc_set_flash_latency(board, fpec->acr & ACR_LATENCY);
        break;
    case KEYR:
        write_key(board, value);
        break;
    case SR:
        fpec->sr &= ~(value & (SR_PGERR | SR_WRPRTERR | SR_EOP));
        update_irq(board);
        break;
    case CR:
        write_cr(board, value);
        break;
    case AR:
        if (fpec->op != FPEC_IDLE) {
            chip_unknown(board, "FLASH_AR = 0x%08X while BSY", (unsigned)value);
            break;
        }
        fpec->ar = value;
        break;
    case OPTKEYR:
    default:
        chip_unknown(board, "FLASH: write of 0x%X at offset 0x%02X is not modelled",
                     (unsigned)value, (unsigned)offset);
        break;
    }
}

static void reset(struct board *board, unsigned unit)
{
    (void)unit;
    if (flash_state(board)->fpec.op != FPEC_IDLE) {
        flash_tear(board, BOARD_TEAR_TORN,
                   chip_random(board)); /* a reset ends the operation where it is */
        stick_cell(board);
    }
    leave_op(board);
    flash_state(board)->fpec = (struct fpec){.acr = ACR_RESET, .cr = CR_LOCK};
    if ((flash_state(board)->cells.option_bytes[OB_USER] & USER_WDG_SW) == 0) {
        chip_unknown(board, "option byte WDG_SW: the hardware watchdog is not modelled");
    }
    update_irq(board);
}

const struct chip_peripheral flash_peripheral = {
    .units = {{"FLASH", 0x40022000, GATE_NONE, 0}},
    .unit_count = 1,
    .state_size = sizeof(struct flash_state),
    .event_count = 1,
    .init = init,
    .reset = reset,
    .read = read_register,
    .write = write_register,
    .due = due,
};
