/* SPDX-License-Identifier: Apache-2.0 */
/* `otter board`; see docs/man/otter-board.1. */
#include "cli/cmd.h"

int cmd_board(int argc, char **argv)
{
    static const struct cmd_sub subs[] = {
        {"run", "board run", cmd_board_run, "run firmware on the modelled board"},
        {"campaign", "board campaign", cmd_board_campaign,
         "cut the power in every flash operation of an update"},
    };
    static const struct cmd_group group = {"otter board", "The modelled board.", subs,
                                           sizeof subs / sizeof subs[0]};

    return cmd_dispatch(&group, argc, argv);
}
