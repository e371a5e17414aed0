/* SPDX-License-Identifier: Apache-2.0 */
#include "host/reason_text.h"

#include <stddef.h>

/* By number. */
static const struct reason_text reasons[] = {
    [OTTER_REASON_UNCONFIRMED] = {"reverted", "unconfirmed",
                                  "reverted: the new version did not confirm within 3 starts"},
    [OTTER_REASON_BAD_COPY] =
        {"reverted", "bad-copy",
         "reverted: the new version was not whole after it was installed"},
    [OTTER_REASON_NO_IMAGE] = {"refused", "no-image",
                               "refused: the file has no trailer, or it does not fit"},
    [OTTER_REASON_UNSIGNED] = {"refused", "unsigned", "refused: the image is not signed"},
    [OTTER_REASON_UNKNOWN_KEY] = {"refused", "unknown-key",
                                  "refused: it is signed with a key the device does not know"},
    [OTTER_REASON_SIGNATURE] = {"refused", "signature", "refused: its signature is not right"},
    [OTTER_REASON_HARDWARE] = {"refused", "hardware", "refused: it is for other hardware"},
    [OTTER_REASON_OLDER] = {"refused", "older", "refused: it is older than what is installed"},
    [OTTER_REASON_NOT_STARTABLE] = {"refused", "not-startable",
                                    "refused: it cannot start in the device's slot"},
    [OTTER_REASON_DAMAGED] = {"repaired", "damaged",
                              "a repair: the app was damaged, and the image at hand took its "
                              "place"},
    [OTTER_REASON_DIGEST] = {"refused", "digest",
                             "refused: it is not what the app had announced"},
    [OTTER_REASON_FLASH] = {"refused", "flash", "refused: the device's flash does not take it"},
    [OTTER_REASON_CRASHED] = {"in recovery", "crashed",
                              "followed by crashes: the watchdog has reset the app too often"},
    [OTTER_REASON_ASKED] = {"in recovery", "asked", "asked for: the device is in recovery"},
    [OTTER_REASON_INSTALLED] = {"not taken", "installed",
                                "not taken: the device holds this very file already"},
    [OTTER_REASON_ON_TRIAL] = {"not taken", "on-trial",
                               "not taken: the running version was still on trial"},
    [OTTER_REASON_TRIED] = {"not taken", "tried",
                            "not taken: the device has tried this file three times"},
};

const struct reason_text *reason_text(uint8_t number)
{
    static const struct reason_text unknown = {"unknown", "unknown",
                                               "ended for a reason this program does not know"};

    return number < sizeof reasons / sizeof reasons[0] && reasons[number].text != NULL
               ? &reasons[number]
               : &unknown;
}
