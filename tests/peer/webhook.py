#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""webhook.py OTTER_CLOUD: a receiver that fails in every way, and a server that is killed; each event comes, and none is
invented."""
import hashlib
import hmac
import http.server
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # the tree stays as it is
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bad_input"))
from cloud import Cloud, connect, exchange, raw, receive, wait_for  # noqa: E402

SECRET = "webhook-key-of-the-test-0123"
# With the vector table of a program at 0x08003000: stack, reset.
PLAIN = (0x20005000).to_bytes(4, "little") + (0x08003101).to_bytes(4, "little") + bytes(range(256)) * 2
KILLS = 8
GUARD_S = 60


class Receiver:
    """Answers each POST by `manner`: a status, or "hang" until it is released."""

    def __init__(self, sock=None, tls=None):
        self.manner, self.lock = [], threading.Lock()
        self.refused = set()  # ids of events that get 400 whenever they come
        self.taken, self.seen = [], []  # (event id, document) of those answered 2xx, of all
        self.bad_signatures, self.others = 0, []
        self.hangs, self.released = threading.Event(), threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver.handle(self)

            def do_GET(self):  # a redirect that was followed
                receiver.others.append(self.path)
                self.send_error(404)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # the server was killed, or would not trust us

        self.server = Server(("127.0.0.1", 0), Handler, bind_and_activate=sock is None)
        if sock is not None:
            self.server.socket.close()
            self.server.socket = sock
            self.server.server_address = sock.getsockname()
            self.server.server_activate()
        self.port = self.server.server_address[1]
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, scheme="http"):
        return f"{scheme}://127.0.0.1:{self.port}/hook?of=otter"

    def handle(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        document = json.loads(body)
        event = request.headers["X-Otter-Event"]
        wanted = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        with self.lock:
            manner = self.manner.pop(0) if self.manner else 200
            self.seen.append((event, document))
            if manner == "refuse":
                self.refused.add(event)
            manner = 400 if event in self.refused else manner
            if request.headers.get("X-Otter-Signature") != wanted or document["id"] != event or \
                    request.headers["Content-Type"] != "application/json" or request.path != "/hook?of=otter":
                self.bad_signatures += 1
        if manner == "hang":
            self.hangs.set()
            self.released.wait(GUARD_S)
            request.close_connection = True
            return
        if manner == 200:
            with self.lock:
                self.taken.append((event, document))
        answer = b"x" * (1 << 20) if manner == "long" else b"thank you"
        request.send_response(200 if manner == "long" else manner)
        if manner == 302:
            request.send_header("Location", f"http://127.0.0.1:{self.port}/elsewhere")
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        try:
            request.wfile.write(answer)
        except ConnectionError:
            request.close_connection = True

    def find(self, event, action=None, deployment=None):
        """Ids of the events of this name that were taken."""
        with self.lock:
            return {number for number, one in self.taken if one["event"] == event and
                    (action is None or one["action"]["id"] == action) and
                    (deployment is None or one["deployment"]["id"] == deployment)}


class Fleet:
    """The server and what a test asks of it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.cloud = Cloud(program, folder)
        self.cloud.set_up()
        self.admin = self.cloud.admin
        self.call("PATCH", "/settings", {"poll_interval_s": 1, "poll_fast_s": 1})
        self.product = self.call("POST", "/products", {"name": "otter", "hardware": "00000003", "unsigned_ok": True})["id"]
        self.gateway = self.call("POST", "/tokens", {"kind": "gateway", "name": "gw"})["token"]
        self.versions = 0

    def call(self, *args, **named):
        return self.cloud.call(*args, **named)

    def start(self):
        self.cloud = Cloud(self.program, self.folder)
        self.cloud.admin = self.admin

    def kill(self):
        self.cloud.stop(signal.SIGKILL)

    def device(self, method, name, path, body=None, status=200):
        head = f"Authorization: GatewayToken {self.gateway}"
        reply = exchange(self.cloud.devices, raw(method, f"/DEFAULT/controller/v1/{name}{path}", head, body=body))
        assert reply.status == status, (name, path, reply.status, reply.body)
        return reply

    def report(self, name, version):
        self.device("PUT", name, "/configData", {"data": {"hw_ver": "00000003", "sw_ver": version}})

    def add_device(self, name):
        number = self.call("POST", "/devices", {"controller_id": name, "product": self.product})["id"]
        self.device("GET", name, "")
        self.report(name, "03010101")
        return number

    def add_firmware(self):
        self.versions += 1
        version = f"030102{self.versions:02d}"
        reply = self.cloud.upload(f"product={self.product}&name=app.bin&kind=plain&version={version}&hardware=00000003",
                                  PLAIN + version.encode())
        assert reply.status == 201, reply.body
        return reply.json()["id"], version

    def offer(self, name, firmware):
        """Deploy to one device: the deployment, and the id of the attempt."""
        deployment = self.call("POST", "/deployments", {"firmware": firmware, "devices": [name], "mode": "silent"})["id"]
        links = wait_for("an offer", lambda: self.device("GET", name, "").json()["_links"].get("deploymentBase"))
        attempt = links["href"].split("/deploymentBase/")[1].split("?")[0]
        self.device("GET", name, f"/deploymentBase/{attempt}")
        return deployment, attempt

    def failure(self, name, attempt):
        """The bytes of a report that ends the action."""
        body = {"status": {"execution": "closed", "result": {"finished": "failure"}, "code": 7}}
        return raw("POST", f"/DEFAULT/controller/v1/{name}/deploymentBase/{attempt}/feedback",
                   f"Authorization: GatewayToken {self.gateway}", body=body)

    def fail(self, name, attempt):
        reply = exchange(self.cloud.devices, self.failure(name, attempt))
        assert reply.status == 200, reply.body

    def action(self, number):
        return self.call("GET", f"/devices/{number}")["action"]

    def counts(self):
        return self.call("GET", "/counts")["webhook"]


def came(receiver, event, **what):
    return wait_for(f"{event} {what}", lambda: receiver.find(event, **what), GUARD_S)


def settings_are_checked(fleet):
    viewer = fleet.call("POST", "/tokens", {"kind": "api", "role": "viewer", "name": "eye"})["token"]
    operator = fleet.call("POST", "/tokens", {"kind": "api", "role": "operator", "name": "op"})["token"]
    for url in ("ftp://a/", "http://user:word@a/", "file:///etc/passwd", "http://", "x"):
        fleet.call("PATCH", "/settings", {"webhook_url": url}, ok=(400,))
    fleet.call("PATCH", "/settings", {"webhook_secret": "short"}, ok=(400,))
    fleet.call("PATCH", "/settings", {"webhook_events": ["action.fail"]}, ok=(400,))
    fleet.call("PATCH", "/settings", {"webhook_events": ["action.failed"] * 2}, ok=(400,))
    fleet.call("POST", "/settings/webhook/test", ok=(409,))  # it is off
    for path, method in (("/settings", "PATCH"), ("/settings/webhook/test", "POST")):
        body = {"webhook_url": "http://a/"} if method == "PATCH" else None
        fleet.call(method, path, body, token=operator, ok=(403,))
    return viewer


def test_message(fleet, receiver, viewer):
    settings = fleet.call("PATCH", "/settings", {
        "webhook_url": receiver.url(), "webhook_secret": SECRET, "webhook_retry_s": 1, "webhook_timeout_s": 1})
    assert settings["webhook_url"] == receiver.url() and settings["webhook_has_secret"] is True, settings
    assert fleet.call("GET", "/settings", token=viewer)["webhook_url"] is None
    assert "action.failed" in settings["webhook_events"] and "action.confirmed" not in settings["webhook_events"]
    assert fleet.call("POST", "/settings/webhook/test", ok=(202,)) == {"queued": True}
    came(receiver, "test")
    receiver.manner = ["long"]  # longer than anybody reads: its status counts
    fleet.call("POST", "/settings/webhook/test", ok=(202,))
    wait_for("the second test is sent", lambda: fleet.counts()["sent"] == 2, GUARD_S)


def fails_in_every_way_and_then_takes_it(fleet, receiver):
    """One event: 500, a redirect, silence until the timeout, and then it is taken."""
    firmware, _ = fleet.add_firmware()
    number = fleet.add_device("a")
    deployment, attempt = fleet.offer("a", firmware)
    receiver.manner = [500, 302, "hang"]
    before = len(receiver.seen)
    fleet.fail("a", attempt)
    event = came(receiver, "action.failed", action=fleet.action(number)["id"])
    with receiver.lock:
        tries = [number for number, one in receiver.seen[before:] if number in event]
    assert len(tries) >= 2, tries  # the same id each time
    came(receiver, "deployment.paused", deployment=deployment)
    assert receiver.others == [], "a redirect was followed"
    receiver.released.set()
    wait_for("an empty outbox", lambda: fleet.counts()["waiting"] == 0, GUARD_S)
    assert fleet.counts()["failed"] >= 3 and fleet.counts()["reason"] == "", fleet.counts()


def a_message_that_is_refused_lets_others_go(fleet, receiver):
    receiver.manner = ["refuse"]
    fleet.call("POST", "/settings/webhook/test", ok=(202,))
    refused = wait_for("a refusal", lambda: set(receiver.refused), GUARD_S)
    before = receiver.find("test")
    fleet.call("POST", "/settings/webhook/test", ok=(202,))
    wait_for("the one behind it", lambda: receiver.find("test") - before, GUARD_S)
    wait_for("only the refused one", lambda: fleet.counts()["waiting"] == 1, GUARD_S)
    with receiver.lock:
        receiver.refused.clear()
    fleet.call("POST", "/settings/webhook/test", ok=(202,))  # taken: what waits for its time goes at once
    wait_for("the refused one", lambda: refused <= receiver.find("test"), GUARD_S)


def a_hanging_receiver_holds_up_nothing(fleet, receiver):
    """While it hangs: polls, writes, and the end of the server. Killed in between, the event comes again."""
    fleet.call("PATCH", "/settings", {"webhook_timeout_s": 60})
    for end in (signal.SIGTERM, signal.SIGKILL):
        receiver.hangs.clear()
        receiver.released.clear()
        receiver.manner = ["hang"]
        fleet.call("POST", "/settings/webhook/test", ok=(202,))
        assert receiver.hangs.wait(GUARD_S)
        with receiver.lock:
            event = receiver.seen[-1][0]
        fleet.device("GET", "a", "")
        fleet.call("PATCH", "/settings", {"tries_max": 4})
        assert fleet.counts()["waiting"] == 1
        began = time.monotonic()
        fleet.cloud.stop(end)
        took = time.monotonic() - began
        assert took < 30, f"the end took {took:.1f} s"  # half of the timeout
        receiver.released.set()
        fleet.start()
        wait_for("the same event again", lambda: event in receiver.find("test"), GUARD_S)
    fleet.call("PATCH", "/settings", {"webhook_timeout_s": 1})


def refused_killed_and_restored(fleet, receiver):
    """Nobody listens, the server is killed, and a copy was made: both send the event with the same id."""
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))  # until listen(), connections are refused
    fleet.call("PATCH", "/settings", {"webhook_url": f"http://127.0.0.1:{reserved.getsockname()[1]}/hook?of=otter"})
    firmware, _ = fleet.add_firmware()
    number = fleet.add_device("b")
    _, attempt = fleet.offer("b", firmware)
    fleet.fail("b", attempt)
    wait_for("a refused connection", lambda: "connect" in fleet.counts()["reason"], GUARD_S)
    action = fleet.action(number)["id"]
    copy = os.path.join(fleet.folder, "copy.db")
    subprocess.run([fleet.program, "backup", "--db", fleet.cloud.db, copy], check=True, stdout=subprocess.DEVNULL)
    fleet.kill()
    late = Receiver(reserved)
    fleet.start()
    event = came(late, "action.failed", action=action)
    wait_for("an empty outbox", lambda: fleet.counts()["waiting"] == 0, GUARD_S)
    with late.lock:
        late.taken.clear()
    second = os.path.join(fleet.folder, "second")
    os.makedirs(second)
    subprocess.run([fleet.program, "restore", "--db", os.path.join(second, "otter.db"), copy], check=True,
                   stdout=subprocess.DEVNULL)
    restored = Cloud(fleet.program, second)
    assert came(late, "action.failed", action=action) == event
    restored.stop()
    assert late.bad_signatures == 0
    fleet.call("PATCH", "/settings", {"webhook_url": receiver.url()})


def ended_is_told(fleet, receiver):
    firmware, version = fleet.add_firmware()
    fleet.add_device("c")
    deployment, _ = fleet.offer("c", firmware)
    fleet.report("c", version)
    came(receiver, "deployment.ended", deployment=deployment)
    assert fleet.call("GET", f"/deployments/{deployment}")["state"] == "ended"
    assert not receiver.find("action.confirmed")


def killed_at_any_moment(fleet, receiver, rng):
    """The report of a failure and kill -9 at once: what is closed is told, once; what is not, is not."""
    firmware, _ = fleet.add_firmware()
    outcomes = {True: 0, False: 0}
    for number in range(KILLS):
        name = f"k{number}"
        device = fleet.add_device(name)
        _, attempt = fleet.offer(name, firmware)
        action = fleet.action(device)["id"]
        with connect(fleet.cloud.devices) as sock:
            sock.sendall(fleet.failure(name, attempt))
            time.sleep(rng.uniform(0, 0.004))  # a random moment, not a time that something takes
            fleet.cloud.process.kill()
            answer = receive(sock)
        fleet.kill()
        fleet.start()
        is_closed = fleet.action(device)["state"] == "failed"
        outcomes[is_closed] += 1
        assert is_closed or answer.status != 200, "an answered report was lost"
        if not is_closed:
            assert not receiver.find("action.failed", action=action), "told, and not closed"
            fleet.fail(name, attempt)
        assert len(came(receiver, "action.failed", action=action)) == 1
    wait_for("an empty outbox", lambda: fleet.counts()["waiting"] == 0, GUARD_S)
    for number in range(KILLS):  # and no second one came later
        device = fleet.call("GET", f"/devices?filter=id%20%3D%20k{number}")["items"][0]["id"]
        assert len(receiver.find("action.failed", action=fleet.action(device)["id"])) == 1
    return outcomes


def a_stranger_with_tls_gets_nothing(fleet, receiver):
    key, cert = (os.path.join(fleet.folder, name) for name in ("key.pem", "cert.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key,
                    "-out", cert], check=True, stderr=subprocess.DEVNULL)
    stranger = Receiver(tls=(cert, key))
    fleet.call("PATCH", "/settings", {"webhook_url": stranger.url("https")})
    fleet.call("POST", "/settings/webhook/test", ok=(202,))
    wait_for("its certificate is refused", lambda: "certificate" in fleet.counts()["reason"], GUARD_S)
    assert stranger.seen == []
    before = receiver.find("test")
    fleet.call("PATCH", "/settings", {"webhook_url": receiver.url()})
    wait_for("it goes to the new address", lambda: receiver.find("test") - before, GUARD_S)


def the_key_is_nowhere(fleet):
    metrics = exchange(fleet.cloud.people, raw("GET", "/metrics", f"Authorization: Bearer {fleet.admin}")).body
    audit = exchange(fleet.cloud.people, raw("GET", "/api/v1/audit?format=jsonl",
                                             f"Authorization: Bearer {fleet.admin}")).body
    assert b"otter_webhook_sent_total" in metrics and b"webhook_secret" in audit
    shown = json.dumps(fleet.call("GET", "/settings")).encode() + metrics + audit + fleet.cloud.said().encode()
    assert SECRET.encode() not in shown


def main():
    os.environ["no_proxy"] = "127.0.0.1"
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"webhook.py: seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        fleet, receiver = Fleet(sys.argv[1], folder), Receiver()
        try:
            viewer = settings_are_checked(fleet)
            test_message(fleet, receiver, viewer)
            fails_in_every_way_and_then_takes_it(fleet, receiver)
            a_message_that_is_refused_lets_others_go(fleet, receiver)
            a_hanging_receiver_holds_up_nothing(fleet, receiver)
            ended_is_told(fleet, receiver)
            refused_killed_and_restored(fleet, receiver)
            outcomes = killed_at_any_moment(fleet, receiver, random.Random(seed))
            a_stranger_with_tls_gets_nothing(fleet, receiver)
            the_key_is_nowhere(fleet)
            assert receiver.bad_signatures == 0
        except BaseException:
            print(fleet.cloud.said(), file=sys.stderr)
            raise
        finally:
            receiver.released.set()
            fleet.kill()
    print(f"webhook.py: {KILLS} kills, of these {outcomes[True]} after the closing was durable")


main()
