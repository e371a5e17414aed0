#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py OTTER-CLOUD: everything bad that a device or a stranger can send.

After each case all that the server keeps must be what it was, and a well-formed request must be answered.
"""
import concurrent.futures
import shutil
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True  # the tree may be read-only

import cases_device
import cases_http
import cases_process
import cases_rest
import cases_slow
import cases_upload
from world import World


def differences(before, after, path):
    """Where two documents differ, as a list of texts."""
    if type(before) is not type(after):
        return [f"{path}: {before} -> {after}"]
    if isinstance(before, dict):
        return [text for key in {**before, **after} for text in differences(before.get(key), after.get(key), f"{path}/{key}")]
    if isinstance(before, list) and len(before) == len(after):
        return [text for i, pair in enumerate(zip(before, after)) for text in differences(*pair, f"{path}/{i}")]
    return [] if before == after else [f"{path}: {before} -> {after}"]


def run_case(world, case, before):
    """What is wrong, or None; and the state afterwards."""
    problem = case.judge(case.ask(world.cloud))
    after = world.cloud.state()
    if problem is None and not case.changes and after != before:
        problem = "changed: " + "; ".join(differences(before, after, ""))[:1000]
    if problem is None and not world.is_well():
        problem = "afterwards a well-formed request is not answered as before"
    return problem, after


def guarded(function):
    try:
        return function()
    except Exception:  # whatever it is, it is this case's failure
        return traceback.format_exc(limit=3)


def all_cases(world):
    return (cases_http.cases(world) + cases_device.cases(world) + cases_rest.cases(world)
            + cases_upload.cases(world))


def main():
    program, only = sys.argv[1], sys.argv[2:]
    folder = tempfile.mkdtemp(prefix="otter-bad-")
    failed, count = [], 0
    names = set()

    def tell(name, problem):
        nonlocal count
        count += 1
        if name in names:
            problem = "there is another case of this name"
        names.add(name)
        if problem is not None:
            failed.append(name)
            print(f"FAILED: {name}: {problem}", flush=True)

    world = World(program, folder + "/world")
    cases = all_cases(world)
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=16)
    # These take as long as the server's deadlines; meanwhile the others run.
    slow = [] if only else [(name, pool.submit(guarded, lambda f=f: f(world)))
                            for name, f in cases_slow.cases()]
    own = [(name, pool.submit(guarded, lambda f=f, n=i: f(program, f"{folder}/own{n}")))
           for i, (name, f) in enumerate(cases_process.cases()) if not only or name in only]
    cases_slow.wait_until_begun(world, bool(slow))
    state = world.cloud.state()
    for case in cases:
        if only and case.name not in only:
            continue
        def one(case=case):
            nonlocal state
            problem, state = run_case(world, case, state)
            return problem
        tell(case.name, guarded(one))
    for name, future in own + slow:
        tell(name, future.result())
    pool.shutdown()
    code = world.cloud.stop()
    if code != 0:
        failed.append("exit")
        print(f"FAILED: otter-cloud ended with {code}: {world.cloud.said()}")
    if not failed:
        shutil.rmtree(folder)
    print(f"bad input: {count} cases" + (f", {len(failed)} failed; see {folder}" if failed else ""))
    return 1 if failed else 0


sys.exit(main())
