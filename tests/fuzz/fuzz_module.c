/* SPDX-License-Identifier: Apache-2.0 */
/* The module's side: bytes, frames, fitting answers, READY and time in any order. Promises:
 * what it sends decodes, and it always says when it wants to be polled again. */
#include "module/module.h"
#include "tests/fuzz/fuzz.h"

enum { FILE_SIZE = 700, STEPS_MAX = 150 };

static struct module module, copy;
static uint32_t now_ms;

/* Send what it has to say; returns false when there was nothing. */
static bool drain(void)
{
    uint8_t bytes[300];
    size_t len = module_take(&module, bytes, sizeof bytes);
    FUZZ_CHECK(len <= sizeof bytes);
    return len != 0;
}

static void feed(const struct otter_frame *frame)
{
    uint8_t wire[700];
    int len = otter_frame_encode(frame, true, wire, sizeof wire);
    if (len > 0) {
        module_receive(&module, wire, (size_t)len, now_ms);
    }
}

static void feed_info(uint8_t version)
{
    struct otter_info info = {.version = "0301010"};
    struct otter_frame frame = {.cmd = OTTER_CMD_INFO, .sn = module.link.command_sn};
    uint8_t payload[OTTER_INFO_MAX];

    info.version[7] = version;
    int len = otter_put_info(&info, payload, sizeof payload);
    FUZZ_CHECK(len > 0);
    frame.payload = payload;
    frame.payload_len = (uint16_t)len;
    feed(&frame);
}

static void step(struct fuzz_input *input)
{
    struct otter_frame frame = {0};
    struct otter_ready ready = {0};
    uint8_t payload[OTTER_READY_SIZE], what = fuzz_u8(input);
    size_t len;

    switch (what % 7) {
    case 0:
        len = fuzz_u8(input);
        frame.payload = fuzz_take(input, &len);
        module_receive(&module, frame.payload, len, now_ms);
        break;
    case 1:
        frame = fuzz_frame(input);
        feed(&frame);
        break;
    case 2:
        now_ms += (uint32_t)fuzz_u8(input) * 100;
        break;
    case 3: /* the answer it waits for */
        frame.cmd = (uint8_t)(module.link.command_cmd + 1);
        frame.sn = module.link.command_sn;
        feed(&frame);
        break;
    case 4:
        feed_info(what > 128 ? '1' : '2');
        break;
    case 5:
        memset(ready.md5_hex, '0', sizeof ready.md5_hex);
        ready.piece_len = fuzz_u16(input);
        FUZZ_CHECK(otter_put_ready(&ready, payload, sizeof payload) > 0);
        feed(&(struct otter_frame){.cmd = OTTER_CMD_READY,
                                   .sn = what,
                                   .payload = payload,
                                   .payload_len = sizeof payload});
        break;
    default:
        if (what > 200) {
            (void)!module_offer(&module, now_ms);
        } else if (what > 150) {
            module_cancel(&module, now_ms);
        } else {
            module_copy(&copy, &module);
            module_copy(&module, &copy);
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[FILE_SIZE];
    struct fuzz_input input = {data, size};
    struct module_config config = {.file = module_file_in_memory(file, sizeof file),
                                   .version = "03010102"};

    memset(config.file.md5_hex, '0', sizeof config.file.md5_hex);
    config.forced = (fuzz_u8(&input) & 1) != 0;
    now_ms = 0;
    module_init(&module, &config, now_ms);
    for (unsigned i = 0; i < STEPS_MAX && input.len > 0; i++) {
        step(&input);
        module_poll(&module, now_ms);
        while (drain()) {
        }
        FUZZ_CHECK(module_next_ms(&module, now_ms) <= MODULE_T_HEARTBEAT_MS);
        if (module.piece_count != 0) {
            FUZZ_CHECK(module.piece_number >= 1 && module.piece_number <= module.piece_count);
        }
    }
    return 0;
}
