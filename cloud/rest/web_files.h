/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_WEB_FILES_H
#define CLOUD_WEB_FILES_H

#include <stddef.h>
#include <stdint.h>

/* The console's files, which are part of the program. */
struct web_file {
    const char *path; /* "/console.js" */
    const char *type; /* Content-Type */
    const uint8_t *bytes;
    size_t len;
};

enum { WEB_FILES_MAX = 16 };

/* All of them; at most WEB_FILES_MAX. */
size_t web_files(struct web_file out_files[WEB_FILES_MAX]);

#endif
