/* SPDX-License-Identifier: Apache-2.0 */
/* The MCU's side: bytes, frames with good sums, right and wrong pieces, time and resets in any
 * order. Promises: nothing but APPBAK and FLAG is written, and a FLAG that says pending
 * describes APPBAK. */
#include "otter/device.h"
#include "otter/bytes.h"
#include "otter/flag.h"
#include "otter/image.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/ram_flash.h"

enum { FILE_SIZE = 300, STEPS_MAX = 120 };

static struct ram_flash flash;
static struct otter_port port;
static struct otter_device device;
static struct otter_resume resume;
static uint8_t file[FILE_SIZE];
static uint32_t now_ms;
static unsigned restarts;

static void check_flag(void)
{
    struct otter_flag flag;
    uint8_t digest[16];

    if (otter_flag_read(&flash.port, &ram_flash_layout, &flag) == 0) {
        FUZZ_CHECK(otter_image_md5(&flash.port, ram_flash_layout.backup.addr, flag.image_size,
                                   NULL, NULL, digest) == 0);
        FUZZ_CHECK(memcmp(digest, flag.md5, sizeof digest) == 0);
    }
}

static bool is_ours(uint32_t addr, uint32_t len)
{
    const struct otter_region *backup = &ram_flash_layout.backup,
                              *flag = &ram_flash_layout.flag;

    return (addr >= backup->addr && addr - backup->addr + len <= backup->size) ||
           (addr >= flag->addr && addr - flag->addr + len <= flag->size);
}

static int program(void *ctx, uint32_t addr, const uint8_t bytes[], uint32_t len)
{
    FUZZ_CHECK(is_ours(addr, len) && addr % 2 == 0 && len % 2 == 0);
    int rc = flash.port.program(ctx, addr, bytes, len);
    check_flag();
    return rc;
}

static int erase(void *ctx, uint32_t addr)
{
    FUZZ_CHECK(is_ours(addr, RAM_FLASH_PAGE) && addr % RAM_FLASH_PAGE == 0);
    int rc = flash.port.erase(ctx, addr);
    check_flag();
    return rc;
}

static uint16_t control(void *ctx, const struct otter_p0 *p0, uint8_t out[OTTER_COMMAND_MAX])
{
    (void)ctx;
    out[0] = OTTER_P0_READ_ANSWER;
    return p0->action == OTTER_P0_READ ? 1 + p0->data_len % OTTER_COMMAND_MAX : 0;
}

static void restart(void *ctx)
{
    (void)ctx;
    restarts++;
}

static void poll(void)
{
    uint8_t bytes[512];

    otter_device_poll(&device, now_ms);
    FUZZ_CHECK(otter_device_take(&device, bytes, sizeof bytes) <= sizeof bytes);
}

static void feed(const struct otter_frame *frame)
{
    static uint8_t wire[2 * (OTTER_PIECE_MAX + 64)];
    int len = otter_frame_encode(frame, true, wire, sizeof wire);

    if (len > 0) {
        otter_device_receive(&device, wire, (size_t)len, now_ms);
    }
}

static void feed_offer(void)
{
    struct otter_offer offer = {.file_size = FILE_SIZE};
    uint8_t payload[OTTER_OFFER_SIZE], digest[16];
    struct otter_md5 md5;

    otter_md5_init(&md5);
    otter_md5_update(&md5, file, sizeof file);
    otter_md5_final(&md5, digest);
    for (unsigned i = 0; i < 32; i++) {
        offer.md5_hex[i] =
            (uint8_t) "0123456789abcdef"[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
    }
    FUZZ_CHECK(otter_put_offer(&offer, payload, sizeof payload) == (int)sizeof payload);
    feed(&(struct otter_frame){
        .cmd = OTTER_CMD_OFFER, .payload = payload, .payload_len = sizeof payload});
}

/* Piece `number` of the good file in the length asked for; `harm` flips a bit of it. */
static void feed_piece(uint16_t number, uint8_t sn, uint8_t harm)
{
    uint16_t n =
        device.receiver.transfer.piece_len != 0 ? device.receiver.transfer.piece_len : 128;
    uint32_t from = (uint32_t)(number - 1) * n;
    uint8_t data[FILE_SIZE], payload[OTTER_PIECE_HEAD + FILE_SIZE];

    if (number == 0 || from >= FILE_SIZE) {
        return;
    }
    struct otter_piece piece = {.number = number, .count = (uint16_t)((FILE_SIZE + n - 1) / n)};
    piece.data_len = (uint16_t)(FILE_SIZE - from < n ? FILE_SIZE - from : n);
    memcpy(data, file + from, piece.data_len);
    if (harm != 0) {
        data[harm % piece.data_len] ^= harm;
    }
    piece.data = data;
    int len = otter_put_piece(&piece, payload, sizeof payload);
    FUZZ_CHECK(len > 0);
    feed(&(struct otter_frame){
        .cmd = OTTER_CMD_PIECE, .sn = sn, .payload = payload, .payload_len = (uint16_t)len});
}

static void step(struct fuzz_input *input, const struct otter_device_config *config)
{
    struct otter_frame frame = {0};
    uint8_t what = fuzz_u8(input);
    size_t len;

    switch (what % 9) {
    case 0: /* bytes as they come */
        len = fuzz_u8(input);
        frame.payload = fuzz_take(input, &len);
        otter_device_receive(&device, frame.payload, len, now_ms);
        break;
    case 1: /* any frame with a good sum */
        frame = fuzz_frame(input);
        feed(&frame);
        break;
    case 2:
        now_ms += (uint32_t)fuzz_u8(input) * 50;
        break;
    case 3:
        feed_offer();
        break;
    case 4: /* the piece that is due */
        feed_piece((uint16_t)(device.receiver.transfer.last_number + 1), fuzz_u8(input), 0);
        break;
    case 5: /* one near it, maybe a wrong one */
        frame.sn = fuzz_u8(input);
        feed_piece((uint16_t)(device.receiver.transfer.last_number + what / 9 % 4), frame.sn,
                   fuzz_u8(input));
        break;
    case 6: /* the answer the device waits for */
        frame.cmd = (uint8_t)(device.link.command_cmd + 1);
        frame.sn = device.link.command_sn;
        feed(&frame);
        break;
    case 7:
        for (unsigned i = what / 9; i > 0; i--) {
            poll();
        }
        break;
    default: /* reset: RAM is kept, or (seldom) half kept */
        if (what > 200) {
            ((uint8_t *)&resume)[fuzz_u8(input) % sizeof resume] ^= 1;
        }
        otter_device_init(&device, config, now_ms);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    static const struct otter_info info;
    struct otter_receiver_config receiver_config = {.port = &port,
                                                    .layout = &ram_flash_layout,
                                                    .resume = &resume,
                                                    .piece_max = 128,
                                                    .check_image = (fuzz_u8(&input) & 1) != 0};
    const struct otter_device_config config = {
        .info = &info, .receiver = &receiver_config, .control = control, .restart = restart};

    ram_flash_init(&flash);
    port = flash.port;
    port.program = program;
    port.erase = erase;
    memset(&resume, 0, sizeof resume);
    for (unsigned i = 0; i < FILE_SIZE; i++) {
        file[i] = (uint8_t)(i * 7);
    }
    otter_put_le32(file, 0x20001000);
    otter_put_le32(file + 4, ram_flash_layout.app.addr + 0x101);
    now_ms = 0;
    otter_device_init(&device, &config, now_ms);
    for (unsigned i = 0; i < STEPS_MAX && input.len > 0; i++) {
        step(&input, &config);
        poll();
        FUZZ_CHECK(device.receiver.transfer.received <= ram_flash_layout.backup.size);
        FUZZ_CHECK(device.receiver.transfer.attempts <= OTTER_ATTEMPTS_MAX);
    }
    check_flag();
    FUZZ_CHECK(flash.refused == 0);
    return 0;
}
