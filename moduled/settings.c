/* SPDX-License-Identifier: Apache-2.0 */
#include "moduled/settings.h"

#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/file.h"
#include "host/number.h"
#include "host/serial.h"
#include "otter/image.h"

enum {
    CONFIG_MAX = 65536,
    CA_MAX = 0x400000,
    SLOT_MAX = 0x100000,
    MAC_LEN = 6,
    SLOT_DEFAULT = 26624
};

static const char default_state_dir[] = "/var/lib/otter-module";

/* By setting. A text goes to `offset`; all others are read by settings_set(). */
static const struct row {
    const char *key;
    size_t offset;
} rows[SETTINGS] = {
    [SETTING_PORT] = {"port", offsetof(struct settings, port)},
    [SETTING_BAUD] = {"baud", 0},
    [SETTING_CLOUD] = {"cloud", offsetof(struct settings, cloud)},
    [SETTING_TENANT] = {"tenant", offsetof(struct settings, tenant)},
    [SETTING_ID] = {"id", offsetof(struct settings, id)},
    [SETTING_TOKEN_FILE] = {"token-file", offsetof(struct settings, token_file)},
    [SETTING_GATEWAY] = {"gateway-token", 0},
    [SETTING_CLAIM] = {"claim", offsetof(struct settings, claim)},
    [SETTING_STATE_DIR] = {"state-dir", offsetof(struct settings, state_dir)},
    [SETTING_CA] = {"ca", offsetof(struct settings, ca)},
    [SETTING_MANUAL] = {"manual", 0},
    [SETTING_POLL] = {"poll", 0},
    [SETTING_SLOT] = {"slot", 0},
};

void settings_init(struct settings *settings)
{
    *settings = (struct settings){.baud = 9600, .poll_s = 300, .slot_size = SLOT_DEFAULT};
    memcpy(settings->tenant, "DEFAULT", 8);
    memcpy(settings->state_dir, default_state_dir, sizeof default_state_dir);
}

static int set_text(char out[SETTING_SIZE], const char *key, const char *value,
                    struct host_error *out_error)
{
    if (value[0] == '\0' || strlen(value) >= SETTING_SIZE) {
        return host_error_set(out_error, key, "1 to %d characters", SETTING_SIZE - 1);
    }
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

static int set_flag(bool *out, const char *key, const char *value, struct host_error *out_error)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
        return host_error_set(out_error, key, "yes or no");
    }
    *out = strcmp(value, "yes") == 0;
    return 0;
}

static int set_baud(struct settings *settings, const char *value, struct host_error *out_error)
{
    uint64_t baud;

    if (number_parse("baud", value, 1, 10000000, &baud, out_error) != 0) {
        return -1;
    }
    if (!serial_baud_is_known((long)baud)) {
        return host_error_set(out_error, "baud", "not a baud rate this system knows");
    }
    settings->baud = (long)baud;
    return 0;
}

static int set_number(uint32_t *out, const char *key, const char *value, uint32_t min,
                      uint32_t max, struct host_error *out_error)
{
    uint64_t number;

    if (number_parse(key, value, min, max, &number, out_error) != 0) {
        return -1;
    }
    *out = (uint32_t)number;
    return 0;
}

int settings_set(struct settings *settings, enum setting setting, const char *value,
                 struct host_error *out_error)
{
    const struct row *row = &rows[setting];

    switch (setting) {
    case SETTING_BAUD:
        return set_baud(settings, value, out_error);
    case SETTING_GATEWAY:
        return set_flag(&settings->is_gateway_token, row->key, value, out_error);
    case SETTING_MANUAL:
        return set_flag(&settings->is_manual, row->key, value, out_error);
    case SETTING_POLL:
        return set_number(&settings->poll_s, row->key, value, 1, 86400, out_error);
    case SETTING_SLOT:
        return set_number(&settings->slot_size, row->key, value, OTTER_IMAGE_SIZE_MIN, SLOT_MAX,
                          out_error);
    case SETTING_PORT:
    case SETTING_CLOUD:
    case SETTING_TENANT:
    case SETTING_ID:
    case SETTING_TOKEN_FILE:
    case SETTING_CLAIM:
    case SETTING_STATE_DIR:
    case SETTING_CA:
    case SETTINGS:
        break;
    }
    return set_text((char *)settings + row->offset, row->key, value, out_error);
}

/* ---- the file ---- */

static char *trimmed(char *text)
{
    while (isspace((unsigned char)*text)) {
        text++;
    }
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1])) {
        text[--len] = '\0';
    }
    return text;
}

static int read_line(struct settings *settings, char *line, const bool is_given[SETTINGS],
                     struct host_error *out_error)
{
    char *key = trimmed(line), *equals = strchr(key, '=');

    if (key[0] == '\0' || key[0] == '#') {
        return 0;
    }
    if (equals == NULL) {
        return host_error_set(out_error, key, "no `key = value'");
    }
    *equals = '\0';
    key = trimmed(key);
    for (int i = 0; i < SETTINGS; i++) {
        if (strcmp(key, rows[i].key) == 0) {
            return is_given[i] ? 0
                               : settings_set(settings, (enum setting)i, trimmed(equals + 1),
                                              out_error);
        }
    }
    return host_error_set(out_error, key, "no such setting");
}

int settings_read(struct settings *settings, const char *path, const bool is_given[SETTINGS],
                  struct host_error *out_error)
{
    struct file file;
    struct host_error error;
    int err = 0, number = 0;

    if (file_read(path, CONFIG_MAX, &file, out_error) != 0) {
        return -1;
    }
    char *text = malloc(file.len + 1);
    if (text == NULL) {
        file_free(&file);
        return host_error_set(out_error, path, "not enough memory");
    }
    memcpy(text, file.data, file.len);
    text[file.len] = '\0';
    char *next = text;
    while (err == 0 && next != NULL) {
        char *line = strsep(&next, "\n");
        number++;
        err = read_line(settings, line, is_given, &error);
    }
    if (err != 0) {
        (void)host_error_set(out_error, path, "line %d: %s: %s", number, error.thing,
                             error.reason);
    }
    free(text);
    file_free(&file);
    return err;
}

/* ---- completeness ---- */

/* The MAC of the interface with the lowest index that has one. */
static int find_mac(char out[SETTING_SIZE], struct host_error *out_error)
{
    struct ifaddrs *list = NULL;
    int best = 0;

    if (getifaddrs(&list) != 0) {
        return host_error_set(out_error, "id", "no MAC of this host can be found; give --id");
    }
    for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
        struct sockaddr_ll link;
        static const unsigned char none[MAC_LEN];
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_PACKET ||
            (i->ifa_flags & IFF_LOOPBACK) != 0) {
            continue;
        }
        memcpy(&link, i->ifa_addr, sizeof link);
        if (link.sll_halen == MAC_LEN && memcmp(link.sll_addr, none, MAC_LEN) != 0 &&
            (best == 0 || link.sll_ifindex < best)) {
            best = link.sll_ifindex;
            (void)snprintf(out, SETTING_SIZE, "%02x%02x%02x%02x%02x%02x", link.sll_addr[0],
                           link.sll_addr[1], link.sll_addr[2], link.sll_addr[3],
                           link.sll_addr[4], link.sll_addr[5]);
        }
    }
    freeifaddrs(list);
    return best != 0 ? 0 : host_error_set(out_error, "id", "this host has no MAC; give --id");
}

/* As the TLS library will read them: one that it cannot read fails every connection. */
static int check_certificates(BIO *bio, const char *path, struct host_error *out_error)
{
    size_t count = 0;
    X509 *certificate;

    ERR_clear_error();
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        X509_free(certificate);
        count++;
    }
    bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!is_at_end) {
        return host_error_set(out_error, path, "certificate %zu in it cannot be read",
                              count + 1);
    }
    return count != 0 ? 0 : host_error_set(out_error, path, "no certificate in PEM is in it");
}

int settings_check_ca(const char *path, struct host_error *out_error)
{
    struct file file;

    if (file_read(path, CA_MAX, &file, out_error) != 0) {
        return -1;
    }
    BIO *bio = BIO_new_mem_buf(file.data, (int)file.len);
    int err = bio != NULL ? check_certificates(bio, path, out_error)
                          : host_error_set(out_error, path, "no memory");
    BIO_free(bio);
    file_free(&file);
    return err;
}

int settings_complete(struct settings *settings, struct host_error *out_error)
{
    if (settings->port[0] == '\0') {
        return host_error_set(out_error, NULL, "no serial port given (--port)");
    }
    if (settings->cloud[0] == '\0') {
        return host_error_set(out_error, NULL, "no server given (--cloud)");
    }
    if (settings->claim[0] != '\0' && settings->token_file[0] != '\0') {
        return host_error_set(out_error, NULL,
                              "--claim is for a token that the device makes; it excludes "
                              "--token-file");
    }
    return settings->id[0] != '\0' ? 0 : find_mac(settings->id, out_error);
}
