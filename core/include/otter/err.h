/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTTER_ERR_H
#define OTTER_ERR_H

/* Error values of the whole device library.
 *
 * Functions return 0 (or a positive count where said) on success and one of these on failure.
 * The numbers appear in logs and in reports of deployed devices: they are never reused or
 * renumbered. "Need more input" is not an error anywhere. The codes a Wi-Fi module sends on the
 * wire are another enum (message.h).
 */
enum otter_err {
    OTTER_ERR_RANGE = -1,    /* a length, address or number lies outside what is allowed */
    OTTER_ERR_FORMAT = -2,   /* the bytes do not have the right format */
    OTTER_ERR_CHECKSUM = -3, /* a frame's checksum, an entry's CRC or an image's MD5 differs */
    OTTER_ERR_SPACE = -4,    /* the caller's buffer, or a queue, is too small */
    OTTER_ERR_BUSY = -5,     /* a command is still unacknowledged; try again later */
    OTTER_ERR_FLASH = -6,    /* flash refused, or read back differently than written */
    OTTER_ERR_NONE = -7,     /* there is nothing of that kind (no request, no trailer) */
    OTTER_ERR_HARDWARE = -8, /* the image is for another hardware id */
    OTTER_ERR_TIMEOUT = -9,  /* the other side stayed silent too long */
};

#if defined(__GNUC__)
#define OTTER_MUST_CHECK __attribute__((warn_unused_result))
#else
#define OTTER_MUST_CHECK
#endif

#endif
