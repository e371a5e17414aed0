/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "cloud/rules/action.h"
#include "support/rng.h"

/* Whole lives of actions: random events, deadlines, losses and duplicates. make test runs a
 * slice; `test_action_life N [SEED [FIRST]]` runs sequences FIRST to FIRST + N - 1. */

enum { SEQUENCES = 20000, EVENTS_MAX = 60 };

static uint64_t seed = 11;
static unsigned long first = 0, sequences = SEQUENCES;

/* What the server and the world know of one action. */
struct life {
    struct action_situation s;
    unsigned tries, tries_max;
    unsigned long number;
    unsigned events;
    bool was_closed;
    bool was_confirmed;
};

static void fail_life(const struct life *life, enum action_event event, const char *what)
{
    fail_msg("%s: %s in %s, event %u of sequence %lu; repeat with: test_action_life 1 %llu %lu",
             what, action_event_name(event), action_state_name(life->s.state), life->events,
             life->number, (unsigned long long)seed, life->number);
}

static bool is_timed(enum action_state state)
{
    return state >= ACTION_OFFERED && state <= ACTION_CANCELLING;
}

/* A change of state brings the new one's deadline; a new attempt counts as a change. */
static void check_deadline(const struct life *life, enum action_event event,
                           const struct action_step *step)
{
    bool is_change = step->state != life->s.state || step->ends_attempt;

    if (is_change && is_timed(step->state) == (step->deadline == ACTION_NO_DEADLINE)) {
        fail_life(life, event, "a state without its deadline");
    }
    if (is_change ? step->deadline == ACTION_KEEP_DEADLINE
                  : step->deadline == ACTION_NO_DEADLINE) {
        fail_life(life, event, "a deadline that belongs to no change");
    }
}

static void check_step(const struct life *life, enum action_event event,
                       const struct action_step *step)
{
    bool is_closed = !action_is_open(step->state);

    if (life->was_closed && !is_closed) {
        fail_life(life, event, "opened again");
    }
    if (life->was_closed && step->ends_attempt) {
        fail_life(life, event, "a try after the end");
    }
    if (life->was_confirmed && step->state != ACTION_CONFIRMED) {
        fail_life(life, event, "confirmed no longer");
    }
    if (life->tries > life->tries_max) {
        fail_life(life, event, "more tries than allowed");
    }
    if (step->ends_attempt && life->s.is_final_reason && !is_closed) {
        fail_life(life, event, "tried again in spite of a final reason");
    }
    if (event == ACTION_RUNS_WANTED && step->state != ACTION_CONFIRMED) {
        fail_life(life, event, "the truth does not win");
    }
    if (step->late && !life->was_closed) {
        fail_life(life, event, "late, and was open");
    }
    bool is_word = event == ACTION_SAYS_SUCCESS && !life->s.reports_version;
    if (step->state == ACTION_CONFIRMED && !life->was_confirmed &&
        event != ACTION_RUNS_WANTED && !life->s.runs_wanted && !is_word) {
        fail_life(life, event, "confirmed without the MCU's word");
    }
    check_deadline(life, event, step);
}

/* What the server does with a step, and what the device's report makes known. */
static struct action_step happen(struct life *life, enum action_event event)
{
    struct action_step step = action_next(&life->s, event);

    life->tries += step.ends_attempt;
    check_step(life, event, &step);
    if (step.state == ACTION_CANCELLING && life->s.state != ACTION_CANCELLING) {
        life->s.before_cancel = life->s.state;
    }
    life->s.state = step.state;
    life->was_closed = !action_is_open(step.state);
    life->was_confirmed = step.state == ACTION_CONFIRMED;
    if (event == ACTION_RUNS_WANTED || event == ACTION_RUNS_OTHER) {
        life->s.reports_version = true;
        life->s.runs_wanted = event == ACTION_RUNS_WANTED;
    }
    life->s.tries_left = life->tries + 1 < life->tries_max;
    return step;
}

/* The same message once more: nothing new, but for a deadline that starts anew. What ended an
 * attempt speaks of an earlier one by then. */
static void repeat(struct life *life, enum action_event event, const struct action_step *before)
{
    enum action_state state = life->s.state;

    life->s.is_earlier_attempt |= before->ends_attempt;
    struct action_step step = happen(life, event);
    if (step.state != state || step.ends_attempt || step.lost_again || step.reason != NULL) {
        fail_life(life, event, "the same for a second time is not nothing");
    }
    if (step.deadline != ACTION_KEEP_DEADLINE && event != ACTION_BYTES &&
        event != ACTION_ALL_BYTES && event != ACTION_PROGRESS && event != ACTION_ALL_IN &&
        event != ACTION_PUT_OFF) {
        fail_life(life, event, "the same for a second time has another deadline");
    }
}

static void end_in(struct life life, enum action_event a, enum action_event b, unsigned steps)
{
    life.s.is_earlier_attempt = life.s.is_final_reason = false;
    for (unsigned i = 0; i < steps && action_is_open(life.s.state); i++) {
        (void)happen(&life, i % 2 == 0 ? a : b);
    }
    if (action_is_open(life.s.state)) {
        fail_life(&life, a, "no way out");
    }
}

/* Wherever it is: time alone ends it, and so does an operator. */
static void check_way_out(const struct life *life)
{
    end_in(*life, ACTION_DEADLINE, ACTION_DEPLOYMENT_END, 4);
    end_in(*life, ACTION_DEPLOYMENT_END, ACTION_DEADLINE, 4);
    end_in(*life, ACTION_CANCEL, ACTION_DEADLINE, 2);
}

/* A device that never answers, and is always offered the job again, uses up its tries. */
static void check_budget_ends_it(struct life life)
{
    life.s.is_earlier_attempt = life.s.is_final_reason = false;
    for (unsigned i = 0; i <= life.tries_max && action_is_open(life.s.state); i++) {
        (void)happen(&life, ACTION_APPROVE);
        (void)happen(&life, ACTION_BYTES);
        (void)happen(&life, ACTION_DEADLINE);
    }
    if (action_is_open(life.s.state)) {
        fail_life(&life, ACTION_DEADLINE, "it is tried for ever");
    }
}

static struct life start_life(uint64_t *rng, unsigned long number)
{
    struct life life = {.number = number};

    life.s.state = rng_below(rng, 4) == 0 ? ACTION_WAITING_APPROVAL : ACTION_QUEUED;
    life.s.reports_version = rng_below(rng, 3) != 0;
    life.tries_max = 1 + rng_below(rng, ACTION_ATTEMPTS_MAX);
    life.s.tries_left = life.tries_max > 1;
    return life;
}

/* What a device in order would do next; the others mix themselves in. */
static enum action_event usual_event(const struct life *life)
{
    static const enum action_event usual[ACTION_STATES] = {
        [ACTION_WAITING_APPROVAL] = ACTION_APPROVE,
        [ACTION_QUEUED] = ACTION_LINK_GIVEN,
        [ACTION_OFFERED] = ACTION_BYTES,
        [ACTION_DOWNLOADING] = ACTION_SAYS_DOWNLOADED,
        [ACTION_DOWNLOADED] = ACTION_PROGRESS,
        [ACTION_TRANSFERRING] = ACTION_SAYS_SUCCESS,
        [ACTION_INSTALLED] = ACTION_DEADLINE,
        [ACTION_CANCELLING] = ACTION_CANCEL_REFUSED,
        [ACTION_CONFIRMED] = ACTION_RUNS_OTHER,
        [ACTION_FAILED] = ACTION_SAYS_SUCCESS,
        [ACTION_TIMED_OUT] = ACTION_SAYS_FAILURE,
        [ACTION_CANCELLED] = ACTION_SAYS_SUCCESS,
        [ACTION_REJECTED] = ACTION_SAYS_SUCCESS,
        [ACTION_EXPIRED] = ACTION_SAYS_SUCCESS,
    };

    return usual[life->s.state];
}

/* Events that end an action are rarer, so that it lives long enough to be anywhere. */
static enum action_event any_event(uint64_t *rng)
{
    enum action_event event = 1 + rng_below(rng, ACTION_EVENTS - 1);
    bool is_end = event == ACTION_DENY || event == ACTION_RUNS_WANTED ||
                  event == ACTION_DEPLOYMENT_END || event == ACTION_SAYS_CANCELED ||
                  event == ACTION_CANCEL;

    return is_end && rng_below(rng, 4) != 0 ? ACTION_DEADLINE : event;
}

static void live(unsigned long number, unsigned visits[])
{
    uint64_t rng = seed ^ (uint64_t)number << 20;
    struct life life = start_life(&rng, number);

    check_budget_ends_it(life);
    for (life.events = 1; life.events <= EVENTS_MAX; life.events++) {
        enum action_event event =
            rng_below(&rng, 2) == 0 ? usual_event(&life) : any_event(&rng);

        life.s.is_earlier_attempt = life.tries > 0 && rng_below(&rng, 5) == 0;
        life.s.has_reason = rng_below(&rng, 2) == 0;
        life.s.is_final_reason = (event == ACTION_SAYS_FAILURE || event == ACTION_RUNS_OTHER) &&
                                 rng_below(&rng, 3) == 0;
        if (rng_below(&rng, 8) == 0) { /* the message is lost */
            continue;
        }
        struct action_step step = happen(&life, event);
        if (rng_below(&rng, 3) == 0) {
            repeat(&life, event, &step);
        }
        if (action_is_open(life.s.state)) {
            check_way_out(&life);
        }
        visits[life.s.state]++;
    }
}

static void whatever_happens_it_ends_in_the_truth(void **state)
{
    unsigned visits[ACTION_STATES] = {0};

    (void)state;
    for (unsigned long i = 0; i < sequences; i++) {
        live(first + i, visits);
    }
    print_message("%lu sequences of %d events, seed %llu\n", sequences, EVENTS_MAX,
                  (unsigned long long)seed);
    for (enum action_state s = 1; s < ACTION_STATES && sequences >= SEQUENCES; s++) {
        assert_true(visits[s] > sequences / 100); /* each state was lived in */
    }
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_it_ends_in_the_truth),
    };

    sequences = argc > 1 ? strtoul(argv[1], NULL, 10) : SEQUENCES;
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : seed;
    first = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
