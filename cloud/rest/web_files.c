/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/rest/web_files.h"

/* The assembler puts a file's bytes and their number into the read-only data. WEB_DIR is the
 * folder, of the build. */
/* clang-format off */
#define EMBED(symbol, name)                                                                    \
    __asm__(".pushsection .rodata\n"                                                           \
            ".global web_" #symbol "\n.global web_" #symbol "_len\n"                           \
            "web_" #symbol ":\n"                                                               \
            ".incbin \"" WEB_DIR "/" name "\"\n"                                               \
            "9:\n"                                                                             \
            ".balign 8\n"                                                                      \
            "web_" #symbol "_len:\n"                                                           \
            ".8byte 9b - web_" #symbol "\n"                                                    \
            ".popsection\n");                                                                  \
    extern const uint8_t web_##symbol[];                                                       \
    extern const uint64_t web_##symbol##_len
/* clang-format on */

#define FILE_AT(where, symbol, mime)                                                           \
    (struct web_file)                                                                          \
    {                                                                                          \
        .path = (where), .type = (mime), .bytes = web_##symbol,                                \
        .len = (size_t)web_##symbol##_len                                                      \
    }

EMBED(index, "index.html");
EMBED(style, "console.css");
EMBED(console, "console.js");
EMBED(api, "api.js");
EMBED(page, "page.js");
EMBED(devices, "devices.js");
EMBED(device, "device.js");
EMBED(firmware, "firmware.js");
EMBED(deploy, "deploy.js");
EMBED(deployments, "deployments.js");
EMBED(system, "system.js");
EMBED(icon, "favicon.svg");

size_t web_files(struct web_file out_files[WEB_FILES_MAX])
{
    static const char js[] = "text/javascript; charset=utf-8";
    size_t count = 0;

    out_files[count++] = FILE_AT("/", index, "text/html; charset=utf-8");
    out_files[count++] = FILE_AT("/console.css", style, "text/css; charset=utf-8");
    out_files[count++] = FILE_AT("/console.js", console, js);
    out_files[count++] = FILE_AT("/api.js", api, js);
    out_files[count++] = FILE_AT("/page.js", page, js);
    out_files[count++] = FILE_AT("/devices.js", devices, js);
    out_files[count++] = FILE_AT("/device.js", device, js);
    out_files[count++] = FILE_AT("/firmware.js", firmware, js);
    out_files[count++] = FILE_AT("/deploy.js", deploy, js);
    out_files[count++] = FILE_AT("/deployments.js", deployments, js);
    out_files[count++] = FILE_AT("/system.js", system, js);
    out_files[count++] = FILE_AT("/favicon.svg", icon, "image/svg+xml");
    return count;
}
