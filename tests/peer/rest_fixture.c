/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloud/rest/rest.h"
#include "cloud/store/store_sqlite.h"
#include "peer/rest_fixture.h"
#include "support/store_fixture.h"

enum { UPLOAD_MAX = 100000, ANSWER_MAX = 1 << 20 };

static struct {
    struct store *store;
    struct firmware_files *files;
    struct fleet *fleet;
    struct fleet_clock clock;
    struct rest *rest;
    struct http_server *server;
    char setup[FLEET_SECRET_SIZE], admin[FLEET_SECRET_SIZE], token[FLEET_SECRET_SIZE];
    struct rest_answer answer;
} fixture;

static int64_t now_ms;

static int64_t read_clock(void *ctx)
{
    (void)ctx;
    return __atomic_load_n(&now_ms, __ATOMIC_SEQ_CST);
}

void rest_pass_ms(int64_t ms)
{
    (void)__atomic_add_fetch(&now_ms, ms, __ATOMIC_SEQ_CST);
}

/* ---- life ---- */
static void start_listener(void)
{
    struct host_error error;
    struct rest_config config = {.fleet = fixture.fleet,
                                 .files = fixture.files,
                                 .clock = &fixture.clock,
                                 .upload_max = UPLOAD_MAX};

    assert_int_equal(rest_open(&config, &fixture.rest, &error), 0);
    struct http_listener listener = {.address = "127.0.0.1:0",
                                     .threads = 1,
                                     .pool_size = 32768,
                                     .plan_body = rest_plan_body,
                                     .handle = rest_handle,
                                     .ctx = fixture.rest};
    assert_int_equal(http_start(&listener, &fixture.server, &error), 0);
}

int rest_fixture_start(void **state)
{
    struct host_error error;

    (void)state;
    memset(&fixture, 0, sizeof fixture);
    now_ms = INT64_C(1795000000000);
    fixture.clock = (struct fleet_clock){.wall_ms = read_clock, .steady_ms = read_clock};
    fixture_make_folder();
    assert_int_equal(store_sqlite_open(fixture_path("db"), &fixture.store, &error), 0);
    assert_int_equal(firmware_files_open(fixture_path("files"), &fixture.files, &error), 0);
    assert_int_equal(fleet_open(fixture.store, &fixture.clock, &fixture.fleet, &error), 0);
    start_listener();
    return 0;
}

int rest_fixture_stop(void **state)
{
    (void)state;
    rest_close_streams(fixture.rest);
    http_stop(fixture.server);
    fixture.store->close(fixture.store);
    fleet_close(fixture.fleet);
    rest_close(fixture.rest);
    firmware_files_close(fixture.files);
    fixture_remove_folder();
    json_decref(fixture.answer.json);
    free(fixture.answer.body);
    return 0;
}

struct fleet *rest_fleet(void)
{
    return fixture.fleet;
}

uint16_t rest_port(void)
{
    return http_port(fixture.server);
}

void rest_fixture_tick(void)
{
    rest_tick(fixture.rest);
}

/* ---- the client ---- */
int rest_connect(const char *bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(rest_port()),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_true(write(fd, bytes, strlen(bytes)) == (ssize_t)strlen(bytes));
    return fd;
}

static void read_answer(int fd, struct rest_answer *out_answer)
{
    static char all[ANSWER_MAX + 1];
    size_t len = 0;
    ssize_t part;

    while ((part = read(fd, all + len, ANSWER_MAX - len)) > 0) {
        len += (size_t)part;
    }
    (void)close(fd);
    all[len] = '\0';
    char *end = strstr(all, "\r\n\r\n");
    assert_non_null(end);
    assert_int_equal(sscanf(all, "HTTP/1.1 %u", &out_answer->status), 1);
    end[2] = '\0';
    size_t head_len = strlen(all);
    assert_true(head_len < sizeof out_answer->head);
    memcpy(out_answer->head, all, head_len + 1);
    out_answer->len = len - (size_t)(end + 4 - all);
    out_answer->body = malloc(out_answer->len + 1);
    assert_non_null(out_answer->body);
    memcpy(out_answer->body, end + 4, out_answer->len + 1);
    out_answer->json = json_loadb(out_answer->body, out_answer->len, 0, NULL);
}

const struct rest_answer *rest_send(const char *method, const char *path, const char *headers,
                                    const void *body, size_t len)
{
    char head[8192];
    int head_len = snprintf(head, sizeof head,
                            "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s",
                            method, path, rest_port(), headers);

    assert_true(head_len > 0 && (size_t)head_len < sizeof head - 64);
    (void)snprintf(head + head_len, sizeof head - (size_t)head_len,
                   body != NULL ? "Content-Length: %zu\r\n\r\n" : "\r\n", len);
    int fd = rest_connect(head);
    if (body != NULL) { /* the server may answer and close before it has all */
        (void)send(fd, body, len, MSG_NOSIGNAL);
    }
    json_decref(fixture.answer.json);
    free(fixture.answer.body);
    memset(&fixture.answer, 0, sizeof fixture.answer);
    read_answer(fd, &fixture.answer);
    return &fixture.answer;
}

const struct rest_answer *rest_ask(const char *token, const char *method, const char *path,
                                   const char *json)
{
    char headers[300] = "";

    if (token != NULL) {
        (void)snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n", token);
    }
    if (json != NULL) {
        strcat(headers, "Content-Type: application/json\r\n");
    }
    return rest_send(method, path, headers, json, json != NULL ? strlen(json) : 0);
}

const struct rest_answer *rest_must(unsigned status, const char *token, const char *method,
                                    const char *path, const char *json)
{
    const struct rest_answer *answer = rest_ask(token, method, path, json);

    if (answer->status != status) {
        fail_msg("%s %s: %u and not %u: %s", method, path, answer->status, status,
                 answer->body);
    }
    return answer;
}

unsigned rest_patch_product(int64_t id, const char *if_match, const char *json)
{
    char path[80], lines[300];

    (void)snprintf(path, sizeof path, "/api/v1/products/%lld", (long long)id);
    (void)snprintf(lines, sizeof lines,
                   "Authorization: Bearer %s\r\nContent-Type: application/json\r\n%s",
                   rest_admin(), if_match);
    return rest_send("PATCH", path, lines, json, strlen(json))->status;
}

const struct rest_answer *rest_upload(const char *query, const void *bytes, size_t len)
{
    char path[300], lines[200];

    (void)snprintf(path, sizeof path, "/api/v1/firmware?%s", query);
    (void)snprintf(lines, sizeof lines,
                   "Authorization: Bearer %s\r\nContent-Type: application/octet-stream\r\n",
                   rest_admin());
    return rest_send("PUT", path, lines, bytes, len);
}

int64_t rest_integer(const char *name)
{
    const json_t *value = json_object_get(fixture.answer.json, name);

    if (!json_is_integer(value)) {
        fail_msg("no integer %s: %s", name, fixture.answer.body);
    }
    return json_integer_value(value);
}

const char *rest_text(const char *name)
{
    const char *text = json_string_value(json_object_get(fixture.answer.json, name));

    if (text == NULL) {
        fail_msg("no text %s: %s", name, fixture.answer.body);
    }
    return text;
}

json_t *rest_items(size_t count)
{
    json_t *items = json_object_get(fixture.answer.json, "items");

    if (!json_is_array(items) || json_array_size(items) != count) {
        fail_msg("not %zu items: %s", count, fixture.answer.body);
    }
    return items;
}

/* ---- tokens ---- */
static void note(void *ctx, const struct fleet_answer *answer)
{
    int *io_state = ctx;

    __atomic_store_n(io_state, answer->result == FLEET_DONE ? 1 : -1, __ATOMIC_SEQ_CST);
}

const char *rest_setup_code(void)
{
    struct record_token wish = {.kind = TOKEN_SETUP, .uses_left = 1};
    int state = 0;

    fleet_make_token(fixture.fleet, "test", &wish, fixture.setup, note, &state);
    while (__atomic_load_n(&state, __ATOMIC_SEQ_CST) == 0) {
        (void)usleep(100);
    }
    assert_int_equal(state, 1);
    return fixture.setup;
}

const char *rest_admin(void)
{
    char body[100];

    if (fixture.admin[0] == '\0') {
        (void)snprintf(body, sizeof body, "{\"setup\":\"%s\"}", rest_setup_code());
        (void)rest_must(201, NULL, "POST", "/api/v1/session", body);
        (void)snprintf(fixture.admin, sizeof fixture.admin, "%s", rest_text("token"));
    }
    return fixture.admin;
}

const char *rest_token(const char *role)
{
    char body[100];

    (void)snprintf(body, sizeof body, "{\"kind\":\"api\",\"name\":\"%s\",\"role\":\"%s\"}",
                   role, role);
    (void)rest_must(201, rest_admin(), "POST", "/api/v1/tokens", body);
    (void)snprintf(fixture.token, sizeof fixture.token, "%s", rest_text("token"));
    return fixture.token;
}

void rest_sign_in(const char *token, char out_cookie[REST_COOKIE_LINE_SIZE])
{
    char body[100];

    (void)snprintf(body, sizeof body, "{\"token\":\"%s\"}", token);
    const struct rest_answer *answer = rest_must(201, NULL, "POST", "/api/v1/session", body);
    const char *set = strstr(answer->head, "Set-Cookie: otter_session=");
    assert_non_null(set);
    set += strlen("Set-Cookie: ");
    (void)snprintf(out_cookie, REST_COOKIE_LINE_SIZE, "Cookie: %.*s\r\n",
                   (int)strcspn(set, ";"), set);
}
