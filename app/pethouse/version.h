/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_VERSION_H
#define PETHOUSE_VERSION_H

/* Who this image is: message 0x02, the image's trailer and the log say the same. The build
 * gives hardware and version (port/stm32f103/trailer.c), PETHOUSE_P0_LAYOUT (p0.h), and
 * PETHOUSE_BAUD, of the line to the module.
 */
#define PETHOUSE_PROTOCOL    "00000004"
#define PETHOUSE_P0_VERSION  "00000002"
#define PETHOUSE_PRODUCT_KEY "6f3074fe43894547a4f1314bd7e3ae0b"

#endif
