/* SPDX-License-Identifier: Apache-2.0 */
#include "gizwits_ota_port.h"

#include "flash.h"
#include "layout.h"

const struct otter_port *const otter_dropin_port = &stm32f103_flash;
const struct otter_layout *const otter_dropin_layout = &stm32f103_layout;
