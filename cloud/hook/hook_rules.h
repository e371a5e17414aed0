/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLOUD_HOOK_RULES_H
#define CLOUD_HOOK_RULES_H

#include <stdbool.h>
#include <stdint.h>

/* When a message is sent again, whom a failure keeps waiting, when a message is sent no more,
 * and how it is signed. Pure. */
enum {
    HOOK_WAIT_MAX_MS = 3600 * 1000,
    HOOK_PAUSE_MAX_MS = 60 * 1000, /* between two requests, whatever waits: new messages, too */
    HOOK_KEEP_MS = 3 * 24 * 3600 * 1000,
    HOOK_TRIES_MIN = 10,
    HOOK_SIGNATURE_SIZE = 7 + 64 + 1,
};

/* How long to wait after so many failures (1 = the first): `first_ms`, doubled by each further
 * one, at most an hour; of that a random part between the half and the whole, so that servers
 * that failed together do not come back together. */
int64_t hook_wait_ms(int64_t failures, int64_t first_ms, uint32_t random);

/* ---- whom a failure concerns ---- */
enum hook_outcome {
    HOOK_TAKEN,   /* 2xx */
    HOOK_REFUSED, /* this message alone, by a receiver that is there: 4xx, but 408, 425, 429 */
    HOOK_AWAY, /* the receiver: what it answered, or that it did not, any message would meet */
};

/* Of an answer's status; 0 = there was none. */
enum hook_outcome hook_outcome_of(long status);

/* How fast the sender goes, beside each message's own wait. All zero at the start. */
struct hook_pace {
    int64_t failures; /* in a row, of a receiver that is away */
    int64_t failed;   /* the message of the last one */
    bool is_several;  /* it was not the only message */
    bool all;         /* a pass over those that wait is under way, each once: */
    int64_t after;    /* ... it has got so far */
};

/* Note what became of a message. Returns how long no other one is sent, in ms. A message that
 * is refused, or the only one that fails, keeps nobody up and keeps its own wait; when several
 * have failed and the receiver is there again, nobody waits any longer. */
int64_t hook_pace_note(struct hook_pace *pace, int64_t message, enum hook_outcome outcome,
                       int64_t first_ms, uint32_t random);

/* The receiver is another one: nobody waits. */
void hook_pace_begin_anew(struct hook_pace *pace);

/* ---- the end of a message ---- */
enum hook_step { HOOK_WAIT, HOOK_SEND, HOOK_GIVE_UP };

/* A message is given up when it is older than three days, and was tried ten times, or the
 * receiver has failed ten times in a row. Age alone is not enough: the clock may jump. While
 * the webhook is off, all of them wait. */
enum hook_step hook_next_step(bool is_off, int64_t age_ms, int64_t tries,
                              int64_t failures_in_a_row);

/* "sha256=" and HMAC-SHA256 of the body under `secret`, in hex. Returns 0 or -1. */
int hook_sign(const char *secret, const char *body, char out_text[HOOK_SIGNATURE_SIZE]);

#endif
