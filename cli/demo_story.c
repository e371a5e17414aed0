/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo_story.h"

#include <stdlib.h>
#include <string.h>
#include "host/image_file.h"
#include "lab/testbed.h"
#include "port/stm32f103/partitions.h"

enum { LIMIT_MS = 300000 };

/* The device between the parts of the story. */
struct device {
    uint8_t flash[OTTER_FLASH_SIZE];
    double seconds; /* that the last part took */
    uint8_t id[12];
};

/* One part: `image` is offered as `version`. It must come to `outcome`, with `expected` in
 * APP. */
struct part {
    const struct file *image;
    const uint8_t *version;
    bool has_cut;
    enum module_event_kind outcome;
    const struct file *expected;
};

/* What the callbacks of the testbed get. */
struct stage {
    struct demo_view *view;
    struct testbed *bed;
};

static void on_log(void *ctx, char byte)
{
    struct stage *stage = ctx;
    demo_view_log(stage->view, byte);
}

static void on_event(void *ctx, const struct module_event *event)
{
    struct stage *stage = ctx;
    demo_view_event(stage->view, event, testbed_now_ms(stage->bed));
}

/* Arm a power failure halfway through the swap that the bootloader has just announced: each
 * page of both images is erased and programmed once. */
static void arm_cut(struct board *board, uint32_t update_size, uint64_t seed)
{
    uint32_t pages = (update_size + OTTER_PAGE_SIZE - 1) / OTTER_PAGE_SIZE;
    board_cut_at(board, board_flash_ops(board) + pages + update_size / 2, BOARD_TEAR_TORN,
                 seed);
}

/* Run the board until the module's offer has come to an end, cutting the power once if the part
 * says so. */
static int run(const struct demo_story *story, const struct part *part, struct testbed *bed,
               struct host_error *out_error)
{
    struct board *board = testbed_board(bed);
    bool is_armed = false, has_failed = false;

    demo_view_line(story->view, "power:", "on");
    testbed_power_on(bed);
    while (testbed_outcome(bed) == MODULE_EVENT_STARTED && testbed_now_ms(bed) < LIMIT_MS) {
        enum board_stop stop = testbed_run_ms(bed, 10);
        if (part->has_cut && !is_armed && strstr(testbed_log(bed), "Install [") != NULL) {
            arm_cut(board, (uint32_t)part->image->len, story->seed);
            is_armed = true;
        }
        if (stop == BOARD_STOP_POWER) {
            demo_view_power_failed(story->view, board_flash_ops(board));
            demo_view_line(story->view, "power:", "on");
            testbed_power_on(bed);
            has_failed = true;
        } else if (stop != BOARD_STOP_TIME) {
            return host_error_set(out_error, "board", "%s", board_why(board));
        }
    }
    demo_view_end(story->view);
    if (part->has_cut && !has_failed) {
        return host_error_set(out_error, "power cut", "did not happen: nothing is shown");
    }
    return 0;
}

static int check_end(const struct demo_story *story, const struct part *part,
                     const struct device *device, enum module_event_kind outcome,
                     struct host_error *out_error)
{
    const uint8_t *app = device->flash + (OTTER_APP_ADDR - OTTER_FLASH_ADDR);
    const char *failure = story->view->failure;

    if (outcome != part->outcome) {
        return host_error_set(out_error, "update", "%s",
                              failure[0] != '\0' ? failure : "took too long");
    }
    if (memcmp(app, part->expected->data, part->expected->len) != 0) {
        return host_error_set(out_error, "APP", "is not the image it should be, bit by bit");
    }
    return 0;
}

static int play_part(const struct demo_story *story, const struct part *part,
                     struct device *device, struct host_error *out_error)
{
    struct stage stage = {.view = story->view};
    const struct testbed_load load = {OTTER_FLASH_ADDR, device->flash, sizeof device->flash};
    struct testbed_config config = {.board = {.seed = story->seed},
                                    .loads = &load,
                                    .load_count = 1,
                                    .log = on_log,
                                    .log_ctx = &stage};

    config.module.file = image_file_offer(part->image);
    config.module.event = on_event;
    config.module.ctx = &stage;
    memcpy(config.module.version, part->version, sizeof config.module.version);
    stage.bed = testbed_new(&config, out_error);
    if (stage.bed == NULL) {
        return -1;
    }
    struct board *board = testbed_board(stage.bed);
    if (story->is_protected) {
        board_protect_flash(board, OTTER_BOOT_ADDR, OTTER_BOOT_SIZE);
    }
    demo_view_begin(story->view, (uint32_t)part->image->len);
    int err = run(story, part, stage.bed, out_error);
    memcpy(device->flash, board_flash(board), sizeof device->flash);
    memcpy(device->id, board_unique_id(board), sizeof device->id);
    device->seconds = testbed_now_ms(stage.bed) / 1000.0;
    if (err == 0) {
        err = check_end(story, part, device, testbed_outcome(stage.bed), out_error);
    }
    testbed_free(stage.bed);
    return err;
}

/* ---- the three parts of the story ---- */

static int play_update(const struct demo_story *story, struct device *device,
                       struct host_error *out_error)
{
    const struct part part = {story->update, story->update_version, story->has_cut,
                              MODULE_EVENT_UPDATED, story->update};

    demo_view_line(story->view,
                   "demo:", "a new version comes, and the power fails while it is installed");
    return play_part(story, &part, device, out_error);
}

static int play_forged(const struct demo_story *story, struct device *device,
                       struct host_error *out_error)
{
    struct file forged = {malloc(story->update->len), story->update->len};
    const struct part part = {&forged, story->bad_version, false, MODULE_EVENT_FAILED,
                              story->update};

    if (forged.data == NULL) {
        return host_error_set(out_error, NULL, "out of memory");
    }
    memcpy(forged.data, story->update->data, forged.len);
    forged.data[forged.len / 2] ^= 1;
    demo_view_line(story->view,
                   "demo:", "a forged image comes: one bit is not what was signed");
    int err = play_part(story, &part, device, out_error);
    file_free(&forged);
    return err;
}

static int play_bad(const struct demo_story *story, struct device *device,
                    struct host_error *out_error)
{
    const struct part part = {story->bad, story->bad_version, false, MODULE_EVENT_FAILED,
                              story->update};

    demo_view_line(story->view,
                   "demo:", "a signed image comes that does not work: it never confirms");
    return play_part(story, &part, device, out_error);
}

static void fill_flash(const struct demo_story *story, uint8_t flash[OTTER_FLASH_SIZE])
{
    memset(flash, 0xFF, OTTER_FLASH_SIZE);
    memcpy(flash + (OTTER_BOOT_ADDR - OTTER_FLASH_ADDR), story->boot->data, story->boot->len);
    memcpy(flash + (OTTER_APP_ADDR - OTTER_FLASH_ADDR), story->app->data, story->app->len);
}

static int play_all(const struct demo_story *story, struct device *device,
                    struct demo_result *out_result, struct host_error *out_error)
{
    fill_flash(story, device->flash);
    if (play_update(story, device, out_error) != 0) {
        return -1;
    }
    out_result->seconds = device->seconds;
    memcpy(out_result->device_id, device->id, sizeof out_result->device_id);
    if (story->bad->len == 0) {
        return 0;
    }
    return play_forged(story, device, out_error) != 0 ? -1 : play_bad(story, device, out_error);
}

int demo_story_play(const struct demo_story *story, struct demo_result *out_result,
                    struct host_error *out_error)
{
    struct device *device = malloc(sizeof *device);

    if (device == NULL) {
        return host_error_set(out_error, NULL, "out of memory");
    }
    int err = play_all(story, device, out_result, out_error);
    free(device);
    return err;
}
