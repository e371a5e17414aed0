/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/key_option.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include "cli/report.h"
#include "host/file.h"

enum { PASS_MAX = 1024, GROUP_AND_OTHERS = 077 };

/* The first line of the file, NUL-terminated. */
static int read_pass_phrase(const char *path, char out_pass[PASS_MAX],
                            struct host_error *out_error)
{
    struct file file;

    if (file_read_stream(path, PASS_MAX - 1, &file, out_error) != 0) {
        return -1;
    }
    memcpy(out_pass, file.data, file.len);
    out_pass[file.len] = '\0';
    out_pass[strcspn(out_pass, "\r\n")] = '\0';
    OPENSSL_cleanse(file.data, file.len);
    file_free(&file);
    return out_pass[0] != '\0' ? 0 : host_error_set(out_error, path, "its first line is empty");
}

int key_option_load(struct key_file *key, const char *path, const char *pass_file,
                    struct host_error *out_error)
{
    char pass[PASS_MAX];
    const char *given = getenv("OTTER_KEY_PASS");

    if (given != NULL && given[0] == '\0') {
        given = NULL;
    }
    if (pass_file != NULL) {
        if (read_pass_phrase(pass_file, pass, out_error) != 0) {
            return -1;
        }
        given = pass;
    }
    int rc = key_file_load(key, path, given, out_error);
    OPENSSL_cleanse(pass, sizeof pass);
    if (rc == 0 && key->is_private && (key->mode & GROUP_AND_OTHERS) != 0) {
        log_event("%s: warning: others may read this private key (mode %o); chmod 600 it", path,
                  key->mode);
    }
    return rc;
}
