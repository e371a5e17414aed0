/* SPDX-License-Identifier: Apache-2.0 */
/* What files of `otter` and the daemons may be written over, and how. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "host/file.h"
#include "host/private_key.h"

static char folder[64];
static struct host_error error;

/* What was made durable in the folder of the test, and what was named "new" at that time. It
 * stands in for the C library's fsync(), and for disks that fail. */
static unsigned folder_syncs;
static ino_t new_at_sync;
static int folder_sync_error; /* 0 = none */

int fsync(int fd)
{
    struct stat here, synced, named = {0};

    assert_int_equal(fstat(fd, &synced), 0);
    if (!S_ISDIR(synced.st_mode)) {
        return (int)syscall(SYS_fsync, fd);
    }
    assert_int_equal(stat(".", &here), 0);
    assert_int_equal(synced.st_ino, here.st_ino);
    assert_int_equal(synced.st_dev, here.st_dev);
    folder_syncs++;
    (void)stat("new", &named);
    new_at_sync = named.st_ino;
    errno = folder_sync_error;
    return folder_sync_error == 0 ? (int)syscall(SYS_fsync, fd) : -1;
}

static int make_folder(void **state)
{
    (void)state;
    folder_syncs = 0;
    folder_sync_error = 0;
    strcpy(folder, "/tmp/otter-file-XXXXXX");
    return mkdtemp(folder) == NULL || chdir(folder) != 0 ? -1 : 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"file", "link", "hard", "new", NULL};

    (void)state;
    for (size_t i = 0; names[i] != NULL; i++) {
        (void)unlink(names[i]);
    }
    return chdir("/") != 0 || rmdir(folder) != 0 ? -1 : 0; /* fails if a test left something */
}

static void put(const char *name, const char *text)
{
    FILE *out = fopen(name, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

static void assert_holds(const char *name, const char *text)
{
    struct file file;
    assert_int_equal(file_read(name, 4096, &file, &error), 0);
    assert_int_equal(file.len, strlen(text));
    assert_memory_equal(file.data, text, file.len);
    file_free(&file);
}

static void assert_refused(const char *name, const char *reason)
{
    assert_int_equal(file_write(name, "new", 3, &error), -1);
    assert_non_null(strstr(error.reason, reason));
}

static void test_file_private_keys_stay(void **state)
{
    static const char *const keys[] = {
        "-----BEGIN PRIVATE KEY-----\nMC4\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
        "-----BEGIN CERTIFICATE-----\nMC4\n"
        "-----END CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        put("file", keys[i]);
        assert_refused("file", "holds a private key");
        assert_holds("file", keys[i]);
    }
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(link("file", "hard"), 0);
    assert_refused("link", "holds a private key");
    assert_refused("hard", "holds a private key");
    put("file", "-----BEGIN PUBLIC KEY-----\nPRIVATE KEY\n");
    assert_int_equal(file_write("file", "new", 3, &error), 0);
}

static bool is_key(const uint8_t data[], size_t len)
{
    uint8_t padded[64] = {0};
    memcpy(padded, data, len);
    return private_key_is_in(padded, sizeof padded);
}

static void test_private_key_der(void **state)
{
    static const uint8_t pkcs8[] = {0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06};
    static const uint8_t rsa[] = {0x30, 0x82, 0x04, 0xA4, 0x02, 0x01, 0x00, 0x02, 0x82};
    static const uint8_t pkcs12[] = {0x30, 0x82, 0x04, 0xA4, 0x02, 0x01, 0x03, 0x30};
    static const uint8_t encrypted[] = {0x30, 0x81, 0x9B, 0x30, 0x57, 0x06, 0x09, 0x2A,
                                        0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0D};
    static const uint8_t public[] = {0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70};
    static const uint8_t rsa_public[] = {0x30, 0x82, 0x01, 0x22, 0x30, 0x0D, 0x06, 0x09, 0x2A,
                                         0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};

    (void)state;
    assert_true(is_key(pkcs8, sizeof pkcs8));
    assert_true(is_key(rsa, sizeof rsa));
    assert_true(is_key(pkcs12, sizeof pkcs12));
    assert_true(is_key(encrypted, sizeof encrypted));
    assert_false(is_key(public, sizeof public));
    assert_false(is_key(rsa_public, sizeof rsa_public));
}

static void test_file_inputs_stay(void **state)
{
    static const char *const names[] = {"file", "./file", "link", "hard"};
    const char *const inputs[] = {NULL, "file"};

    (void)state;
    put("file", "old");
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(link("file", "hard"), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(file_check_output(names[i], inputs, 2, &error), -1);
        assert_string_equal(error.reason, "input and output are the same file");
    }
    assert_int_equal(file_check_output("new", inputs, 2, &error), 0);
    assert_int_equal(file_check_output("file", inputs, 1, &error), 0);
}

static void test_file_keeps_mode_and_links(void **state)
{
    struct stat st;

    (void)state;
    put("file", "old");
    assert_int_equal(chmod("file", 0640), 0);
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(file_write("link", "new", 3, &error), 0);
    assert_holds("file", "new");
    assert_int_equal(lstat("link", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat("file", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_file_private_is_created_only(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(file_create_private("new", "key", 3, &error), 0);
    assert_int_equal(stat("new", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_create_private("new", "yek", 3, &error), -1);
    assert_holds("new", "key");
    assert_int_equal(symlink("nothing", "link"), 0);
    assert_int_equal(file_create_private("link", "yek", 3, &error), -1);
}

static ino_t inode(const char *name)
{
    struct stat st;
    assert_int_equal(stat(name, &st), 0);
    return st.st_ino;
}

/* Each way a name comes into a folder: the folder is written when the name is there. */
static void test_file_name_is_durable(void **state)
{
    char path[sizeof folder + 8];

    (void)state;
    assert_int_equal(file_write("new", "1", 1, &error), 0);
    assert_int_equal(folder_syncs, 1);
    assert_int_equal(new_at_sync, inode("new"));
    (void)snprintf(path, sizeof path, "%s/new", folder);
    assert_int_equal(file_write(path, "2", 1, &error), 0);
    assert_int_equal(folder_syncs, 2);
    assert_int_equal(new_at_sync, inode("new"));
    assert_int_equal(unlink("new"), 0);
    assert_int_equal(file_create_private("new", "3", 1, &error), 0);
    assert_int_equal(folder_syncs, 3);
    assert_int_equal(new_at_sync, inode("new"));
    assert_int_equal(file_write("/dev/null", "4", 1, &error), 0); /* no name of ours */
    assert_int_equal(folder_syncs, 3);
}

static void test_file_folder_cannot_be_synced(void **state)
{
    (void)state;
    folder_sync_error = EIO;
    assert_int_equal(file_write("new", "1", 1, &error), -1);
    assert_string_equal(error.reason, strerror(EIO));
    assert_holds("new", "1");
    assert_int_equal(unlink("new"), 0);
    assert_int_equal(file_create_private("new", "2", 1, &error), -1);
    assert_string_equal(error.reason, strerror(EIO));
    folder_sync_error = EINVAL; /* of a file system that has no such thing */
    assert_int_equal(file_create_private("new", "3", 1, &error), 0);
    assert_int_equal(file_write("new", "4", 1, &error), 0);
    assert_holds("new", "4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file_private_keys_stay, make_folder,
                                        remove_folder),
        cmocka_unit_test(test_private_key_der),
        cmocka_unit_test_setup_teardown(test_file_inputs_stay, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_file_keeps_mode_and_links, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_file_private_is_created_only, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_file_name_is_durable, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_file_folder_cannot_be_synced, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
