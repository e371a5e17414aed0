/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/rcc.h"

#include "board/stm32f1/chip.h"

/* Reset and clock control (RM0008 chapter 7). */

enum {
    CR = 0x00,
    CFGR = 0x04,
    CIR = 0x08,
    APB2RSTR = 0x0C,
    APB1RSTR = 0x10,
    AHBENR = 0x14,
    APB2ENR = 0x18,
    APB1ENR = 0x1C,
    BDCR = 0x20,
    CSR = 0x24,
};

#define CR_HSION        (1u << 0)
#define CR_HSIRDY       (1u << 1)
#define CR_HSITRIM      (0x1Fu << 3)
#define CR_HSEON        (1u << 16)
#define CR_HSERDY       (1u << 17)
#define CR_HSEBYP       (1u << 18)
#define CR_CSSON        (1u << 19)
#define CR_PLLON        (1u << 24)
#define CR_PLLRDY       (1u << 25)
#define CR_RESET        0x00005A83u /* HSICAL differs from chip to chip */
#define CR_SETTABLE     (CR_HSION | CR_HSITRIM | CR_HSEON | CR_HSEBYP | CR_CSSON | CR_PLLON)
#define CFGR_SW         3u
#define CFGR_SWS        (3u << 2)
#define CFGR_PLL        (0x3Fu << 16) /* PLLSRC, PLLXTPRE, PLLMUL */
#define CFGR_PLLSRC     (1u << 16)
#define CFGR_PLLXTPRE   (1u << 17)
#define CFGR_MCO        (7u << 24)
#define CFGR_SETTABLE   0x077FFFF3u
#define CIR_FLAGS       0x9Fu
#define CIR_LSIRDYF     (1u << 0)
#define CIR_LSERDYF     (1u << 1)
#define CIR_HSIRDYF     (1u << 2)
#define CIR_HSERDYF     (1u << 3)
#define CIR_PLLRDYF     (1u << 4)
#define CIR_ENABLES     0x1F00u
#define CSR_LSION       (1u << 0)
#define CSR_LSIRDY      (1u << 1)
#define CSR_RMVF        (1u << 24)
#define CSR_PINRSTF     (1u << 26)
#define CSR_PORRSTF     (1u << 27)
#define CSR_SFTRSTF     (1u << 28)
#define CSR_IWDGRSTF    (1u << 29)
#define AHBENR_RESET    0x14u
#define AHBENR_SETTABLE 0x57u /* DMA1, DMA2 (absent), SRAM, FLITF, CRC */

enum {
    HSI_HZ = 8000000,
    HSE_HZ = 8000000,
    SYSCLK_MAX_HZ = 72000000, /* DS5319 table 9 */
    PCLK1_MAX_HZ = 36000000,
    HSE_START_US = 2000, /* DS5319 table 22, typical */
    PLL_LOCK_US = 200,   /* DS5319 table 27, maximum */
    LSI_START_US = 85,   /* DS5319 table 25, maximum */
};

enum { SW_HSI, SW_HSE, SW_PLL };

struct rcc *rcc_state(const struct board *board)
{
    return chip_state(board, CHIP_rcc);
}

static uint32_t pll_hz(const struct rcc *rcc)
{
    unsigned code = rcc->cfgr >> 18 & 0xF;
    uint32_t factor = code >= 14 ? 16 : code + 2;
    if ((rcc->cfgr & CFGR_PLLSRC) == 0) {
        return HSI_HZ / 2 * factor;
    }
    return ((rcc->cfgr & CFGR_PLLXTPRE) != 0 ? HSE_HZ / 2 : HSE_HZ) * factor;
}

/* The present source of the system clock; CFGR.SWS. */
static unsigned in_use(const struct rcc *rcc)
{
    return rcc->cfgr >> 2 & 3;
}

static bool hse_feeds_system(const struct rcc *rcc)
{
    return in_use(rcc) == SW_HSE || (in_use(rcc) == SW_PLL && (rcc->cfgr & CFGR_PLLSRC) != 0);
}

static bool hsi_feeds_system(const struct rcc *rcc)
{
    return in_use(rcc) == SW_HSI || (in_use(rcc) == SW_PLL && (rcc->cfgr & CFGR_PLLSRC) == 0);
}

static unsigned apb_divider(uint32_t ppre)
{
    return ppre < 4 ? 1 : 2u << (ppre - 4);
}

static unsigned ahb_divider(uint32_t hpre)
{
    static const uint16_t dividers[8] = {2, 4, 8, 16, 64, 128, 256, 512};
    return hpre < 8 ? 1 : dividers[hpre - 8];
}

/* Does the flash latency suit the clock? */
static void set_core_clock(struct board *board)
{
    const struct rcc *rcc = rcc_state(board);
    uint32_t latency = rcc->flash_latency;
    uint32_t mhz = rcc->sysclk_hz / 1000000;
    if (latency > 2 || mhz > 24 * (latency + 1)) {
        chip_unknown(board, "FLASH_ACR.LATENCY %u does not suit SYSCLK %u MHz (PM0075 3.1)",
                     (unsigned)latency, (unsigned)mhz);
    }
    chip_set_core_clock(board, rcc->hclk_ticks, latency);
}

/* Compute all clocks from CFGR. */
static void set_clocks(struct board *board)
{
    struct rcc *rcc = rcc_state(board);
    unsigned sw = in_use(rcc);
    uint32_t hz = sw == SW_PLL ? pll_hz(rcc) : sw == SW_HSE ? HSE_HZ : HSI_HZ;
    unsigned ahb = ahb_divider(rcc->cfgr >> 4 & 0xF);
    unsigned apb1 = apb_divider(rcc->cfgr >> 8 & 7);
    unsigned apb2 = apb_divider(rcc->cfgr >> 11 & 7);
    if (hz > SYSCLK_MAX_HZ) {
        chip_unknown(board, "RCC_CFGR 0x%08X: SYSCLK %u Hz out of DS5319's range",
                     (unsigned)rcc->cfgr, (unsigned)hz);
        return;
    }
    /* Also between two writes of CFGR: StdPeriph's SystemInit(), called a second time, clears
     * SW and PPRE1 in one, and HAL 1.1.1 selects the PLL before it sets PPRE1. */
    if (hz / ahb / apb1 > PCLK1_MAX_HZ &&
        !chip_beyond_limit(board, "RCC_CFGR 0x%08X: PCLK1 %u Hz out of DS5319's range",
                           (unsigned)rcc->cfgr, (unsigned)(hz / ahb / apb1))) {
        return;
    }
    if (CHIP_TICKS_PER_S % hz != 0) {
        chip_unknown(board, "RCC_CFGR 0x%08X: SYSCLK %u Hz is not a whole number of ticks",
                     (unsigned)rcc->cfgr, (unsigned)hz);
        return;
    }
    chip_signal(board, SIGNAL_CLOCK_CHANGES, chip_now(board));
    rcc->sysclk_hz = hz;
    rcc->hclk_ticks = CHIP_TICKS_PER_S / hz * ahb;
    rcc->pclk1_ticks = rcc->hclk_ticks * apb1;
    rcc->pclk2_ticks = rcc->hclk_ticks * apb2;
    rcc->timclk1_ticks = apb1 == 1 ? rcc->pclk1_ticks : rcc->pclk1_ticks / 2;
    rcc->timclk2_ticks = apb2 == 1 ? rcc->pclk2_ticks : rcc->pclk2_ticks / 2;
    chip_signal(board, SIGNAL_CLOCK_CHANGED, chip_now(board));
    set_core_clock(board);
}

/* Follow CFGR.SW as soon as the clock it asks for is ready. */
static void switch_clock(struct board *board)
{
    struct rcc *rcc = rcc_state(board);
    unsigned want = rcc->cfgr & CFGR_SW;
    static const uint32_t ready[3] = {CR_HSIRDY, CR_HSERDY, CR_PLLRDY};
    if (want < 3 && want != in_use(rcc) && (rcc->cr & ready[want]) != 0) {
        rcc->cfgr = (rcc->cfgr & ~CFGR_SWS) | want << 2;
        set_clocks(board);
    }
}

static void update_irq(struct board *board)
{
    const struct rcc *rcc = rcc_state(board);
    chip_irq(board, IRQ_RCC, (rcc->cir & rcc->cir >> 8 & 0x1F) != 0);
}

static void announce(struct board *board)
{
    const struct rcc *rcc = rcc_state(board);
    uint64_t due = rcc->hse_ready < rcc->pll_ready ? rcc->hse_ready : rcc->pll_ready;
    chip_due(board, CHIP_rcc, RCC_EVENT_MAIN, due < rcc->lsi_ready ? due : rcc->lsi_ready);
}

/* The PLL locks when it is on and its input runs. */
static void start_pll(struct rcc *rcc, uint64_t now)
{
    bool input = (rcc->cfgr & CFGR_PLLSRC) == 0 ? (rcc->cr & CR_HSIRDY) != 0
                                                : (rcc->cr & CR_HSERDY) != 0;
    if ((rcc->cr & CR_PLLON) == 0 || !input) {
        rcc->cr &= ~CR_PLLRDY;
        rcc->pll_ready = CHIP_NEVER;
    } else if ((rcc->cr & CR_PLLRDY) == 0 && rcc->pll_ready == CHIP_NEVER) {
        rcc->pll_ready = now + (uint64_t)PLL_LOCK_US * CHIP_US;
    }
}

static void due(struct board *board, unsigned event, uint64_t tick)
{
    struct rcc *rcc = rcc_state(board);
    if (event == RCC_EVENT_LSE) {
        rcc->cir |= CIR_LSERDYF;
        rcc_backup_due(board);
        update_irq(board);
        return;
    }
    if (rcc->hse_ready <= tick) {
        rcc->hse_ready = CHIP_NEVER;
        rcc->cr |= CR_HSERDY;
        rcc->cir |= CIR_HSERDYF;
        start_pll(rcc, tick);
    }
    if (rcc->pll_ready <= tick) {
        rcc->pll_ready = CHIP_NEVER;
        rcc->cr |= CR_PLLRDY;
        rcc->cir |= CIR_PLLRDYF;
    }
    if (rcc->lsi_ready <= tick) {
        rcc->lsi_ready = CHIP_NEVER;
        rcc->csr |= CSR_LSIRDY;
        rcc->cir |= CIR_LSIRDYF;
        chip_signal(board, SIGNAL_LSI_RUNS, tick); /* for updates that wait since the start */
    }
    announce(board);
    switch_clock(board);
    update_irq(board);
    rcc_backup_clocks_changed(board);
}

static void write_cr(struct board *board, uint32_t value)
{
    struct rcc *rcc = rcc_state(board);
    uint64_t now = chip_now(board);
    value &= CR_SETTABLE;
    if ((value & CR_HSEBYP) != 0) {
        chip_unknown(board, "RCC_CR.HSEBYP: the board has a crystal");
        return;
    }
    /* A clock that feeds the system cannot be switched off. */
    if (hsi_feeds_system(rcc)) {
        value |= CR_HSION;
    }
    if (hse_feeds_system(rcc)) {
        value |= CR_HSEON;
    }
    if (in_use(rcc) == SW_PLL) {
        value |= CR_PLLON;
    }
    rcc->cr = (rcc->cr & ~CR_SETTABLE) | value;
    if ((value & CR_HSION) == 0) {
        rcc->cr &= ~CR_HSIRDY;
    } else if ((rcc->cr & CR_HSIRDY) == 0) {
        rcc->cr |= CR_HSIRDY; /* 1..2 us: within a poll */
        rcc->cir |= CIR_HSIRDYF;
    }
    if ((value & CR_HSEON) == 0) {
        rcc->cr &= ~CR_HSERDY;
        rcc->hse_ready = CHIP_NEVER;
    } else if ((rcc->cr & CR_HSERDY) == 0 && rcc->hse_ready == CHIP_NEVER &&
               !chip_options(board)->without_hse) {
        rcc->hse_ready = now + (uint64_t)HSE_START_US * CHIP_US;
    }
    start_pll(rcc, now);
    announce(board);
    switch_clock(board);
    update_irq(board);
    rcc_backup_clocks_changed(board);
}

static void write_cfgr(struct board *board, uint32_t value)
{
    struct rcc *rcc = rcc_state(board);
    value &= CFGR_SETTABLE;
    if ((value & CFGR_SW) == 3 || (value & CFGR_MCO) != 0) {
        chip_unknown(board, "RCC_CFGR = 0x%08X: SW 3 or MCO is not modelled", (unsigned)value);
        return;
    }
    if ((rcc->cr & CR_PLLON) != 0 && ((value ^ rcc->cfgr) & CFGR_PLL) != 0) {
        chip_unknown(board, "RCC_CFGR = 0x%08X: PLL changed while it is on (RM0008 7.3.2)",
                     (unsigned)value);
        return;
    }
    rcc->cfgr = (rcc->cfgr & CFGR_SWS) | value;
    set_clocks(board);
    switch_clock(board);
}

/* Returns the tick from which it runs. */
static uint64_t start_lsi(struct board *board)
{
    struct rcc *rcc = rcc_state(board);
    if ((rcc->csr & CSR_LSIRDY) != 0) {
        return chip_now(board);
    }
    if (rcc->lsi_ready == CHIP_NEVER) {
        rcc->lsi_ready = chip_now(board) + (uint64_t)LSI_START_US * CHIP_US;
        announce(board);
        chip_signal(board, SIGNAL_LSI_RUNS, rcc->lsi_ready);
    }
    return rcc->lsi_ready;
}

static void write_csr(struct board *board, uint32_t value)
{
    struct rcc *rcc = rcc_state(board);
    if ((value & CSR_RMVF) != 0) {
        rcc->csr &= CSR_LSION | CSR_LSIRDY;
    }
    if ((value & CSR_LSION) != 0) {
        rcc->csr |= CSR_LSION;
        (void)start_lsi(board);
    } else if ((rcc->csr & CSR_LSION) != 0) {
        rcc->csr &= ~CSR_LSION;
        if (!rcc->lsi_needed) {
            rcc->csr &= ~CSR_LSIRDY;
            rcc->lsi_ready = CHIP_NEVER;
            announce(board);
            rcc_backup_clocks_changed(board);
        }
    }
}

uint64_t rcc_need_lsi(struct board *board)
{
    rcc_state(board)->lsi_needed = true;
    return start_lsi(board);
}

bool rcc_lsi_is_on(const struct board *board)
{
    return (rcc_state(board)->csr & CSR_LSIRDY) != 0;
}

bool rcc_hse_is_on(const struct board *board)
{
    return (rcc_state(board)->cr & CR_HSERDY) != 0;
}

bool rcc_hsi_is_on(const struct board *board)
{
    return (rcc_state(board)->cr & CR_HSIRDY) != 0;
}

uint32_t rcc_bus_ticks(const struct board *board, enum chip_gate bus)
{
    const struct rcc *rcc = rcc_state(board);
    return bus == GATE_APB1   ? rcc->pclk1_ticks
           : bus == GATE_APB2 ? rcc->pclk2_ticks
                              : rcc->hclk_ticks;
}

uint32_t rcc_timer_ticks(const struct board *board, enum chip_gate bus)
{
    return bus == GATE_APB1 ? rcc_state(board)->timclk1_ticks : rcc_state(board)->timclk2_ticks;
}

void rcc_set_flash_latency(struct board *board, uint32_t latency)
{
    rcc_state(board)->flash_latency = latency;
    set_core_clock(board);
}

bool rcc_is_clocked(const struct board *board, enum chip_gate gate, unsigned bit)
{
    const struct rcc *rcc = rcc_state(board);
    switch (gate) {
    case GATE_AHB:
        return (rcc->ahbenr >> bit & 1) != 0;
    case GATE_APB1:
        return ((rcc->apb1enr & ~rcc->apb1rstr) >> bit & 1) != 0;
    case GATE_APB2:
        return ((rcc->apb2enr & ~rcc->apb2rstr) >> bit & 1) != 0;
    case GATE_NONE:
    default:
        return true;
    }
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    const struct rcc *rcc = rcc_state(board);
    switch (offset) {
    case CR:
        return rcc->cr;
    case CFGR:
        return rcc->cfgr;
    case CIR:
        return rcc->cir;
    case APB2RSTR:
        return rcc->apb2rstr;
    case APB1RSTR:
        return rcc->apb1rstr;
    case AHBENR:
        return rcc->ahbenr;
    case APB2ENR:
        return rcc->apb2enr;
    case APB1ENR:
        return rcc->apb1enr;
    case BDCR:
        return rcc->bdcr;
    case CSR:
        return rcc->csr;
    default:
        chip_unknown(board, "RCC: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    struct rcc *rcc = rcc_state(board);
    switch (offset) {
    case CR:
        write_cr(board, value);
        break;
    case CFGR:
        write_cfgr(board, value);
        break;
    case CIR:
        rcc->cir = (rcc->cir & CIR_FLAGS & ~(value >> 16)) | (value & CIR_ENABLES);
        update_irq(board);
        break;
    case APB2RSTR:
        chip_reset_units(board, GATE_APB2, value & ~rcc->apb2rstr);
        rcc->apb2rstr = value & 0x5E7Du;
        break;
    case APB1RSTR:
        chip_reset_units(board, GATE_APB1, value & ~rcc->apb1rstr);
        rcc->apb1rstr = value & 0x1AE64807u;
        break;
    case AHBENR:
        if ((value & AHBENR_RESET) != AHBENR_RESET) {
            /* SRAMEN and FLITFEN act in Sleep mode only */
            chip_unknown(board, "RCC_AHBENR = 0x%X: SRAM or FLITF off in Sleep mode",
                         (unsigned)value);
            break;
        }
        rcc->ahbenr = value & AHBENR_SETTABLE;
        chip_signal(board, SIGNAL_AHB_GATES, chip_now(board));
        break;
    case APB2ENR:
    case APB1ENR:
        chip_signal(board, SIGNAL_CLOCK_CHANGES, chip_now(board));
        *(offset == APB2ENR ? &rcc->apb2enr : &rcc->apb1enr) =
            value & (offset == APB2ENR ? 0x5E7Du : 0x1AE64807u);
        chip_signal(board, SIGNAL_CLOCK_CHANGED, chip_now(board));
        break;
    case BDCR:
        rcc_backup_write(board, value);
        break;
    case CSR:
        write_csr(board, value);
        break;
    default:
        chip_unknown(board, "RCC: write of 0x%X at offset 0x%02X", (unsigned)value,
                     (unsigned)offset);
        break;
    }
}

static void reset(struct board *board, unsigned unit)
{
    (void)unit;
    enum board_reset_cause cause = chip_reset_cause(board);
    struct rcc *rcc = rcc_state(board);
    /* Every reset pulls the NRST pin (RM0008 figure 4), so PINRSTF comes with all of them. */
    static const uint32_t flags[] = {
        [BOARD_RESET_POWER] = CSR_PORRSTF,
        [BOARD_RESET_PIN] = 0,
        [BOARD_RESET_SOFTWARE] = CSR_SFTRSTF,
        [BOARD_RESET_WATCHDOG] = CSR_IWDGRSTF,
    };
    uint32_t kept = cause == BOARD_RESET_POWER ? 0 : rcc->csr & ~(CSR_LSION | CSR_LSIRDY);
    bool powers = cause == BOARD_RESET_POWER;
    uint32_t bdcr = powers ? 0 : rcc->bdcr; /* of the backup domain */
    *rcc = (struct rcc){
        .cr = CR_RESET,
        .ahbenr = AHBENR_RESET,
        .bdcr = bdcr,
        .csr = kept | CSR_PINRSTF | flags[cause],
        .hse_ready = CHIP_NEVER,
        .pll_ready = CHIP_NEVER,
        .lsi_ready = CHIP_NEVER,
        .lse_ready = powers ? CHIP_NEVER : rcc->lse_ready,
    };
    announce(board);
    rcc_backup_announce(board);
    set_clocks(board);
    rcc_backup_clocks_changed(board);
}

const struct chip_peripheral rcc_peripheral = {
    .units = {{"RCC", 0x40021000, GATE_NONE, 0}},
    .unit_count = 1,
    .state_size = sizeof(struct rcc),
    .narrow = NARROW_BYTES,
    .event_count = RCC_EVENT_COUNT,
    .reset = reset,
    .read = read_register,
    .write = write_register,
    .due = due,
};
