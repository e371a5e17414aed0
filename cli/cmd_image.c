/* SPDX-License-Identifier: Apache-2.0 */
/* otter image; see docs/man/otter-image.1. */
#include "cli/cmd.h"

int cmd_image(int argc, char **argv)
{
    static const struct cmd_sub subs[] = {
        {"inspect", "image: inspect", cmd_image_inspect, "show what an image is"},
        {"make", "image: make", cmd_image_make, "put otter's trailer behind a program"},
        {"sign", "image: sign", cmd_image_sign, "sign an image with a key"},
        {"attach", "image: attach", cmd_image_attach, "put in a signature made elsewhere"},
        {"verify", "image: verify", cmd_image_verify, "check an image's signature"},
        {"factory", "image: factory", cmd_image_factory, "merge bootloader and application"},
    };
    static const struct cmd_group group = {"otter image",
                                           "Inspect, make and sign firmware images.", subs,
                                           sizeof subs / sizeof subs[0]};

    return cmd_dispatch(&group, argc, argv);
}
