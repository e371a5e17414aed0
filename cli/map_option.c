/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/map_option.h"

#include "cli/cmd.h"
#include "port/stm32f103/layout.h"
#include "port/stm32f103/partitions.h"

enum {
    OPT_SLOT = 410,
    OPT_APP_ADDR,
    OPT_RAM,
    RAM_MAX = 0x100000,
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct otter_layout *map = state->input;
    error_t err;

    switch (key) {
    case OPT_SLOT:
        return cmd_number32("--slot", arg, OTTER_PAGE_SIZE, MAP_SLOT_MAX, &map->app.size);
    case OPT_APP_ADDR:
        err = cmd_number32("--app-addr", arg, 0, UINT32_MAX, &map->app.addr);
        return err == 0 && map->app.addr % 4 != 0
                   ? cmd_bad_value("--app-addr", arg, "not a multiple of 4")
                   : err;
    case OPT_RAM:
        return cmd_number32("--ram", arg, OTTER_PAGE_SIZE, RAM_MAX, &map->ram.size);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp map_option = {
    .options =
        (const struct argp_option[]){
            {"slot", OPT_SLOT, "BYTES", 0, "size of the MCU's slot, 26624 if not given", 0},
            {"app-addr", OPT_APP_ADDR, "ADDR", 0,
             "where the slot begins, 0x08003000 if not given", 0},
            {"ram", OPT_RAM, "BYTES", 0, "size of the RAM at 0x20000000, 20480 if not given",
             0},
            {0}},
    .parser = parse};

struct otter_layout map_option_default(void)
{
    return stm32f103_layout;
}

bool map_option_is_default(const struct otter_layout *map)
{
    return map->app.addr == stm32f103_layout.app.addr &&
           map->app.size == stm32f103_layout.app.size &&
           map->ram.size == stm32f103_layout.ram.size;
}
