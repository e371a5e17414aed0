# SPDX-License-Identifier: Apache-2.0
"""What must hold after a round. Each function returns what does not, as sentences."""
import re

OLD, NEW = "03010101", "03010102"


def check_action(action, device, timeline):
    """Every action closed; confirmed if and only if the new version is reported."""
    wrong = []
    if action["open"]:
        wrong.append(f"the action is open: {action['state']}")
    if (action["state"] == "confirmed") != (device["version"] == NEW):
        wrong.append(f"the action is {action['state']}, the device reports {device['version']}")
    final = [e for e in timeline if e["kind"] == "action.state" and e["state"] == action["state"]]
    if not final or not (action["reason"] or final[-1]["detail"]):
        wrong.append(f"the timeline has no reason why the action is {action['state']}")
    return wrong


def check_image(board, version, images):
    """The flash holds the image of the version that the server knows, bit by bit."""
    if not board.app_starts_with(images[version]):
        return [f"APP does not hold the image of {version}, which the server shows"]
    return []


def check_acknowledged(exchanges, device, timeline):
    """What the server has answered with 200 is there."""
    wrong = []
    details = "\n".join(event["detail"] or "" for event in timeline).split("\n")
    for exchange in exchanges:
        if exchange.status != 200:
            continue
        for text in exchange.texts():
            if not set(text.split("\n")) <= set(details):
                wrong.append(f"acknowledged and lost: {exchange.path}: {text}")
    versions = [e.version() for e in exchanges if e.version() and e.status == 200]
    if not versions or versions[-1] != device["version"]:
        wrong.append(f"acknowledged versions {versions}, the server shows {device['version']}")
    return wrong


def check_installations(lines, action):
    """None installed twice.

    The log of bootloader and app, over all starts. A second download or installation is right
    only after a revert, and each needs an attempt of its own. While the new version runs,
    nothing comes at all.
    """
    wrong = []
    runs, installed, reverts = OLD, 0, 0
    for line in lines:
        started = re.match(r"App Init Success , SoftVersion = (\d{8})$", line)
        if started:
            installed += runs == OLD and started[1] == NEW
            runs = started[1]
        elif line.startswith("Revert ["):
            reverts += runs == NEW
            runs = OLD
        elif runs == NEW and re.match(r"OTA Begin|Install \[", line):
            wrong.append(f"version {NEW} runs already, and then: {line}")
    expected = 1 if action["state"] == "confirmed" else 0
    if installed != expected + reverts:
        wrong.append(f"installed {installed} times, reverted {reverts} times")
    if installed > action["attempt"]:
        wrong.append(f"installed {installed} times in {action['attempt']} attempts")
    return wrong
