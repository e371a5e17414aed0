/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/options.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cloud/http/http_listen.h"
#include "host/number.h"

enum { MISUSE = 2, KEY_CERT_DEVICES = 256, KEY_KEY_DEVICES, KEY_UPLOAD_MAX, KEY_CONSOLE_URL };

const char *argp_program_version = "otter-cloud " OTTER_VERSION;

static const struct argp_option option_table[] = {
    {"db", 'd', "FILE", 0, "the database; made if it is not there (default otter.db)", 0},
    {"files", 'f', "DIR", 0,
     "folder of the firmware files (default: the database's name + .files)", 0},
    {"listen", 'l', "ADDRESS", 0, "for people: console and REST (default 127.0.0.1:8080)", 1},
    {"listen-devices", 'L', "ADDRESS", 0, "for devices: DDI (default 127.0.0.1:8081)", 1},
    {"cert", 'c', "FILE", 0, "TLS for people: certificate (PEM)", 2},
    {"key", 'k', "FILE", 0, "its key (PEM)", 2},
    {"cert-devices", KEY_CERT_DEVICES, "FILE", 0, "TLS for devices: certificate (PEM)", 2},
    {"key-devices", KEY_KEY_DEVICES, "FILE", 0, "its key (PEM)", 2},
    {"public-url", 'u', "URL", 0,
     "how devices reach this server, for the links that they get (https://ota.example)", 3},
    {"host", 'H', "HOST[:PORT]", 0,
     "a Host that devices may use, without --public-url; may be given again", 3},
    {"console-url", KEY_CONSOLE_URL, "URL", 0, "how browsers reach the console", 3},
    {"upload-max", KEY_UPLOAD_MAX, "BYTES", 0, "largest firmware file (default 268435456)", 4},
    {0},
};

static error_t misuse(const char *thing, const char *reason)
{
    (void)fprintf(stderr, "otter-cloud: %s: %s\n", thing, reason);
    return EINVAL;
}

/* Into a Host and into links that are JSON it goes as it is. */
static error_t check_plain(const char *option, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= 0x20 || *text >= 0x7F || *text == '"' || *text == '\\') {
            return misuse(option,
                          "only printable ASCII without spaces, quotes and backslashes");
        }
    }
    return 0;
}

static error_t add_host(struct options *options, const char *host)
{
    size_t count = 0;

    if (host[0] == '\0' || strpbrk(host, "/?#@ ") != NULL) {
        return misuse(host, "not HOST[:PORT]");
    }
    if (check_plain("--host", host) != 0) {
        return EINVAL;
    }
    while (options->hosts[count] != NULL) {
        count++;
    }
    if (count == OPTIONS_HOSTS_MAX) {
        return misuse("--host", "too many");
    }
    options->hosts[count] = host;
    return 0;
}

static bool takes_copy(const struct options *options)
{
    return options->command == COMMAND_BACKUP || options->command == COMMAND_RESTORE;
}

static error_t take_word(struct options *options, const char *word, unsigned number)
{
    if (number == 0 && strcmp(word, "backup") == 0) {
        options->command = COMMAND_BACKUP;
    } else if (number == 0 && strcmp(word, "restore") == 0) {
        options->command = COMMAND_RESTORE;
    } else if (number == 0 && strcmp(word, "audit") == 0) {
        options->command = COMMAND_AUDIT;
    } else if (number == 1 && takes_copy(options)) {
        options->copy = word;
    } else {
        return misuse(word, "unexpected argument");
    }
    return 0;
}

/* Where a key's text goes; NULL: it is not a text. */
static const char **place(struct options *options, int key)
{
    switch (key) {
    case 'd':
        return &options->db;
    case 'l':
        return &options->listen;
    case 'L':
        return &options->listen_devices;
    case 'c':
        return &options->cert;
    case 'k':
        return &options->key;
    case KEY_CERT_DEVICES:
        return &options->cert_devices;
    case KEY_KEY_DEVICES:
        return &options->key_devices;
    case 'u':
        return &options->public_url;
    case KEY_CONSOLE_URL:
        return &options->console_url;
    default:
        return NULL;
    }
}

static bool is_url(const char *url)
{
    const char *host = strncmp(url, "https://", 8) == 0  ? url + 8
                       : strncmp(url, "http://", 7) == 0 ? url + 7
                                                         : "/";

    return host[0] != '\0' && strlen(url) < 200 && strpbrk(host, "/?#@ ") == NULL;
}

static error_t check_url(const char *option, const char *url)
{
    if (url == NULL) {
        return 0;
    }
    return is_url(url) ? check_plain(option, url) : misuse(url, "not http[s]://HOST[:PORT]");
}

static error_t check_address(const char *option, const char *address)
{
    struct host_error error;

    if (http_check_address(address, &error) == 0) {
        return 0;
    }
    (void)fprintf(stderr, "otter-cloud: %s %s: %s\n", option, address, error.reason);
    return EINVAL;
}

static error_t check(const struct options *options)
{
    if (check_address("--listen", options->listen) != 0 ||
        check_address("--listen-devices", options->listen_devices) != 0) {
        return EINVAL;
    }
    if (takes_copy(options) && options->copy == NULL) {
        return misuse(options->command == COMMAND_BACKUP ? "backup" : "restore",
                      "a file's name is needed");
    }
    if ((options->cert == NULL) != (options->key == NULL)) {
        return misuse("--cert", "goes with --key");
    }
    if ((options->cert_devices == NULL) != (options->key_devices == NULL)) {
        return misuse("--cert-devices", "goes with --key-devices");
    }
    if (check_url("--public-url", options->public_url) != 0 ||
        check_url("--console-url", options->console_url) != 0) {
        return EINVAL;
    }
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    const char **text = place(options, key);
    struct host_error error;

    if (text != NULL) {
        *text = arg;
        return 0;
    }
    switch (key) {
    case 'f':
        free(options->files);
        options->files = strdup(arg);
        return options->files != NULL ? 0 : ENOMEM;
    case 'H':
        return add_host(options, arg);
    case KEY_UPLOAD_MAX:
        if (number_parse("--upload-max", arg, 1, INT64_MAX, &options->upload_max, &error) !=
            0) {
            return misuse(error.thing, error.reason);
        }
        return 0;
    case ARGP_KEY_ARG:
        return take_word(options, arg, state->arg_num);
    case ARGP_KEY_END:
        return check(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_table,
    .parser = parse,
    .args_doc = "\nbackup FILE\nrestore FILE\naudit",
    .doc =
        "The update server: console and REST for people, hawkBit's DDI for devices.\v"
        "Without a word it serves until SIGTERM. `backup` copies the database, which may be in "
        "use; `restore` puts such a copy in its place while no server runs. `audit` checks the "
        "chain of audit entries in a database or copy that no server uses. The first start "
        "prints a link that makes the first admin."};

int options_parse(int argc, char **argv, struct options *out_options)
{
    *out_options = (struct options){.db = "otter.db",
                                    .listen = "127.0.0.1:8080",
                                    .listen_devices = "127.0.0.1:8081",
                                    .upload_max = 256 << 20};
    static char name[] = "otter-cloud";

    argp_err_exit_status = MISUSE;
    argv[0] = name; /* not its whole path before an error */
    if (argp_parse(&argp, argc, argv, 0, NULL, out_options) != 0) {
        options_free(out_options);
        return MISUSE;
    }
    if (out_options->files == NULL) {
        size_t size = strlen(out_options->db) + sizeof ".files";

        out_options->files = malloc(size);
        if (out_options->files == NULL) {
            return EXIT_FAILURE;
        }
        (void)snprintf(out_options->files, size, "%s.files", out_options->db);
    }
    return 0;
}

void options_free(struct options *options)
{
    free(options->files);
    options->files = NULL;
}

int options_report(const struct host_error *error)
{
    (void)fprintf(stderr, "otter-cloud: %s%s%s\n", error->thing,
                  error->thing[0] != '\0' ? ": " : "", error->reason);
    return EXIT_FAILURE;
}
