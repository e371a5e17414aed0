/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PETHOUSE_VERSION_H
#define PETHOUSE_VERSION_H

/* Who this image is: message 0x02, the image's trailer and the log say the same. The build
 * gives hardware and version (port/stm32f103/trailer.c), PETHOUSE_P0_VERSION and
 * PETHOUSE_PRODUCT_KEY (cmake/product.cmake), PETHOUSE_P0_LAYOUT (p0.h), and PETHOUSE_BAUD, of
 * the line to the module.
 */
#define PETHOUSE_PROTOCOL "00000004"

#endif
