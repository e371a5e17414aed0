/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/url.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535, PORT_DIGITS = 5 };

/* Where its host begins: after "http://" or "https://". NULL = neither. */
static const char *authority(const char *url, bool *out_is_tls)
{
    *out_is_tls = strncasecmp(url, "https://", 8) == 0;
    if (*out_is_tls) {
        return url + 8;
    }
    return strncasecmp(url, "http://", 7) == 0 ? url + 7 : NULL;
}

/* Host and port of a URL: the host's length, and the port, 0 = it is none. */
struct place {
    const char *host;
    size_t host_len;
    unsigned port;
    bool is_tls;
};

static unsigned read_port(const char *digits, size_t len)
{
    unsigned port = 0;

    if (len > PORT_DIGITS) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)digits[i])) {
            return 0;
        }
        port = port * 10 + (unsigned)(digits[i] - '0');
    }
    return port <= PORT_MAX ? port : 0;
}

static bool find_place(const char *url, struct place *out)
{
    out->host = authority(url, &out->is_tls);
    if (out->host == NULL) {
        return false;
    }
    size_t len = strcspn(out->host, "/?#");
    /* The colon of a port comes after the bracket that ends an IPv6 address. */
    size_t host_len = 0;
    if (out->host[0] == '[') {
        while (host_len < len && out->host[host_len] != ']') {
            host_len++;
        }
    }
    while (host_len < len && out->host[host_len] != ':') {
        host_len++;
    }
    out->host_len = host_len;
    out->port = out->is_tls ? 443 : 80;
    if (host_len + 1 < len) {
        out->port = read_port(out->host + host_len + 1, len - host_len - 1);
    }
    return host_len > 0 && out->port != 0 && memchr(out->host, '@', len) == NULL;
}

bool url_is_good(const char *url)
{
    struct place place;

    for (const char *c = url; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}#", *c) != NULL) {
            return false;
        }
    }
    return strlen(url) < DDI_URL_SIZE && find_place(url, &place);
}

bool url_is_same_origin(const char *a, const char *b)
{
    struct place at_a, at_b;

    return find_place(a, &at_a) && find_place(b, &at_b) && at_a.is_tls == at_b.is_tls &&
           at_a.port == at_b.port && at_a.host_len == at_b.host_len &&
           strncasecmp(at_a.host, at_b.host, at_a.host_len) == 0;
}

/* The part of `base` in front of which kind of relative link? */
static size_t kept_of_base(const char *base, const char *href)
{
    bool is_tls;
    const char *host = authority(base, &is_tls);

    if (host == NULL) {
        return 0;
    }
    if (href[0] == '/' && href[1] == '/') {
        return (size_t)(host - base) - 2;
    }
    size_t path = (size_t)(host - base) + strcspn(host, "/?#");
    if (href[0] == '/') {
        return path;
    }
    size_t end = path + strcspn(base + path, "?#");
    while (end > path && base[end - 1] != '/') {
        end--;
    }
    return end;
}

int url_resolve(const char *base, const char *href, char out_url[DDI_URL_SIZE])
{
    size_t scheme = strcspn(href, ":/?#");
    bool is_absolute = href[scheme] == ':';
    size_t kept = is_absolute ? 0 : kept_of_base(base, href);
    bool lacks_slash = !is_absolute && href[0] != '/' && kept > 0 && base[kept - 1] != '/';

    int len = snprintf(out_url, DDI_URL_SIZE, "%.*s%s%s", (int)kept, base,
                       lacks_slash ? "/" : "", href);
    return len > 0 && len < DDI_URL_SIZE && url_is_good(out_url) ? 0 : -1;
}
