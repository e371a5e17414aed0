/* SPDX-License-Identifier: Apache-2.0 */
/* otter-module: the daemon in the place of a Wi-Fi module, and the commands that talk to it;
 * see docs/man/otter-module.1. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/json.h"
#include "moduled/control.h"
#include "moduled/daemon.h"
#include "moduled/log.h"
#include "moduled/settings.h"
#include "moduled/view.h"

enum { CODE_OK = 0, CODE_FAILED = 1, CODE_USAGE = 2 };
enum { OPTION_FIRST = 256, OPTION_CONFIG = OPTION_FIRST + SETTINGS, OPTION_JSON };

struct arguments {
    struct settings settings;
    bool is_given[SETTINGS];
    const char *config;
    const char *command; /* NULL = run */
    bool json;
};

static error_t wrong(const struct host_error *error)
{
    log_error(error);
    return EINVAL;
}

static error_t take_setting(struct arguments *arguments, enum setting setting, const char *text)
{
    struct host_error error;

    if (settings_set(&arguments->settings, setting, text != NULL ? text : "yes", &error) != 0) {
        return wrong(&error);
    }
    arguments->is_given[setting] = true;
    return 0;
}

static error_t take_command(struct arguments *arguments, const char *word)
{
    static const char *const words[] = {"status", "approve", "deny", "force", "poll"};
    struct host_error error;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0 && arguments->command == NULL) {
            arguments->command = words[i];
            return 0;
        }
    }
    (void)host_error_set(&error, word,
                         "no command; there are status, approve, deny, force and poll");
    return wrong(&error);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    if (key >= OPTION_FIRST && key < OPTION_FIRST + SETTINGS) {
        return take_setting(arguments, (enum setting)(key - OPTION_FIRST), arg);
    }
    switch (key) {
    case OPTION_CONFIG:
        arguments->config = arg;
        return 0;
    case OPTION_JSON:
        arguments->json = true;
        return 0;
    case ARGP_KEY_ARG:
        return take_command(arguments, arg);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"port", OPTION_FIRST + SETTING_PORT, "TTY", 0, "serial port the MCU's module UART is on",
     0},
    {"baud", OPTION_FIRST + SETTING_BAUD, "N", 0, "baud rate, 9600 if not given", 0},
    {"cloud", OPTION_FIRST + SETTING_CLOUD, "URL", 0,
     "the update server: https://HOST:PORT, without tenant", 0},
    {"tenant", OPTION_FIRST + SETTING_TENANT, "NAME", 0, "DEFAULT if not given", 0},
    {"id", OPTION_FIRST + SETTING_ID, "ID", 0,
     "controller id; the host's MAC as 12 hexadecimal digits if not given", 0},
    {"token-file", OPTION_FIRST + SETTING_TOKEN_FILE, "FILE", 0,
     "file with the token that the server knows", 0},
    {"gateway-token", OPTION_FIRST + SETTING_GATEWAY, NULL, 0, "that token is a gateway's", 0},
    {"claim", OPTION_FIRST + SETTING_CLAIM, "CODE", 0,
     "claim code for the first contact with an otter-cloud", 0},
    {"state-dir", OPTION_FIRST + SETTING_STATE_DIR, "DIR", 0,
     "where image, state and token are kept; /var/lib/otter-module if not given", 0},
    {"ca", OPTION_FIRST + SETTING_CA, "FILE", 0,
     "certificates to trust instead of the system's", 0},
    {"manual", OPTION_FIRST + SETTING_MANUAL, NULL, 0,
     "an update that the server does not force waits for `otter-module approve'", 0},
    {"poll", OPTION_FIRST + SETTING_POLL, "S", 0,
     "seconds between polls until the server says otherwise, 300 if not given", 0},
    {"slot", OPTION_FIRST + SETTING_SLOT, "BYTES", 0,
     "size of the MCU's slot, 26624 if not given", 0},
    {"config", OPTION_CONFIG, "FILE", 0, "read settings from lines `key = value'", 0},
    {"json", OPTION_JSON, NULL, 0, "status: print it as one JSON object", 0},
    {0}};

static const struct argp argp = {
    .options = option_table,
    .parser = parse_option,
    .args_doc = "[status|approve|deny|force|poll]",
    .doc = "Update an MCU over a serial port from an update server, in the place of its Wi-Fi "
           "module.\vWith a command: ask the daemon that runs on the same --state-dir."};

static int ask(const struct arguments *arguments)
{
    char path[SETTING_SIZE + 16], text[CONTROL_ANSWER_SIZE];
    struct host_error error;

    (void)snprintf(path, sizeof path, "%s/control", arguments->settings.state_dir);
    if (control_ask(path, arguments->command, text, &error) != 0) {
        log_error(&error);
        return CODE_FAILED;
    }
    json_t *object = json_loads(text, 0, NULL);
    const char *reason = json_string_value(json_object_get(object, "error"));
    int code = CODE_OK;
    if (strcmp(arguments->command, "status") == 0) {
        if (arguments->json) {
            (void)puts(text);
        } else if (view_print(text, stdout) != 0) {
            code = CODE_FAILED;
        }
    } else if (object == NULL || reason != NULL) {
        log_line("%s: %s", arguments->command, reason != NULL ? reason : "no answer");
        code = CODE_FAILED;
    }
    json_decref(object);
    return fflush(stdout) == 0 ? code : CODE_FAILED;
}

static int run(struct arguments *arguments)
{
    struct host_error error;

    if (settings_complete(&arguments->settings, &error) != 0) {
        log_error(&error);
        return CODE_USAGE;
    }
    enum daemon_end end = daemon_run(&arguments->settings, &error);
    if (end == DAEMON_ENDED) {
        return CODE_OK;
    }
    log_error(&error);
    return end == DAEMON_WRONG ? CODE_USAGE : CODE_FAILED;
}

int main(int argc, char **argv)
{
    static struct arguments arguments;
    static char name[] = "otter-module";
    struct host_error error;

    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        return puts("otter-module " OTTER_VERSION) >= 0 ? CODE_OK : CODE_FAILED;
    }
    settings_init(&arguments.settings);
    argv[0] = name;
    argp_err_exit_status = CODE_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return CODE_USAGE;
    }
    if (arguments.config != NULL &&
        settings_read(&arguments.settings, arguments.config, arguments.is_given, &error) != 0) {
        log_error(&error);
        return CODE_USAGE;
    }
    return arguments.command != NULL ? ask(&arguments) : run(&arguments);
}
