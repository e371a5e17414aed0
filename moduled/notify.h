/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODULED_NOTIFY_H
#define MODULED_NOTIFY_H

#include <stdint.h>

/* systemd's notification protocol, sd_notify(3): one datagram to the socket that NOTIFY_SOCKET
 * names. Without it nothing is sent. */
void notify(const char *text);

/* How often WATCHDOG=1 is wanted, in ms: half of WATCHDOG_USEC; 0 = not. */
uint64_t notify_watchdog_ms(void);

#endif
