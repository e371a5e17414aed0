# SPDX-License-Identifier: Apache-2.0
"""Between the daemon and the server: keeps what the server has acknowledged.

The daemon's address of the server never changes, the server's may. What the server answered is
written down when the whole answer is here, before the daemon has it: from then on the server
must not forget it. If the server dies, the daemon's connection is closed without an answer.
"""
import http.client
import http.server
import json
import re
import threading

# Of the connection, not of the message (RFC 9110, 7.6.1).
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}


class Exchange:
    """One request with the server's answer."""

    def __init__(self, method, path, body, status, answer):
        self.method, self.path, self.status = method, path, status
        self.body, self.answer = body, answer

    def is_of(self, controller_id):
        return controller_id in self.path.split("?")[0].split("/")

    def is_poll(self):
        return self.method == "GET" and re.fullmatch(r".*/controller/v1/[^/]+", self.path)

    def offers(self):
        """A poll's answer with something to do."""
        return b"deploymentBase" in self.answer or b"cancelAction" in self.answer

    def texts(self):
        """The details of a feedback: each is a line of the timeline, once it is acknowledged."""
        if self.method != "POST" or not self.path.endswith("/feedback"):
            return []
        return json.loads(self.body)["status"]["details"]

    def version(self):
        """What the MCU reports as its version, if this is about that."""
        if self.method != "PUT" or not self.path.endswith("/configData"):
            return None
        return json.loads(self.body)["data"].get("sw_ver")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        proxy = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        proxy.note_request()
        try:
            status, headers, answer = self.ask(body)
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        proxy.note_answer(Exchange(self.command, self.path, body, status, answer))
        try:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)
        except OSError:  # the daemon is dead
            self.close_connection = True

    def ask(self, body):
        server = http.client.HTTPConnection(self.server.cloud, timeout=30)
        headers = {n: v for n, v in self.headers.items() if n.lower() not in HOP_BY_HOP}
        try:
            server.request(self.command, self.path, body or None, headers)
            answer = server.getresponse()
            content = answer.read()
        finally:
            server.close()
        return (
            answer.status,
            [(n, v) for n, v in answer.getheaders() if n.lower() not in HOP_BY_HOP],
            content,
        )

    do_GET = do_POST = do_PUT = pass_on

    def log_message(self, *_):
        pass


class Proxy(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.cloud = None  # HOST:PORT
        self.exchanges = []
        self.on_request = None  # called with the request's number, counted from arm()
        self.requests = 0
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def arm(self, on_request):
        with self.lock:
            self.requests = 0
            self.on_request = on_request

    def note_request(self):
        with self.lock:
            self.requests += 1
            number, told = self.requests, self.on_request
        if told:
            told(number)

    def note_answer(self, exchange):
        with self.lock:
            self.exchanges.append(exchange)

    def of(self, controller_id):
        with self.lock:
            return [one for one in self.exchanges if one.is_of(controller_id)]

    def handle_error(self, *_):
        pass  # a connection that the daemon's death has broken
