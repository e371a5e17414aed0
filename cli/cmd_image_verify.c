/* SPDX-License-Identifier: Apache-2.0 */
/* otter image verify; see docs/man/otter-image.1. */
#include "cli/cmd.h"
#include "cli/image_command.h"
#include "cli/key_option.h"
#include "cli/report.h"
#include "host/json.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
    return key == ARGP_KEY_END ? image_check_in_and_key(state->input)
                               : image_parse(key, arg, state);
}

static const struct argp argp = {
    .options = (const struct argp_option[]){{"key", 'k', "KEY.pem", 0,
                                             "the key, public or private", 0},
                                            KEY_PASS_OPTION,
                                            {"json", 'j', NULL, 0, "print one JSON object", 0},
                                            {0}},
    .parser = parse,
    .args_doc = "FILE",
    .doc = "Tell whether an image is signed with a key, and not changed since.",
    .children = image_map};

enum verdict { GOOD, NO_TRAILER, NOT_SIGNED, OTHER_KEY, WRONG };

static enum verdict check(const struct image_file *image, const struct key_file *key)
{
    if (!image->has_trailer) {
        return NO_TRAILER;
    }
    if (!image_file_is_signed(image)) {
        return NOT_SIGNED;
    }
    if (image->image.key_id != key->id) {
        return OTHER_KEY;
    }
    return key_file_verify(key, image->file.data, image->file.len - OTTER_IMAGE_SIGNATURE_SIZE,
                           image_file_signature(image))
               ? GOOD
               : WRONG;
}

static void report_verdict(const struct image_options *options, enum verdict verdict,
                           uint32_t image_key_id, uint32_t key_id)
{
    switch (verdict) {
    case NO_TRAILER:
        (void)report_failure(options->in, "has no trailer, so it is not signed");
        break;
    case NOT_SIGNED:
        (void)report_failure(options->in, "is not signed");
        break;
    case OTHER_KEY:
        (void)report_failure(options->in, "is signed with key 0x%08x; %s is 0x%08x",
                             image_key_id, options->key, key_id);
        break;
    case WRONG:
        (void)report_failure(
            options->in,
            "the signature is wrong: the image was changed, or made by another key");
        break;
    case GOOD:
        break;
    }
}

static int verify(const struct image_options *options, const struct image_file *image,
                  const struct key_file *key)
{
    static const char *const names[] = {[GOOD] = "good",
                                        [NO_TRAILER] = "no-trailer",
                                        [NOT_SIGNED] = "not-signed",
                                        [OTHER_KEY] = "other-key",
                                        [WRONG] = "wrong"};
    enum verdict verdict = check(image, key);
    uint32_t key_id = image->image.key_id;

    report_verdict(options, verdict, key_id, key->id);
    if (!options->json) {
        if (verdict == GOOD) {
            printf("%s: the signature is good, by key 0x%08x\n", options->in, key_id);
        }
        return verdict == GOOD ? CMD_OK : CMD_FAILED;
    }
    json_t *result = json_object();
    json_add(&result, "file", json_text(options->in));
    json_add(&result, "key_id", json_count(key_id));
    json_add(&result, "signature", json_text(names[verdict]));
    int code = cmd_print_json(result);
    return verdict == GOOD ? code : CMD_FAILED;
}

int cmd_image_verify(int argc, char **argv)
{
    static const struct image_command command = {&argp, "otter image verify", verify};
    return image_run(&command, argc, argv);
}
