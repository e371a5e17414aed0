/* SPDX-License-Identifier: Apache-2.0 */
/* cloud_rollout PORT FIRST COUNT SIZE VERSION: the devices FIRST to FIRST + COUNT - 1 poll
 * until each is offered a job, and do it: read the job, fetch the file of SIZE bytes, say
 * downloaded, say closed, report VERSION. It ends when each has been answered, which the
 * server does when what was said is durable. Prints "requests" and "p99_ms"; fails if an
 * answer was not good. */
#include <stdlib.h>
#include <string.h>
#include "bench/cloud/devices.h"
#include "bench/cloud/load.h"

enum { CONNECTIONS = 2000, PATH_SIZE = 160, POLL_AGAIN_US = 50000, MISUSE = 2 };

enum step { POLL, READ_JOB, FETCH, SAY_DOWNLOADED, SAY_CLOSED, REPORT, DONE };

struct device {
    unsigned number;
    enum step step;
    int64_t not_before_us;
    char job[PATH_SIZE], file[PATH_SIZE]; /* paths */
    char action[24];
};

struct rollout {
    uint16_t port;
    size_t size;
    const char *version;
    struct device *devices;
    unsigned count, done;
    unsigned *queue; /* a ring of devices that wait for a connection */
    unsigned first, queued;
    struct device *on[CONNECTIONS]; /* each does one job at a time */
};

static void put_back(struct rollout *rollout, struct device *device)
{
    unsigned at = (rollout->first + rollout->queued++) % rollout->count;

    rollout->queue[at] = (unsigned)(device - rollout->devices);
}

static struct device *take_out(struct rollout *rollout)
{
    struct device *device = &rollout->devices[rollout->queue[rollout->first]];

    if (rollout->queued == 0 || device->not_before_us > load_now_us()) {
        return NULL;
    }
    rollout->first = (rollout->first + 1) % rollout->count;
    rollout->queued--;
    return device;
}

static size_t put_get(const struct rollout *rollout, const struct device *device,
                      const char *path, char *out, size_t size)
{
    char token[BENCH_TOKEN_SIZE];

    bench_token(device->number, token);
    return (size_t)snprintf(out, size,
                            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                            "Authorization: TargetToken %s\r\n\r\n",
                            path, rollout->port, token);
}

static size_t put_body(const struct rollout *rollout, const struct device *device,
                       const char *method, const char *path, const char *body, char *out,
                       size_t size)
{
    char token[BENCH_TOKEN_SIZE];

    bench_token(device->number, token);
    return (size_t)snprintf(out, size,
                            "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                            "Authorization: TargetToken %s\r\n"
                            "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                            method, path, rollout->port, token, strlen(body), body);
}

static size_t put_feedback(const struct rollout *rollout, const struct device *device,
                           const char *execution, const char *finished, char *out, size_t size)
{
    char path[PATH_SIZE], body[256], id[BENCH_ID_SIZE];

    bench_id(device->number, id);
    (void)snprintf(path, sizeof path, "/DEFAULT/controller/v1/%s/deploymentBase/%s/feedback",
                   id, device->action);
    (void)snprintf(body, sizeof body,
                   "{\"id\":\"%s\",\"status\":{\"execution\":\"%s\","
                   "\"result\":{\"finished\":\"%s\"},\"details\":[]}}",
                   device->action, execution, finished);
    return put_body(rollout, device, "POST", path, body, out, size);
}

static size_t put_report(const struct rollout *rollout, const struct device *device, char *out,
                         size_t size)
{
    char path[PATH_SIZE], body[256], id[BENCH_ID_SIZE];

    bench_id(device->number, id);
    (void)snprintf(path, sizeof path, "/DEFAULT/controller/v1/%s/configData", id);
    (void)snprintf(body, sizeof body,
                   "{\"mode\":\"merge\",\"data\":{\"hw_ver\":\"00000003\",\"sw_ver\":\"%s\"}}",
                   rollout->version);
    return put_body(rollout, device, "PUT", path, body, out, size);
}

static size_t next(void *ctx, unsigned connection, char *out, size_t size)
{
    struct rollout *rollout = ctx;
    struct device *device = rollout->on[connection];
    char path[PATH_SIZE], id[BENCH_ID_SIZE];

    if (device == NULL) {
        device = rollout->on[connection] = take_out(rollout);
    }
    if (device == NULL) {
        return 0;
    }
    switch (device->step) {
    case READ_JOB:
        return put_get(rollout, device, device->job, out, size);
    case FETCH:
        return put_get(rollout, device, device->file, out, size);
    case SAY_DOWNLOADED:
        return put_feedback(rollout, device, "downloaded", "none", out, size);
    case SAY_CLOSED:
        return put_feedback(rollout, device, "closed", "success", out, size);
    case REPORT:
        return put_report(rollout, device, out, size);
    case POLL:
    case DONE:
    default:
        bench_id(device->number, id);
        (void)snprintf(path, sizeof path, "/DEFAULT/controller/v1/%s", id);
        return put_get(rollout, device, path, out, size);
    }
}

/* The path of the first link in `body` that has `part` in it. */
static bool read_path(const char *body, const char *part, char out[PATH_SIZE])
{
    const char *found = strstr(body, part), *start = found;

    while (start != NULL && start > body && strncmp(start, "/DEFAULT/", 9) != 0) {
        start--;
    }
    size_t len = start != NULL ? strcspn(start, "\"") : 0;
    if (len == 0 || len >= PATH_SIZE || *start != '/') {
        return false;
    }
    memcpy(out, start, len);
    out[len] = '\0';
    return true;
}

static bool take_poll(struct rollout *rollout, struct device *device, const char *body)
{
    static const char part[] = "/deploymentBase/";

    if (!read_path(body, part, device->job)) { /* nothing yet: another one's turn */
        device->not_before_us = load_now_us() + POLL_AGAIN_US;
        put_back(rollout, device);
        return false;
    }
    const char *action = strstr(device->job, part) + sizeof part - 1;
    (void)snprintf(device->action, sizeof device->action, "%.*s",
                   (int)strspn(action, "0123456789"), action);
    return true;
}

static bool take(void *ctx, unsigned connection, const struct load_answer *answer)
{
    struct rollout *rollout = ctx;
    struct device *device = rollout->on[connection];
    bool is_good = answer->status == 200, goes_on = is_good;

    if (is_good && device->step == POLL) {
        goes_on = take_poll(rollout, device, answer->body);
    } else if (is_good && device->step == READ_JOB) {
        goes_on = is_good = read_path(answer->body, "/softwaremodules/", device->file);
    } else if (is_good && device->step == FETCH) {
        goes_on = is_good = answer->body_len == rollout->size;
    }
    if (!is_good) {
        (void)fprintf(stderr, "device %u, step %d: status %u: %.200s\n", device->number,
                      (int)device->step, answer->status,
                      answer->body != NULL ? answer->body : "");
        rollout->done++; /* it is lost, and counted as bad */
    }
    if (goes_on) {
        device->step++;
    }
    if (device->step == DONE) {
        rollout->done++;
    }
    if (!goes_on || device->step == DONE) {
        rollout->on[connection] = NULL;
    }
    return is_good;
}

static bool is_over(void *ctx)
{
    const struct rollout *rollout = ctx;

    return rollout->done == rollout->count;
}

int main(int argc, char **argv)
{
    static struct rollout rollout;
    struct load_result result;

    if (argc != 6) {
        (void)fprintf(stderr, "usage: cloud_rollout PORT FIRST COUNT SIZE VERSION\n");
        return MISUSE;
    }
    rollout.port = (uint16_t)strtoul(argv[1], NULL, 10);
    rollout.count = (unsigned)strtoul(argv[3], NULL, 10);
    rollout.size = strtoul(argv[4], NULL, 10);
    rollout.version = argv[5];
    rollout.devices = calloc(rollout.count, sizeof *rollout.devices);
    rollout.queue = calloc(rollout.count, sizeof *rollout.queue);
    if (rollout.devices == NULL || rollout.queue == NULL) {
        return EXIT_FAILURE;
    }
    for (unsigned i = 0; i < rollout.count; i++) {
        rollout.devices[i].number = (unsigned)strtoul(argv[2], NULL, 10) + i;
        put_back(&rollout, &rollout.devices[i]);
    }
    int err = load_run(&(struct load){.port = rollout.port,
                                      .connections = CONNECTIONS,
                                      .next = next,
                                      .take = take,
                                      .is_over = is_over,
                                      .ctx = &rollout},
                       &result);
    free(rollout.devices);
    free(rollout.queue);
    if (err != 0 || result.bad != 0 || rollout.done != rollout.count) {
        (void)fprintf(stderr, "cloud_rollout: %u of %u devices, %llu bad answers\n",
                      rollout.done, rollout.count, (unsigned long long)result.bad);
        return EXIT_FAILURE;
    }
    printf("requests %llu\np99_ms %.1f\n", (unsigned long long)result.good, result.p99_ms);
    return EXIT_SUCCESS;
}
