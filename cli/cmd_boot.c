/* SPDX-License-Identifier: Apache-2.0 */
/* otter boot, and otter boot show; see docs/man/otter-boot.1. */
#include "cli/boot_view.h"
#include "cli/cmd.h"
#include "cli/report.h"
#include "host/json.h"

static const struct argp show_argp = {.options = cmd_one_file_options,
                                      .parser = cmd_one_file_parse,
                                      .args_doc = "FILE",
                                      .doc = "Tell what a bootloader is, from its .bin, .hex "
                                             "or .elf."};

static int boot_show(int argc, char **argv)
{
    struct cmd_one_file options = {0};
    struct boot_file boot;
    struct host_error error;

    int err = cmd_parse(&show_argp, "otter boot show", argc, argv, &options);
    if (err != 0) {
        return err < 0 ? CMD_OK : err;
    }
    if (boot_view_load(&boot, options.path, &error) != 0) {
        return report_error(&error);
    }
    int code = CMD_OK;
    if (options.json) {
        json_t *result = json_object();
        json_add(&result, "file", json_text(options.path));
        json_add(&result, "bootloader", boot_view_json(&boot));
        code = cmd_print_json(result);
    } else {
        printf("file          %s\n", options.path);
        boot_view_print(&boot);
    }
    boot_file_free(&boot);
    return code;
}

int cmd_boot(int argc, char **argv)
{
    static const struct cmd_sub subs[] = {
        {"make", "boot: make", cmd_boot_make, "put ids and keys into a bootloader"},
        {"show", "boot: show", boot_show, "show what a bootloader is"},
    };
    static const struct cmd_group group = {"otter boot",
                                           "Make a bootloader yours: no compiler is needed.",
                                           subs, sizeof subs / sizeof subs[0]};

    return cmd_dispatch(&group, argc, argv);
}
