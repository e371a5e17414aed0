/* SPDX-License-Identifier: Apache-2.0 */
#include "testapp.h"

const char testapp_name[] = "app new";
