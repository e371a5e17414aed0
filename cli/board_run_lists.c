/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board_run_lists.h"

#include <stdlib.h>
#include <string.h>
#include "cli/board_spec.h"
#include "cli/cmd.h"

error_t board_run_add_load(struct board_run_lists *lists, const char *text)
{
    struct host_error error;
    struct spec_load load;
    if (lists->load_count == LOAD_MAX) {
        return cmd_bad_value("--load", text, "more than %d files", LOAD_MAX);
    }
    if (spec_load("--load", text, &load, &error) != 0) {
        return cmd_wrong(&error);
    }
    char *path = strndup(text, load.path_len);
    if (path == NULL) {
        return cmd_misuse(NULL, "out of memory");
    }
    lists->loads[lists->load_count++] = (struct board_load){path, load.has_addr, load.addr};
    return 0;
}

error_t board_run_add_cut(struct board_run_lists *lists, const char *text)
{
    struct host_error error;
    size_t i = lists->cut_count;
    if (i == CUT_MAX) {
        return cmd_bad_value("--cut", text, "more than %d", CUT_MAX);
    }
    if (spec_cut("--cut", text, &lists->cuts[i], &lists->cut_has_seed[i], &error) != 0) {
        return cmd_wrong(&error);
    }
    lists->cut_count++;
    return 0;
}

error_t board_run_add_input(struct board_run_lists *lists, const char *text)
{
    struct host_error error;
    struct run_input input;
    if (lists->input_count == INPUT_MAX) {
        return cmd_bad_value("--set", text, "more than %d", INPUT_MAX);
    }
    if (spec_input("--set", text, &input, &error) != 0) {
        return cmd_wrong(&error);
    }
    /* In order of time; those of the same time as given. */
    size_t i = lists->input_count++;
    for (; i > 0 && lists->inputs[i - 1].at > input.at; i--) {
        lists->inputs[i] = lists->inputs[i - 1];
    }
    lists->inputs[i] = input;
    return 0;
}

static int compare_cuts(const void *a, const void *b)
{
    const struct run_cut *left = a, *right = b;
    return left->op < right->op ? -1 : left->op > right->op ? 1 : 0;
}

void board_run_lists_complete(struct board_run_lists *lists, uint64_t seed)
{
    for (size_t i = 0; i < lists->cut_count; i++) {
        if (!lists->cut_has_seed[i]) {
            lists->cuts[i].seed = seed;
        }
    }
    qsort(lists->cuts, lists->cut_count, sizeof lists->cuts[0], compare_cuts);
}

void board_run_lists_free(struct board_run_lists *lists)
{
    for (size_t i = 0; i < lists->load_count; i++) {
        free(lists->loads[i].path);
    }
}
