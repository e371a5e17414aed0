/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BOOT_FIGURES_H
#define BENCH_BOOT_FIGURES_H

#include <stdint.h>
#include "lab/boot_meter.h"

/* What the bootloader takes: RAM, time, flash operations and wear, measured on the modelled
 * board with the real binaries. Virtual time only: the same figures on every machine.
 *
 * For bench/boot_bench.c, which prints them, and tests/fw/test_boot_figures.c, which holds them
 * to their limits. Images are those of the firmware build: the pet house, and three that fill
 * the slot (app/app_full_slot). An update is laid into APPBAK and requested as an app does it
 * (otter/update.h), without the transfer, so that all that is counted is the installation.
 */
enum boot_case {
    BOOT_CLEAN,       /* nothing to do: the pet house */
    BOOT_CLEAN_26K,   /* nothing to do: an image that fills the slot, as in all that follow */
    BOOT_EVERY_START, /* the same with boot_every_start: the signature is checked, too */
    /* no journal yet: the app's signature is checked, and its digest record made */
    BOOT_FIRST,
    /* the power failed while the app confirmed: read in doubt, checked, rewritten */
    BOOT_UNCLEAN,
    BOOT_INSTALL,  /* requested, verified, swapped, verified, started on trial */
    BOOT_TRIAL,    /* the second start on trial */
    BOOT_REVERT,   /* three starts without confirmation: the old image is copied back */
    BOOT_REFUSE,   /* the signature of what was requested is wrong */
    BOOT_RECOVERY, /* no app: an image is received over the UART, up to the reset */
    BOOT_CASES
};

struct boot_figures {
    /* From the bootloader's first instruction to the app's first. The bootloader restarts after
     * its work: then that is two stays in it, put together. */
    struct boot_stay stays[BOOT_CASES];
    uint32_t ram_bytes; /* .data, .bss and the deepest stack of all */
    /* half of what a refusal computes: it verifies APP and what was requested */
    double verify_ms;
    /* Flash time of the installation / that of 52 erases and 26,624 half-words at
     * the same board's times. */
    double install_flash_ratio;
    /* of a page of APP, APPBAK and spare, from request to confirmation */
    unsigned install_erases_max;
    /* of a page of APP, from request to the old image's start */
    unsigned revert_app_erases_max;
    unsigned revert_area_erases_max; /* of a page of APPBAK and spare, the same */
    unsigned journal_erases_max; /* of a journal page, in JOURNAL_UPDATES confirmed updates */
};
enum { BOOT_JOURNAL_UPDATES = 32 };

/* Measure everything, with the binaries of the firmware build in `dir`. Returns NULL, or what
 * went otherwise than it should. Files that cannot be read are told on stderr. */
const char *boot_figures_measure(const char *dir, struct boot_figures *out_figures);

/* For a table: "clean start", ... */
const char *boot_case_name(enum boot_case which);

double boot_ms(const struct boot_stay *stay);

#endif
