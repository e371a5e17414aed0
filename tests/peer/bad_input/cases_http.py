# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the HTTP itself, whatever it is about."""
from case import DEVICES, PEOPLE, Case
from cloud import Reply, connect, exchange, raw, receive, target
from world import base


def framing(w):
    """Two programs could read two lengths."""
    dev, auth = base("dev1"), target(w.t1)
    put = lambda *headers: f"PUT {dev}/configData HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\r\n" + \
        "".join(h + "\r\n" for h in headers) + "\r\n"
    data = '{"data":{"a":"b"}}'
    chunked = "Transfer-Encoding: chunked"
    rows = [
        ("two Content-Length that differ", ["Content-Length: 18", "Content-Length: 4"], data, "Content-Length", False),
        ("two Content-Length that agree", ["Content-Length: 18"] * 2, data, "Content-Length", False),
        ("TE with CL", [chunked, "Content-Length: 18"], "0\r\n\r\n", "Content-Length", False),
        ("CL with TE", ["Content-Length: 18", chunked], data, "Content-Length", False),
        ("two Transfer-Encoding", [chunked, chunked], "0\r\n\r\n", "Transfer-Encoding", False),
        ("Transfer-Encoding gzip, chunked", ["Transfer-Encoding: gzip, chunked"], "0\r\n\r\n", "Transfer-Encoding", True),
        ("Transfer-Encoding xchunked", ["Transfer-Encoding: xchunked"], "0\r\n\r\n", "Transfer-Encoding", True),
        ("Content-Length -1", ["Content-Length: -1"], data, "", True),
        ("Content-Length +18", ["Content-Length: +18"], data, "", True),
        ("Content-Length 0x12", ["Content-Length: 0x12"], data, "", True),
        ("Content-Length of words", ["Content-Length: many"], data, "", True),
        ("Content-Length empty", ["Content-Length:"], data, "", True),
        ("Content-Length 18, 18", ["Content-Length: 18, 18"], data, "", True),
        ("Content-Length beyond 64 bits", ["Content-Length: 184467440737095516160"], data, "", True),
        ("space before the colon", ["Content-Length : 18"], data, "header", True),
        ("chunk size of words", [chunked], "zz\r\n" + data + "\r\n0\r\n\r\n", "", True),
        ("chunk size beyond 64 bits", [chunked], "fffffffffffffffff\r\n" + data, "", True),
        ("chunk size negative", [chunked], "-12\r\n" + data, "", True),
    ]
    return [Case(name, DEVICES, (put(*headers) + body).encode(), {400, 413, 0} if bare else 400, word, bare)
            for name, headers, body, word, bare in rows]


def lengths(w):
    dev, auth, api = base("dev1"), target(w.t1), "Authorization: Bearer " + w.admin
    fill = lambda size: "X-Fill: " + "a" * size
    return [
        Case("a 3 KB header is taken", DEVICES, raw("GET", dev, auth, fill(3000)), 200),
        Case("a 6 KB header is taken from people", PEOPLE, raw("GET", "/api/v1/counts", api, fill(6000)), 200),
        Case("a head of 20 KB to devices", DEVICES, raw("GET", dev, auth, fill(20000)), {431, 0}, bare=True),
        Case("a head of 80 KB to people", PEOPLE, raw("GET", "/api/v1/counts", api, fill(80000)), {431, 0}, bare=True),
        Case("500 headers", PEOPLE, raw("GET", "/api/v1/counts", api, *[f"X-{i}: 1" for i in range(500)]),
             {400, 431}, bare=True),
        Case("101 headers", PEOPLE, raw("GET", "/api/v1/counts", api, *[f"X-{i}: 1" for i in range(101)]),
             400, "header"),
        Case("a path of 5 KB", DEVICES, raw("GET", base("a" * 5000), auth), {401, 404, 414, 431}, bare=True),
        Case("a path of 100 KB", DEVICES, raw("GET", base("a" * 100000), auth), {404, 414, 431, 0}, bare=True),
        Case("40 parameters", PEOPLE, raw("GET", "/api/v1/devices?" + "&".join(f"a{i}=1" for i in range(40)), api),
             400, "parameters"),
        Case("a parameter twice", PEOPLE, raw("GET", "/api/v1/devices?limit=1&limit=2", api), 400, "twice"),
        Case("a body of 70 KB from a device", DEVICES, raw("PUT", dev + "/configData", auth, body=b"{" * 70000),
             413, "65536"),
        Case("a chunked body of 70 KB", DEVICES,
             raw("PUT", dev + "/configData", auth, "Transfer-Encoding: chunked") +
             b"11170\r\n" + b"{" * 0x11170 + b"\r\n0\r\n\r\n", 413, "too long"),
        Case("a body that says 1 TB", DEVICES, raw("PUT", dev + "/configData", auth, "Content-Length: 1099511627776"),
             413, "bytes"),
        Case("Expect: 100-continue, and too long", DEVICES,
             raw("PUT", dev + "/configData", auth, "Expect: 100-continue", "Content-Length: 70000"), 413, "bytes"),
        Case("Expect: 100-continue, and not allowed", DEVICES,
             raw("PUT", dev + "/configData", target("x" * 32), "Expect: 100-continue", "Content-Length: 10"),
             401, "token"),
        Case("Expect: something else", DEVICES, raw("GET", dev, auth, "Expect: the spanish inquisition"),
             {200, 417}, bare=True),
    ]


def paths(w):
    auth, api = target(w.t1), "Authorization: Bearer " + w.admin
    dev = base("dev1")
    bad = [
        ("%2e%2e", base("dev2/%2e%2e/dev1")), ("..", base("dev2/../dev1")), (".", "/DEFAULT/./controller/v1/dev1"),
        ("//", "/DEFAULT//controller/v1/dev1"), ("// in front", "//DEFAULT/controller/v1/dev1"),
        ("%00", base("dev1%00x")), ("%", base("dev1%")), ("%zz", base("dev%zz")), ("%2f%2e%2e%2f", base("x%2f%2e%2e%2fdev1")),
        ("a backslash", base("dev1\\..")), ("%5c", base("dev1%5c")), ("%0d%0a", base("dev1%0d%0aX-Evil:%201")),
        ("%7f", base("dev1%7f")), ("%00 in a query", dev + "?c=%00"), ("% in a query", dev + "?c=%"),
    ]
    cases = [Case(f"path with {name}", DEVICES, raw("GET", path, auth), 400, "path") for name, path in bad]
    cases += [
        Case("absolute form", DEVICES, raw("GET", "http://evil.example" + dev, auth), 400, "path"),
        Case("asterisk form", DEVICES, raw("OPTIONS", "*", auth), 400, "path"),
        Case("authority form", DEVICES, raw("CONNECT", "evil.example:443", auth), {400, 0}, bare=True),
        Case("files of the server", PEOPLE, raw("GET", "/../../../../etc/passwd", api), 400, "path"),
        Case("files of the server, coded twice", PEOPLE, raw("GET", "/%252e%252e/etc/passwd", api), 404, "address"),
        Case("foreign tenant", DEVICES, raw("GET", "/OTHER/controller/v1/dev1", auth), 404, "resource"),
        Case("no tenant", DEVICES, raw("GET", "/controller/v1/dev1", auth), 404, "resource"),
        Case("a device's call to people", PEOPLE, raw("GET", dev, auth), 404, "address"),
        Case("a person's call to devices", DEVICES, raw("GET", "/api/v1/devices", api), 404, "resource"),
    ]
    return cases


def heads(w):
    """Heads that are no heads."""
    dev, auth = base("dev1"), target(w.t1)
    line = f"GET {dev} HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\r\n"
    rows = [
        ("no Host", f"GET {dev} HTTP/1.1\r\n{auth}\r\n\r\n", {400}),
        ("two Host", f"GET {dev} HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n{auth}\r\n\r\n", {400}),
        ("two Authorization", line + f"{auth}\r\n\r\n", {400}),
        ("HTTP/9.9", f"GET {dev} HTTP/9.9\r\nHost: 127.0.0.1\r\n{auth}\r\n\r\n", {400, 505, 0}),
        ("HTTP/0.9", f"GET {dev}\r\n\r\n", {400, 421, 0}),
        ("no request line", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00" * 200 + "\r\n\r\n", {400, 0}),
        ("a NUL in a header", line + "X-A: a\x00b\r\n\r\n", {200, 400, 0}),
        # libmicrohttpd ends a header there, and tells nobody.
        ("a NUL behind the token", f"GET {dev} HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\x00x\r\n\r\n", {200, 400, 401, 0}),
        ("a folded header", line + "X-A: a\r\n b\r\n\r\n", {200, 400}),
        ("a header without colon", line + "no colon here\r\n\r\n", {400, 0}),
        ("a header without name", line + ": value\r\n\r\n", {200, 400, 0}),
        ("a bare CR in a header", line + "X-A: a\rX-B: b\r\n\r\n", {200, 400, 0}),
        ("a control character in a header", line + "X-A: a\x07b\r\n\r\n", {400}),
        ("a method of 3 KB", "G" * 3000 + f" {dev} HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\r\n\r\n", {400, 405, 501}),
        ("a method that is no token", f"G(T {dev} HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\r\n\r\n", {400, 405}),
        ("invalid UTF-8 in a header", line + "X-A: \xff\xfe\r\n\r\n", {200}),
        ("an empty first line, 100 times", "\r\n" * 100 + line + "\r\n", {200, 400, 0}),
    ]
    return [Case(name, DEVICES, text.encode("latin-1"), statuses, bare=True) for name, text, statuses in rows]


def methods(w):
    dev, auth, api = base("dev1"), target(w.t1), "Authorization: Bearer " + w.admin
    cases = [Case(f"{method} on a device", DEVICES, raw(method, dev, auth), 405, "method")
             for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "G", "GE", "GETS")]
    cases += [
        Case("HEAD on a device", DEVICES, raw("HEAD", dev, auth), {200, 405}),
        Case("GET on feedback", DEVICES, raw("GET", f"{dev}/deploymentBase/{w.action1}/feedback", auth), 405, "method"),
        Case("X-HTTP-Method-Override", PEOPLE,
             raw("GET", f"/api/v1/devices/{w.dev1}", api, "X-HTTP-Method-Override: DELETE"), 200),
        Case("POST on a list that cannot", PEOPLE, raw("POST", "/api/v1/counts", api, body={}), 405, "method"),
        Case("TRACE of the console", PEOPLE, raw("TRACE", "/", api), {404, 405}, ""),
        Case("HEAD without token", PEOPLE, raw("HEAD", "/api/v1/devices"), 401),
    ]
    return cases


def pipeline(w):
    """A second request hides behind the first."""
    dev, auth = base("dev1"), target(w.t1)
    get = raw("GET", dev, auth)

    def garbage_behind():
        with connect(w.cloud.devices) as sock:
            sock.sendall(get + b"\x01\x02\xff garbage\r\n\r\n")
            data = b""
            while data.count(b"HTTP/1.1") < 2 or not data.endswith((b"}", b">")):
                part = sock.recv(65536)
                if not part:
                    break
                data += part
            assert data.startswith(b"HTTP/1.1 200"), data
            return Reply(data[data.rindex(b"HTTP/1.1"):])

    def smuggled():
        inner = f"POST {dev}/deploymentBase/{w.action1}/feedback HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\r\n" \
                "Content-Length: 45\r\n\r\n{\"status\":{\"execution\":\"closed\",\"result\":{}}}"
        return exchange(w.cloud.devices, raw("PUT", dev + "/configData", auth, "Transfer-Encoding: chunked",
                                             "Content-Length: 5") + b"0\r\n\r\n" + inner.encode())

    def many():
        with connect(w.cloud.devices) as sock:
            sock.sendall(get * 200)
            data, replies = b"", 0
            while replies < 200:
                part = sock.recv(65536)
                assert part, f"{replies} of 200 answers"
                data += part
                replies = data.count(b"HTTP/1.1 200")
            return Reply(data)

    return [
        Case("garbage behind a request", DEVICES, garbage_behind, {400, 0}, bare=True),
        Case("a request in another's body", DEVICES, smuggled, 400, "Content-Length"),
        Case("200 requests at once", DEVICES, many, 200),
    ]


def cases(w):
    return framing(w) + lengths(w) + paths(w) + heads(w) + methods(w) + pipeline(w)
