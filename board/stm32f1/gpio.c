/* SPDX-License-Identifier: Apache-2.0 */
#include "board/stm32f1/gpio.h"

#include "board/stm32f1/afio.h"
#include "board/stm32f1/chip.h"
#include "board/stm32f1/exti.h"
#include "board/stm32f1/pins.h"
#include "board/stm32f1/tim.h"

/* GPIOA..D (RM0008 chapter 9) and the wires at their pins. */

enum { CRL = 0x00, CRH = 0x04, IDR = 0x08, ODR = 0x0C, BSRR = 0x10, BRR = 0x14, LCKR = 0x18 };

#define CR_RESET  0x44444444u /* floating inputs */
#define LCKR_LCKK (1u << 16)

enum { CNF_ANALOG = 0, CNF_FLOATING = 1, CNF_PULL = 2 }; /* MODE = 0 */
enum { CNF_OPEN_DRAIN = 1, CNF_ALTERNATE = 2 };          /* MODE > 0: bits */
enum { LOCK_IDLE, LOCK_1, LOCK_10, LOCK_101, LOCK_DONE };

static struct gpio *self(const struct board *board)
{
    return chip_state(board, CHIP_gpio);
}

/* MODE in bits 1:0, CNF in bits 3:2. */
static unsigned config(const struct gpio *gpio, unsigned pin)
{
    return (pin < 8 ? gpio->crl : gpio->crh) >> (4 * (pin % 8)) & 0xF;
}

bool gpio_is_alternate(const struct board *board, unsigned port, unsigned pin)
{
    unsigned cfg = config(&self(board)[port], pin);
    return (cfg & 3) != 0 && (cfg >> 2 & CNF_ALTERNATE) != 0 &&
           !afio_jtag_owns(board, port, pin);
}

bool gpio_is_input(const struct board *board, unsigned port, unsigned pin)
{
    unsigned cfg = config(&self(board)[port], pin);
    return (cfg & 3) == 0 && cfg >> 2 != CNF_ANALOG;
}

/* The timer channel whose output is a pin, if any. */
static bool timer_at(const struct board *board, unsigned port, unsigned pin, unsigned *out_unit,
                     unsigned *out_channel)
{
    for (unsigned unit = 0; unit < TIM_UNITS; unit++) {
        for (unsigned channel = 0; channel < 4; channel++) {
            unsigned at_port;
            unsigned at_pin;
            if (tim_drives(board, unit, channel) &&
                afio_tim_pin(board, unit, channel, &at_port, &at_pin) && at_port == port &&
                at_pin == pin) {
                *out_unit = unit;
                *out_channel = channel;
                return true;
            }
        }
    }
    return false;
}

static bool is_usart_tx(const struct board *board, unsigned port, unsigned pin)
{
    for (unsigned unit = 0; unit < BOARD_USARTS; unit++) {
        unsigned at_port;
        unsigned at_pin;
        if (afio_usart_pin(board, unit, true, &at_port, &at_pin) && at_port == port &&
            at_pin == pin) {
            return true;
        }
    }
    return false;
}

/* What the chip itself does to the wire. */
enum pull { PULL_NONE, PULL_UP, PULL_DOWN, DRIVE_HIGH, DRIVE_LOW };

static enum pull jtag_pull(unsigned port, unsigned pin)
{
    if (port == PORT_A) {
        return pin == 14 ? PULL_DOWN : PULL_UP; /* RM0008 9.3.5: JTMS, JTDI up, JTCK down */
    }
    return pin == 4 ? PULL_UP : PULL_NONE; /* NJTRST up, JTDO floating */
}

static enum pull own_drive(const struct board *board, unsigned port, unsigned pin)
{
    const struct gpio *gpio = &self(board)[port];
    unsigned cfg = config(gpio, pin);
    unsigned cnf = cfg >> 2;
    bool high = (gpio->odr >> pin & 1) != 0;
    if (afio_jtag_owns(board, port, pin)) {
        return jtag_pull(port, pin);
    }
    if ((cfg & 3) == 0) {
        return cnf != CNF_PULL ? PULL_NONE : high ? PULL_UP : PULL_DOWN;
    }
    if ((cnf & CNF_ALTERNATE) != 0) {
        unsigned unit;
        unsigned channel;
        if (timer_at(board, port, pin, &unit, &channel)) {
            high = tim_duty(board, unit, channel) == 1000; /* else: see pins_duty_permille() */
        } else {
            high = is_usart_tx(board, port, pin); /* an idle line */
        }
    }
    if (high && (cnf & CNF_OPEN_DRAIN) != 0) {
        return PULL_NONE;
    }
    return high ? DRIVE_HIGH : DRIVE_LOW;
}

static bool wire_level(const struct board *board, unsigned port, unsigned pin)
{
    enum pull own = own_drive(board, port, pin);
    enum pins_drive part = (enum pins_drive)self(board)[port].drive[pin];
    if (own == DRIVE_HIGH || own == DRIVE_LOW) {
        return own == DRIVE_HIGH;
    }
    if (part == PINS_LOW || part == PINS_HIGH) {
        return part == PINS_HIGH;
    }
    return part == PINS_PULL_UP || own == PULL_UP;
}

static void update_pin(struct board *board, unsigned port, unsigned pin)
{
    struct gpio *gpio = &self(board)[port];
    bool level = wire_level(board, port, pin);
    if (level == ((gpio->wires >> pin & 1) != 0)) {
        return;
    }
    gpio->wires = (uint16_t)(gpio->wires ^ 1u << pin);
    exti_pin_edge(board, port, pin, level);
    gokit2_pin_changed(board, port, pin, level, chip_now(board));
    pins_event_changed(board);
}

static void update_port(struct board *board, unsigned unit)
{
    for (unsigned pin = 0; pin < 16; pin++) {
        update_pin(board, unit, pin);
    }
}

static void signal(struct board *board, enum chip_signal signal, uint64_t tick)
{
    (void)tick;
    for (unsigned port = 0; port < GPIO_PORTS && signal == SIGNAL_PINS_REMAPPED; port++) {
        update_port(board, port);
    }
}

/* Only pins set in `pins` can have changed. */
static void update_some(struct board *board, unsigned port, uint32_t pins)
{
    for (unsigned pin = 0; pins != 0; pin++, pins >>= 1) {
        if ((pins & 1) != 0) {
            update_pin(board, port, pin);
        }
    }
}

/* ---- for the parts ---- */

void pins_drive(struct board *board, unsigned port, unsigned pin, enum pins_drive drive)
{
    self(board)[port].drive[pin] = (uint8_t)drive;
    update_pin(board, port, pin);
}

bool pins_level(const struct board *board, unsigned port, unsigned pin)
{
    return wire_level(board, port, pin);
}

unsigned pins_duty_permille(const struct board *board, unsigned port, unsigned pin)
{
    unsigned unit;
    unsigned channel;
    if (gpio_is_alternate(board, port, pin) && timer_at(board, port, pin, &unit, &channel)) {
        return tim_duty(board, unit, channel);
    }
    return wire_level(board, port, pin) ? 1000 : 0;
}

/* ---- registers ---- */

static uint32_t idr(const struct board *board, unsigned port)
{
    const struct gpio *gpio = &self(board)[port];
    uint32_t levels = gpio->wires;
    for (unsigned pin = 0; pin < 16; pin++) {
        unsigned cfg = config(gpio, pin);
        if (cfg == CNF_ANALOG << 2) {
            levels &= ~(1u << pin); /* its Schmitt trigger is off */
        } else if ((cfg & 3) != 0 && (cfg >> 2 & CNF_ALTERNATE) != 0) {
            levels = (levels & ~(1u << pin)) | (uint32_t)wire_level(board, port, pin) << pin;
        }
    }
    return levels;
}

/* Locked pins keep their configuration until the next reset. */
static uint32_t write_config(const struct gpio *gpio, uint32_t old, uint32_t value,
                             unsigned first_pin)
{
    uint32_t mask = UINT32_MAX;
    for (unsigned i = 0; i < 8 && gpio->lock_state == LOCK_DONE; i++) {
        if ((gpio->lckr >> (first_pin + i) & 1) != 0) {
            mask &= ~(0xFu << (4 * i));
        }
    }
    return (old & ~mask) | (value & mask);
}

static bool has_reserved_mode(uint32_t value)
{
    for (unsigned i = 0; i < 32; i += 4) {
        if ((value >> i & 0xF) == 0xC) {
            return true;
        }
    }
    return false;
}

/* Write 1, 0, 1 to LCKK with the same LCK bits, then read (RM0008 9.2.7). */
static void write_lckr(struct gpio *gpio, uint32_t value)
{
    bool key = (value & LCKR_LCKK) != 0;
    uint32_t pins = value & 0xFFFF;
    bool same = pins == (gpio->lckr & 0xFFFF);
    switch (gpio->lock_state) {
    case LOCK_DONE:
        return;
    case LOCK_1:
        gpio->lock_state = !key && same ? LOCK_10 : LOCK_IDLE;
        break;
    case LOCK_10:
        gpio->lock_state = key && same ? LOCK_101 : LOCK_IDLE;
        break;
    default:
        gpio->lock_state = key ? LOCK_1 : LOCK_IDLE;
        break;
    }
    gpio->lckr = pins;
}

static uint32_t read_register(struct board *board, unsigned unit, uint32_t offset)
{
    struct gpio *gpio = &self(board)[unit];
    switch (offset) {
    case CRL:
        return gpio->crl;
    case CRH:
        return gpio->crh;
    case IDR:
        return idr(board, unit);
    case ODR:
        return gpio->odr;
    case BSRR:
    case BRR:
        return 0;
    case LCKR:
        if (gpio->lock_state == LOCK_101) {
            gpio->lock_state = LOCK_DONE;
            return gpio->lckr;
        }
        return gpio->lckr | (gpio->lock_state == LOCK_DONE ? LCKR_LCKK : 0);
    default:
        chip_unknown(board, "GPIO%c: read at offset 0x%02X", 'A' + (int)unit, (unsigned)offset);
        return 0;
    }
}

static void set_odr(struct board *board, unsigned unit, uint32_t value)
{
    struct gpio *gpio = &self(board)[unit];
    uint32_t changed = gpio->odr ^ value;
    gpio->odr = value;
    update_some(board, unit, changed);
}

static void write_register(struct board *board, unsigned unit, uint32_t offset, uint32_t value)
{
    struct gpio *gpio = &self(board)[unit];
    switch (offset) {
    case CRL:
    case CRH:
        if (has_reserved_mode(value)) {
            chip_unknown(board, "GPIO%c: reserved input mode in 0x%08X", 'A' + (int)unit,
                         (unsigned)value);
            break;
        }
        if (offset == CRL) {
            gpio->crl = write_config(gpio, gpio->crl, value, 0);
        } else {
            gpio->crh = write_config(gpio, gpio->crh, value, 8);
        }
        update_port(board, unit);
        break;
    case IDR:
        break; /* read-only */
    case ODR:
        set_odr(board, unit, value & 0xFFFF);
        break;
    case BSRR: /* set wins over reset */
        set_odr(board, unit, (gpio->odr & ~(value >> 16)) | (value & 0xFFFF));
        break;
    case BRR:
        set_odr(board, unit, gpio->odr & ~(value & 0xFFFF));
        break;
    case LCKR:
        write_lckr(gpio, value);
        break;
    default:
        chip_unknown(board, "GPIO%c: write of 0x%X at offset 0x%02X", 'A' + (int)unit,
                     (unsigned)value, (unsigned)offset);
        break;
    }
}

static void reset(struct board *board, unsigned unit)
{
    struct gpio *gpio = &self(board)[unit];
    gpio->crl = CR_RESET;
    gpio->crh = CR_RESET;
    gpio->odr = 0;
    gpio->lckr = 0;
    gpio->lock_state = LOCK_IDLE;
    update_port(board, unit);
}

const struct chip_peripheral gpio_peripheral = {
    .units = {{"GPIOA", 0x40010800, GATE_APB2, 2},
              {"GPIOB", 0x40010C00, GATE_APB2, 3},
              {"GPIOC", 0x40011000, GATE_APB2, 4},
              {"GPIOD", 0x40011400, GATE_APB2, 5}},
    .unit_count = 4,
    .state_size = GPIO_PORTS * sizeof(struct gpio),
    .reset = reset,
    .read = read_register,
    .write = write_register,
    .signal = signal,
};
