/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_STARTUP_FIXTURE_H
#define TESTS_SUPPORT_STARTUP_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include "otter/startup.h"
#include "support/ram_flash.h"

/* A device for the tests of otter_startup_run(): flash that counts the erases of each page,
 * images that a verifier knows by content, the app's part, and a list of what was done.
 * Failures end the cmocka test. */

enum fixture_image { OLD, NEW, OLDER, NEWEST, IMAGES, NO_IMAGE = -1 };
enum {
    FULL = 26 * RAM_FLASH_PAGE,
    SMALL = 2 * RAM_FLASH_PAGE + 100,
    SMALL_PAGES = 3,
    ACTIONS_LOG_MAX = 64,
};

extern struct ram_flash flash;
extern struct otter_port port; /* that of `flash`, counting erases */
extern const struct otter_layout *const layout;
extern unsigned erases[RAM_FLASH_SIZE / RAM_FLASH_PAGE];

extern uint32_t image_size[IMAGES]; /* set by fixture_factory() */
extern enum otter_reason
    verify_new_as; /* the verifier's answer for area[1..]; NONE = by content */
/* In the config of each start. fixture_factory() sets otter_flag_functions; NULL: a tutorial
 * request is not honoured. */
extern const struct otter_flag_functions *fixture_tutorial;
extern enum otter_action actions[ACTIONS_LOG_MAX]; /* of the last start */
extern unsigned actions_len;
extern uint8_t details[ACTIONS_LOG_MAX];           /* what was told with each */
extern uint8_t last_detail;                        /* ... with the last */
extern struct otter_journal_file fixture_received; /* the file of fixture_receive() */
extern bool fixture_unheard;  /* what the next starts are told; fixture_factory() clears it */
extern unsigned fixture_case; /* printed when something that must not start does */

/* A device as it leaves the factory: OLD in APP, all else blank; images of `size` bytes. */
void fixture_factory(uint32_t size);

/* Which image lies there, whole; NO_IMAGE if none does. */
enum fixture_image fixture_image_at(enum otter_image_at place);

/* One start after a reset. At most 40 actions, and two more that tell; what is started is a
 * whole image. */
enum otter_startup_target fixture_start(void);

/* The last start did exactly this, in this order. */
void fixture_expect_actions(const enum otter_action want[], unsigned count);
#define EXPECT_ACTIONS(...)                                                                    \
    fixture_expect_actions((const enum otter_action[]){__VA_ARGS__},                           \
                           sizeof((const enum otter_action[]){__VA_ARGS__}) /                  \
                               sizeof(enum otter_action))

/* A factory-new device that has started once: OLD is installed, and nothing is left to do. */
void fixture_idle(uint32_t size);

/* It starts `image`, for good, and nothing is written. */
void fixture_expect_quiet(enum fixture_image image);

/* It starts `image` on trial. */
void fixture_expect_trial(enum fixture_image image);

/* What is asked for is refused: APP is untouched, and the reason is kept. */
void fixture_expect_refused(enum otter_reason reason);

/* It goes into recovery for this reason, and writes nothing. */
void fixture_expect_recovery(enum otter_reason reason);

/* A recovery has put an image into APPBAK: the next start knows. */
void fixture_receive(enum fixture_image image);

/* A whole update, confirmed at the first start. */
void fixture_update(enum fixture_image image);

/* The journal as it is now. */
struct otter_journal fixture_journal(void);

/* The app: put an image into APPBAK; request it; write a tutorial request for it. */
void fixture_download(enum fixture_image image);
void fixture_ask(enum fixture_image image);
int fixture_request(uint32_t size); /* of whatever is in APPBAK; as otter_update_request() */
void fixture_write_record(enum fixture_image image);

/* One bit of this byte reads otherwise. */
void fixture_damage(uint32_t addr);

/* A debug probe puts an image into APP. */
void fixture_probe(enum fixture_image image);

/* Append `count` IDLE entries with the digest record of APP, so that the newest entry gets to
 * another place. */
void fixture_age(unsigned count);

#endif
