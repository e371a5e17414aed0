/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/tim.h"

#include "board/stm32f1/chip.h"
#include "board/stm32f1/pins.h"
#include "board/stm32f1/rcc.h"

/* TIM1..4 (RM0008 chapters 14, 15): counting up from the internal clock, update and compare
 * events, PWM and forced outputs. The counter is computed when it is read, and at the ticks of
 * enabled interrupts. */

enum {
    CR1 = 0x00,
    CR2 = 0x04,
    SMCR = 0x08,
    DIER = 0x0C,
    SR = 0x10,
    EGR = 0x14,
    CCMR1 = 0x18,
    CCMR2 = 0x1C,
    CCER = 0x20,
    CNT = 0x24,
    PSC = 0x28,
    ARR = 0x2C,
    RCR = 0x30,
    CCR1 = 0x34,
    CCR4 = 0x40,
    BDTR = 0x44,
};

#define CR1_CEN    (1u << 0)
#define CR1_UDIS   (1u << 1)
#define CR1_URS    (1u << 2)
#define CR1_OPM    (1u << 3)
#define CR1_DIR    (1u << 4)
#define CR1_CMS    (3u << 5)
#define CR1_ARPE   (1u << 7)
#define CR2_TI1S   (1u << 7)
#define SR_UIF     (1u << 0)
#define SR_ALL     0x1EFFu
#define EGR_UG     (1u << 0)
#define EGR_CCG    0x1Eu
#define DIER_KNOWN 0x1Fu /* UIE, CC1IE..CC4IE */
#define BDTR_MOE   (1u << 15)

enum { MODE_FROZEN = 0, MODE_OFF = 4, MODE_ON = 5, MODE_PWM1 = 6, MODE_PWM2 = 7 };
enum { CHANNELS = 4, COUNTER_RANGE = 0x10000 };

static struct tim *self(const struct board *board)
{
    return chip_state(board, CHIP_tim);
}

static uint32_t cc_flag(unsigned channel)
{
    return 2u << channel;
}

/* Ticks of one cycle of the timer's input clock; 0 = no clock. */
static uint32_t clock_ticks(const struct board *board, unsigned unit)
{
    if (unit == 0) {
        return rcc_is_clocked(board, GATE_APB2, 11) ? rcc_timer_ticks(board, GATE_APB2) : 0;
    }
    return rcc_is_clocked(board, GATE_APB1, unit - 1) ? rcc_timer_ticks(board, GATE_APB1) : 0;
}

static uint32_t channel_mode(const struct tim *tim, unsigned channel)
{
    return tim->ccmr[channel / 2] >> (8 * (channel % 2)); /* CCxS 1:0, OCxPE 3, OCxM 6:4 */
}

static void load_shadows(struct tim *tim)
{
    tim->psc_now = tim->psc;
    tim->arr_now = tim->arr;
    for (unsigned i = 0; i < CHANNELS; i++) {
        tim->ccr_now[i] = tim->ccr[i];
    }
}

/* The counter goes from `from` (not counted) to `from` + steps, at most to the overflow. */
static void match(struct tim *tim, uint32_t from, uint64_t steps, bool overflows)
{
    for (unsigned i = 0; i < CHANNELS; i++) {
        uint32_t ccr = tim->ccr_now[i];
        bool passed = ccr > from && ccr <= from + steps && ccr <= tim->arr_now;
        /* a CCR of 0 or above ARR matches at the overflow (RM0008 15.4.5, CC1IF) */
        if (passed || (overflows && (ccr == 0 || ccr > tim->arr_now))) {
            tim->sr |= cc_flag(i);
        }
    }
}

/* Bring the counter to `now`. */
static void sync(struct tim *tim, uint32_t clock, uint64_t now)
{
    while ((tim->cr1 & CR1_CEN) != 0 && clock != 0) {
        uint64_t step = (uint64_t)clock * (tim->psc_now + 1);
        uint64_t steps = now > tim->since ? (now - tim->since) / step : 0;
        if (steps == 0) {
            return;
        }
        if (tim->arr_now == 0) { /* RM0008 15.4.12: the counter is blocked */
            tim->since += steps * step;
            return;
        }
        bool beyond = tim->count > tim->arr_now; /* counts on to 0xFFFF */
        uint32_t room = (beyond ? COUNTER_RANGE : tim->arr_now + 1) - tim->count;
        bool overflows = steps >= room;
        uint64_t taken = overflows ? room : steps;
        match(tim, tim->count, taken, overflows && !beyond);
        tim->since += taken * step;
        tim->count = overflows ? 0 : tim->count + (uint32_t)taken;
        if (!overflows || beyond) {
            continue;
        }
        if ((tim->cr1 & CR1_UDIS) == 0) {
            tim->sr |= SR_UIF;
            load_shadows(tim);
        }
        if ((tim->cr1 & CR1_OPM) != 0) {
            tim->cr1 &= ~CR1_CEN;
            return;
        }
        /* whole periods: nothing new happens in them */
        uint64_t period = (uint64_t)clock * (tim->psc_now + 1) * (tim->arr_now + 1);
        if (tim->arr_now != 0 && now - tim->since >= period) {
            match(tim, 0, tim->arr_now, true);
            tim->since += (now - tim->since) / period * period;
        }
    }
}

/* Ticks until the counter has advanced by `steps`. */
static uint64_t after(const struct tim *tim, uint32_t clock, uint32_t steps)
{
    return tim->since + (uint64_t)clock * (tim->psc_now + 1) * steps;
}

static void announce(struct board *board, unsigned unit)
{
    const struct tim *tim = &self(board)[unit];
    uint32_t clock = clock_ticks(board, unit);
    uint32_t wanted = tim->dier & ~tim->sr; /* interrupts that are not already pending */
    uint64_t due = CHIP_NEVER;
    if ((tim->cr1 & CR1_CEN) != 0 && clock != 0 && wanted != 0 && tim->arr_now != 0) {
        bool beyond = tim->count > tim->arr_now;
        uint32_t overflow = (beyond ? COUNTER_RANGE : tim->arr_now + 1) - tim->count;
        due = after(tim, clock, overflow);
        for (unsigned i = 0; i < CHANNELS; i++) {
            uint32_t ccr = tim->ccr_now[i];
            if ((wanted & cc_flag(i)) != 0 && ccr > tim->count && ccr <= tim->arr_now) {
                uint64_t tick = after(tim, clock, ccr - tim->count);
                due = tick < due ? tick : due;
            }
        }
    }
    chip_due(board, CHIP_tim, unit, due);
}

static void update(struct board *board, unsigned unit)
{
    const struct tim *tim = &self(board)[unit];
    uint32_t active = tim->sr & tim->dier;
    if (unit == 0) {
        chip_irq(board, IRQ_TIM1_UP, (active & SR_UIF) != 0);
        chip_irq(board, IRQ_TIM1_CC, (active & ~SR_UIF) != 0);
    } else {
        chip_irq(board, IRQ_TIM2 + unit - 1, active != 0);
    }
    announce(board, unit);
}

static void due(struct board *board, unsigned unit, uint64_t tick)
{
    sync(&self(board)[unit], clock_ticks(board, unit), tick);
    update(board, unit);
}

static void clock_changes(struct board *board)
{
    for (unsigned i = 0; i < TIM_UNITS; i++) {
        sync(&self(board)[i], clock_ticks(board, i), chip_now(board));
    }
}

static void clock_changed(struct board *board)
{
    for (unsigned i = 0; i < TIM_UNITS; i++) {
        self(board)[i].since = chip_now(board);
        update(board, i);
    }
}

static void signal(struct board *board, enum chip_signal signal, uint64_t tick)
{
    (void)tick;
    if (signal == SIGNAL_CLOCK_CHANGES) {
        clock_changes(board);
    } else if (signal == SIGNAL_CLOCK_CHANGED) {
        clock_changed(board);
    }
}

/* ---- outputs ---- */

bool tim_drives(const struct board *board, unsigned unit, unsigned channel)
{
    const struct tim *tim = &self(board)[unit];
    bool is_on = (tim->ccer >> (4 * channel) & 1) != 0; /* checked first: most are not */
    return is_on && clock_ticks(board, unit) != 0 && (unit != 0 || (tim->bdtr & BDTR_MOE) != 0);
}

unsigned tim_duty(const struct board *board, unsigned unit, unsigned channel)
{
    if (!tim_drives(board, unit, channel)) {
        return 0;
    }
    struct tim tim = self(board)[unit];
    sync(&tim, clock_ticks(board, unit), chip_now(board));
    uint32_t mode = channel_mode(&tim, channel) >> 4 & 7;
    uint32_t period = tim.arr_now + 1;
    uint32_t high = tim.ccr_now[channel] < period ? tim.ccr_now[channel] : period;
    unsigned duty = mode == MODE_ON ? 1000 : 0;
    if (mode == MODE_PWM1 || mode == MODE_PWM2) {
        if ((tim.cr1 & CR1_CEN) == 0) { /* stands still */
            duty = tim.count < tim.ccr_now[channel] ? 1000 : 0;
        } else {
            duty = (unsigned)(((uint64_t)high * 1000 + period / 2) / period);
        }
        duty = mode == MODE_PWM1 ? duty : 1000 - duty;
    }
    return (tim.ccer >> (4 * channel) & 2) != 0 ? 1000 - duty : duty; /* CCxP */
}

/* The duty of an enabled output must be known: other modes are refused. */
static void check_outputs(struct board *board, unsigned unit)
{
    const struct tim *tim = &self(board)[unit];
    for (unsigned i = 0; i < CHANNELS; i++) {
        uint32_t mode = channel_mode(tim, i);
        bool toggles = (mode >> 4 & 7) >= 1 && (mode >> 4 & 7) <= 3;
        if ((mode & 0x83) != 0 || (toggles && (tim->ccer >> (4 * i) & 1) != 0)) {
            chip_unknown(board,
                         "TIM%u channel %u: CCMR 0x%02X (capture, OCxCE or output on match) "
                         "is not modelled",
                         unit + 1, i + 1, (unsigned)mode & 0xFF);
        }
    }
}

/* ---- registers ---- */

static void write_cr1(struct board *board, unsigned unit, uint32_t value)
{
    struct tim *tim = &self(board)[unit];
    if ((value & (CR1_DIR | CR1_CMS)) != 0) {
        chip_unknown(board, "TIM%u_CR1 = 0x%X: only counting up is modelled", unit + 1,
                     (unsigned)value);
        return;
    }
    if ((value & CR1_CEN) != 0 && (tim->cr1 & CR1_CEN) == 0) {
        tim->since = chip_now(board);
    }
    tim->cr1 = value & 0x3FF;
}

static void generate(struct board *board, unsigned unit, uint32_t value)
{
    struct tim *tim = &self(board)[unit];
    tim->sr |= value & EGR_CCG;
    if ((value & EGR_UG) != 0) {
        tim->count = 0;
        tim->since = chip_now(board);
        if ((tim->cr1 & CR1_UDIS) == 0) {
            load_shadows(tim);
            tim->sr |= (tim->cr1 & CR1_URS) == 0 ? SR_UIF : 0;
        }
    }
    if ((value & ~(EGR_UG | EGR_CCG)) != 0) {
        chip_unknown(board, "TIM%u_EGR = 0x%X", unit + 1, (unsigned)value);
    }
}

static void write_ccr(struct tim *tim, unsigned channel, uint32_t value)
{
    tim->ccr[channel] = value;
    if ((channel_mode(tim, channel) & 8) == 0) { /* OCxPE */
        tim->ccr_now[channel] = value;
    }
}

/* Registers or bits that must stay zero: all else is not modelled. */
static void write_zero(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    if (value != 0) {
        chip_unknown(board, "TIM%u: write of 0x%X at offset 0x%02X is not modelled", unit + 1,
                     (unsigned)value, (unsigned)offset);
    }
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    struct tim *tim = &self(board)[unit];
    sync(tim, clock_ticks(board, unit), chip_now(board));
    switch (offset) {
    case CR1:
        return tim->cr1;
    case CR2:
        return tim->cr2;
    case SMCR:
    case RCR:
    case EGR:
        return 0;
    case DIER:
        return tim->dier;
    case SR:
        return tim->sr;
    case CCMR1:
        return tim->ccmr[0];
    case CCMR2:
        return tim->ccmr[1];
    case CCER:
        return tim->ccer;
    case CNT:
        return tim->count;
    case PSC:
        return tim->psc;
    case ARR:
        return tim->arr;
    case BDTR:
        return tim->bdtr;
    default:
        if (offset >= CCR1 && offset <= CCR4) {
            return tim->ccr[(offset - CCR1) / 4];
        }
        chip_unknown(board, "TIM%u: read at offset 0x%02X", unit + 1, (unsigned)offset);
        return 0;
    }
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    struct tim *tim = &self(board)[unit];
    sync(tim, clock_ticks(board, unit), chip_now(board));
    value &= 0xFFFF;
    switch (offset) {
    case CR1:
        write_cr1(board, unit, value);
        break;
    case CR2:
        write_zero(board, unit, offset, value & CR2_TI1S);
        tim->cr2 = value; /* MMS, OISx have no effect here */
        break;
    case DIER:
        write_zero(board, unit, offset, value & ~DIER_KNOWN);
        tim->dier = value & DIER_KNOWN;
        break;
    case SR:
        tim->sr &= value & SR_ALL; /* rc_w0 */
        break;
    case EGR:
        generate(board, unit, value);
        break;
    case CCMR1:
    case CCMR2:
        tim->ccmr[offset == CCMR2] = value;
        check_outputs(board, unit);
        break;
    case CCER:
        write_zero(board, unit, offset, value & 0xCCCC); /* complementary outputs */
        tim->ccer = value;
        check_outputs(board, unit);
        break;
    case CNT:
        tim->count = value;
        break;
    case PSC:
        tim->psc = value; /* always taken over by the next update */
        break;
    case ARR:
        tim->arr = value;
        if ((tim->cr1 & CR1_ARPE) == 0) {
            tim->arr_now = value;
        }
        break;
    case BDTR:
        write_zero(board, unit, offset, value & 0x1000); /* BKE */
        tim->bdtr = value;
        break;
    case SMCR:
    case RCR:
        write_zero(board, unit, offset, value);
        break;
    default:
        if (offset >= CCR1 && offset <= CCR4) {
            write_ccr(tim, (offset - CCR1) / 4, value);
            break;
        }
        chip_unknown(board, "TIM%u: write of 0x%X at offset 0x%02X", unit + 1, (unsigned)value,
                     (unsigned)offset);
        break;
    }
    update(board, unit);
}

static void reset(struct board *board, unsigned unit)
{
    self(board)[unit] = (struct tim){.arr = 0xFFFF, .arr_now = 0xFFFF};
    self(board)[unit].since = chip_now(board);
    update(board, unit);
}

unsigned pins_tim_duty_permille(const struct board *board, unsigned tim, unsigned channel)
{
    return tim < 1 || tim > TIM_UNITS || channel < 1 || channel > CHANNELS
               ? 0
               : tim_duty(board, tim - 1, channel - 1);
}

const struct chip_peripheral tim_peripheral = {
    .units = {{"TIM1", 0x40012C00, GATE_APB2, 11},
              {"TIM2", 0x40000000, GATE_APB1, 0},
              {"TIM3", 0x40000400, GATE_APB1, 1},
              {"TIM4", 0x40000800, GATE_APB1, 2}},
    .unit_count = 4,
    .state_size = TIM_UNITS * sizeof(struct tim),
    .narrow = NARROW_ALL_LANES,
    .event_count = TIM_UNITS,
    .reset = reset,
    .read = read_register,
    .write = write_register,
    .due = due,
    .signal = signal,
};
