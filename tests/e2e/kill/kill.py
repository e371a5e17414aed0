#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill.py: kill -9 of server, daemon and board at random moments while a device is updated.

Each round has a new device, that is a new board with version 03010101 and a new daemon, and
deploys 03010102 to it; all rounds share one server. One to three kills hit programs that
chance chooses, at a time after the deployment or some microseconds after a request of the
daemon; each is started again a little later. A kill of the board is a power failure between
two flash operations; in half of its starts the power fails within one, too. Then the round is
judged (judge.py), and at the end all of them once more, after a last kill of the server.

The same seed makes the same plan of kills, but not the same run: the programs' own time is
the machine's.
"""
import argparse
import collections
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading

sys.dont_write_bytecode = True  # the tree stays as it is
import judge
from ack_proxy import Proxy
from programs import FAKETIME, Board, Cloud, Failure, Module, fast_clock, wait_until

CLOSED_WITHIN_S = 180  # some seconds; the guard is for a machine that is busy
SPREAD_S = 18.0  # of the kills after the deployment, on the fast clock: a whole update
REQUESTS = 12  # of the daemon during an update, about
FLASH_OPERATIONS = 30000  # of download and installation, about

Kill = collections.namedtuple("Kill", "victim request after_s pause_s")


def describe(kill):
    place = f"request {kill.request} + " if kill.request else ""
    return f"{kill.victim} at {place}{kill.after_s:.4f} s, back after {kill.pause_s:.2f} s"


class Bench:
    """What all rounds share."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.proxy = Proxy()
        self.cloud = Cloud(options.cloud, folder, self.proxy.url)
        self.images = {}
        apps = {judge.OLD: "pethouse_115200", judge.NEW: "pethouse_115200_03010102"}
        for version, name in apps.items():
            with open(self.app(name), "rb") as file:
                self.images[version] = file.read()

    def set_up(self):
        self.cloud.set_up()
        self.proxy.cloud = self.cloud.devices
        call = self.cloud.call
        call("PATCH", "/settings", {"poll_interval_s": 2, "poll_fast_s": 2})
        product = {"name": "Pet House", "hardware": "03010100", "unsigned_ok": True}
        self.product = call("POST", "/products", product)["id"]
        upload = f"/firmware?product={self.product}&name=update.bin"
        self.firmware = call("PUT", upload, self.images[judge.NEW])["id"]

    def app(self, name):
        return f"{self.options.firmware}/bench/fast_app/{name}.bin"


class Round:
    def __init__(self, bench, number):
        self.bench, self.number = bench, number
        self.random = random.Random(f"{bench.options.seed}/{number}")
        self.id = f"kill-{number}"
        self.folder = f"{bench.folder}/{number}"
        self.lock = threading.Lock()
        self.timers = []
        self.done = []  # descriptions of the kills that happened
        self.broken = None  # what went wrong in a timer
        self.plan = [self.choose() for _ in range(self.random.randint(1, 3))]
        self.cuts = [self.choose_cut() for _ in range(8)]

    def choose(self):
        chance, speed = self.random, self.bench.options.speed
        victim = chance.choice(("cloud", "module", "board"))
        pause_s = chance.uniform(0, 0.5)
        if chance.random() < 0.5:
            return Kill(victim, chance.randint(1, REQUESTS), chance.uniform(0, 0.005), pause_s)
        return Kill(victim, None, chance.uniform(0, SPREAD_S) / speed, pause_s)

    def choose_cut(self):
        return self.random.choice((None, self.random.randrange(FLASH_OPERATIONS)))

    # ---- kills, in threads of their own ----
    def later(self, after_s, job, *arguments):
        timer = threading.Timer(after_s, self.guard, (job, *arguments))
        timer.daemon = True
        with self.lock:
            self.timers.append(timer)
            timer.start()

    def guard(self, job, *arguments):
        try:
            job(*arguments)
        except Exception as error:  # the round's own thread tells it
            self.broken = Failure(f"a kill or start failed: {error}")

    def strike(self, kill):
        program = self.programs[kill.victim]
        if program.kill():  # it may be down from another kill
            self.done.append(describe(kill))
            self.later(kill.pause_s, program.start)

    def on_request(self, number):
        for kill in self.plan:
            if kill.request == number:
                self.later(kill.after_s, self.strike, kill)

    def is_calm(self):
        with self.lock:
            return not any(timer.is_alive() for timer in self.timers)

    # ---- the round ----
    def device(self):
        return self.bench.cloud.call("GET", f"/devices/{self.device_id}")

    def start(self):
        bench = self.bench
        os.mkdir(self.folder)
        call = bench.cloud.call
        device = {"controller_id": self.id, "product": bench.product}
        self.device_id = call("POST", "/devices", device)["id"]
        token = call("POST", f"/devices/{self.device_id}/tokens", {})["token"]
        with open(f"{self.folder}/token", "w", encoding="ascii") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(token + "\n")
        clock = fast_clock(bench.options.speed)
        boot, app = f"{bench.options.firmware}/boot/boot.bin", bench.app("pethouse_115200")
        self.board = Board(bench.options.otter, self.folder, clock, boot, app, self.cuts)
        self.module = Module(bench.options.module, self.folder, clock, bench.proxy.url, self.id)
        self.programs = {"cloud": bench.cloud, "module": self.module, "board": self.board}
        self.board.start()
        wait_until("the board's line", 60, lambda: os.path.lexists(f"{self.folder}/mcu"))
        self.module.start()
        wait_until("the first version", 60, lambda: self.device()["version"] == judge.OLD)

    def is_over(self):
        """Closed, all kills over, and two more polls with nothing to do."""
        if self.broken:
            raise self.broken
        for program in self.programs.values():
            program.check()
        if not self.is_calm() or self.action()["open"]:
            self.seen = None
            return False
        exchanges = self.bench.proxy.of(self.id)
        if self.seen is None:
            self.seen = len(exchanges)
        polls = [e for e in exchanges[self.seen :] if e.is_poll() and e.status == 200]
        return len(polls) >= 2 and not polls[-1].offers()

    def action(self):
        items = self.bench.cloud.call("GET", f"/devices/{self.device_id}/actions?limit=10")["items"]
        if len(items) > 1:
            raise Failure(f"{len(items)} actions of one deployment")
        return items[0] if items else {"open": True}

    def timeline(self):
        events, after = [], ""
        path = f"/devices/{self.device_id}/timeline?limit=100"
        while after is not None:
            page = self.bench.cloud.call("GET", path + after)
            events += page["items"]
            after = f"&after={page['next']}" if page["next"] else None
        return sorted(events, key=lambda event: event["id"])

    def check_server(self):
        """What the server's store alone can say."""
        try:
            device, action, timeline = self.device(), self.action(), self.timeline()
        except Failure as failure:
            return [str(failure)]
        return judge.check_action(action, device, timeline) + judge.check_acknowledged(
            self.bench.proxy.of(self.id), device, timeline
        )

    def run(self):
        """Returns what is wrong."""
        self.seen = None
        try:
            self.start()
            deployment = {"firmware": self.bench.firmware, "name": self.id, "mode": "silent",
                          "attempts": 3, "devices": [self.id]}  # fmt: skip
            self.bench.cloud.call("POST", "/deployments", deployment)
            self.bench.proxy.arm(self.on_request)
            for kill in self.plan:
                if kill.request is None:
                    self.later(kill.after_s, self.strike, kill)
            wait_until("the end of the action", CLOSED_WITHIN_S, self.is_over)
            self.stop()
            self.result = self.action()
            wrong = self.check_server()
            wrong += judge.check_image(self.board, self.device()["version"], self.bench.images)
            return wrong + judge.check_installations(self.board.says(), self.result)
        except Failure as failure:
            return [str(failure)]
        finally:
            self.bench.proxy.arm(None)
            self.stop()

    def stop(self):
        wait_until("the end of the kills", 30, self.is_calm)
        for name in ("module", "board"):
            if hasattr(self, name):
                getattr(self, name).close()

    def tell(self):
        """One line about a round that is as it must be."""
        return (
            f"round {self.number}: {self.result['state']}, attempt {self.result['attempt']}, "
            f"{self.board.power_failures()} power failures in flash operations; "
            f"killed: {self.killed()}"
        )

    def show(self):
        """What there is to see after a failure: exchanges, timeline, the MCU's log."""
        for one in self.bench.proxy.of(self.id):
            print(f"  {one.method} {one.path}: {one.status} {one.body.decode(errors='replace')}")
        try:
            for event in self.timeline():
                print(f"  event {event['at']} {event['kind']} {event['state']} {event['detail']}")
        except Failure as failure:
            print(f"  no timeline: {failure}")
        for line in self.board.says() if hasattr(self, "board") else []:
            print(f"  MCU: {line}")

    def killed(self):
        return "; ".join(self.done) or "nothing"


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("otter", "cloud", "module", "firmware"):
        parser.add_argument(name, metavar=name.upper())
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=1, help="number of the first round")
    parser.add_argument("--speed", type=int, default=5, help="of the clock of daemon and board")
    parser.add_argument("--json", metavar="FILE", help="write the counts there")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a round that fails")
    parser.add_argument("--verbose", action="store_true", help="a line for each round")
    return parser.parse_args()


def report(one, wrong, options):
    for sentence in wrong:
        print(f"kill: round {one.number}: {sentence}")
    print(f"kill: round {one.number}: killed: {one.killed()}")
    one.show()
    print(f"kill: repeat: {' '.join(sys.argv[:5])} --seed {options.seed} --first {one.number}"
          f" --rounds 1 --speed {options.speed} --keep", flush=True)  # fmt: skip


def run_rounds(bench, options):
    """Returns the rounds, and the numbers of those that are not as they must be."""
    rounds, losses = [], set()
    for number in range(options.first, options.first + options.rounds):
        one = Round(bench, number)
        wrong = one.run()
        rounds.append(one)
        if wrong:
            losses.add(number)
            report(one, wrong, options)
        elif options.verbose:
            print(one.tell(), flush=True)
        if not (wrong and options.keep):
            shutil.rmtree(one.folder, ignore_errors=True)
        if bench.cloud.process is None:  # it ended by itself
            bench.cloud.start()
    # What was acknowledged is still there, long after.
    bench.cloud.close()
    bench.cloud.start()
    for one in rounds:
        wrong = one.check_server()
        if wrong:
            losses.add(one.number)
            report(one, wrong, options)
    return rounds, losses


def tell_counts(options, rounds, kills, losses):
    if options.json:
        counts = {"kill_rounds": rounds, "kill_kills": kills, "kill_losses": losses}
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(counts, file)
    print(f"kill: {rounds} rounds, {kills} kills, {losses} losses", flush=True)


def main():
    options = parse()
    if not FAKETIME:
        print("skipped: faketime is not installed (scripts/need.sh cloud installs it)")
        sys.exit(77)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    folder = tempfile.mkdtemp(prefix="otter-kill-")
    losses = True  # until it is known
    bench = Bench(options, folder)
    try:
        bench.set_up()
        rounds, losses = run_rounds(bench, options)
        kills = sum(len(one.done) for one in rounds)
        tell_counts(options, len(rounds), kills, len(losses))
    finally:
        bench.cloud.close()
        if losses and options.keep:
            print(f"kill: kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if losses else 0)


main()
