/* SPDX-License-Identifier: Apache-2.0 */
/* FLAG reader and installer. An arbitrary FLAG page and APPBAK: APP becomes APPBAK with the MD5 that
 * FLAG names, or stays untouched. An honest FLAG and a power cut anywhere: the new image is in APP at
 * the end. The bootloader is never written. */
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/image.h"
#include "otter/install.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/ram_flash.h"

enum { IMAGE_MAX = 2400, TRIES = 6 };

static struct ram_flash flash;
static uint8_t before[RAM_FLASH_SIZE];
static int result;

static void report(enum otter_install_step step, uint32_t value)
{
    (void)step;
    (void)value;
}

static void install(void *ctx)
{
    (void)ctx;
    result = otter_install(&flash.port, &ram_flash_layout, report);
}

static bool is_untouched(const struct otter_region *region)
{
    uint32_t off = region->addr - RAM_FLASH_ADDR;
    return memcmp(flash.bytes + off, before + off, region->size) == 0;
}

static void check_md5(uint32_t addr, const struct otter_flag *flag)
{
    uint8_t digest[16];
    FUZZ_CHECK(otter_image_md5(&flash.port, addr, flag->image_size, NULL, NULL, digest) == 0);
    FUZZ_CHECK(memcmp(digest, flag->md5, sizeof digest) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    const struct otter_layout *layout = &ram_flash_layout;
    uint8_t how = fuzz_u8(&input), head[8];
    struct otter_flag flag = {.image_size = 8 + fuzz_u16(&input) % (IMAGE_MAX - 8)};
    uint32_t cut_at = 1 + fuzz_u16(&input) % (IMAGE_MAX / 2 + 40);
    size_t len = fuzz_u8(&input);

    ram_flash_init(&flash);
    memset(flash.bytes + (layout->app.addr - RAM_FLASH_ADDR), 0x11, layout->app.size);
    const uint8_t *bytes = fuzz_take(&input, &len); /* the FLAG page */
    if ((how & 1) != 0) {                           /* with a size and a digest that may fit */
        otter_put_le32(head, 0x20001000);
        otter_put_le32(head + 4, layout->app.addr + 0x101);
        ram_flash_poke(&flash, layout->backup.addr, head, sizeof head);
    }
    size_t rest = input.len < IMAGE_MAX - 8 ? input.len : IMAGE_MAX - 8;
    ram_flash_poke(&flash, layout->backup.addr + 8, input.bytes, (uint32_t)rest);
    FUZZ_CHECK(otter_image_md5(&flash.port, layout->backup.addr, flag.image_size, NULL, NULL,
                               flag.md5) == 0);
    bool honest = (how & 2) != 0;
    if (honest) {
        FUZZ_CHECK(otter_flag_write(&flash.port, layout, &flag) == 0);
    } else {
        ram_flash_poke(&flash, layout->flag.addr, bytes, (uint32_t)len);
        if ((how & 4) != 0) {
            ram_flash_poke(&flash, layout->flag.addr + 8, flag.md5, sizeof flag.md5);
        }
    }
    memcpy(before, flash.bytes, sizeof before);
    if (honest && (how & 1) != 0) {
        ram_flash_restart(&flash);
        flash.cut_at = cut_at;
        flash.tear = (enum ram_flash_tear)(how / 8 % RAM_FLASH_TEARS);
        flash.seed = cut_at * 31u + how;
        for (unsigned i = 0; i < TRIES; i++) {
            bool whole = ram_flash_run(&flash, install, NULL);
            if (whole && result == OTTER_ERR_NONE) {
                break;
            }
            FUZZ_CHECK(!whole || result == 0);
            FUZZ_CHECK(i + 1 < TRIES);
            if (!whole) {
                ram_flash_restart(&flash);
            }
        }
        check_md5(layout->app.addr, &flag);
    } else {
        struct otter_flag read;
        int rc = otter_flag_read(&flash.port, layout, &read);
        FUZZ_CHECK(rc != 0 || (read.image_size >= 8 && read.image_size <= layout->app.size));
        install(NULL);
        FUZZ_CHECK(result == 0 || result == OTTER_ERR_NONE || result == OTTER_ERR_CHECKSUM);
        FUZZ_CHECK((rc == OTTER_ERR_NONE) == (result == OTTER_ERR_NONE));
        if (result == 0) {
            FUZZ_CHECK(rc == 0);
            check_md5(layout->app.addr, &read);
        } else {
            FUZZ_CHECK(is_untouched(&layout->app));
        }
    }
    FUZZ_CHECK(is_untouched(&layout->boot) && is_untouched(&layout->backup));
    return 0;
}
