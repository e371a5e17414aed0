/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_IMAGE_FILE_H
#define HOST_IMAGE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include "host/file.h"
#include "module/module.h"
#include "otter/image.h"

/* Firmware files on the host: a .bin with or without otter's trailer, and a clear word about
 * everything that is not one.
 */
struct image_file {
    const char *path;
    struct file file;
    bool has_trailer;
    struct otter_image image; /* from the trailer, if it has one */
};

/* What a trailer says as text: 8 characters, NUL-terminated, fit for a terminal. */
void image_file_text(const uint8_t field[8], char out_text[9]);

/* What other tools leave in a build folder next to the .bin, by its first bytes (9 are enough):
 * what it is and what to give instead. NULL = none of these. */
const char *image_file_foreign_kind(const uint8_t data[], size_t size);

/* Take the content of a .bin, which now belongs to *image_file; after an error it is freed.
 * What is of another kind (ELF, Intel HEX, ...), empty, larger than max_size, or has a trailer
 * that is broken, cut short or not at its end is an error. Free with image_file_free(); `path`
 * must outlive it. */
OTTER_MUST_CHECK int image_file_take(struct image_file *image_file, const char *path,
                                     const struct file *file, uint32_t max_size,
                                     struct host_error *out_error);
void image_file_free(struct image_file *image_file);

/* The 64 bytes that end an image with a trailer; zero if it is not signed. */
const uint8_t *image_file_signature(const struct image_file *image_file);

/* Is there a signature, right or wrong? An image with a key id and none waits for it. */
bool image_file_is_signed(const struct image_file *image_file);

/* Does it begin like a program for layout->app? Only this region and `ram` are looked at. */
bool image_file_is_startable(const struct image_file *image_file,
                             const struct otter_layout *layout);

/* The same as a check: 0, or -1 with what is wrong with which vector. */
OTTER_MUST_CHECK int image_file_check_startable(const struct image_file *image_file,
                                                const struct otter_layout *layout,
                                                struct host_error *out_error);

/* The same of the first `len` bytes (8 are enough) of a file of `size` bytes. */
OTTER_MUST_CHECK int image_file_check_head(const uint8_t head[], size_t len, int64_t size,
                                           const char *path, const struct otter_layout *layout,
                                           struct host_error *out_error);

/* Does the program hold the version that it is said to have? A program that does not can hardly
 * report it. */
bool image_file_mentions(const struct image_file *image_file, const uint8_t version[8]);

/* The version in the trailer that ends an image in memory. False if there is no whole
 * trailer. */
bool image_file_read_version(const struct file *file, uint8_t out_version[8]);

/* A file in memory as what a module offers; it must stay there. */
struct module_file image_file_offer(const struct file *file);

#endif
