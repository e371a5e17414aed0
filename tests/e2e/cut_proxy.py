#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cut_proxy.py HOST:PORT BYTES: TCP to HOST:PORT, which cuts one download.

The answer to the first GET of a DDI artifact ends after BYTES bytes, head included, with both
connections closed; everything else passes untouched. Prints its own port first, then the request
line of each GET of an artifact with its Range, and "cut" where it cuts. Ends by SIGTERM.
"""
import socket
import sys
import threading

lock = threading.Lock()
is_cut = False


def say(text):
    with lock:
        print(text, flush=True)


def note_artifact(request):
    """True: the answer to this one is to be cut."""
    global is_cut
    head = request.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    if not (head[0].startswith("GET ") and "/artifacts/" in head[0]):
        return False
    ranges = [line for line in head[1:] if line.lower().startswith("range:")]
    say(" ".join([head[0]] + ranges))
    with lock:
        first, is_cut = not is_cut, True
    return first


def close(*sockets):
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Connection:
    def __init__(self, client, server, cut_after):
        self.client, self.server, self.cut_after = client, server, cut_after
        self.left = None  # bytes until the cut
        threading.Thread(target=self.run, args=(self.pass_requests,), daemon=True).start()
        threading.Thread(target=self.run, args=(self.pass_answers,), daemon=True).start()

    def run(self, job):
        try:
            job()
        except OSError:
            pass
        close(self.client, self.server)

    def pass_requests(self):
        # A client sends the head of a request without body in one piece, and waits for the answer.
        while data := self.client.recv(65536):
            if note_artifact(data):
                self.left = self.cut_after
            self.server.sendall(data)

    def pass_answers(self):
        while data := self.server.recv(4096):
            if self.left is not None:
                data = data[: self.left]
                self.left -= len(data)
            self.client.sendall(data)
            if self.left == 0:
                say("cut")
                return


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    listener = socket.create_server(("127.0.0.1", 0))
    say(listener.getsockname()[1])
    while True:
        client, _ = listener.accept()
        Connection(client, socket.create_connection((host, int(port))), int(sys.argv[2]))


main()
