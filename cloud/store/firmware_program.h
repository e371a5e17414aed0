/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_FIRMWARE_PROGRAM_H
#define CLOUD_FIRMWARE_PROGRAM_H

#include "cloud/store/record.h"
#include "host/error.h"
#include "otter/err.h"

/* Could the file without trailer behind `fd` be what its uploader says? Not if it is an ELF, an
 * Intel HEX, a ZIP, ...; nor, if it is `plain`, without the vector table of a program for the
 * slot. An MCU would refuse it, after the whole transfer. Only for firmware_files.c. */
OTTER_MUST_CHECK int firmware_check_program(int fd, const struct record_firmware *firmware,
                                            struct host_error *out_error);

#endif
