/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_INSTALL_H
#define OTTER_INSTALL_H

#include <stdint.h>
#include "otter/err.h"
#include "otter/flag.h"
#include "otter/partition.h"
#include "otter/port.h"

/* Install the image that FLAG announces: check APPBAK, copy it to APP, check APP, mark FLAG as installed.
 *
 * The bootloader's work, tutorial form (copy without revert). APPBAK is only read, FLAG is marked
 * last, so a cut anywhere is healed by calling this again. About 150 bytes of stack beside MD5's.
 */
enum otter_install_step {                      /* told to `report`; `value` in brackets */
                          OTTER_INSTALL_START, /* [image size] */
                          OTTER_INSTALL_CHECK, /* hashing APPBAK begins [256-byte chunks] */
                          OTTER_INSTALL_CHECK_CHUNK, /* one chunk hashed */
                          OTTER_INSTALL_CHECK_GOOD,
                          OTTER_INSTALL_CHECK_BAD,   /* FLAG erased [0], or it cannot be [1] */
                          OTTER_INSTALL_ERASE,       /* [pages to erase and copy] */
                          OTTER_INSTALL_COPY,        /* [256-byte chunks] */
                          OTTER_INSTALL_COPY_CHUNK,  /* one chunk programmed and read back */
                          OTTER_INSTALL_VERIFY,      /* hashing APP begins */
                          OTTER_INSTALL_VERIFY_GOOD, /* FLAG is marked as installed */
                          OTTER_INSTALL_VERIFY_BAD,  /* [tries left] */
};

enum { OTTER_INSTALL_TRIES = 3 };

/* Returns
 *   0                   installed, FLAG marked: restart. (A worn-out FLAG may still be pending;
 *                       then start the app, or this repeats for ever);
 *   OTTER_ERR_NONE      nothing pending: start the app;
 *   OTTER_ERR_CHECKSUM  APPBAK is not what FLAG says, cannot be read, is no program for APP, or the
 *                       size cannot be: APP untouched, FLAG erased: start the app;
 *   OTTER_ERR_FLASH     APP still wrong after OTTER_INSTALL_TRIES copies: FLAG kept, do not start APP.
 * Steps reported: START, [CHECK, CHECK_CHUNK..,] CHECK_BAD; or START, CHECK, CHECK_CHUNK.., CHECK_GOOD,
 * and per try ERASE, COPY, COPY_CHUNK.., VERIFY, VERIFY_GOOD or VERIFY_BAD. A try that the port ends
 * with an error, while erasing or copying, reports VERIFY_BAD too.
 * `report` is never NULL. port->program_size divides 64, port->page_size is a multiple of 64.
 * Power: repeats from the start at the next call; APP is incomplete meanwhile.
 */
OTTER_MUST_CHECK int
otter_install(const struct otter_port *port, const struct otter_layout *layout,
              void (*report)(enum otter_install_step step, uint32_t value));

#endif
