#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""decision-rows.py: the rows of docs/design.md, "The bootloader's decisions", out of the table in
tests/unit/test_decide.c, which is compared with decide() in all situations. Lint looks for each in the document."""
import re

ENTRY = {"IDLE": "idle", "INSTALLING": "INSTALL", "RESTORING": "RESTORE", "NO_ENTRY": "none"}
ASKED = {"ANY": "–", "REQUEST | TUTORIAL": "app or tutorial", "DOUBTFUL": "invalid", "NOBODY": "no", "VALID": "app",
         "NOT_VALID": "not app", "TUTORIAL": "tutorial", "ANY & ~TUTORIAL": "not tutorial", "REQUEST": "app alone",
         "NOBODY | DOUBTFUL": "neither"}
CHECK = {"ANY": "–", "U": "?", "G": "+", "B": "−", "X": "−", "G|X": "+ −", "F": "r"}
DOES = {"CHECK_APP": "check APP", "CHECK_NEW": "check new", "CHECK_OLD": "check old", "INSTALL": "append INSTALL",
        "REVERT": "append RESTORE", "START": "**start**", "START_ONCE": "**start once**",
        "TRY": "count a start, **start on trial**", "RECOVER": "**recover**", "FINISH": "set the confirmed marks",
        "ACCEPT_FLASHED": "append IDLE: the image in APP"}


def either(value, yes, no):
    return {"ANY": [], "YES": [yes], "NO": [no]}[value]


def does(action, entry, app):
    if action == "MOVE":
        return "swap to the end" if entry == "INSTALL" else "copy back to the end"
    if action == "REWRITE":
        return f"append {entry.upper()}: what was read"
    if action == "REFUSE":
        none = "append IDLE without an image, with the reason: refused"  # what APP holds is not known to be good
        return {"none": none if app == "X" else "refused; no entry, but as row 69 if APP is −",
                "idle": "append IDLE with the reason: refused"}.get(
            entry, f"append {entry}: what was read, with the reason: refused")
    return DOES[action]


def row(number, part, asked, certain, appended, moved, permanent, used, way, stuck, unheard, app, new, old, action):
    entry = ENTRY[part]
    of_entry = (either(moved, "moved", "not moved") + (["permanent"] if permanent == "YES" else []) +
                either(used, "no start left", "starts left") + either(way, "way back", "no way back"))
    of_start = (either(certain, "certain", "in doubt") + either(appended, "appended now", "not appended now") +
                either(stuck, "stuck", "not stuck"))
    unheard = either(unheard, "unheard", "not unheard")
    of_start = of_start + unheard if unheard == ["not unheard"] else unheard + of_start
    in_app = {"G|X": "+ − r"}.get(app, CHECK[app]) if part == "IDLE" else CHECK[app]
    return (f"| {number} | {', '.join([entry] + of_entry)} | {ASKED[asked]} | {', '.join(of_start) or '–'} | {in_app} "
            f"| {CHECK[new]} | {CHECK[old]} | {does(action, entry, app)} |")


with open("tests/unit/test_decide.c", encoding="utf-8") as source:
    for line in source:
        match = re.match(r"\s*\{\s*(\d+), (.*),\s*OTTER_ACTION_(\w+)\},", line)
        if match:
            print(row(match[1], *(field.strip() for field in match[2].split(",")), match[3]))
