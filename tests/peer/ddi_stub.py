#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A DDI server for one device, written from hawkBit's DDI documentation alone.

ddi_stub.py DIR SCHEMA [CERTIFICATE KEY]: listens on a free port of 127.0.0.1, writes it to DIR/port, and offers what the test puts
into DIR (each file appears by a rename, so it is whole):

   action.json    {"id": "7", "file": "x.bin", "version": "03010102"}: offered until it is closed
   cancel         the id of the action that is to be cancelled
   cut            the next download breaks off after so many bytes; removed then
   busy           so many requests are answered with 503 and Retry-After: 1

and writes what the device does, one JSON object a line, to DIR/log. A body that breaks the schema is answered with
400 and logged as {"broken": ...}.
"""
import hashlib
import http.server
import json
import os
import ssl
import sys

DIR, SCHEMA = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
TOKEN = "secret-of-the-stub"
ROOT = "/DEFAULT/controller/v1/dev1"
TYPES = {"object": dict, "array": list, "string": str, "integer": int}
closed = set()
has_config = False


def check(value, rule, place="body"):
    """Does the value keep the rule? Raises ValueError with the place where it does not."""
    if not isinstance(value, TYPES[rule["type"]]) or isinstance(value, bool):
        raise ValueError(f"{place}: no {rule['type']}")
    if "of" in rule and value not in rule["of"]:
        raise ValueError(f"{place}: {value}")
    if "max" in rule and len(value) > rule["max"]:
        raise ValueError(f"{place}: longer than {rule['max']}")
    if "low" in rule and not rule["low"] <= value <= rule["high"]:
        raise ValueError(f"{place}: {value} is out of range")
    if "each" in rule:
        for item in value.values() if isinstance(value, dict) else value:
            check(item, rule["each"], place + "[]")
    for name, inner in rule.get("members", {}).items():
        if name in value:
            check(value[name], inner, f"{place}.{name}")
        elif not inner.get("optional"):
            raise ValueError(f"{place}: without {name}")
    for name in value if "members" in rule else ():
        if name not in rule["members"]:
            raise ValueError(f"{place}: {name} is unknown")


def path(name):
    return os.path.join(DIR, name)


def read(name):
    """What a file of the test says, or None."""
    try:
        with open(path(name), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def log(**what):
    with open(path("log"), "a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


def action():
    text = read("action.json")
    offered = json.loads(text) if text else None
    return None if offered is None or offered["id"] in closed else offered


class Device(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass

    def reply(self, status, document=None, **headers):
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if body:
            self.send_header("Content-Type", "application/hal+json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_refused(self):
        if self.headers.get("Authorization") != "TargetToken " + TOKEN:
            log(denied=self.path)
            self.reply(401)
            return True
        left = int(read("busy") or 0)
        if left > 0:
            with open(path("busy"), "w", encoding="utf-8") as file:
                file.write(str(left - 1))
            log(busy=self.path)
            self.reply(503, Retry_After="1")
            return True
        return False

    def link(self, rest):
        return {"href": f"http://{self.headers['Host']}{ROOT}{rest}"}

    def root(self):
        links, offered, cancelled = {}, action(), read("cancel")
        if not has_config:
            links["configData"] = self.link("/configData")
        if cancelled and cancelled not in closed:
            links["cancelAction"] = self.link(f"/cancelAction/{cancelled}")
        elif offered:
            links["deploymentBase"] = self.link(f"/deploymentBase/{offered['id']}?c=1")
        self.reply(200, {"config": {"polling": {"sleep": "00:00:01"}}, "_links": links})

    def deployment(self, offered):
        with open(path(offered["file"]), "rb") as file:
            data = file.read()
        artifact = {
            "filename": offered["file"],
            "size": len(data),
            "hashes": {name: hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256")},
            "_links": {"download-http": self.link(f"/softwaremodules/1/artifacts/{offered['file']}")},
        }
        chunk = {"part": "os", "version": offered["version"], "name": "fw", "artifacts": [artifact]}
        self.reply(200, {"id": offered["id"],
                         "deployment": {"download": "forced", "update": "forced", "chunks": [chunk]}})

    def artifact(self, name):
        with open(path(name), "rb") as file:
            data = file.read()
        etag = '"' + hashlib.sha256(data).hexdigest() + '"'
        asked, first = self.headers.get("Range"), 0
        log(download=name, range=asked, if_match=self.headers.get("If-Match"))
        if asked:
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
            if self.headers.get("If-Match", etag) != etag:
                self.reply(412)
                return
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        cut = read("cut")
        if cut and not asked:
            os.unlink(path("cut"))
            self.wfile.write(data[:int(cut)])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(data[first:])

    def do_GET(self):  # pylint: disable=invalid-name
        rest, offered = self.path.split("?")[0].removeprefix(ROOT), action()
        if self.is_refused():
            return
        if rest == "":
            self.root()
        elif offered and rest == f"/deploymentBase/{offered['id']}":
            self.deployment(offered)
        elif rest.startswith("/cancelAction/"):
            stop = rest.rsplit("/", 1)[1]
            self.reply(200, {"id": stop, "cancelAction": {"stopId": stop}})
        elif offered and rest == f"/softwaremodules/1/artifacts/{offered['file']}":
            self.artifact(offered["file"])
        else:
            self.reply(404)

    def body(self, rule):
        """The JSON that came, or None after answering 400."""
        text = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            if self.headers["Content-Type"] != "application/json":
                raise ValueError("Content-Type")
            document = json.loads(text)
            check(document, SCHEMA[rule])
            return document
        except ValueError as error:
            log(broken=str(error), body=text.decode(errors="replace"))
            self.reply(400)
            return None

    def do_PUT(self):  # pylint: disable=invalid-name
        global has_config  # pylint: disable=global-statement
        if self.path != ROOT + "/configData":
            self.rfile.read(int(self.headers["Content-Length"]))
            self.reply(404)
            return
        document = self.body("configData")
        if document is not None and not self.is_refused():
            log(config=document["data"])
            has_config = True
            self.reply(200)

    def do_POST(self):  # pylint: disable=invalid-name
        parts = self.path.removeprefix(ROOT).split("/")
        document = self.body("feedback")
        if document is None or self.is_refused():
            return
        status = document["status"]
        log(feedback=parts[1], id=parts[2], execution=status["execution"], finished=status["result"]["finished"],
            progress=status["result"].get("progress"), code=status.get("code"), details=status.get("details"))
        if parts[1] == "deploymentBase" and parts[2] in closed:
            self.reply(410)
            return
        if status["execution"] == "closed":
            closed.add(parts[2])
        self.reply(200)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Device)
if len(sys.argv) > 3:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(path("port.new"), "w", encoding="utf-8") as out:
    out.write(str(server.server_address[1]))
os.rename(path("port.new"), path("port"))
server.serve_forever()
