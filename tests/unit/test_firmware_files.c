/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware files: what an upload is, by its own bytes, and that a name is a promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloud/store/firmware_files.h"
#include "cloud/store/store_sqlite.h"
#include "host/key_file.h"
#include "otter/image.h"
#include "support/signed_image.h"
#include "support/store_fixture.h" /* the folder */

static struct firmware_files *files;
static struct record_product product;
static struct key_file key;
static uint8_t image[SIGNED_IMAGE_SIZE];
static char dir[256];

static int start(void **state)
{
    struct host_error error;

    (void)state;
    fixture_make_folder();
    strcpy(dir, fixture_path("files"));
    assert_int_equal(firmware_files_open(dir, &files, &error), 0);
    assert_int_equal(key_file_new(&key, fixture_path("key.pem"), &error), 0);
    product = (struct record_product){.name = "pethouse"};
    signed_image_key(&key, product.key1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    key_file_free(&key);
    firmware_files_close(files);
    fixture_remove_folder();
    return 0;
}

static int keep(const void *data, size_t len, struct record_firmware *out_firmware,
                struct host_error *out_error)
{
    int fd = firmware_files_begin(files, out_error);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    int err = firmware_files_inspect(fd, &product, out_firmware, out_error);
    if (err == 0) {
        struct firmware_upload upload;
        err = firmware_files_keep(files, fd, out_firmware, &upload, out_error);
        firmware_files_settle(files, &upload, NULL);
    }
    close(fd);
    return err;
}

static struct record_firmware kept(const void *data, size_t len, int64_t kind)
{
    struct record_firmware firmware = {.kind = kind, .name = "app.bin", .product = 5};
    struct host_error error = {0};

    strcpy(firmware.version, "typed");
    if (keep(data, len, &firmware, &error) != 0) {
        fail_msg("%s: %s", error.thing, error.reason);
    }
    assert_int_equal(firmware.product, 5);
    assert_int_equal(firmware.size, len);
    return firmware;
}

static void assert_refused(const void *data, size_t len, int64_t kind, const char *reason)
{
    struct record_firmware firmware = {.kind = kind, .name = "app.bin", .size = 99};
    struct host_error error = {0};

    assert_int_equal(keep(data, len, &firmware, &error), -1);
    if (strstr(error.reason, reason) == NULL) {
        fail_msg("\"%s\" is not in: %s", reason, error.reason);
    }
    assert_int_equal(firmware.size, 99); /* nothing was filled in */
}

/* Files below a folder. */
static size_t count_files(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        char name[600];
        struct stat st;
        if (entry->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        assert_int_equal(stat(name, &st), 0);
        count += S_ISDIR(st.st_mode) ? count_files(name) : 1;
    }
    closedir(folder);
    return count;
}

static void assert_can_be_read(const struct record_firmware *firmware, const void *data,
                               size_t len)
{
    struct host_error error = {0};
    uint8_t *bytes = malloc(len);
    int fd = firmware_files_open_one(files, firmware, &error);

    assert_true(fd >= 0);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, len), len);
    assert_memory_equal(bytes, data, len);
    free(bytes);
    close(fd);
}

static const char *path_of(const struct record_firmware *firmware)
{
    static char path[512];

    (void)snprintf(path, sizeof path, "%s/%.2s/%s", dir, firmware->sha256, firmware->sha256);
    return path;
}

/* ---- what a file is ---- */

/* Digests of "abc": FIPS 180-4 examples, RFC 1321 A.5. */
static void test_digests_are_those_of_the_standards(void **state)
{
    struct record_firmware firmware = kept("abc", 3, FIRMWARE_OPAQUE);

    (void)state;
    assert_string_equal(firmware.sha256,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(firmware.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_string_equal(firmware.md5, "900150983cd24fb0d6963f7d28e17f72");
    assert_can_be_read(&firmware, "abc", 3);
}

static void test_a_signed_image_is_one(void **state)
{
    (void)state;
    signed_image_make(&key, image);
    struct record_firmware firmware = kept(image, sizeof image, FIRMWARE_PLAIN);
    assert_int_equal(firmware.kind, FIRMWARE_OTTER);
    assert_string_equal(firmware.hardware, "00000001");
    assert_string_equal(firmware.version, "03010102");
    assert_int_equal(firmware.number, 0x03010102);
    assert_int_equal(firmware.key_id, key.id);
    assert_int_equal(firmware.signature, SIGNATURE_GOOD);
    assert_can_be_read(&firmware, image, sizeof image);
}

static void test_what_is_no_program_is_not_plain(void **state)
{
    static const struct {
        const char *bytes, *reason;
    } cases[] = {{"\177ELF\1\1\1      ", "this is an ELF file; give the .bin"},
                 {":020000040800F2\r\n", "this is an Intel HEX file; give the .bin"},
                 {"S00600004844521B\n", "this is an S-record file; give the .bin"},
                 {"PK\3\4            ", "this is a ZIP archive; give the .bin"},
                 {"UF2\n            ", "this is a UF2 file; give the .bin"}};
    uint8_t program[400] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = strlen(cases[i].bytes);
        assert_refused(cases[i].bytes, len, FIRMWARE_PLAIN, cases[i].reason);
        assert_refused(cases[i].bytes, len, 0, cases[i].reason);
        (void)kept(cases[i].bytes, len, FIRMWARE_OPAQUE);
    }
    assert_refused("", 0, FIRMWARE_PLAIN, "empty");
    assert_refused("abc", 3, FIRMWARE_PLAIN, "too few");
    assert_refused(program, sizeof program, FIRMWARE_PLAIN,
                   "begins with 0x00000000, which is no stack in RAM");
    memcpy(program, signed_image_vectors, sizeof signed_image_vectors);
    (void)kept(program, sizeof program, FIRMWARE_PLAIN);
    program[4] = 0x08; /* even */
    assert_refused(program, sizeof program, FIRMWARE_PLAIN,
                   "starts at 0x08003108: an even address");
    program[4] = 0x91; /* behind its end */
    assert_refused(program, sizeof program, FIRMWARE_PLAIN, "is it cut short?");
    program[4] = 0x09;
    program[6] = 0x01;
    assert_refused(program, sizeof program, FIRMWARE_PLAIN, "linked for another address");
}

static void test_the_second_key_is_as_good(void **state)
{
    (void)state;
    signed_image_make(&key, image);
    strcpy(product.key2, product.key1);
    product.key1[0] = '\0';
    assert_int_equal(kept(image, sizeof image, FIRMWARE_OTTER).signature, SIGNATURE_GOOD);
}

static void test_an_unsigned_image_says_so(void **state)
{
    (void)state;
    signed_image_make(NULL, image);
    struct record_firmware firmware = kept(image, sizeof image, FIRMWARE_PLAIN);
    assert_int_equal(firmware.kind, FIRMWARE_OTTER);
    assert_int_equal(firmware.key_id, 0);
    assert_int_equal(firmware.signature, SIGNATURE_NONE);
}

static void test_a_key_that_the_product_does_not_have_is_unknown(void **state)
{
    (void)state;
    signed_image_make(&key, image);
    product.key1[0] = '\0';
    assert_int_equal(kept(image, sizeof image, FIRMWARE_PLAIN).signature,
                     SIGNATURE_UNKNOWN_KEY);
}

static void test_one_changed_bit_makes_the_signature_bad(void **state)
{
    static const size_t places[] = {0, SIGNED_PROGRAM_SIZE - 1,
                                    SIGNED_PROGRAM_SIZE + OTTER_IMAGE_NUMBER,
                                    SIGNED_IMAGE_SIZE - 64, SIGNED_IMAGE_SIZE - 1};

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        signed_image_make(&key, image);
        image[places[i]] ^= 1;
        assert_int_equal(kept(image, sizeof image, FIRMWARE_PLAIN).signature, SIGNATURE_BAD);
    }
}

static void test_a_product_with_a_broken_key_is_refused(void **state)
{
    static const char small_order[] =
        "0100000000000000000000000000000000000000000000000000000000000000";

    (void)state;
    signed_image_make(&key, image);
    strcpy(product.key2, "12");
    assert_refused(image, sizeof image, FIRMWARE_PLAIN, "its key 2 is no Ed25519 key");
    strcpy(product.key2, small_order);
    assert_refused(image, sizeof image, FIRMWARE_PLAIN, "its key 2 is no Ed25519 key");
    memset(product.key2, 'g', 64);
    assert_refused(image, sizeof image, FIRMWARE_PLAIN, "its key 2 is no Ed25519 key");
}

static void test_a_broken_trailer_is_refused(void **state)
{
    (void)state;
    signed_image_make(&key, image);
    image[SIGNED_PROGRAM_SIZE + 8] = 9; /* the format */
    assert_refused(image, sizeof image, FIRMWARE_PLAIN, "damaged");
    signed_image_make(&key, image); /* another length */
    assert_refused(image + 1, sizeof image - 1, FIRMWARE_PLAIN, "damaged");
    signed_image_make(NULL, image);
    image[SIGNED_IMAGE_SIZE - 1] = 1; /* a signature without a key */
    assert_refused(image, sizeof image, FIRMWARE_OTTER, "damaged");
    assert_int_equal(count_files(dir), 0);
}

static void test_without_a_trailer_the_kind_stays(void **state)
{
    (void)state;
    signed_image_make(NULL, image);
    struct record_firmware firmware = kept(image, SIGNED_PROGRAM_SIZE, FIRMWARE_PLAIN);
    assert_int_equal(firmware.kind, FIRMWARE_PLAIN);
    assert_string_equal(firmware.version, "typed");
    assert_int_equal(firmware.signature, SIGNATURE_NONE);
}

static void test_an_opaque_file_stays_opaque(void **state)
{
    (void)state;
    signed_image_make(&key, image);
    struct record_firmware firmware = kept(image, sizeof image, FIRMWARE_OPAQUE);
    assert_int_equal(firmware.kind, FIRMWARE_OPAQUE);
    assert_string_equal(firmware.version, "typed");
    assert_string_equal(firmware.hardware, "");
    image[SIGNED_PROGRAM_SIZE + 8] = 9; /* and nobody looks for a trailer in it */
    (void)kept(image, sizeof image, FIRMWARE_OPAQUE);
}

static void test_an_image_that_no_mcu_can_hold_is_refused(void **state)
{
    size_t size = 17u << 20;
    uint8_t *large = calloc(1, size);

    (void)state;
    assert_non_null(large);
    struct otter_image trailer = {.length = (uint32_t)(size - OTTER_IMAGE_TRAILER_SIZE)};
    otter_image_put_trailer(large + trailer.length, &trailer);
    assert_refused(large, size, FIRMWARE_PLAIN, "too large");
    struct record_firmware firmware = kept(large, size, FIRMWARE_OPAQUE);
    assert_can_be_read(&firmware, large, size);
    free(large);
}

static void test_an_empty_file_is_refused(void **state)
{
    (void)state;
    assert_refused("", 0, FIRMWARE_OPAQUE, "empty");
}

/* ---- names ---- */

static void test_the_same_file_twice_is_one_file(void **state)
{
    (void)state;
    struct record_firmware first = kept("abc", 3, FIRMWARE_OPAQUE);
    struct record_firmware second = kept("abc", 3, FIRMWARE_OPAQUE);
    assert_string_equal(first.sha256, second.sha256);
    assert_int_equal(count_files(dir), 1);
}

static void test_an_upload_that_is_cut_leaves_nothing(void **state)
{
    struct host_error error;
    int fd = firmware_files_begin(files, &error);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    assert_int_equal(count_files(dir), 0);
    close(fd);
    assert_int_equal(count_files(dir), 0);
}

static void test_the_start_removes_what_a_crash_left(void **state)
{
    struct host_error error;
    char name[400];

    (void)state;
    struct record_firmware firmware = kept("abc", 3, FIRMWARE_OPAQUE);
    (void)snprintf(name, sizeof name, "%s/tmp/%s.7", dir, firmware.sha256);
    assert_int_equal(link(path_of(&firmware), name), 0);
    firmware_files_close(files);
    assert_int_equal(firmware_files_open(dir, &files, &error), 0);
    assert_int_equal(count_files(dir), 1);
    assert_can_be_read(&firmware, "abc", 3);
}

/* ---- uploads that come to nothing ---- */

static struct store *open_store(void)
{
    struct host_error error;
    struct store *store;

    assert_int_equal(store_sqlite_open(fixture_path("db"), &store, &error), 0);
    return store;
}

static void begin(const char *text, struct firmware_upload *out_upload,
                  struct record_firmware *out_firmware)
{
    struct host_error error;
    int fd = firmware_files_begin(files, &error);

    *out_firmware = (struct record_firmware){.kind = FIRMWARE_OPAQUE, .name = "app.bin"};
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(firmware_files_inspect(fd, &product, out_firmware, &error), 0);
    assert_int_equal(firmware_files_keep(files, fd, out_firmware, out_upload, &error), 0);
    close(fd);
}

static void add(struct store *store, struct record_firmware *firmware, int64_t id)
{
    firmware->head.id = id;
    assert_int_equal(fixture_put(store, RECORD_FIRMWARE, firmware, STORE_NEW), STORE_COMMITTED);
}

static bool is_there(const struct record_firmware *firmware)
{
    struct stat st;

    return stat(path_of(firmware), &st) == 0;
}

static void test_a_refused_upload_leaves_nothing(void **state)
{
    struct store *store = open_store();
    struct record_firmware firmware;
    struct firmware_upload upload;

    (void)state;
    begin("abc", &upload, &firmware);
    assert_true(is_there(&firmware));
    firmware_files_settle(files, &upload, store);
    assert_false(is_there(&firmware));
    assert_int_equal(count_files(dir), 0);
    begin("abc", &upload, &firmware);
    firmware_files_settle(files, &upload, NULL); /* taken */
    assert_true(is_there(&firmware));
    store->close(store);
}

/* Whichever of two is refused, and in which order they end: what a firmware names stays. */
static void test_of_two_uploads_of_the_same_bytes_one_may_be_refused(void **state)
{
    struct store *store = open_store();
    struct record_firmware firmware;
    struct firmware_upload first, second, other;

    (void)state;
    begin("abc", &first, &firmware);
    begin("abc", &second, &firmware);
    firmware_files_settle(files, &first, store);
    assert_true(is_there(&firmware)); /* the second one may be taken yet */
    begin("def", &other, &firmware);
    firmware_files_settle(files, &second, store);
    assert_int_equal(count_files(dir), 1); /* it was not: only the other one's is there */
    firmware_files_settle(files, &other, store);
    assert_int_equal(count_files(dir), 0);

    begin("abc", &first, &firmware);
    begin("abc", &second, &firmware);
    add(store, &firmware, 1);
    firmware_files_settle(files, &second, NULL);
    firmware_files_settle(files, &first, store);
    assert_can_be_read(&firmware, "abc", 3);
    begin("abc", &first, &firmware); /* once more, refused: the version is there */
    firmware_files_settle(files, &first, store);
    assert_can_be_read(&firmware, "abc", 3);
    store->close(store);
}

static int fail_to_read(struct store *store, const struct store_query *query,
                        store_visitor *visitor, void *ctx, struct host_error *out_error)
{
    (void)store;
    (void)query;
    (void)visitor;
    (void)ctx;
    return host_error_set(out_error, NULL, "cannot be read");
}

static void test_without_an_answer_of_the_store_files_stay(void **state)
{
    struct store broken = {.read = fail_to_read};
    struct record_firmware firmware;
    struct firmware_upload upload;

    (void)state;
    begin("abc", &upload, &firmware);
    firmware_files_settle(files, &upload, &broken);
    assert_true(is_there(&firmware));
}

/* As on a file system without files without names: such a one can get no name later. */
static void test_a_file_that_cannot_be_named_is_copied(void **state)
{
    struct record_firmware firmware = {.kind = FIRMWARE_OPAQUE};
    struct firmware_upload upload;
    struct host_error error;
    uint8_t *data = malloc(100000);
    int fd = open(fixture_path("unlinked"), O_RDWR | O_CREAT | O_EXCL, 0600);

    (void)state;
    assert_true(fd >= 0);
    assert_non_null(data);
    assert_int_equal(unlink(fixture_path("unlinked")), 0);
    memset(data, 'x', 100000);
    assert_int_equal(write(fd, data, 100000), 100000);
    assert_int_equal(firmware_files_inspect(fd, &product, &firmware, &error), 0);
    assert_int_equal(firmware_files_keep(files, fd, &firmware, &upload, &error), 0);
    firmware_files_settle(files, &upload, NULL);
    close(fd);
    assert_can_be_read(&firmware, data, 100000);
    assert_int_equal(count_files(dir), 1);
    free(data);
}

static void test_a_vanished_or_damaged_file_is_not_served(void **state)
{
    struct host_error error = {0};

    (void)state;
    struct record_firmware firmware = kept("abc", 3, FIRMWARE_OPAQUE);
    assert_int_equal(chmod(path_of(&firmware), 0600), 0);
    assert_int_equal(truncate(path_of(&firmware), 2), 0);
    assert_int_equal(firmware_files_open_one(files, &firmware, &error), -1);
    assert_string_equal(error.thing, "app.bin");
    (void)kept("abc", 3, FIRMWARE_OPAQUE); /* uploading it again repairs it */
    assert_can_be_read(&firmware, "abc", 3);
    assert_int_equal(unlink(path_of(&firmware)), 0);
    assert_int_equal(firmware_files_open_one(files, &firmware, &error), -1);
    assert_int_equal(symlink("/etc/passwd", path_of(&firmware)), 0);
    assert_int_equal(firmware_files_open_one(files, &firmware, &error), -1);
    assert_int_equal(unlink(path_of(&firmware)), 0);
    assert_int_equal(mkfifo(path_of(&firmware), 0600), 0);
    assert_int_equal(firmware_files_open_one(files, &firmware, &error), -1);
}

static void test_a_record_makes_no_path(void **state)
{
    static const char *const hashes[] = {"", "../../../../etc/passwd", "ab"};
    struct record_firmware firmware = {.size = 3};
    struct host_error error;

    (void)state;
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        strcpy(firmware.sha256, hashes[i]);
        assert_int_equal(firmware_files_open_one(files, &firmware, &error), -1);
        assert_string_equal(error.reason, "its SHA-256 is none");
    }
    memset(firmware.sha256, 'a', sizeof firmware.sha256); /* no NUL */
    assert_int_equal(firmware_files_open_one(files, &firmware, &error), -1);
}

static void test_a_folder_that_cannot_be_is_refused(void **state)
{
    struct firmware_files *none;
    struct host_error error;
    int fd = open(fixture_path("file"), O_WRONLY | O_CREAT, 0600);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(firmware_files_open(fixture_path("file"), &none, &error), -1);
    assert_int_equal(firmware_files_open(fixture_path("no/folder"), &none, &error), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_digests_are_those_of_the_standards),
        TEST(test_a_signed_image_is_one),
        TEST(test_what_is_no_program_is_not_plain),
        TEST(test_the_second_key_is_as_good),
        TEST(test_an_unsigned_image_says_so),
        TEST(test_a_key_that_the_product_does_not_have_is_unknown),
        TEST(test_one_changed_bit_makes_the_signature_bad),
        TEST(test_a_product_with_a_broken_key_is_refused),
        TEST(test_a_broken_trailer_is_refused),
        TEST(test_without_a_trailer_the_kind_stays),
        TEST(test_an_opaque_file_stays_opaque),
        TEST(test_an_image_that_no_mcu_can_hold_is_refused),
        TEST(test_an_empty_file_is_refused),
        TEST(test_the_same_file_twice_is_one_file),
        TEST(test_an_upload_that_is_cut_leaves_nothing),
        TEST(test_the_start_removes_what_a_crash_left),
        TEST(test_a_refused_upload_leaves_nothing),
        TEST(test_of_two_uploads_of_the_same_bytes_one_may_be_refused),
        TEST(test_without_an_answer_of_the_store_files_stay),
        TEST(test_a_file_that_cannot_be_named_is_copied),
        TEST(test_a_vanished_or_damaged_file_is_not_served),
        TEST(test_a_record_makes_no_path),
        TEST(test_a_folder_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
