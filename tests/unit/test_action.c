/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/rules/action.h"

/* Authority: docs/server.md, "What becomes of an action". Its tables are read from there. */

/* ---- every situation there is ---- */

enum { STATES = ACTION_STATES - 1, EVENTS = ACTION_EVENTS - 1, BOOLS = 6 };
enum { SITUATIONS = STATES * ACTION_STATES << BOOLS };

static unsigned take(unsigned *number, unsigned count)
{
    unsigned value = *number % count;

    *number /= count;
    return value;
}

static struct action_situation situation_of(unsigned number)
{
    struct action_situation s;

    s.state = 1 + take(&number, STATES);
    s.before_cancel = take(&number, ACTION_STATES);
    s.reports_version = take(&number, 2) != 0;
    s.runs_wanted = take(&number, 2) != 0;
    s.is_earlier_attempt = take(&number, 2) != 0;
    s.has_reason = take(&number, 2) != 0;
    s.is_final_reason = take(&number, 2) != 0;
    s.tries_left = take(&number, 2) != 0;
    return s;
}

static void fail_at(const struct action_situation *s, enum action_event event, const char *what,
                    unsigned line)
{
    fail_msg("%s (docs/server.md:%u): %s in %s: before_cancel %d reports %d runs %d earlier %d "
             "reason %d final %d tries_left %d",
             what, line, action_event_name(event), action_state_name(s->state),
             (int)s->before_cancel, s->reports_version, s->runs_wanted, s->is_earlier_attempt,
             s->has_reason, s->is_final_reason, s->tries_left);
}

/* ---- the tables ---- */

enum { CELLS = 6, CELL_SIZE = 160, ROWS_MAX = 160, SETS_MAX = 16, LINE_SIZE = 400 };
enum { STAYS = 0, BACK = ACTION_STATES };
enum mark { REFUSED = 1, ATTEMPT = 2, BY_WORD = 4, LATE = 8, LOST = 16 };

struct row {
    unsigned line;
    unsigned states; /* a bit each */
    enum action_event event;
    unsigned facts[2]; /* that must be, that must not be: bits in the order of fact_words */
    int next;
    enum action_deadline deadline;
    unsigned marks;
};

static struct row rows[ROWS_MAX];
static unsigned row_count;
static struct set {
    char word[32];
    unsigned states;
} sets[SETS_MAX];
static unsigned set_count;

static const char *const fact_words[] = {"reports", "runs",    "reason",
                                         "again",   "earlier", "stopped"};
static const char *const mark_words[] = {"refused", "attempt", "by_word", "late", "lost"};
static const char *const deadline_words[] = {
    "none", "–", "offer", "download", "start", "progress", "restart", "return", "cancel"};
enum { DEADLINES = sizeof deadline_words / sizeof deadline_words[0] };

static unsigned find(const char *word, const char *const words[], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            return i;
        }
    }
    fail_msg("docs/server.md: no such word: '%s'", word);
    return 0;
}

static enum action_state find_state(const char *word)
{
    enum action_state state = 1;

    while (state < ACTION_STATES && strcmp(word, action_state_name(state)) != 0) {
        state++;
    }
    return state;
}

static unsigned states_of(char *cell)
{
    unsigned states = 0;
    char *rest = NULL;

    for (char *word = strtok_r(cell, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        enum action_state state = find_state(word);
        unsigned found = state < ACTION_STATES ? 1U << state : 0;

        for (unsigned i = 0; i < set_count; i++) {
            found |= strcmp(word, sets[i].word) == 0 ? sets[i].states : 0;
        }
        if (found == 0) {
            fail_msg("docs/server.md: no state and no word for states: '%s'", word);
        }
        states |= found;
    }
    return states;
}

static enum action_event event_of(const char *cell)
{
    for (enum action_event event = 1; event < ACTION_EVENTS; event++) {
        if (strcmp(cell, action_event_name(event)) == 0) {
            return event;
        }
    }
    fail_msg("docs/server.md: no such event: '%s'", cell);
    return 0;
}

static void read_facts(char *cell, unsigned facts[2])
{
    char *rest = NULL;

    for (char *word = strtok_r(cell, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        word += strspn(word, " ");
        bool is_denied = strncmp(word, "not ", 4) == 0;
        facts[is_denied] |= 1U << find(word + (is_denied ? 4 : 0), fact_words,
                                       sizeof fact_words / sizeof fact_words[0]);
    }
}

static unsigned marks_of(char *cell)
{
    unsigned marks = 0;
    char *rest = NULL;

    for (char *word = strtok_r(cell, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        marks |= 1U << find(word, mark_words, sizeof mark_words / sizeof mark_words[0]);
    }
    return marks;
}

static int next_of(const char *cell)
{
    if (strcmp(cell, "stays") == 0) {
        return STAYS;
    }
    if (strcmp(cell, "back") == 0) {
        return BACK;
    }
    assert_true(find_state(cell) < ACTION_STATES);
    return (int)find_state(cell);
}

static void read_row(char cells[CELLS][CELL_SIZE], unsigned line)
{
    struct row *row = &rows[row_count++];

    assert_true(row_count <= ROWS_MAX);
    *row = (struct row){.line = line};
    row->states = states_of(cells[0]);
    row->event = event_of(cells[1]);
    read_facts(cells[2], row->facts);
    row->next = next_of(cells[3]);
    row->deadline = row->next == BACK ? 0 : find(cells[4], deadline_words, DEADLINES);
    row->marks = marks_of(cells[5]);
}

static void read_set(char cells[CELLS][CELL_SIZE])
{
    struct set *set = &sets[set_count++];

    assert_true(set_count <= SETS_MAX);
    (void)snprintf(set->word, sizeof set->word, "%.*s", (int)strcspn(cells[0] + 1, "`"),
                   cells[0] + 1);
    set->states = states_of(cells[1]);
}

/* Cut "| a | b |" into its cells. Returns how many. */
static unsigned cut(const char *line, char cells[CELLS][CELL_SIZE])
{
    unsigned count = 0;

    for (const char *at = line + 1; count < CELLS && strchr(at, '|') != NULL; count++) {
        size_t len = strcspn(at, "|");
        size_t start = strspn(at, " ");
        size_t end = len;

        start = start < len ? start : len;
        while (end > start && at[end - 1] == ' ') {
            end--;
        }
        (void)snprintf(cells[count], CELL_SIZE, "%.*s", (int)(end - start), at + start);
        at += len + 1;
    }
    return count;
}

static int read_tables(void **state)
{
    FILE *file = fopen(OTTER_DOCS_DIR "/server.md", "r");
    char line[LINE_SIZE], cells[CELLS][CELL_SIZE];
    bool is_here = false, is_of_states = false;

    (void)state;
    assert_non_null(file);
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        if (strncmp(line, "## ", 3) == 0) {
            is_here = strcmp(line, "## What becomes of an action\n") == 0;
        }
        if (!is_here || line[0] != '|' || strncmp(line, "|---", 4) == 0) {
            continue;
        }
        unsigned count = cut(line, cells);
        if (strcmp(cells[0], "word") == 0) {
            is_of_states = strcmp(cells[1], "states") == 0;
        } else if (count == 2 && is_of_states) {
            read_set(cells);
        } else if (count == CELLS && strcmp(cells[0], "states") != 0) {
            read_row(cells, number);
        }
    }
    (void)fclose(file);
    return 0;
}

/* ---- the comparison ---- */

/* The words for situations, by their text in the docs. */
static unsigned facts_of(const struct action_situation *s)
{
    bool is_stopped = s->before_cancel != 0;
    bool facts[] = {s->reports_version,    s->reports_version && s->runs_wanted,
                    s->has_reason,         s->tries_left && !s->is_final_reason && !is_stopped,
                    s->is_earlier_attempt, is_stopped};
    unsigned bits = 0;

    for (unsigned i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        bits |= (unsigned)facts[i] << i;
    }
    return bits;
}

/* A refused cancel leads back to what was on its way, and its time starts anew. */
static struct action_step expected_back(const struct action_situation *s)
{
    static const enum action_deadline own[] = {ACTION_WITHIN_OFFER, ACTION_WITHIN_DOWNLOAD,
                                               ACTION_WITHIN_START, ACTION_WITHIN_PROGRESS,
                                               ACTION_WITHIN_RETURN};
    struct action_step step = {.state = ACTION_OFFERED, .deadline = ACTION_WITHIN_OFFER};

    if (s->before_cancel >= ACTION_OFFERED && s->before_cancel <= ACTION_INSTALLED) {
        step.state = s->before_cancel;
        step.deadline = own[s->before_cancel - ACTION_OFFERED];
    }
    return step;
}

static struct action_step expected(const struct row *row, const struct action_situation *s)
{
    struct action_step step = {.state = s->state, .deadline = row->deadline};

    if (row->next == BACK) {
        step = expected_back(s);
    } else if (row->next != STAYS) {
        step.state = (enum action_state)row->next;
    }
    step.is_accepted = (row->marks & REFUSED) == 0;
    step.ends_attempt = (row->marks & ATTEMPT) != 0;
    step.by_word = (row->marks & BY_WORD) != 0;
    step.late = (row->marks & LATE) != 0;
    step.lost_again = (row->marks & LOST) != 0;
    return step;
}

static bool is_same(const struct action_step *a, const struct action_step *b)
{
    return a->state == b->state && a->deadline == b->deadline &&
           a->is_accepted == b->is_accepted && a->ends_attempt == b->ends_attempt &&
           a->by_word == b->by_word && a->late == b->late && a->lost_again == b->lost_again;
}

static void compare(const struct action_situation *s, enum action_event event, unsigned hits[])
{
    struct action_step got = action_next(s, event);
    unsigned found = 0, facts = facts_of(s);

    for (unsigned i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];

        if (row->event != event || (row->states & 1U << s->state) == 0 ||
            (row->facts[0] & ~facts) != 0 || (row->facts[1] & facts) != 0) {
            continue;
        }
        struct action_step step = expected(row, s);
        if (++found > 1) {
            fail_at(s, event, "in more than one row", row->line);
        }
        if (!is_same(&got, &step)) {
            fail_at(s, event, "not the step of the table", row->line);
        }
        hits[i]++;
    }
    if (found == 0) {
        fail_at(s, event, "in no row", 0);
    }
}

static void every_situation_is_one_row(void **state)
{
    unsigned hits[ROWS_MAX] = {0};

    (void)state;
    assert_true(row_count > 80 && set_count == 8); /* the tables were found */
    for (unsigned i = 0; i < SITUATIONS; i++) {
        struct action_situation s = situation_of(i);

        for (enum action_event event = 1; event < ACTION_EVENTS; event++) {
            compare(&s, event, hits);
        }
    }
    for (unsigned i = 0; i < row_count; i++) {
        if (hits[i] == 0) {
            fail_msg("docs/server.md:%u: this row is never used", rows[i].line);
        }
    }
}

/* ---- what holds in every row ---- */

/* What a person must know has a reason; what changes nothing has none. */
static void reasons_are_said(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SITUATIONS; i++) {
        struct action_situation s = situation_of(i);

        for (enum action_event event = 1; event < ACTION_EVENTS; event++) {
            struct action_step step = action_next(&s, event);
            bool is_end = !action_is_open(step.state) && step.state != s.state;

            if ((is_end || step.ends_attempt || step.lost_again) && step.reason == NULL) {
                fail_at(&s, event, "without a reason", 0);
            }
            if (!step.is_accepted && action_step_changes(&s, &step)) {
                fail_at(&s, event, "refused, and changes something", 0);
            }
        }
    }
}

/* The truth is what the MCU says. */
static void confirmed_needs_the_mcu_or_its_silence(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SITUATIONS; i++) {
        struct action_situation s = situation_of(i);

        for (enum action_event event = 1; event < ACTION_EVENTS; event++) {
            struct action_step step = action_next(&s, event);
            bool is_word = event == ACTION_SAYS_SUCCESS && !s.reports_version;
            bool is_truth = event == ACTION_RUNS_WANTED || (s.reports_version && s.runs_wanted);

            if (event == ACTION_RUNS_WANTED && step.state != ACTION_CONFIRMED) {
                fail_at(&s, event, "the MCU's word does not count", 0);
            }
            if (step.state == ACTION_CONFIRMED && s.state != ACTION_CONFIRMED &&
                (step.by_word ? !is_word : !is_truth)) {
                fail_at(&s, event, "confirmed without the MCU's word", 0);
            }
        }
    }
}

/* A state or an event that is none changes nothing and breaks nothing. */
static void what_is_none_is_refused(void **state)
{
    static const int none[] = {-1, 0, ACTION_STATES, 31, 32, 33, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        enum action_state other = (enum action_state)none[i];
        struct action_situation s = {.state = other, .tries_left = true};

        for (enum action_event event = 1; event < ACTION_EVENTS; event++) {
            struct action_step step = action_next(&s, event);

            assert_false(step.is_accepted);
            assert_false(action_step_changes(&s, &step));
        }
        assert_false(action_is_open(other));
        assert_false(action_is_offerable(other));
        assert_string_equal(action_state_name(other), "unknown");
    }
    assert_string_equal(action_event_name(0), "unknown");
    assert_string_equal(action_event_name(ACTION_EVENTS), "unknown");
    struct action_situation s = {.state = ACTION_QUEUED};
    struct action_step step = action_next(&s, ACTION_EVENTS);
    assert_false(step.is_accepted);
}

static void open_and_offerable(void **state)
{
    (void)state;
    for (enum action_state s = 1; s < ACTION_STATES; s++) {
        assert_int_equal(action_is_open(s), s < ACTION_CONFIRMED);
        assert_int_equal(action_is_offerable(s),
                         s >= ACTION_QUEUED && s <= ACTION_TRANSFERRING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_situation_is_one_row),
        cmocka_unit_test(reasons_are_said),
        cmocka_unit_test(confirmed_needs_the_mcu_or_its_silence),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(open_and_offerable),
    };

    return cmocka_run_group_tests(tests, read_tables, NULL);
}
