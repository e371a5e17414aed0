/* SPDX-License-Identifier: Apache-2.0 */
#include "host/port_hint.h"

#include <ctype.h>
#include <dirent.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first line of a small file of the kernel's. Returns false if it has none. */
static bool read_line(const char *path, char out_line[], int size)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return false;
    }
    bool good = fgets(out_line, size, file) != NULL;
    fclose(file);
    if (good) {
        out_line[strcspn(out_line, "\n")] = '\0';
    }
    return good;
}

/* ---- which there are ---- */

/* Consoles and ptys have no device behind them; a UART that a driver only provides for, as
 * ttyS1 on most machines, is of type 0. */
static bool is_port(const char *sys, const char *dev, const char *name)
{
    char path[PATH_MAX], type[16];

    (void)snprintf(path, sizeof path, "%s/%s/device", sys, name);
    if (name[0] == '.' || access(path, F_OK) != 0) {
        return false;
    }
    (void)snprintf(path, sizeof path, "%s/%s/type", sys, name);
    if (read_line(path, type, sizeof type) && strcmp(type, "0") == 0) {
        return false;
    }
    (void)snprintf(path, sizeof path, "%s/%s", dev, name);
    return access(path, F_OK) == 0;
}

void port_hint_ports(const char *sys, const char *dev, char out_text[PORT_HINT_SIZE])
{
    struct dirent **names = NULL;
    int count = scandir(sys, &names, NULL, versionsort);
    size_t len = 0;
    bool is_full = false;

    (void)snprintf(out_text, PORT_HINT_SIZE, "there is no serial port here");
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        if (!is_full && is_port(sys, dev, name)) {
            if (len == 0) {
                len = (size_t)snprintf(out_text, PORT_HINT_SIZE, "there is");
            } else {
                out_text[len++] = ',';
            }
            is_full = len + strlen(dev) + strlen(name) + sizeof " /, ..." > PORT_HINT_SIZE;
            len += (size_t)snprintf(out_text + len, PORT_HINT_SIZE - len,
                                    is_full ? " ..." : " %s/%s", dev, name);
        }
        free(names[i]);
    }
    free(names);
}

/* ---- who may ---- */

void port_hint_permission(const char *path, char out_text[PORT_HINT_SIZE])
{
    struct stat status;

    out_text[0] = '\0';
    if (stat(path, &status) != 0) {
        return;
    }
    const struct group *group = getgrgid(status.st_gid);
    const struct passwd *user = getpwuid(geteuid());
    if ((status.st_mode & (S_IRGRP | S_IWGRP)) == (S_IRGRP | S_IWGRP) && status.st_gid != 0 &&
        group != NULL) {
        (void)snprintf(out_text, PORT_HINT_SIZE,
                       "it is for group %s: `sudo usermod -aG %s %s`, then log in again",
                       group->gr_name, group->gr_name, user != NULL ? user->pw_name : "$USER");
        return;
    }
    const struct passwd *owner = getpwuid(status.st_uid);
    if (owner != NULL) {
        (void)snprintf(out_text, PORT_HINT_SIZE, "it is for user %s alone", owner->pw_name);
    }
}

/* ---- who else has it ---- */

static bool has_open(const char *pid, const char *port)
{
    char path[PATH_MAX], target[PATH_MAX];
    bool found = false;

    (void)snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *fds = opendir(path);
    if (fds == NULL) {
        return false; /* another user's, or gone */
    }
    for (const struct dirent *fd; !found && (fd = readdir(fds)) != NULL;) {
        ssize_t len = readlinkat(dirfd(fds), fd->d_name, target, sizeof target - 1);
        if (len > 0) {
            target[len] = '\0';
            found = strcmp(target, port) == 0;
        }
    }
    closedir(fds);
    return found;
}

bool port_hint_user(const char *path, char out_text[PORT_HINT_SIZE])
{
    char port[PATH_MAX], name_path[PATH_MAX], name[64] = "?";
    DIR *processes = opendir("/proc");
    bool found = false;

    if (processes == NULL || realpath(path, port) == NULL) {
        if (processes != NULL) {
            closedir(processes);
        }
        return false;
    }
    for (const struct dirent *process; !found && (process = readdir(processes)) != NULL;) {
        const char *pid = process->d_name;
        if (!isdigit((unsigned char)pid[0]) || strtol(pid, NULL, 10) == (long)getpid() ||
            !has_open(pid, port)) {
            continue;
        }
        found = true;
        (void)snprintf(name_path, sizeof name_path, "/proc/%s/comm", pid);
        (void)read_line(name_path, name, sizeof name);
        (void)snprintf(out_text, PORT_HINT_SIZE, "%s (pid %.20s)", name, pid);
    }
    closedir(processes);
    return found;
}
