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

/* The bootloader's number is of the app, or of the last image that it has refused in its
 * place. */
const char *reason_recovery_text(uint8_t number)
{
    switch (number) {
    case OTTER_REASON_NONE:
        return "";
    case OTTER_REASON_UNCONFIRMED:
        return "the app did not confirm within 3 starts, and there was none to go back to";
    case OTTER_REASON_BAD_COPY:
        return "the app was not whole after it was installed";
    case OTTER_REASON_NO_IMAGE:
        return "there is no image, or none with a trailer that fits";
    case OTTER_REASON_UNSIGNED:
        return "the image at hand is not signed";
    case OTTER_REASON_UNKNOWN_KEY:
        return "the image at hand is signed with a key the device does not know";
    case OTTER_REASON_SIGNATURE:
        return "the signature of the image at hand is not right";
    case OTTER_REASON_HARDWARE:
        return "the image at hand is for other hardware";
    case OTTER_REASON_OLDER:
        return "the image at hand is older than what was installed";
    case OTTER_REASON_NOT_STARTABLE:
        return "the image at hand cannot start in the device's slot";
    case OTTER_REASON_DAMAGED:
        return "the app is damaged";
    case OTTER_REASON_DIGEST:
        return "the image at hand is not what the app had announced";
    case OTTER_REASON_FLASH:
        return "the device's flash does not take what it should";
    case OTTER_REASON_CRASHED:
        return "the watchdog has reset the app too often";
    case OTTER_REASON_ASKED:
        return "the app, or a pin, has asked for it";
    case OTTER_REASON_TRIED:
        return "the file that was offered has been tried three times; it waits for another one";
    default:
        return "for a reason this program does not know";
    }
}

bool reason_is_of_offer(uint8_t number)
{
    return number == OTTER_REASON_INSTALLED || number == OTTER_REASON_ON_TRIAL ||
           number == OTTER_REASON_TRIED;
}
