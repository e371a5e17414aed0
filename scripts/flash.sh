#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# flash.sh FACTORY.hex: write the factory image to a real STM32F103 over ST-Link.
set -eu
exec openocd -f interface/stlink.cfg -f target/stm32f1x.cfg -c "program $1 verify reset exit"
