/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/store/firmware_program.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host/image_file.h"
#include "port/stm32f103/layout.h"

enum { HEAD_SIZE = 16 };

int firmware_check_program(int fd, const struct record_firmware *firmware,
                           struct host_error *out_error)
{
    uint8_t head[HEAD_SIZE];
    ssize_t len;

    do {
        len = pread(fd, head, sizeof head, 0);
    } while (len < 0 && errno == EINTR);
    if (len < 0) {
        return host_error_set(out_error, firmware->name, "cannot be read: %s", strerror(errno));
    }
    const char *foreign = image_file_foreign_kind(head, (size_t)len);
    if (foreign != NULL) {
        return host_error_set(out_error, firmware->name, "%s", foreign);
    }
    return firmware->kind == FIRMWARE_PLAIN
               ? image_file_check_head(head, (size_t)len, firmware->size, firmware->name,
                                       &stm32f103_layout, out_error)
               : 0;
}
