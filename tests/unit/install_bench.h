/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_INSTALL_BENCH_H
#define TEST_UNIT_INSTALL_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/install.h"
#include "support/ram_flash.h"

/* What test_install and test_install_power share: flash with an image in APPBAK, the log of what
 * otter_install() reports, and the questions to ask afterwards. Failures end the cmocka test. */

extern struct ram_flash flash;
extern uint8_t before[RAM_FLASH_SIZE]; /* flash as prepare() left it */
extern const struct otter_port *const port;
extern const struct otter_layout *const layout;

/* Make everything random but FLAG, which announces the first `size` bytes of APPBAK. */
void prepare(uint32_t size);

/* Call otter_install() and log its reports. */
int install(void);

/* ---- what was reported ---- */
enum { INSTALL_REPORTS_MAX = 2000 };
struct install_report {
    enum otter_install_step step;
    uint32_t value;
};
extern struct install_report reports[INSTALL_REPORTS_MAX];
extern unsigned reports_len;
extern unsigned reports_at; /* the next one to be expected */

bool is_next(enum otter_install_step step);
void expect(enum otter_install_step step, uint32_t value);
void expect_many(enum otter_install_step step, uint32_t count);
void expect_no_more(void);
void expect_checking(uint32_t size,
                     enum otter_install_step verdict); /* from the first report on */
void expect_copy(uint32_t size);                       /* one whole try */

/* ---- flash afterwards ---- */
uint32_t off_of(const struct otter_region *region);
bool is_app_old(void);
/* The new image, FF to the end of its last page, and the rest of the slot untouched. */
bool is_app_new(uint32_t size);
bool is_flag_blank(void);
bool is_pending(void);
/* Nothing but APP and FLAG was touched, by the rules, and the watchdog was fed. */
void expect_rest_untouched(void);

#endif
