/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/rtc.h"

#include "board/stm32f1/chip.h"
#include "board/stm32f1/exti.h"
#include "board/stm32f1/pwr.h"
#include "board/stm32f1/rcc.h"

/* Real-time clock (RM0008 chapter 18), clocked by RCC_BDCR.RTCSEL: a divider of 20 bits and a
 * counter of 32. Both are computed from the edges of the clock since `epoch`: when they are
 * read, and at the ticks of announced events. */

enum {
    CRH = 0x00,
    CRL = 0x04,
    PRLH = 0x08,
    PRLL = 0x0C,
    DIVH = 0x10,
    DIVL = 0x14,
    CNTH = 0x18,
    CNTL = 0x1C,
    ALRH = 0x20,
    ALRL = 0x24,
};

#define FLAG_SEC  (1u << 0) /* in CRL; its enable in CRH */
#define FLAG_ALR  (1u << 1)
#define FLAG_OW   (1u << 2)
#define FLAGS     (FLAG_SEC | FLAG_ALR | FLAG_OW)
#define CRL_RSF   (1u << 3)
#define CRL_CNF   (1u << 4)
#define CRL_RTOFF (1u << 5)
#define PRL_RESET 0x8000u
#define PRL_MAX   0xFFFFFu
#define EDGES_AHEAD                                                                            \
    100000000u /* no event is announced further ahead: edges x ticks fit 64 bits */

enum { IRQ_RTC = 3 };
enum { WRITE_EDGES = 3 }; /* RM0008 18.3.4: at least three cycles of RTCCLK */

static struct rtc *self(const struct board *board)
{
    return chip_state(board, CHIP_rtc);
}

static void update_irq(struct board *board)
{
    const struct rtc *rtc = self(board);
    chip_irq(board, IRQ_RTC, (rtc->crl & rtc->crh & FLAGS) != 0);
}

/* ---- time ---- */

/* Edges of the clock from `epoch` to `tick`. */
static uint64_t edges_at(const struct rtc *rtc, uint64_t tick)
{
    return tick > rtc->epoch ? (tick - rtc->epoch) * rtc->hz / CHIP_TICKS_PER_S : 0;
}

static uint64_t tick_of(const struct rtc *rtc, uint64_t edge)
{
    return rtc->epoch + (edge * CHIP_TICKS_PER_S + rtc->hz - 1) / rtc->hz;
}

/* The counter goes on by `steps`, which is not 0. */
static void count(struct board *board, uint64_t steps)
{
    struct rtc *rtc = self(board);
    uint32_t to_alarm = rtc->alr - rtc->cnt - 1; /* steps before the one that reaches it */
    rtc->crl |= FLAG_SEC;
    if (rtc->cnt + steps > UINT32_MAX) {
        rtc->crl |= FLAG_OW;
    }
    if (to_alarm < steps) {
        rtc->crl |= FLAG_ALR;
        exti_line_edge(board, EXTI_LINE_RTC_ALARM, true);
    }
    rtc->cnt += (uint32_t)steps;
}

/* RM0008 18.4.4: the divider is loaded again after a change of PRL or CNT. */
static void take_over(struct rtc *rtc)
{
    rtc->prl = rtc->prl_waits ? rtc->new_prl : rtc->prl;
    rtc->cnt = rtc->cnt_waits ? rtc->new_cnt : rtc->cnt;
    rtc->alr = rtc->alr_waits ? rtc->new_alr : rtc->alr;
    if (rtc->prl_waits || rtc->cnt_waits) {
        rtc->div = rtc->prl;
    }
    rtc->prl_waits = rtc->cnt_waits = rtc->alr_waits = false;
    rtc->done = CHIP_NEVER;
}

static void pass_edges(struct board *board, uint64_t edges)
{
    struct rtc *rtc = self(board);
    rtc->edges += edges;
    if (edges <= rtc->div) {
        rtc->div -= (uint32_t)edges;
        return;
    }
    uint64_t beyond = edges - rtc->div - 1;
    rtc->div = rtc->prl - (uint32_t)(beyond % (rtc->prl + 1));
    count(board, 1 + beyond / (rtc->prl + 1));
}

/* Bring the clock up to `tick`. */
static void sync(struct board *board, uint64_t tick)
{
    struct rtc *rtc = self(board);
    uint64_t target = edges_at(rtc, tick);
    if (rtc->done <= target) {
        pass_edges(board, rtc->done - rtc->edges);
        take_over(rtc);
    }
    if (target > rtc->edges) {
        pass_edges(board, target - rtc->edges);
    }
    if (rtc->synced <= target) {
        rtc->synced = CHIP_NEVER;
        rtc->crl |= CRL_RSF;
    }
    /* A second is a whole number of ticks and of edges: move the epoch on by whole seconds, so
     * that nothing overflows. */
    uint64_t seconds = rtc->hz != 0 ? rtc->edges / rtc->hz : 0;
    rtc->epoch += seconds * CHIP_TICKS_PER_S;
    rtc->edges -= seconds * rtc->hz;
    rtc->done -= rtc->done != CHIP_NEVER ? seconds * rtc->hz : 0;
    rtc->synced -= rtc->synced != CHIP_NEVER ? seconds * rtc->hz : 0;
}

/* The edge that advances the counter by `steps`, or an earlier one if that is too far ahead. */
static uint64_t edge_of_step(const struct rtc *rtc, uint64_t steps)
{
    uint64_t ahead = rtc->div + 1 + (steps - 1) * (rtc->prl + 1);
    return rtc->edges + (ahead < EDGES_AHEAD ? ahead : EDGES_AHEAD);
}

static void announce(struct board *board)
{
    const struct rtc *rtc = self(board);
    if (rtc->hz == 0) {
        chip_due(board, CHIP_rtc, 0, CHIP_NEVER);
        return;
    }
    uint64_t to_alarm = (uint64_t)(uint32_t)(rtc->alr - rtc->cnt - 1) + 1;
    uint64_t edge =
        edge_of_step(rtc, to_alarm); /* announced in any case: EXTI has a line for it */
    if ((rtc->crh & ~rtc->crl & FLAG_SEC) != 0) {
        edge = edge_of_step(rtc, 1);
    }
    if ((rtc->crh & ~rtc->crl & FLAG_OW) != 0) {
        uint64_t overflow = edge_of_step(rtc, (uint64_t)UINT32_MAX + 1 - rtc->cnt);
        edge = overflow < edge ? overflow : edge;
    }
    edge = rtc->done < edge ? rtc->done : edge;
    edge = rtc->synced < edge ? rtc->synced : edge;
    chip_due(board, CHIP_rtc, 0, tick_of(rtc, edge));
}

static void due(struct board *board, unsigned event, uint64_t tick)
{
    (void)event;
    sync(board, tick);
    update_irq(board);
    announce(board);
}

/* ---- clock and resets ---- */

static void set_clock(struct board *board, uint64_t tick)
{
    struct rtc *rtc = self(board);
    uint32_t hz = rcc_rtc_hz(board);
    if (hz == rtc->hz) {
        return;
    }
    sync(board, tick);
    /* A write that is under way takes the same number of edges of the new clock. */
    rtc->done -= rtc->done != CHIP_NEVER ? rtc->edges : 0;
    rtc->synced -= rtc->synced != CHIP_NEVER ? rtc->edges : 0;
    rtc->edges = 0;
    rtc->epoch = tick;
    rtc->hz = hz;
    update_irq(board);
    announce(board);
}

static void reset_domain(struct board *board)
{
    struct rtc *rtc = self(board);
    rtc->prl = rtc->div = PRL_RESET;
    rtc->alr = UINT32_MAX;
    rtc->cnt = 0;
    rtc->prl_waits = rtc->cnt_waits = rtc->alr_waits = false;
    rtc->done = CHIP_NEVER;
    announce(board);
}

static void signal(struct board *board, enum chip_signal signal, uint64_t tick)
{
    if (signal == SIGNAL_BACKUP_RESET || signal == SIGNAL_POWER_ON) {
        sync(board, tick);
        reset_domain(board);
    } else if (signal == SIGNAL_RTC_CLOCK) {
        set_clock(board, tick);
    }
}

/* A reset of the bus interface: the counter goes on, and has to be synchronized again. */
static void reset(struct board *board, unsigned unit)
{
    (void)unit;
    struct rtc *rtc = self(board);
    sync(board, chip_now(board));
    rtc->crh = 0;
    rtc->crl = 0;
    rtc->prl_waits = rtc->cnt_waits = rtc->alr_waits = false;
    rtc->done = CHIP_NEVER;
    rtc->synced = rtc->edges + 1;
    update_irq(board);
    announce(board);
}

/* ---- registers ---- */

static uint32_t read_counter(struct board *board, uint32_t value)
{
    if ((self(board)->crl & CRL_RSF) == 0) {
        chip_unknown(board,
                     "RTC: read of CNT or DIV with RSF 0: it may be wrong (RM0008 18.3.3)");
    }
    return value;
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    (void)unit;
    const struct rtc *rtc = self(board);
    sync(board, chip_now(board));
    switch (offset) {
    case CRH:
        return rtc->crh;
    case CRL:
        return rtc->crl | (rtc->done == CHIP_NEVER ? CRL_RTOFF : 0);
    case DIVH:
        return read_counter(board, rtc->div >> 16);
    case DIVL:
        return read_counter(board, rtc->div & 0xFFFF);
    case CNTH:
        return read_counter(board, rtc->cnt >> 16);
    case CNTL:
        return read_counter(board, rtc->cnt & 0xFFFF);
    case PRLH:
    case PRLL:
    case ALRH:
    case ALRL:
        return 0; /* write-only */
    default:
        chip_unknown(board, "RTC: read at offset 0x%02X", (unsigned)offset);
        return 0;
    }
}

static void write_crl(struct board *board, uint32_t value)
{
    struct rtc *rtc = self(board);
    bool leaves = (rtc->crl & CRL_CNF) != 0 && (value & CRL_CNF) == 0;
    if ((rtc->crl & CRL_RSF & ~value) != 0) {
        rtc->synced = rtc->edges + 1;
    }
    rtc->crl = (rtc->crl & value & (FLAGS | CRL_RSF)) | (value & CRL_CNF);
    if (leaves && (rtc->prl_waits || rtc->alr_waits || rtc->cnt_waits)) {
        rtc->done = rtc->edges + WRITE_EDGES; /* never, if the clock stands still */
    }
}

/* Write one half of a register of the core; the other half stays. */
static void write_half(bool *waits, uint32_t *out_new, uint32_t now, bool high, uint32_t value)
{
    uint32_t old = *waits ? *out_new : now;
    *out_new = high ? (old & 0xFFFF) | value << 16 : (old & 0xFFFF0000u) | value;
    *waits = true;
}

static void write_core(struct board *board, uint32_t offset, uint32_t value)
{
    struct rtc *rtc = self(board);
    if ((rtc->crl & CRL_CNF) == 0) {
        return; /* RM0008 18.3.4: taken in configuration mode only */
    }
    if (offset == PRLH || offset == PRLL) {
        write_half(&rtc->prl_waits, &rtc->new_prl, rtc->prl, offset == PRLH, value);
        rtc->new_prl &= PRL_MAX;
    } else if (offset == CNTH || offset == CNTL) {
        write_half(&rtc->cnt_waits, &rtc->new_cnt, rtc->cnt, offset == CNTH, value);
    } else {
        write_half(&rtc->alr_waits, &rtc->new_alr, rtc->alr, offset == ALRH, value);
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    (void)unit;
    struct rtc *rtc = self(board);
    sync(board, chip_now(board));
    value &= 0xFFFF;
    if (!pwr_backup_is_writable(board)) {
        return; /* RM0008 5.4.1 */
    }
    if (rtc->done != CHIP_NEVER && (offset != CRL || (value & CRL_CNF) != 0)) {
        chip_unknown(board, "RTC: write of 0x%X at offset 0x%02X with RTOFF 0 (RM0008 18.4.2)",
                     (unsigned)value, (unsigned)offset);
        return;
    }
    switch (offset) {
    case CRH:
        rtc->crh = value & FLAGS;
        break;
    case CRL:
        write_crl(board, value);
        break;
    case PRLH:
    case PRLL:
    case CNTH:
    case CNTL:
    case ALRH:
    case ALRL:
        write_core(board, offset, value);
        break;
    default:
        chip_unknown(board, "RTC: write of 0x%X at offset 0x%02X", (unsigned)value,
                     (unsigned)offset);
        break;
    }
    update_irq(board);
    announce(board);
}

const struct chip_peripheral rtc_peripheral = {
    .units = {{"RTC", 0x40002800, GATE_APB1, 27}}, /* BKPEN, as the backup registers */
    .unit_count = 1,
    .state_size = sizeof(struct rtc),
    .narrow = NARROW_ALL_LANES,
    .event_count = 1,
    .reset = reset,
    .read = read_register,
    .write = write_register,
    .due = due,
    .signal = signal,
};
