# SPDX-License-Identifier: Apache-2.0
"""The three programs, each as something that can be killed and started again."""
import contextlib
import glob
import http.client
import json
import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

APP_ADDR = 0x3000  # of APP in the flash; port/stm32f103/partitions.h
BAUD = 115200
FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")


class Failure(Exception):
    """What must not be."""


def wait_until(what, limit_s, condition):
    """Until condition() is true, which is returned."""
    end = time.monotonic() + limit_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {limit_s} s")
        time.sleep(0.02)


def fast_clock(speed):
    """The environment of a program whose clock is so much faster than ours."""
    return {"LD_PRELOAD": FAKETIME[0], "FAKETIME": f"+0 x{speed}"}


class Program:
    def __init__(self, name, folder, environment=None):
        self.name, self.folder = name, folder
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.starts = 0
        self.lock = threading.RLock()  # kills come from threads of their own

    def command(self):
        raise NotImplementedError

    def log(self, kind, number=None):
        return f"{self.folder}/{self.name}.{number or self.starts}.{kind}"

    def start(self):
        with self.lock:
            self.starts += 1
            with open(self.log("out"), "wb") as out, open(self.log("err"), "wb") as err:
                self.process = subprocess.Popen(
                    self.command(), stdout=out, stderr=err, env=self.environment
                )

    def kill(self):
        """kill -9. False: it was not running."""
        with self.lock:
            if self.process is None:
                return False
            self.check()
            self.close()
            return True

    def close(self):
        """At the end, however that came."""
        with self.lock:
            if self.process is not None:
                self.process.kill()
                self.process.wait()
                self.process = None

    def check(self):
        """It runs until it is killed."""
        with self.lock:
            if self.process is None or self.process.poll() is None:
                return
            code, self.process = self.process.returncode, None
        with open(self.log("err"), encoding="utf-8", errors="replace") as log:
            raise Failure(f"{self.name} ended by itself ({code}): {log.read()[-500:]}")


class Cloud(Program):
    """otter-cloud. Its first start chooses free ports, which the later ones take again."""

    def __init__(self, binary, folder, public_url):
        super().__init__("cloud", folder)
        self.binary, self.public_url = binary, public_url
        self.people = self.devices = "127.0.0.1:0"
        self.token = None

    def command(self):
        return [self.binary, "--db", f"{self.folder}/otter.db", "--listen", self.people,
                "--listen-devices", self.devices, "--public-url", self.public_url]  # fmt: skip

    def set_up(self):
        """The first start."""
        self.start()

        def printed():
            with open(self.log("out"), encoding="utf-8") as file:
                return re.search(
                    r"^devices: http://(\S+)\nconsole: http://(\S+)/\n.*#setup=(\S+)\n", file.read()
                )

        found = wait_until("the set-up link", 30, printed)
        self.devices, self.people = found[1], found[2]
        self.token = self.call("POST", "/session", {"setup": found[3]})["token"]

    def call(self, method, path, data=None):
        """REST. A server that is being killed is asked again, if that changes nothing."""
        binary = isinstance(data, bytes)
        headers = {"Origin": f"http://{self.people}"}
        if data is not None:
            headers["Content-Type"] = f"application/{'octet-stream' if binary else 'json'}"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = data if binary or data is None else json.dumps(data).encode()
        url = f"http://{self.people}/api/v1{path}"
        end = time.monotonic() + 30
        while True:
            try:
                request = urllib.request.Request(url, body, headers, method=method)
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                raise Failure(f"{method} {path}: {error.code} {error.read()}") from error
            except (OSError, ValueError, http.client.HTTPException) as error:
                if method != "GET" or time.monotonic() > end:
                    raise Failure(f"{method} {path}: {error}") from error
                self.check()
                time.sleep(0.02)


class Module(Program):
    """otter-module."""

    def __init__(self, binary, folder, environment, cloud_url, controller_id):
        super().__init__("module", folder, environment)
        self.binary, self.cloud_url, self.controller_id = binary, cloud_url, controller_id

    def command(self):
        return [self.binary, "--port", f"{self.folder}/mcu", "--baud", str(BAUD),
                "--cloud", self.cloud_url, "--id", self.controller_id,
                "--token-file", f"{self.folder}/token", "--poll", "2",
                "--state-dir", f"{self.folder}/state"]  # fmt: skip


class Board(Program):
    """The modelled board: its flash is in a file, and a kill is a power failure.

    cuts are the flash operation of each start at which the power fails torn, or None.
    """

    def __init__(self, binary, folder, environment, boot, app, cuts):
        super().__init__("board", folder, environment)
        self.binary, self.boot, self.app, self.cuts = binary, boot, app, cuts

    def command(self):
        command = [self.binary, "board", "run", "--strict", "--realtime", "--seed", str(self.starts),
                   "--flash", f"{self.folder}/flash", "--flash-sync",
                   "--uart1", f"file:{self.log('uart1')}", "--uart2", f"pty:{self.folder}/mcu",
                   "--uart2-baud", str(BAUD)]  # fmt: skip
        if self.starts == 1:
            command += ["--load", self.boot, "--load", f"{self.app}@0x0800{APP_ADDR:04x}"]
        cut = self.cuts[(self.starts - 1) % len(self.cuts)]
        return command + ([f"--cut={cut}:torn:{cut}"] if cut is not None else [])

    def close(self):
        """The link goes first: the next one who opens a pseudo terminal may get its number, and
        the daemon would talk with the board of another run."""
        with self.lock:
            if self.process is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(f"{self.folder}/mcu")
            super().close()

    def says(self):
        """The lines of its log, over all starts."""
        lines = []
        for number in range(1, self.starts + 1):
            try:
                with open(self.log("uart1", number), "rb") as log:
                    lines += log.read().decode("ascii", "replace").split("\r\n")
            except FileNotFoundError:  # killed before it came so far
                pass
        return lines

    def power_failures(self):
        """Of those that are not kills."""
        count = 0
        for number in range(1, self.starts + 1):
            with open(self.log("err", number), encoding="utf-8") as log:
                count += log.read().count("power fails in flash operation")
        return count

    def app_starts_with(self, image):
        with open(f"{self.folder}/flash", "rb") as file:
            return file.read()[APP_ADDR : APP_ADDR + len(image)] == image
