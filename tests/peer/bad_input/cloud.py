# SPDX-License-Identifier: Apache-2.0
"""A running otter-cloud, and raw bytes to it and back."""
import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import time

ANSWER_S = 20  # far above what any answer takes, also with sanitizers on a slow machine


class Reply:
    """What came back; status 0: the connection ended without an answer."""

    def __init__(self, data):
        self.status, self.headers, self.body = 0, {}, b""
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        if lines[0].startswith("HTTP/1."):
            self.status = int(lines[0].split()[1])
            for line in lines[1:]:
                name, _, value = line.partition(":")
                self.headers[name.lower()] = value.strip()

    def json(self):
        return json.loads(self.body)


def is_whole(data, is_head):
    head, mark, body = data.partition(b"\r\n\r\n")
    if not mark or head.startswith(b"HTTP/1.1 100"):
        return False
    if is_head:
        return True
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return False


def connect(port, source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", port), ANSWER_S, (source, 0))


def receive(sock, is_head=False):
    """One answer, or what came until the end."""
    data = b""
    while True:
        if data.startswith(b"HTTP/1.1 100") and b"\r\n\r\n" in data:
            data = data.split(b"\r\n\r\n", 1)[1]
        if is_whole(data, is_head):
            return Reply(data)
        try:
            part = sock.recv(65536)
        except ConnectionError:
            part = b""
        if not part:
            return Reply(data)
        data += part


def exchange(port, raw, source="127.0.0.1"):
    with connect(port, source) as sock:
        try:
            sock.sendall(raw)
        except ConnectionError:
            pass  # it has answered before the end, and closed
        return receive(sock, raw.startswith(b"HEAD "))


def raw(method, path, *headers, body=None, host="127.0.0.1", kind="application/json"):
    """The bytes of a request; body: bytes, or what becomes JSON."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None:
        lines += [f"Content-Length: {len(body)}"] + ([f"Content-Type: {kind}"] if kind else [])
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


def bearer(token):
    return f"Authorization: Bearer {token}"


def target(token):
    return f"Authorization: TargetToken {token}"


class Cloud:
    def __init__(self, program, folder, *options, limits=(), prefix=()):
        def limit():
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            for what, value in limits:
                resource.setrlimit(what, (value, value))

        os.makedirs(folder, exist_ok=True)
        self.folder, self.db = folder, os.path.join(folder, "otter.db")
        self.log = open(os.path.join(folder, "stderr"), "ab")
        self.process = subprocess.Popen(
            [*prefix, program, "--db", self.db, "--listen", "127.0.0.1:0", "--listen-devices",
             "127.0.0.1:0", *options],
            stdout=subprocess.PIPE, stderr=self.log, text=True, preexec_fn=limit,
            start_new_session=True)
        self.devices = self.people = 0
        self.setup = None
        self.admin = None
        while not self.people:
            line = self.process.stdout.readline()
            if not line:
                break  # it did not start: wait() tells
            port = int(line.split("://")[1].split(":")[1].split("/")[0])
            if line.startswith("devices"):
                self.devices = port
            elif line.startswith("console"):
                self.people = port

    def read_setup(self):
        self.setup = self.process.stdout.readline().strip().split("#setup=")[1]
        return self.setup

    def set_up(self):
        self.read_setup()
        self.admin = self.call("POST", "/session", {"setup": self.setup}, token="")["token"]

    def call(self, method, path, body=None, *headers, token=None, ok=(200, 201)):
        """A call of REST that is well formed; returns its document."""
        token = self.admin if token is None else token
        heads = ([bearer(token)] if token else []) + list(headers)
        reply = exchange(self.people, raw(method, "/api/v1" + path, *heads, body=body))
        assert reply.status in ok, (method, path, reply.status, reply.body)
        return reply.json()

    def upload(self, query, data, token=None):
        return exchange(self.people, raw("PUT", "/api/v1/firmware?" + query,
                                         bearer(token or self.admin), body=data,
                                         kind="application/octet-stream"))

    def state(self):
        """All that bad input must leave as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.people, timeout=ANSWER_S)
        state = {}
        for path in ("devices", "products", "firmware", "deployments", "tokens", "settings",
                     "audit?format=jsonl"):
            connection.request("GET", f"/api/v1/{path}{'' if '?' in path else '?limit=1000'}"
                               if path != "settings" else "/api/v1/settings",
                               headers={"Authorization": f"Bearer {self.admin}"})
            reply = connection.getresponse()
            text = reply.read()
            assert reply.status == 200, (path, reply.status, text)
            if path.startswith("audit"):
                state["audit"] = text.count(b"\n")
                continue
            document = json.loads(text)
            for device in document["items"] if path == "devices" else ():
                for name in ("polls", "last_at", "online"):  # a poll is no change
                    device.pop(name, None)
                device.pop("action", None) if path != "devices" else None
            state[path] = document
        connection.close()
        state["files"] = self.files()
        return state

    def files(self):
        """All firmware files of the server, and what is under way with a name."""
        return sorted(os.path.join(top, name) for top, _, names in os.walk(self.db + ".files") for name in names)

    def stop(self, number=signal.SIGTERM):
        """End it; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        return code

    def said(self):
        with open(os.path.join(self.folder, "stderr"), encoding="utf-8", errors="replace") as log:
            return log.read()


def wait_for(what, condition, seconds=ANSWER_S):
    """Until `condition` returns something; it is asked again every 20 ms."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")
