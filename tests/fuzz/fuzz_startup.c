/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader's decisions over flash that a hostile app has left: entries with right
 * checksums that say anything, a tutorial request, APPBAK and APP of good and of other images;
 * and a power cut anywhere. Asked at every start, nothing unverified is started; asked as
 * seldom as usual, nothing unverified gets from APPBAK into an APP that was good; and a start
 * always ends. The bootloader and the settings are never written. */
#include "otter/flag.h"
#include "otter/startup.h"
#include "port/stm32f103/partitions.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/ram_flash.h"
#include "tests/support/journal_fixture.h"

enum { GOOD_IMAGES = 2, IMAGE_MAX = 3 * RAM_FLASH_PAGE, STARTS = 5 };

static const struct otter_layout *const layout = &ram_flash_layout;
static const uint32_t good_size[GOOD_IMAGES] = {1500, 2600};
static struct ram_flash flash;
static uint8_t before[RAM_FLASH_SIZE];
static enum otter_startup_target result;
static bool every_start;

static uint8_t good_byte(unsigned image, uint32_t off)
{
    return (uint8_t)(off * 31 + off / 256 + image * 77);
}

static void put(struct fuzz_input *input, uint32_t addr)
{
    uint8_t what = fuzz_u8(input);
    size_t len = what & 0x3F;
    unsigned image = what >> 6;

    if (image < GOOD_IMAGES) {
        for (uint32_t off = 0; off < good_size[image]; off++) {
            flash.bytes[addr - RAM_FLASH_ADDR + off] = good_byte(image, off);
        }
    }
    memcpy(flash.bytes + (addr - RAM_FLASH_ADDR), fuzz_take(input, &len), len);
}

/* Which good image lies at `place`; GOOD_IMAGES if none does. */
static unsigned find(enum otter_image_at place)
{
    for (unsigned image = 0; image < GOOD_IMAGES; image++) {
        uint32_t off = 0;

        while (
            off < good_size[image] &&
            *ram_flash_peek(&flash, otter_swap_page_addr(layout, place, off / RAM_FLASH_PAGE) +
                                        off % RAM_FLASH_PAGE) == good_byte(image, off)) {
            off++;
        }
        if (off == good_size[image]) {
            return image;
        }
    }
    return GOOD_IMAGES;
}

static enum otter_reason verify(const void *ctx, enum otter_image_at place, uint32_t *size,
                                uint32_t *out_number)
{
    unsigned image = find(place);

    (void)ctx;
    if (image == GOOD_IMAGES || (*size != 0 && *size != good_size[image])) {
        return OTTER_REASON_SIGNATURE;
    }
    *size = good_size[image];
    *out_number = image;
    return OTTER_REASON_NONE;
}

static void start(void *ctx)
{
    struct otter_startup startup = {
        .port = &flash.port, .layout = layout, .verify = verify, .every_start = every_start};

    (void)ctx;
    result = otter_startup_run(&startup, &otter_flag_functions);
}

static struct otter_digest_record take_digest(struct fuzz_input *input)
{
    uint8_t what = fuzz_u8(input);
    struct otter_digest_record digest = {good_size[what & 1], 0};

    if ((what & 2) != 0) {
        digest.length = fuzz_u16(input);
        digest.crc = fuzz_u16(input);
    } else {
        digest.crc = otter_swap_image_crc(
            &flash.port, layout, (enum otter_image_at)((what >> 2) % 3), digest.length);
    }
    return digest;
}

static void put_entry(struct fuzz_input *input)
{
    uint8_t at = fuzz_u8(input);
    unsigned place = at % JOURNAL_ENTRIES;
    struct otter_digest_record present = take_digest(input), previous = take_digest(input);
    struct journal_entry entry = {.step = fuzz_u8(input),
                                  .kind = (uint8_t)(fuzz_u8(input) % 6),
                                  .number = (uint16_t)(fuzz_u8(input) * 8u + place % 8),
                                  .present_len = (uint16_t)present.length,
                                  .present_crc = present.crc,
                                  .previous_len = (uint16_t)previous.length,
                                  .previous_crc = previous.crc,
                                  .flags = (uint8_t)(fuzz_u8(input) % 2)};
    uint8_t bytes[JOURNAL_ENTRY_LEN];
    uint8_t marks = fuzz_u8(input);

    journal_entry_put(bytes, place, &entry);
    if ((at & 0x80) != 0) {
        journal_request_put(bytes, entry.number, (uint16_t)good_size[at >> 6 & 1], 0);
    }
    for (uint8_t i = 0; i < marks % 8; i++) { /* anywhere after the fields */
        bytes[34 + fuzz_u8(input) % (JOURNAL_ENTRY_LEN - 34)] = fuzz_u8(input);
    }
    memcpy(flash.bytes + (journal_entry_addr(place) - RAM_FLASH_ADDR), bytes, sizeof bytes);
}

static bool is_untouched(const struct otter_region *region)
{
    uint32_t off = region->addr - RAM_FLASH_ADDR;
    return memcmp(flash.bytes + off, before + off, region->size) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint8_t how = fuzz_u8(&input), entries = fuzz_u8(&input);
    const struct otter_flag record = {.image_size = good_size[how & 1]};

    ram_flash_init(&flash);
    every_start = (how & 2) != 0;
    put(&input, layout->app.addr);
    put(&input, layout->backup.addr);
    put(&input, layout->spare.addr);
    for (uint8_t i = 0; i < entries % 8; i++) {
        put_entry(&input);
    }
    if ((how & 4) != 0) {
        FUZZ_CHECK(otter_flag_write(&flash.port, layout, &record) == 0);
    }
    ram_flash_restart(&flash);
    memcpy(before, flash.bytes, sizeof before);
    if ((how & 8) != 0) {
        flash.cut_at = fuzz_u16(&input) % 4096;
        flash.tear = (enum ram_flash_tear)(how / 16 % RAM_FLASH_TEARS);
        flash.seed = flash.cut_at * 31u + how;
    }
    bool was_good = find(OTTER_IMAGE_AT_APP) != GOOD_IMAGES;
    bool moved = false;
    for (unsigned i = 0; i < STARTS; i++) {
        if (!ram_flash_run(&flash, start, NULL)) {
            ram_flash_restart(&flash);
            continue;
        }
        moved = moved || !is_untouched(&layout->app);
        if (result != OTTER_STARTUP_RECOVERY && (every_start || (was_good && moved))) {
            FUZZ_CHECK(find(OTTER_IMAGE_AT_APP) != GOOD_IMAGES);
        }
    }
    const struct otter_region settings = {OTTER_SETTINGS_ADDR, OTTER_SETTINGS_SIZE};
    FUZZ_CHECK(is_untouched(&layout->boot) && is_untouched(&settings));
    return 0;
}
