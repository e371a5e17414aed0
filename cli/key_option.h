/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_KEY_OPTION_H
#define CLI_KEY_OPTION_H

#include "host/key_file.h"

/* How commands come by a key: the file, and where the pass phrase of an encrypted one is. */
enum { OPT_PASS_FILE = 400 };
#define KEY_PASS_OPTION                                                                        \
    {                                                                                          \
        "pass-file", OPT_PASS_FILE, "FILE", 0,                                                 \
            "its first line is the pass phrase of an encrypted key; else OTTER_KEY_PASS is, "  \
            "or it is asked for",                                                              \
            0                                                                                  \
    }

/* Load a key with the pass phrase from `pass_file`, from the environment if that is NULL, or
 * from the terminal. A private key that others can read is warned of. */
OTTER_MUST_CHECK int key_option_load(struct key_file *key, const char *path,
                                     const char *pass_file, struct host_error *out_error);

#endif
