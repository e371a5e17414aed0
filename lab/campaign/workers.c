/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/campaign/workers.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 256, WHY_SIZE = 128, TELL_EVERY = 16 };

/* One message of a job; smaller than PIPE_BUF, so it is written in one piece. */
struct message {
    enum { MESSAGE_PROGRESS, MESSAGE_FAILED, MESSAGE_END } kind;
    struct campaign_counts counts;
    struct replay_counts replayed; /* at the end */
    struct campaign_case which;
    char why[WHY_SIZE];
};

struct job {
    pid_t pid;
    int fd;
    bool ended;
    struct campaign_counts counts;
    struct replay_counts replayed;
};

/* ---- in a job ---- */

/* Where a job tells, and what it remembers (may be NULL). */
struct line {
    int fd;
    struct replay *replay;
};

static void tell(int fd, const struct message *message)
{
    if (write(fd, message, sizeof *message) != (ssize_t)sizeof *message) {
        _exit(EXIT_FAILURE); /* nobody listens any more */
    }
}

static void send_progress(void *ctx, uint64_t cases, uint64_t failures)
{
    const struct line *line = ctx;
    if (line->replay != NULL && replay_counts(line->replay).differences != 0) {
        _exit(EXIT_FAILURE); /* what else is remembered cannot be believed either */
    }
    if (cases % TELL_EVERY == 0) {
        struct message message = {.kind = MESSAGE_PROGRESS,
                                  .counts = {.cases = cases, .failures = failures}};
        tell(line->fd, &message);
    }
}

static void send_failure(void *ctx, const struct campaign_case *which, const char *why)
{
    const struct line *line = ctx;
    struct message message = {.kind = MESSAGE_FAILED, .which = *which};
    strncpy(message.why, why, sizeof message.why - 1);
    tell(line->fd, &message);
}

static void run_job(const struct campaign_device *device,
                    const struct campaign_options *options, const struct campaign_plan *plan,
                    unsigned part, unsigned parts, struct line line)
{
    struct campaign_options mine = *options;
    struct message end = {.kind = MESSAGE_END};
    mine.part = part;
    mine.parts = parts;
    mine.progress = send_progress;
    mine.failed = send_failure;
    mine.ctx = &line;
    if (line.replay != NULL) {
        replay_forget_counts(line.replay); /* those of the process that asked */
    }
    if (campaign_run(device, &mine, plan, &end.counts) != 0) {
        _exit(EXIT_FAILURE);
    }
    if (line.replay != NULL) {
        end.replayed = replay_counts(line.replay);
    }
    tell(line.fd, &end);
    _exit(EXIT_SUCCESS);
}

/* ---- in the process that asked ---- */

static bool start(struct job *job, const struct campaign_device *device,
                  const struct campaign_options *options, const struct campaign_plan *plan,
                  unsigned part, unsigned parts, struct replay *replay)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return false;
    }
    job->pid = fork();
    if (job->pid == 0) {
        (void)close(ends[0]);
        run_job(device, options, plan, part, parts, (struct line){ends[1], replay});
    }
    (void)close(ends[1]);
    job->fd = ends[0];
    return job->pid > 0;
}

static struct campaign_counts sum(const struct job jobs[], unsigned count)
{
    struct campaign_counts all = {0};
    for (unsigned i = 0; i < count; i++) {
        all.cases += jobs[i].counts.cases;
        all.failures += jobs[i].counts.failures;
        all.seconds += jobs[i].counts.seconds;
        for (unsigned kind = 0; kind < CAMPAIGN_KINDS; kind++) {
            all.kinds[kind] += jobs[i].counts.kinds[kind];
        }
    }
    return all;
}

static struct replay_counts sum_replayed(const struct job jobs[], unsigned count)
{
    struct replay_counts all = {0};
    for (unsigned i = 0; i < count; i++) {
        all.remembered += jobs[i].replayed.remembered;
        all.executed += jobs[i].replayed.executed;
        all.compared += jobs[i].replayed.compared;
        all.others += jobs[i].replayed.others;
        all.rounds += jobs[i].replayed.rounds;
        all.compared_waits += jobs[i].replayed.compared_waits;
        all.differences += jobs[i].replayed.differences;
    }
    return all;
}

/* Returns false when the job will say no more. */
static bool take(struct job *job, const struct campaign_options *options)
{
    struct message message = {0};
    size_t have = 0;
    while (have < sizeof message) {
        ssize_t len = read(job->fd, (char *)&message + have, sizeof message - have);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len <= 0) {
            return false;
        }
        have += (size_t)len;
    }
    switch (message.kind) {
    case MESSAGE_FAILED:
        options->failed(options->ctx, &message.which, message.why);
        break;
    case MESSAGE_END:
        job->ended = true;
        job->counts = message.counts;
        job->replayed = message.replayed;
        break;
    case MESSAGE_PROGRESS:
        job->counts = message.counts;
        break;
    }
    return true;
}

static void listen_to(struct job jobs[], unsigned count, const struct campaign_options *options)
{
    struct pollfd fds[JOBS_MAX];
    unsigned open = count;
    for (unsigned i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = jobs[i].fd, .events = POLLIN};
    }
    while (open > 0) {
        if (poll(fds, count, -1) < 0) {
            continue; /* a signal */
        }
        for (unsigned i = 0; i < count; i++) {
            if (fds[i].revents != 0 && !take(&jobs[i], options)) {
                fds[i].fd = -1;
                open--;
            }
        }
        struct campaign_counts all = sum(jobs, count);
        if (options->progress != NULL) {
            options->progress(options->ctx, all.cases, all.failures);
        }
    }
}

int campaign_run_workers(const struct campaign_device *device,
                         const struct campaign_options *options,
                         const struct campaign_plan *plan, unsigned jobs, struct replay *replay,
                         struct campaign_counts *out_counts, struct replay_counts *out_replayed,
                         struct host_error *out_error)
{
    static struct job all[JOBS_MAX];
    unsigned count = jobs < JOBS_MAX ? jobs : JOBS_MAX;
    unsigned started = 0;
    int result = 0;
    (void)fflush(NULL); /* or every job has what waits to be printed */
    for (; started < count; started++) {
        all[started] = (struct job){.fd = -1};
        if (!start(&all[started], device, options, plan, started, count, replay)) {
            result = host_error_errno(out_error, "cannot start a process", errno);
            break;
        }
    }
    listen_to(all, started, options);
    for (unsigned i = 0; i < started; i++) {
        (void)close(all[i].fd);
        (void)waitpid(all[i].pid, NULL, 0);
        if (!all[i].ended) {
            result = host_error_set(out_error, NULL, "job %u did not finish", i);
        }
    }
    *out_counts = sum(all, started);
    *out_replayed = sum_replayed(all, started);
    return result;
}
