/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "cloud/device_api.h"
#include "cloud/fleet/fleet_wait.h"
#include "cloud/hook/hook.h"
#include "cloud/rest/rest.h"
#include "cloud/store/audit.h"
#include "cloud/store/store_sqlite.h"

enum {
    SETUP_MINUTES = 15,
    MINUTE_MS = 60000,
    TICK_MS = 1000,      /* of the fleet */
    IDLE_MS = 50,        /* until it is asked again whether there is something to sweep */
    SWEEP_PAUSE_MS = 5,  /* between two steps of a sweep: requests get the fleet's lock */
    DEVICE_POOL = 8192,  /* bytes a connection: a device's requests are short */
    PEOPLE_POOL = 32768, /* browsers send long heads */
    CONNECTIONS_MAX = 20000,
    PEOPLE_MAX = 1000,
    FILES_RESERVE = 64, /* descriptors that are no connections: database, listeners, ... */
};

struct server {
    struct store *store;
    struct firmware_files *files;
    struct fleet *fleet;
    struct fleet_clock clock;
    struct rest *rest;
    struct hook *hook;
    struct device_api device_api;
    struct http_server *people, *devices;
    char setup_secret[FLEET_SECRET_SIZE]; /* "" = there is an admin */
    const struct options *options;
    int64_t ticked_ms;
};

/* ---- clock ---- */
static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

static int64_t steady_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_BOOTTIME);
}

/* ---- the first admin ---- */
/* The link is good when it is printed: it is durable before. */
static int make_setup_link(struct server *server, struct host_error *out_error)
{
    struct fleet_wait wait;
    struct fleet_answer answer;
    const struct record_token wish = {.kind = TOKEN_SETUP,
                                      .name = "set-up link",
                                      .uses_left = 1,
                                      .expires_at =
                                          wall_ms(NULL) + (int64_t)SETUP_MINUTES * MINUTE_MS};

    if (fleet_is_set_up(server->fleet)) {
        return 0;
    }
    fleet_wait_begin(&wait);
    fleet_make_token(server->fleet, "start", &wish, server->setup_secret, fleet_wait_take,
                     &wait);
    answer = fleet_wait_end(&wait);
    return answer.result == FLEET_DONE
               ? 0
               : host_error_set(out_error, "set-up link", "%s", answer.reason);
}

/* ---- files ---- */
/* A database that was restored without its folder looks healthy until a device downloads. */
static bool check_file(void *ctx, const void *record)
{
    struct server *server = ctx;
    const struct record_firmware *firmware = record;
    struct host_error error;
    int fd;

    if (firmware->archived_at != 0) {
        return true;
    }
    fd = firmware_files_open_one(server->files, firmware, &error);
    if (fd < 0) {
        (void)fprintf(stderr, "otter-cloud: firmware %lld, %s: %s: %s\n",
                      (long long)firmware->head.id, firmware->version, error.thing,
                      error.reason);
        return true;
    }
    (void)close(fd);
    return true;
}

/* ---- start and stop ---- */
/* How many connections there may be: when descriptors are used up no file can be opened for any
 * of them. A fifth is for files that go in and out (small ones need theirs for a moment). */
static void limit_connections(unsigned *out_people, unsigned *out_devices)
{
    const rlim_t wanted = (PEOPLE_MAX + CONNECTIONS_MAX) / 4 * 5 + FILES_RESERVE;
    struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    rlim_t room = limit.rlim_cur > FILES_RESERVE ? (limit.rlim_cur - FILES_RESERVE) / 5 * 4 : 0;
    rlim_t people = room / 4 < PEOPLE_MAX ? room / 4 : PEOPLE_MAX;
    rlim_t devices = room - people < CONNECTIONS_MAX ? room - people : CONNECTIONS_MAX;

    *out_people = people > 8 ? (unsigned)people : 8;
    *out_devices = devices > 8 ? (unsigned)devices : 8;
}

static int start_listeners(struct server *server, struct host_error *out_error)
{
    const struct options *options = server->options;
    unsigned people_max, devices_max;

    limit_connections(&people_max, &devices_max);
    /* One address, which may be a proxy, gets three quarters: never all. */
    const struct http_listener people = {.address = options->listen,
                                         .cert = options->cert,
                                         .key = options->key,
                                         .threads = 1,
                                         .pool_size = PEOPLE_POOL,
                                         .connections_max = people_max,
                                         .connections_per_address_max = people_max * 3 / 4,
                                         .plan_body = rest_plan_body,
                                         .handle = rest_handle,
                                         .ctx = server->rest};
    const struct http_listener devices = {.address = options->listen_devices,
                                          .cert = options->cert_devices,
                                          .key = options->key_devices,
                                          .threads = 2,
                                          .pool_size = DEVICE_POOL,
                                          .connections_max = devices_max,
                                          .connections_per_address_max = devices_max * 3 / 4,
                                          .plan_body = device_api_plan_body,
                                          .handle = device_api_handle,
                                          .ctx = &server->device_api};

    if (http_start(&people, &server->people, out_error) != 0) {
        return -1;
    }
    return http_start(&devices, &server->devices, out_error);
}

static int start(struct server *server, struct host_error *out_error)
{
    const struct options *options = server->options;
    struct rest_config rest = {.public_origin = options->console_url,
                               .upload_max = (int64_t)options->upload_max};

    server->clock = (struct fleet_clock){.wall_ms = wall_ms, .steady_ms = steady_ms};
    /* The database first: what is wrong with it leaves no folder behind. */
    if (store_sqlite_open(options->db, &server->store, out_error) != 0 ||
        firmware_files_open(options->files, &server->files, out_error) != 0 ||
        fleet_open(server->store, &server->clock, &server->fleet, out_error) != 0) {
        return -1;
    }
    fleet_visit_records(server->fleet, RECORD_FIRMWARE, check_file, server);
    rest.fleet = server->fleet;
    rest.files = server->files;
    rest.clock = &server->clock;
    server->device_api = (struct device_api){.fleet = server->fleet,
                                             .files = server->files,
                                             .public_url = options->public_url,
                                             .hosts = options->hosts};
    if (rest_open(&rest, &server->rest, out_error) != 0 ||
        make_setup_link(server, out_error) != 0) {
        return -1;
    }
    if (start_listeners(server, out_error) != 0) {
        return -1;
    }
    return hook_start(server->fleet, &server->clock, &server->hook, out_error);
}

int server_start(const struct options *options, struct server **out_server,
                 struct host_error *out_error)
{
    struct server *server = calloc(1, sizeof *server);

    if (server == NULL) {
        return host_error_set(out_error, NULL, "no memory");
    }
    server->options = options;
    if (start(server, out_error) != 0) {
        server_stop(server);
        return -1;
    }
    *out_server = server;
    return 0;
}

void server_stop(struct server *server)
{
    if (server->hook != NULL) {
        hook_stop(server->hook);
    }
    if (server->rest != NULL) {
        rest_close_streams(server->rest);
    }
    if (server->devices != NULL) {
        http_stop(server->devices);
    }
    if (server->people != NULL) {
        http_stop(server->people);
    }
    if (server->fleet != NULL) {
        fleet_save_contacts(server->fleet);
    }
    if (server->store != NULL) {
        server->store->close(server->store); /* answers everything that is under way */
    }
    fleet_close(server->fleet);
    if (server->rest != NULL) {
        rest_close(server->rest);
    }
    if (server->files != NULL) {
        firmware_files_close(server->files);
    }
    free(server);
}

long server_tick(struct server *server)
{
    int64_t now_ms = steady_ms(NULL);

    if (now_ms - server->ticked_ms >= TICK_MS) {
        server->ticked_ms = now_ms;
        fleet_tick(server->fleet);
        rest_tick(server->rest);
    } else if (fleet_wants_sweep(server->fleet)) {
        fleet_sweep(server->fleet);
    }
    return fleet_wants_sweep(server->fleet) ? SWEEP_PAUSE_MS : IDLE_MS;
}

/* ---- what it says at the start ---- */
static void print_address(FILE *out, const char *what, const char *address, uint16_t port,
                          bool has_tls, const char *rest)
{
    const char *colon = strrchr(address, ':');
    int len = colon != NULL ? (int)(colon - address) : (int)strlen(address);

    (void)fprintf(out, "%s: %s://%.*s:%u%s\n", what, has_tls ? "https" : "http", len, address,
                  port, rest);
}

void server_print_addresses(const struct server *server, FILE *out)
{
    const struct options *options = server->options;
    char link[FLEET_SECRET_SIZE + 16];

    print_address(out, "devices", options->listen_devices, http_port(server->devices),
                  options->cert_devices != NULL, "");
    print_address(out, "console", options->listen, http_port(server->people),
                  options->cert != NULL, "/");
    if (server->setup_secret[0] != '\0') {
        (void)snprintf(link, sizeof link, "/#setup=%s", server->setup_secret);
        print_address(out, "first admin (once, within 15 minutes)", options->listen,
                      http_port(server->people), options->cert != NULL, link);
    }
}

/* ---- backup, restore, audit ---- */
int server_backup(const struct options *options)
{
    struct host_error error;

    if (store_sqlite_backup(options->db, options->copy, &error) != 0) {
        return options_report(&error);
    }
    printf("backup of %s: %s\n", options->db, options->copy);
    return EXIT_SUCCESS;
}

int server_restore(const struct options *options)
{
    struct host_error error;

    if (store_sqlite_restore(options->copy, options->db, &error) != 0) {
        return options_report(&error);
    }
    printf("restored %s from %s\n", options->db, options->copy);
    return EXIT_SUCCESS;
}

int server_audit(const struct options *options)
{
    struct host_error error;
    struct store *store;
    struct audit_end end;
    int err;

    if (access(options->db, R_OK) != 0) { /* a store is made where there is none */
        (void)host_error_errno(&error, options->db, errno);
        return options_report(&error);
    }
    if (store_sqlite_open(options->db, &store, &error) != 0) {
        return options_report(&error);
    }
    err = audit_verify(store, &end, &error);
    store->close(store);
    if (err != 0) {
        return options_report(&error);
    }
    printf("audit of %s: %lld entries, each follows the one before it; the last hash is %s\n",
           options->db, (long long)end.count, end.count != 0 ? end.hash : "none");
    return EXIT_SUCCESS;
}
