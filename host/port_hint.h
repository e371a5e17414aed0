/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_PORT_HINT_H
#define HOST_PORT_HINT_H

#include <stdbool.h>

/* What this machine knows of a serial port that cannot be opened, or does not do what it
 * should: clauses for a person, to stand behind the reason. */
enum { PORT_HINT_SIZE = 200 };

/* Which serial ports there are. `sys` and `dev` are /sys/class/tty and /dev, but in tests. */
void port_hint_ports(const char *sys, const char *dev, char out_text[PORT_HINT_SIZE]);

/* Who may open the port, and how to become one of them; "" = not known. */
void port_hint_permission(const char *path, char out_text[PORT_HINT_SIZE]);

/* Which other process has the port open, e.g. "cat (pid 4711)". It takes bytes away if it
 * reads. Returns false if there is none, or none that this user may see. */
bool port_hint_user(const char *path, char out_text[PORT_HINT_SIZE]);

#endif
