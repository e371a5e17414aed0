/* SPDX-License-Identifier: Apache-2.0 */
/* cloud_start DEVICE PROGRAM ARGUMENT...: start otter-cloud, poll as that device as soon as it
 * says its address, print "start_ms MS" from exec to the answer, and end it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench/cloud/devices.h"
#include "bench/cloud/load.h"

/* The port in its line "devices: http://127.0.0.1:PORT"; 0 = it has ended. */
static uint16_t read_port(FILE *out)
{
    char line[256];

    while (fgets(line, sizeof line, out) != NULL) {
        if (strncmp(line, "devices: ", 9) == 0) {
            return (uint16_t)strtoul(strrchr(line, ':') + 1, NULL, 10);
        }
    }
    return 0;
}

static bool poll_once(uint16_t port, unsigned device)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char id[BENCH_ID_SIZE], token[BENCH_TOKEN_SIZE], text[1024];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    bench_id(device, id);
    bench_token(device, token);
    int len = snprintf(text, sizeof text,
                       "GET /DEFAULT/controller/v1/%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                       "Authorization: TargetToken %s\r\n\r\n",
                       id, port, token);
    bool is_good = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
                   send(fd, text, (size_t)len, MSG_NOSIGNAL) == len &&
                   recv(fd, text, sizeof text, 0) > 16 &&
                   strncmp(text, "HTTP/1.1 200 ", 13) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return is_good;
}

int main(int argc, char **argv)
{
    int pipe_fds[2];

    if (argc < 3 || pipe(pipe_fds) != 0) {
        (void)fprintf(stderr, "usage: cloud_start DEVICE PROGRAM ARGUMENT...\n");
        return 2;
    }
    int64_t begin_us = load_now_us();
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(pipe_fds[1], STDOUT_FILENO);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        execv(argv[2], argv + 2);
        _exit(127);
    }
    close(pipe_fds[1]);
    FILE *out = fdopen(pipe_fds[0], "r");
    uint16_t port = pid > 0 && out != NULL ? read_port(out) : 0;
    bool is_good = port != 0 && poll_once(port, (unsigned)strtoul(argv[1], NULL, 10));
    int64_t end_us = load_now_us();

    if (pid > 0) {
        (void)kill(pid, SIGTERM);
        (void)waitpid(pid, NULL, 0);
    }
    if (!is_good) {
        (void)fprintf(stderr, "cloud_start: %s: no answer\n", argv[2]);
        return EXIT_FAILURE;
    }
    printf("start_ms %.1f\n", (double)(end_us - begin_us) / 1000.0);
    return EXIT_SUCCESS;
}
