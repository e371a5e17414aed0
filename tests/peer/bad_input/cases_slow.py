# SPDX-License-Identifier: Apache-2.0
"""Who keeps the server waiting: each is cut by a deadline of the server's, and holds up nobody."""
import socket
import threading
import time

from cloud import bearer, connect, raw, target
from world import base

LATE_S = 60  # far above each deadline
BEGUN = []


def is_over(sock, seconds=0):
    """Has the peer ended the connection?"""
    sock.settimeout(max(seconds, 0.001))
    try:
        return sock.recv(65536) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def trickle(port, begin, piece):
    """One byte a second; returns after how many seconds it was cut."""
    with connect(port) as sock:
        start = time.monotonic()
        sock.sendall(begin)
        BEGUN.append(1)
        while time.monotonic() - start < LATE_S:
            try:
                sock.sendall(piece)
            except ConnectionError:
                return time.monotonic() - start
            if is_over(sock, 1):
                return time.monotonic() - start
    return None


def must_end(seconds, low, high):
    if seconds is None or not low <= seconds <= high:
        return f"ended after {seconds} s, wanted {low} to {high}"
    return None


def slow_head(w):
    return must_end(trickle(w.cloud.devices, b"GET /DEFAULT/controller/v1/dev1 HTTP/1.1\r\nX-A: ", b"a"), 8, 30)


def slow_line(w):
    return must_end(trickle(w.cloud.people, b"GET /", b"a"), 8, 30)


def slow_body(w):
    head = raw("PUT", base("dev1") + "/configData", target(w.t1), "Content-Length: 500")
    return must_end(trickle(w.cloud.devices, head, b" "), 8, 30)


def slow_chunks(w):
    head = raw("PUT", base("dev1") + "/configData", target(w.t1), "Transfer-Encoding: chunked")
    return must_end(trickle(w.cloud.devices, head, b"1\r\n \r\n"), 8, 30)


def slow_upload(w):
    head = raw("PUT", f"/api/v1/firmware?product={w.product}&name=s.swu&kind=opaque&version=8", bearer(w.operator),
               "Content-Type: application/octet-stream", "Content-Length: 1000000")
    return must_end(trickle(w.cloud.people, head, b"a"), 8, 30)


def silent(w):
    """Connects, and says nothing."""
    with connect(w.cloud.people) as sock:
        BEGUN.append(1)
        start = time.monotonic()
        return must_end(time.monotonic() - start if is_over(sock, LATE_S) else None, 8, 30)


def half_closed(w):
    """The client's end is closed in the middle of an upload."""
    with connect(w.cloud.people) as sock:
        sock.sendall(raw("PUT", f"/api/v1/firmware?product={w.product}&name=h.swu&kind=opaque&version=8", bearer(w.operator),
                         "Content-Type: application/octet-stream", "Content-Length: 40000") + bytes(20000))
        sock.shutdown(socket.SHUT_WR)
        BEGUN.append(1)
        start = time.monotonic()
        return must_end(time.monotonic() - start if is_over(sock, LATE_S) else None, 0, 40)


def slow_reader(w):
    """Asks for 10 MB, and reads nothing for long: others are served, and what it reads then is right."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", w.cloud.devices))
    with sock:
        sock.sendall(raw("GET", f"{base('dev2')}/softwaremodules/{w.fw2}/artifacts/large.swu", target(w.t2)))
        sock.settimeout(LATE_S)
        head = sock.recv(16)
        BEGUN.append(1)
        threading.Event().wait(25)  # longer than head and first bytes may take
        data = sock.recv(65536)
        return None if head == b"HTTP/1.1 200 OK\r" and data else f"{head} {data}"


def deaf_console(w):
    """A console that never reads: its stream is closed, and the others go on."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", w.cloud.people))
    with sock:
        sock.sendall(raw("GET", "/api/v1/events", bearer(w.viewer)))
        BEGUN.append(1)
        threading.Event().wait(12)  # longer than a head may take: it may stay
        sock.settimeout(LATE_S)
        data = sock.recv(4096)
        if b"200 OK" not in data:
            return f"no stream: {data}"
    return None


def cases():
    return [("1 byte/s: a head", slow_head), ("1 byte/s: a first line", slow_line), ("1 byte/s: a body", slow_body),
            ("1 byte/s: chunks", slow_chunks), ("1 byte/s: an upload", slow_upload), ("a connection that says nothing", silent),
            ("an upload whose client's end is closed", half_closed),
            ("a download that is hardly read", slow_reader), ("a console that never reads", deaf_console)]


def wait_until_begun(w, is_on):
    from cloud import wait_for
    if is_on:
        wait_for("the slow ones", lambda: len(BEGUN) == len(cases()))
        wait_for("the download", lambda: w.cloud.call("GET", f"/devices/{w.dev2}")["action"]["state"] == "downloading")
