#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The judge of kill.py sees what it is there for: rounds that are not as they must be."""
import json
import sys
import unittest

sys.dont_write_bytecode = True  # the tree stays as it is
import judge
from ack_proxy import Exchange

FEEDBACK = "/DEFAULT/controller/v1/kill-1/deploymentBase/17/feedback"
CONFIG = "/DEFAULT/controller/v1/kill-1/configData"
OLD_RUNS = f"App Init Success , SoftVersion = {judge.OLD}"
NEW_RUNS = f"App Init Success , SoftVersion = {judge.NEW}"
DOWNLOAD = "OTA Begin , Size = 15180 , Piece = 1024"
INSTALLED = [OLD_RUNS, DOWNLOAD, "Install [0]", "Trial [1]", NEW_RUNS]


def action(**changes):
    return {"open": False, "state": "confirmed", "reason": "it runs", "attempt": 1, **changes}


def event(**changes):
    return {"kind": "action.state", "state": "confirmed", "detail": "the device runs it", **changes}


def feedback(text, status=200):
    body = json.dumps({"status": {"details": [text]}}).encode()
    return Exchange("POST", FEEDBACK, body, status, b"")


def config(version, status=200):
    body = json.dumps({"data": {"sw_ver": version}}).encode()
    return Exchange("PUT", CONFIG, body, status, b"")


class Judge(unittest.TestCase):
    def test_whose_request_it_is(self):
        poll = "/DEFAULT/controller/v1/kill-1"
        for path in (FEEDBACK, CONFIG, poll, poll + "?x"):
            self.assertTrue(Exchange("GET", path, b"", 200, b"").is_of("kill-1"))
        self.assertFalse(feedback("piece 1 of 15").is_of("kill-"))
        other = Exchange("GET", "/DEFAULT/controller/v1/kill-15", b"", 200, b"")
        self.assertFalse(other.is_of("kill-1"))

    def test_an_action_that_is_open(self):
        device = {"version": judge.NEW}
        self.assertEqual(judge.check_action(action(), device, [event()]), [])
        self.assertTrue(judge.check_action(action(open=True), device, [event()]))

    def test_confirmed_and_the_version_go_together(self):
        self.assertTrue(judge.check_action(action(), {"version": judge.OLD}, [event()]))
        failed, told = action(state="failed"), event(state="failed")
        self.assertEqual(judge.check_action(failed, {"version": judge.OLD}, [told]), [])
        self.assertTrue(judge.check_action(failed, {"version": judge.NEW}, [told]))

    def test_an_end_without_a_reason(self):
        failed, device = action(state="failed", reason=""), {"version": judge.OLD}
        self.assertTrue(judge.check_action(failed, device, []))
        self.assertTrue(judge.check_action(failed, device, [event(state="failed", detail="")]))

    def test_an_acknowledged_report_that_is_lost(self):
        device, timeline = {"version": judge.NEW}, [event(detail="piece 4 of 15")]
        reports = [config(judge.NEW), feedback("piece 4 of 15")]
        self.assertEqual(judge.check_acknowledged(reports, device, timeline), [])
        reports.append(feedback("piece 5 of 15", status=503))
        self.assertEqual(judge.check_acknowledged(reports, device, timeline), [])
        reports.append(feedback("piece 5 of 15"))
        self.assertTrue(judge.check_acknowledged(reports, device, timeline))

    def test_an_acknowledged_version_that_is_lost(self):
        reports = [config(judge.OLD), config(judge.NEW)]
        self.assertTrue(judge.check_acknowledged(reports, {"version": judge.OLD}, []))
        self.assertTrue(judge.check_acknowledged([], {"version": judge.OLD}, []))

    def test_an_image_that_is_not_the_version_s(self):
        class Flash:
            def app_starts_with(self, image):
                return b"old image".startswith(image)

        images = {judge.OLD: b"old", judge.NEW: b"new"}
        self.assertEqual(judge.check_image(Flash(), judge.OLD, images), [])
        self.assertTrue(judge.check_image(Flash(), judge.NEW, images))

    def test_one_installation(self):
        check = judge.check_installations
        self.assertEqual(check(INSTALLED + [NEW_RUNS], action()), [])
        self.assertEqual(check([OLD_RUNS, OLD_RUNS], action(state="failed")), [])
        self.assertTrue(check([OLD_RUNS], action()))
        self.assertTrue(check(INSTALLED, action(state="failed")))

    def test_an_image_that_is_installed_twice(self):
        check = judge.check_installations
        self.assertTrue(check(INSTALLED + INSTALLED[1:], action(attempt=2)))
        self.assertTrue(check(INSTALLED + [DOWNLOAD], action()))
        reverted = INSTALLED + ["Revert [5]"] + INSTALLED
        self.assertEqual(check(reverted, action(attempt=2)), [])
        self.assertTrue(check(reverted, action(attempt=1)))


unittest.main()
