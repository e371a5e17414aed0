/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/hook/hook_curl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* The name of its ABI, which has been the same since 2006. */
static const char library[] = "libcurl.so.4";

#define FUNCTION(name)                                                                         \
    {                                                                                          \
        "curl_" #name, offsetof(struct hook_curl, name)                                        \
    }
static const struct {
    const char *name;
    size_t offset;
} functions[] = {FUNCTION(global_init),   FUNCTION(easy_init),     FUNCTION(easy_reset),
                 FUNCTION(easy_cleanup),  FUNCTION(easy_setopt),   FUNCTION(easy_getinfo),
                 FUNCTION(easy_perform),  FUNCTION(easy_strerror), FUNCTION(slist_append),
                 FUNCTION(slist_free_all)};

bool hook_curl_load(struct hook_curl *out_curl)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = handle != NULL ? dlsym(handle, functions[i].name) : NULL;

        if (function == NULL) {
            return false;
        }
        /* POSIX, dlsym(): the pointers are of one size. */
        memcpy((char *)out_curl + functions[i].offset, &function, sizeof function);
    }
    return out_curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}
