# SPDX-License-Identifier: Apache-2.0
# What the product is called: the one home of these names, for the bootloader (boot/ids.c), for the images' trailers
# (port/stm32f103/trailer.c) and for the app. They stand in records of fixed length, so their length is checked here.
# The version of an image is told to otter_firmware().
set(OTTER_HARDWARE 03010100 CACHE STRING "Hardware id: 8 characters, as in the images' trailers")
set(OTTER_P0_VERSION 00000002 CACHE STRING "P0 version that app and recovery tell the module: 8 characters")
set(OTTER_PRODUCT_KEY 6f3074fe43894547a4f1314bd7e3ae0b CACHE STRING
  "Product key that app and recovery tell the module, 32 hexadecimal digits: another one would register another product")
otter_check_id(OTTER_HARDWARE 8 "[A-Za-z0-9._-]" "a hardware id has 8 characters (letters, digits, . _ -), like 03010100")
otter_check_id(OTTER_P0_VERSION 8 "[A-Za-z0-9._-]" "a P0 version has 8 characters (letters, digits, . _ -), like 00000002")
otter_check_id(OTTER_PRODUCT_KEY 32 "[0-9A-Fa-f]" "a product key has 32 hexadecimal digits; it is in Gizwits' console")
