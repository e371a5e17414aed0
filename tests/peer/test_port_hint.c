/* SPDX-License-Identifier: Apache-2.0 */
/* What people are told of a serial port that cannot be opened (host/serial.h,
 * host/port_hint.h): on real ptys, with a second process where there must be one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/port_hint.h"
#include "host/serial.h"

enum { PATH_SIZE = 64, NOBODY = 65534 };

/* ---- which ports there are ---- */

struct tree {
    char dir[PATH_SIZE], sys[PATH_SIZE + 4], dev[PATH_SIZE + 4];
};

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A tty as the kernel shows it. `type` NULL: a driver without that file. */
static void put_tty(const struct tree *tree, const char *name, bool has_device,
                    const char *type, bool has_node)
{
    char path[2 * PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/%s", tree->sys, name);
    assert_int_equal(mkdir(path, 0700), 0);
    if (has_device) {
        (void)snprintf(path, sizeof path, "%s/%s/device", tree->sys, name);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    if (type != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s/type", tree->sys, name);
        put_file(path, type);
    }
    if (has_node) {
        (void)snprintf(path, sizeof path, "%s/%s", tree->dev, name);
        put_file(path, "");
    }
}

static int make_tree(void **state)
{
    struct tree *tree = calloc(1, sizeof *tree);
    assert_non_null(tree);
    strcpy(tree->dir, "/tmp/otter-ports-XXXXXX");
    assert_non_null(mkdtemp(tree->dir));
    (void)snprintf(tree->sys, sizeof tree->sys, "%s/sys", tree->dir);
    (void)snprintf(tree->dev, sizeof tree->dev, "%s/dev", tree->dir);
    assert_int_equal(mkdir(tree->sys, 0700), 0);
    assert_int_equal(mkdir(tree->dev, 0700), 0);
    *state = tree;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int remove_tree(void **state)
{
    struct tree *tree = *state;
    int err = nftw(tree->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(tree);
    return err;
}

static void test_ports_that_there_are(void **state)
{
    const struct tree *tree = *state;
    char text[PORT_HINT_SIZE], expected[2 * PORT_HINT_SIZE];

    put_tty(tree, "ttyUSB10", true, NULL, true);
    put_tty(tree, "ttyUSB2", true, NULL, true);
    put_tty(tree, "ttyS0", true, "4\n", true);
    put_tty(tree, "ttyS1", true, "0\n", true);   /* only provided for */
    put_tty(tree, "tty1", false, NULL, true);    /* a console */
    put_tty(tree, "ttyACM0", true, NULL, false); /* of another container */
    port_hint_ports(tree->sys, tree->dev, text);
    (void)snprintf(expected, sizeof expected, "there is %s/ttyS0, %s/ttyUSB2, %s/ttyUSB10",
                   tree->dev, tree->dev, tree->dev);
    assert_string_equal(text, expected);
}

static void test_ports_none(void **state)
{
    const struct tree *tree = *state;
    char text[PORT_HINT_SIZE];

    put_tty(tree, "tty1", false, NULL, true);
    port_hint_ports(tree->sys, tree->dev, text);
    assert_string_equal(text, "there is no serial port here");
    port_hint_ports("/none", "/none", text);
    assert_string_equal(text, "there is no serial port here");
}

static void test_ports_too_many(void **state)
{
    const struct tree *tree = *state;
    char text[PORT_HINT_SIZE];

    for (int i = 0; i < 40; i++) {
        char name[PATH_SIZE];
        (void)snprintf(name, sizeof name, "ttyUSB%d", i);
        put_tty(tree, name, true, NULL, true);
    }
    port_hint_ports(tree->sys, tree->dev, text);
    assert_non_null(strstr(text, "/ttyUSB0, "));
    assert_string_equal(text + strlen(text) - 5, ", ...");
    assert_null(strstr(text, "ttyUSB39"));
}

/* ---- who may open it ---- */

/* A group that is not root's, which a file of ours can have. */
static gid_t some_group(void)
{
    const struct group *group = getgrnam("dialout");
    return getegid() != 0 ? getegid() : group != NULL ? group->gr_gid : 1;
}

static void test_permission_names_the_group(void **state)
{
    char path[] = "/tmp/otter-port-XXXXXX", text[PORT_HINT_SIZE];
    char expected[2 * PORT_HINT_SIZE];
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fchown(fd, (uid_t)-1, some_group()), 0);
    assert_int_equal(fchmod(fd, 0660), 0);
    port_hint_permission(path, text);
    const struct group *group = getgrgid(some_group());
    assert_non_null(group);
    const struct passwd *user = getpwuid(geteuid());
    assert_non_null(user);
    (void)snprintf(expected, sizeof expected,
                   "it is for group %s: `sudo usermod -aG %s %s`, then log in again",
                   group->gr_name, group->gr_name, user->pw_name);
    assert_string_equal(text, expected);
    assert_int_equal(fchmod(fd, 0640), 0); /* the group cannot write */
    port_hint_permission(path, text);
    (void)snprintf(expected, sizeof expected, "it is for user %s alone", user->pw_name);
    assert_string_equal(text, expected);
    close(fd);
    unlink(path);
    port_hint_permission(path, text);
    assert_string_equal(text, "");
}

/* ---- a pty ---- */

struct pty {
    int master;
    char path[PATH_SIZE];
};

static int make_pty(void **state)
{
    struct pty *pty = calloc(1, sizeof *pty);
    assert_non_null(pty);
    pty->master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(pty->master >= 0);
    assert_int_equal(grantpt(pty->master), 0);
    assert_int_equal(unlockpt(pty->master), 0);
    assert_int_equal(ptsname_r(pty->master, pty->path, sizeof pty->path), 0);
    *state = pty;
    return 0;
}

static int drop_pty(void **state)
{
    struct pty *pty = *state;
    close(pty->master);
    free(pty);
    return 0;
}

/* Another process; it ends when nobody has the pipe's end open any more. */
struct other {
    pid_t pid;
    int pipe;
};

/* Start one that opens the port, as `otter` does (locked) or as `cat` does. */
static struct other start_other(const struct pty *pty, bool locks)
{
    int ready[2], go[2];
    char byte;
    struct other other;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(go, O_CLOEXEC), 0);
    other.pid = fork();
    assert_true(other.pid >= 0);
    if (other.pid == 0) {
        struct serial serial;
        close(go[1]);
        bool good = locks ? serial_open(&serial, pty->path, 9600, NULL) == 0
                          : open(pty->path, O_RDWR | O_NOCTTY) >= 0;
        good = good && write(ready[1], "r", 1) == 1 && read(go[0], &byte, 1) == 0;
        if (locks) {
            serial_close(&serial); /* a pty stays locked when its user is gone */
        }
        _exit(good ? 0 : 1);
    }
    close(ready[1]);
    close(go[0]);
    other.pipe = go[1];
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return other;
}

static void end_other(const struct other *other)
{
    int status;

    close(other->pipe);
    assert_int_equal(waitpid(other->pid, &status, 0), other->pid);
    assert_int_equal(status, 0);
}

/* "NAME (pid N)" */
static void name_other(const struct other *other, char out_text[PORT_HINT_SIZE])
{
    /* the kernel cuts a name to 15 characters */
    (void)snprintf(out_text, PORT_HINT_SIZE, "%.15s (pid %d)", program_invocation_short_name,
                   (int)other->pid);
}

static void test_user_is_found(void **state)
{
    const struct pty *pty = *state;
    char text[PORT_HINT_SIZE], expected[PORT_HINT_SIZE];
    int own = open(pty->path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    assert_true(own >= 0);
    assert_false(port_hint_user(pty->path, text)); /* we do not count */
    struct other other = start_other(pty, false);
    close(own);
    assert_true(port_hint_user(pty->path, text));
    name_other(&other, expected);
    assert_string_equal(text, expected);
    end_other(&other);
    assert_false(port_hint_user(pty->path, text));
    assert_false(port_hint_user("/none/tty", text));
}

static void test_open_of_a_locked_port_names_its_user(void **state)
{
    const struct pty *pty = *state;
    struct other other = start_other(pty, true);
    struct host_error error;
    struct serial serial;
    char user[PORT_HINT_SIZE], expected[HOST_REASON_SIZE];

    assert_int_equal(serial_open(&serial, pty->path, 9600, &error), -1);
    name_other(&other, user);
    (void)snprintf(expected, sizeof expected, "another program uses this port: %s", user);
    assert_string_equal(error.thing, pty->path);
    assert_string_equal(error.reason, expected);
    end_other(&other);
    assert_int_equal(serial_open(&serial, pty->path, 9600, &error), 0);
    serial_close(&serial);
}

/* As an ordinary user, who may not: 0 if the error says who may. */
static int open_without_permission(const char *path)
{
    struct host_error error;
    struct serial serial;
    char hint[PORT_HINT_SIZE], expected[HOST_REASON_SIZE];

    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
        return 2;
    }
    if (serial_open(&serial, path, 9600, &error) == 0) {
        return 3;
    }
    port_hint_permission(path, hint);
    (void)snprintf(expected, sizeof expected, "Permission denied; %s", hint);
    return hint[0] != '\0' && strcmp(error.reason, expected) == 0 ? 0 : 4;
}

static void test_open_without_permission_says_who_may(void **state)
{
    const struct pty *pty = *state;
    int status;

    assert_int_equal(chmod(pty->path, 0060), 0); /* not even its owner */
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(open_without_permission(pty->path));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_open_of_a_missing_port_lists_them(void **state)
{
    struct host_error error;
    struct serial serial;
    char text[PORT_HINT_SIZE], expected[HOST_REASON_SIZE];

    (void)state;
    assert_int_equal(serial_open(&serial, "COM3", 9600, &error), -1);
    port_hint_ports("/sys/class/tty", "/dev", text);
    (void)snprintf(expected, sizeof expected, "No such file or directory; %s", text);
    assert_string_equal(error.reason, expected);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ports_that_there_are, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_ports_none, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(test_ports_too_many, make_tree, remove_tree),
        cmocka_unit_test(test_permission_names_the_group),
        cmocka_unit_test_setup_teardown(test_user_is_found, make_pty, drop_pty),
        cmocka_unit_test_setup_teardown(test_open_of_a_locked_port_names_its_user, make_pty,
                                        drop_pty),
        cmocka_unit_test_setup_teardown(test_open_without_permission_says_who_may, make_pty,
                                        drop_pty),
        cmocka_unit_test(test_open_of_a_missing_port_lists_them),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
