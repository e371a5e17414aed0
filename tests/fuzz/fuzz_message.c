/* SPDX-License-Identifier: Apache-2.0 */
/* Every reader of a payload, with the payload at the end of its memory; what one accepts, its
 * writer must be able to write within the given space. */
#include "otter/about.h"
#include "otter/message.h"
#include "tests/fuzz/fuzz.h"

#define READ_AND_WRITE(get, put, type)                                                         \
    do {                                                                                       \
        type value;                                                                            \
        if (get(&frame, &value) == 0) {                                                        \
            int written = put(&value, out, room);                                              \
            FUZZ_CHECK(written <= (int)room);                                                  \
        }                                                                                      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct otter_frame frame = {.cmd = fuzz_u8(&input), .sn = fuzz_u8(&input)};
    frame.flags = fuzz_u16(&input);
    uint16_t room = fuzz_u16(&input) % 2200;
    size_t len = input.len < 2048 ? input.len : 2048;
    uint8_t *payload = malloc(len != 0 ? len : 1), *out = malloc(room != 0 ? room : 1);
    enum otter_config_mode mode;
    struct otter_update_status update_status;
    uint16_t status;
    uint8_t code;

    FUZZ_CHECK(payload != NULL && out != NULL);
    if (len != 0) {
        memcpy(payload, input.bytes, len);
    }
    frame.payload = payload;
    frame.payload_len = (uint16_t)len;
    READ_AND_WRITE(otter_get_info, otter_put_info, struct otter_info);
    otter_get_update_status(&frame, &update_status);
    FUZZ_CHECK(otter_put_update_status(&update_status) ==
               (update_status.is_otter ? frame.flags : 0));
    READ_AND_WRITE(otter_get_p0, otter_put_p0, struct otter_p0);
    READ_AND_WRITE(otter_get_time, otter_put_time, struct otter_time);
    READ_AND_WRITE(otter_get_offer, otter_put_offer, struct otter_offer);
    READ_AND_WRITE(otter_get_ready, otter_put_ready, struct otter_ready);
    READ_AND_WRITE(otter_get_piece, otter_put_piece, struct otter_piece);
    READ_AND_WRITE(otter_get_module_info, otter_put_module_info, struct otter_module_info);
    READ_AND_WRITE(otter_get_transaction, otter_put_transaction, struct otter_transaction);
    READ_AND_WRITE(otter_get_ask_about, otter_put_ask_about, struct otter_ask_about);
    READ_AND_WRITE(otter_get_about, otter_put_about, struct otter_about);
    READ_AND_WRITE(otter_get_transaction_result, otter_put_transaction_result,
                   struct otter_transaction_result);
    if (otter_get_config_mode(&frame, &mode) == 0) {
        FUZZ_CHECK(otter_put_config_mode(mode, out, room) <= (int)room);
    }
    if (otter_get_status(&frame, &status) == 0) {
        FUZZ_CHECK(otter_put_status(status, out, room) <= (int)room);
    }
    if (otter_get_illegal(&frame, &code) == 0) {
        FUZZ_CHECK(frame.payload_len == 1);
    }
    free(payload);
    free(out);
    return 0;
}
