/* SPDX-License-Identifier: Apache-2.0 */
#include "otter/install.h"
#include <stdbool.h>
#include <string.h>
#include "otter/image.h"

/* One call's context; on the stack, so that the bootloader needs no static RAM for it. */
struct install {
    const struct otter_port *port;
    const struct otter_layout *layout;
    void (*report)(enum otter_install_step step, uint32_t value);
    struct otter_flag flag;
};

enum {
    CHUNK_SIZE = 256, /* the tutorial logs one step for each */
    SLICE_SIZE = 64,  /* copied at once; a multiple of every port's program_size */
};

static uint32_t divide_up(uint32_t size, uint32_t by)
{
    return (size + by - 1) / by;
}

static void report_check_chunk(void *ctx)
{
    const struct install *install = ctx;

    install->report(OTTER_INSTALL_CHECK_CHUNK, 0);
}

static bool is_good(struct install *install, uint32_t addr, void (*progress)(void *ctx))
{
    uint8_t digest[16];

    return otter_image_md5(install->port, addr, install->flag.image_size, progress, install,
                           digest) == 0 &&
           memcmp(digest, install->flag.md5, sizeof digest) == 0;
}

/* Copy APPBAK to APP, erasing each page just before it is filled. Returns 0 or the port's error. */
static int copy(const struct install *install)
{
    const struct otter_port *port = install->port;
    uint32_t size = install->flag.image_size;
    uint32_t app = install->layout->app.addr;
    uint8_t slice[SLICE_SIZE];

    for (uint32_t off = 0; off < size;) {
        uint32_t len = size - off < SLICE_SIZE ? size - off : SLICE_SIZE;
        int error = 0;

        if (off % port->page_size == 0) {
            port->feed(port->ctx);
            error = port->erase(port->ctx, app + off);
        }
        if (error == 0) {
            error = port->read(port->ctx, install->layout->backup.addr + off, slice, len);
        }
        if (error == 0) {
            /* The last half-word of an odd size is filled up with what erased flash holds. */
            memset(slice + len, 0xFF, SLICE_SIZE - len);
            error = port->program(port->ctx, app + off, slice,
                                  divide_up(len, port->program_size) * port->program_size);
        }
        if (error != 0) {
            return error;
        }
        off += len;
        if (off % CHUNK_SIZE == 0 || off == size) {
            install->report(OTTER_INSTALL_COPY_CHUNK, 0);
        }
    }
    return 0;
}

/* One try: copy, check, mark. */
static bool try_install(struct install *install, uint32_t chunks)
{
    const struct otter_port *port = install->port;

    install->report(OTTER_INSTALL_ERASE, divide_up(install->flag.image_size, port->page_size));
    install->report(OTTER_INSTALL_COPY, chunks);
    if (copy(install) != 0) {
        return false;
    }
    install->report(OTTER_INSTALL_VERIFY, 0);
    return is_good(install, install->layout->app.addr, NULL);
}

/* A FLAG that cannot be marked may still be erased: the new app then starts all the same, and the
 * module learns of it later. If neither works the page is worn out, which makes the app no worse. */
static void finish(const struct install *install)
{
    if (otter_flag_mark_installed(install->port, install->layout, &install->flag) != 0 &&
        otter_flag_erase(install->port, install->layout) != 0) {
        return;
    }
}

/* Does APPBAK hold what FLAG says, and a program that can start? A right MD5 does not make a firmware. */
static bool is_installable(struct install *install)
{
    uint32_t addr = install->layout->backup.addr;
    uint8_t head[OTTER_IMAGE_SIZE_MIN];

    return is_good(install, addr, report_check_chunk) &&
           install->port->read(install->port->ctx, addr, head, sizeof head) == 0 &&
           otter_image_is_startable(head, install->layout);
}

int otter_install(const struct otter_port *port, const struct otter_layout *layout,
                  void (*report)(enum otter_install_step step, uint32_t value))
{
    struct install install = {.port = port, .layout = layout, .report = report};
    int error = otter_flag_read(port, layout, &install.flag);
    uint32_t chunks;

    if (error != 0 && error != OTTER_ERR_RANGE) {
        return error;
    }
    report(OTTER_INSTALL_START, install.flag.image_size);
    chunks = divide_up(install.flag.image_size, CHUNK_SIZE);
    if (error == 0) {
        report(OTTER_INSTALL_CHECK, chunks);
    }
    if (error != 0 || !is_installable(&install)) {
        /* If FLAG cannot be erased the next start comes here again, and the old app still runs. */
        error = otter_flag_erase(port, layout);
        report(OTTER_INSTALL_CHECK_BAD, error != 0);
        return OTTER_ERR_CHECKSUM;
    }
    report(OTTER_INSTALL_CHECK_GOOD, 0);
    /* A page that is worn out takes no mark, and APP may be half copied: go on all the same. */
    error = otter_flag_begin(port, layout, &install.flag);
    (void)error;
    for (uint32_t left = OTTER_INSTALL_TRIES; left != 0;) {
        if (try_install(&install, chunks)) {
            finish(&install);
            report(OTTER_INSTALL_VERIFY_GOOD, 0);
            return 0;
        }
        report(OTTER_INSTALL_VERIFY_BAD, --left);
    }
    return OTTER_ERR_FLASH;
}
