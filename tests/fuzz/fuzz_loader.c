/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware files of every kind: a file that is refused leaves the flash as it was and says
 * why. */
#include "board/host/elf_symbols.h"
#include "board/host/loader.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t flash[BOARD_FLASH_SIZE], before[BOARD_FLASH_SIZE];
    struct fuzz_input input = {data, size};
    uint8_t how = fuzz_u8(&input);
    uint32_t addr = BOARD_FLASH_BASE + fuzz_u16(&input);
    enum loader_kind kind =
        how % 4 == 3 ? loader_guess(input.bytes, input.len) : (enum loader_kind)(how % 4);
    struct loader loader = {.flash = flash};
    char why[HOST_WHY_SIZE] = "";

    memset(flash, 0xA5, sizeof flash);
    memcpy(before, flash, sizeof flash);
    uint8_t *file = malloc(input.len != 0 ? input.len : 1); /* its end is guarded */
    FUZZ_CHECK(file != NULL);
    if (input.len != 0) {
        memcpy(file, input.bytes, input.len);
    }
    if (!loader_put(&loader, kind, file, input.len, addr, why)) {
        FUZZ_CHECK(memcmp(flash, before, sizeof flash) == 0);
        FUZZ_CHECK(why[0] != '\0' && memchr(why, '\0', sizeof why) != NULL);
        FUZZ_CHECK(!loader_is_beyond(&loader, 0, 0));
    } else {
        FUZZ_CHECK(loader_is_beyond(&loader, 0, 0));
    }
    struct elf_symbols symbols;
    why[0] = '\0';
    if (!elf_symbols_read(&symbols, file, input.len, why)) {
        FUZZ_CHECK(why[0] != '\0' && memchr(why, '\0', sizeof why) != NULL);
    }
    (void)elf_symbols_find(&symbols, ELF_FUNCTION, "f");
    elf_symbols_free(&symbols);
    free(file);
    return 0;
}
