/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/firmware_symbols.h"

static const struct {
    const char *name;
    enum elf_symbol_kind kind;
} list[FIRMWARE_SYMBOLS] = {
    [FIRMWARE_RESET_HANDLER] = {"reset_handler", ELF_FUNCTION},
    [FIRMWARE_DECIDE_ACTION] = {"otter_decide_action", ELF_FUNCTION},
    [FIRMWARE_VERIFY_IMAGE] = {"otter_verify_image", ELF_FUNCTION},
    [FIRMWARE_VERIFIER_SIZE] = {"sizeof_otter_verifier", ELF_VALUE},
    [FIRMWARE_JOURNAL_APPEND] = {"otter_journal_append", ELF_FUNCTION},
    [FIRMWARE_CRC32] = {"otter_crc32", ELF_FUNCTION},
    [FIRMWARE_SHA512_INIT] = {"otter_sha512_init", ELF_FUNCTION},
    [FIRMWARE_SHA512_UPDATE] = {"otter_sha512_update", ELF_FUNCTION},
    [FIRMWARE_SHA512_FINAL] = {"otter_sha512_final", ELF_FUNCTION},
    [FIRMWARE_ED25519_VERIFY] = {"otter_ed25519_verify", ELF_FUNCTION},
    [FIRMWARE_POLLED_RECEIVE] = {"uart_polled_receive", ELF_FUNCTION},
    [FIRMWARE_POLLED_SEND] = {"uart_polled_send", ELF_FUNCTION},
    [FIRMWARE_RECOVER] = {"recover", ELF_FUNCTION},
    [FIRMWARE_BSS_END] = {"ld_bss_end", ELF_VALUE},
    [FIRMWARE_RING] = {"rx_ring", ELF_OBJECT}, /* port/stm32f103/uart.c */
    [FIRMWARE_RING_TAIL] = {"rx_tail", ELF_OBJECT},
    [FIRMWARE_VERIFY_UNSIGNED] = {"otter_verify_unsigned", ELF_FUNCTION},
};

static const struct elf_symbol *find(const struct elf_symbols *symbols,
                                     enum firmware_symbol which, char out_why[HOST_WHY_SIZE])
{
    static const char *const kinds[] = {
        [ELF_FUNCTION] = "function", [ELF_OBJECT] = "variable", [ELF_VALUE] = "symbol"};
    const struct elf_symbol *symbol =
        elf_symbols_find(symbols, list[which].kind, list[which].name);
    if (symbol == NULL) {
        (void)loader_fail(out_why, "ELF file has no %s %s (lab/firmware_symbols.c)",
                          kinds[list[which].kind], list[which].name);
    }
    return symbol;
}

bool firmware_symbol(const struct elf_symbols *symbols, enum firmware_symbol which,
                     uint32_t *out_value, char out_why[HOST_WHY_SIZE])
{
    const struct elf_symbol *symbol = find(symbols, which, out_why);
    if (symbol != NULL) {
        *out_value = symbol->value;
    }
    return symbol != NULL;
}

bool firmware_variable(const struct elf_symbols *symbols, enum firmware_symbol which,
                       uint32_t *out_addr, uint32_t *out_size, char out_why[HOST_WHY_SIZE])
{
    const struct elf_symbol *symbol = find(symbols, which, out_why);
    if (symbol != NULL) {
        *out_addr = symbol->value;
        *out_size = symbol->size;
    }
    return symbol != NULL;
}
