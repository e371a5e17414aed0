/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/result_status.h"

unsigned status_of_result(enum fleet_result result)
{
    switch (result) {
    case FLEET_DONE:
        return 200;
    case FLEET_UNAUTHORIZED:
        return 401;
    case FLEET_FORBIDDEN:
        return 403;
    case FLEET_NOT_FOUND:
        return 404;
    case FLEET_GONE:
        return 410;
    case FLEET_CONFLICT:
        return 409;
    case FLEET_INVALID:
        return 400;
    case FLEET_REFUSED:
        return 422;
    case FLEET_BUSY:
    case FLEET_READ_ONLY:
        return 503;
    case FLEET_FULL:
        return 507;
    case FLEET_FAILED:
        break;
    }
    return 500;
}
