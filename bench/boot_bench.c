/* SPDX-License-Identifier: Apache-2.0 */
/* boot_bench FIRMWARE_DIR: RAM, times, flash time and wear of the bootloader (boot_figures.h),
 * a line a figure: "name number". */
#include <stdio.h>
#include "bench/boot_figures.h"

int main(int argc, char **argv)
{
    static struct boot_figures figures;

    if (argc != 2) {
        fprintf(stderr, "usage: boot_bench FIRMWARE_DIR\n");
        return 2;
    }
    const char *wrong = boot_figures_measure(argv[1], &figures);
    if (wrong != NULL) {
        fprintf(stderr, "boot_bench: %s\n", wrong);
        return 1;
    }
    for (unsigned i = 0; i < BOOT_CASES; i++) {
        const struct boot_stay *stay = &figures.stays[i];
        const char *name = boot_case_name((enum boot_case)i);
        printf("boot_%s_ms %.2f\nboot_%s_stack_bytes %u\n", name, boot_ms(stay), name,
               (unsigned)stay->stack);
    }
    printf("boot_ram_bytes %u\n", (unsigned)figures.ram_bytes);
    printf("boot_start_ms %.2f\n", boot_ms(&figures.stays[BOOT_CLEAN_26K]));
    printf("boot_verify_ms %.0f\n", figures.verify_ms);
    printf("install_26k_flash_ratio %.4f\n", figures.install_flash_ratio);
    printf("erases_per_slot_page_max %u\n", figures.install_erases_max);
    printf("erases_with_revert_app %u\nerases_with_revert_area %u\n",
           figures.revert_app_erases_max, figures.revert_area_erases_max);
    printf("journal_erases_in_%d_updates %u\n", BOOT_JOURNAL_UPDATES,
           figures.journal_erases_max);
    return 0;
}
