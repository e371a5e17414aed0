# SPDX-License-Identifier: Apache-2.0
"""What happens to the server itself: disk, database, signals, too many. Each has a server of its own."""
import concurrent.futures
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3

from cloud import Cloud, bearer, connect, exchange, raw, receive, target, wait_for
from world import PLAIN, base

WELL = raw("GET", "/healthz")


def refused(program, folder, prepare, words, prefix=()):
    """A start that must fail with all `words` in what it says, and change nothing."""
    first = Cloud(program, folder)
    first.set_up()
    assert first.stop() == 0, first.said()
    before = prepare(first.db)
    second = Cloud(program, folder, prefix=prefix)
    code = second.stop()
    said = second.said()
    if second.people or code == 0:
        return f"it started ({code}): {said}"
    if code < 0 or any(word not in said for word in words):
        return f"ended with {code} and said: {said}"
    with open(first.db, "rb") as file:
        return None if file.read() == before else "it changed the file"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def garbage(program, folder):
    def prepare(db):
        for name in ("-wal", "-shm"):
            if os.path.exists(db + name):
                os.remove(db + name)
        with open(db, "wb") as file:
            file.write(b"this is no database\n" * 5000)
        return read(db)
    return refused(program, folder, prepare, ["otter.db"])


def half(program, folder):
    """A database whose pages were overwritten in the middle."""
    def prepare(db):
        data = bytearray(read(db))
        data[100:len(data)] = bytes((7 * i) % 251 for i in range(len(data) - 100))
        with open(db, "wb") as file:
            file.write(data)
        return read(db)
    return refused(program, folder, prepare, ["otter.db"])


def newer(program, folder):
    def prepare(db):
        with sqlite3.connect(db) as connection:
            connection.execute("UPDATE meta SET value = '999' WHERE name = 'schema'")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return read(db)
    return refused(program, folder, prepare, ["otter.db", "schema"])


def read_only(program, folder):
    """Root may write anything: then the server runs as nobody."""
    prefix = []
    copy = program
    if os.geteuid() == 0:
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        os.makedirs(folder, exist_ok=True)
        copy = shutil.copy(program, folder)  # where nobody may read
        for part in (os.path.dirname(folder), folder):
            os.chmod(part, 0o755)

    def prepare(db):
        os.chmod(db, 0o444)
        for name in (db + "-lock",):
            os.chmod(name, 0o444)
        for top, folders, _ in os.walk(db + ".files"):
            for name in [top] + [os.path.join(top, f) for f in folders]:
                os.chmod(name, 0o777)
        os.chmod(os.path.dirname(db), 0o555)
        return read(db)

    try:
        return refused(copy, folder, prepare, ["otter.db"], prefix)
    finally:
        os.chmod(folder, 0o755)


def in_use(program, folder):
    """Two servers of one database."""
    first = Cloud(program, folder)
    first.set_up()
    second = Cloud(program, folder)
    code, said = second.stop(), second.said()
    state = first.state()
    first.stop()
    return None if code > 0 and "another otter-cloud uses it" in said and state else f"{code}: {said}"


def full_disk(program, folder):
    """No file may grow beyond 1 MB, which is what a full disk or a quota does to a write."""
    cloud = Cloud(program, folder, limits=[(resource.RLIMIT_FSIZE, 1 << 20)])
    cloud.set_up()
    product = cloud.call("POST", "/products", {"name": "p", "unsigned_ok": True})["id"]
    upload = cloud.upload(f"product={product}&name=a.swu&kind=opaque&version=1", bytes(2 << 20))
    assert upload.status == 507 and upload.json()["error"], (upload.status, upload.body)
    made = 0
    while made < 3000:
        reply = exchange(cloud.people, raw("POST", "/api/v1/devices", bearer(cloud.admin), body={"controller_id": f"{'d' * 100}{made}"}))
        if reply.status != 201:
            break
        made += 1
    assert reply.status == 507 and "full" in reply.json()["error"], (made, reply.status, reply.body)
    state = cloud.state()
    assert state["devices"]["total"] == made, (state["devices"]["total"], made)
    again = exchange(cloud.people, raw("POST", "/api/v1/products", bearer(cloud.admin), body={"name": "q" * 60}))
    assert exchange(cloud.people, WELL).status == 200
    assert again.status in (201, 507), again.body
    made_product = again.status == 201
    code = cloud.stop()
    assert code == 0, (code, cloud.said())
    later = Cloud(program, folder)  # there is room again
    later.admin = cloud.admin
    assert later.state()["devices"]["total"] == made and len(later.state()["products"]["items"]) == 1 + made_product
    later.call("POST", "/devices", {"controller_id": "after"})
    return None if later.stop() == 0 else later.said()


def set_up_expired(program, folder):
    """A set-up link of more than 15 minutes ago."""
    cloud = Cloud(program, folder)
    old = cloud.read_setup()
    cloud.stop()
    with sqlite3.connect(cloud.db) as connection:
        connection.execute("UPDATE token SET expires_at = 1000")
    connection.close()
    cloud = Cloud(program, folder)
    new = cloud.read_setup()
    reply = exchange(cloud.people, raw("POST", "/api/v1/session", body={"setup": old}))
    assert reply.status in (401, 403, 410) and reply.json()["error"], (reply.status, reply.body)
    good = exchange(cloud.people, raw("POST", "/api/v1/session", body={"setup": new}))
    assert good.status == 201, good.body
    return None if cloud.stop() == 0 else cloud.said()


def hostile_rows(program, folder):
    """A database whose values are none that the server writes: it starts or refuses, and answers."""
    cloud = Cloud(program, folder)
    cloud.set_up()
    product = cloud.call("POST", "/products", {"name": "p", "unsigned_ok": True})["id"]
    cloud.upload(f"product={product}&name=a.swu&kind=opaque&version=1", b"abc")
    cloud.call("POST", "/devices", {"controller_id": "d", "product": product})
    cloud.call("PATCH", "/settings", {"tries_max": 3})
    cloud.stop()
    connection = sqlite3.connect(cloud.db)
    with connection:
        connection.execute("UPDATE firmware SET kind = 77, signature = -9, size = 9223372036854775807, sha256 = '../../../etc/passwd', name = '../x'")
        connection.execute("UPDATE device SET product = -5, first_at = -1, attributes = '[[[', name = CAST(x'fffe' AS TEXT)")
        connection.execute("UPDATE setting SET value = '999999999999999999999'")
        connection.execute("UPDATE product SET slot_size = -1, key1 = 'zz'")
    connection.close()
    later = Cloud(program, folder)
    later.admin = cloud.admin
    if not later.people:
        code = later.stop()
        return None if code > 0 and "otter.db" in later.said() else f"{code}: {later.said()}"
    later.state()
    reply = exchange(later.people, raw("GET", "/api/v1/firmware/1/file", bearer(later.admin)))
    assert reply.status >= 400 and b"root:" not in reply.body, reply.body
    return None if later.stop() == 0 else later.said()


def long_rows(program, folder):
    """A text that is longer than any that the server writes: it names table and row, and does not start."""
    def prepare(db):
        with sqlite3.connect(db) as connection:
            connection.execute("UPDATE token SET name = ?", ("n" * 5000,))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return read(db)
    return refused(program, folder, prepare, ["token", "row", "name"])


def crowd(program, folder):
    """One address opens what it can: others are answered."""
    cloud = Cloud(program, folder, limits=[(resource.RLIMIT_NOFILE, 256)])
    cloud.set_up()
    device = cloud.call("POST", "/devices", {"controller_id": "d"})["id"]
    token = cloud.call("POST", f"/devices/{device}/tokens", {})["token"]
    socks = []
    try:
        for port in (cloud.people, cloud.devices):
            for _ in range(400):
                try:
                    socks.append(connect(port, "127.0.0.2"))
                except OSError:
                    break
        assert len(socks) > 300
        assert exchange(cloud.people, WELL).status == 200
        assert exchange(cloud.devices, raw("GET", base("d"), target(token))).status == 200
        cloud.call("POST", "/products", {"name": "p"})
        upload = cloud.upload("product=1&name=a.swu&kind=opaque&version=1", b"abc")
        assert upload.status == 201, upload.body
    finally:
        for sock in socks:
            sock.close()
    wait_for("the crowd's end", lambda: exchange(cloud.people, WELL, "127.0.0.2").status == 200)
    return None if cloud.stop() == 0 else cloud.said()


def many_consoles(program, folder):
    """More event streams than may be open: a reason, and the others stay."""
    cloud = Cloud(program, folder)
    cloud.set_up()
    socks, refusals = [], []
    for _ in range(80):
        sock = connect(cloud.people)
        sock.sendall(raw("GET", "/api/v1/events", bearer(cloud.admin)))
        first = sock.recv(4096)
        socks.append(sock)
        if first.startswith(b"HTTP/1.1 503"):
            refusals.append(first)
    assert refusals and b"streams" in refusals[0], refusals
    assert exchange(cloud.people, WELL).status == 200
    for sock in socks:
        sock.close()
    return None if cloud.stop() == 0 else cloud.said()


def expired_stream(program, folder):
    """Consoles whose token, or whose session's token, is good for 3 seconds: each ends by itself, though nothing happens."""
    cloud = Cloud(program, folder)
    cloud.set_up()
    token = cloud.call("POST", "/tokens", {"kind": "api", "role": "viewer", "name": "short", "expires_in_s": 3})["token"]
    session = exchange(cloud.people, raw("POST", "/api/v1/session", body={"token": token}))
    cookie = session.headers["set-cookie"].split(";")[0]
    socks = []
    for header in (bearer(token), f"Cookie: {cookie}"):
        socks.append(connect(cloud.people))
        socks[-1].sendall(raw("GET", "/api/v1/events", header, "Connection: close"))
    for sock in socks:
        with sock:
            data = b""
            while part := sock.recv(4096):  # its end, or an error after ANSWER_S
                data += part
            assert b"event: hello" in data, data
    assert exchange(cloud.people, raw("GET", "/api/v1/counts", bearer(token))).status == 401
    return None if cloud.stop() == 0 else cloud.said()


def deaf_stream(program, folder):
    """A console that does not read while 256 KB of events come is cut, and one that reads gets all."""
    cloud = Cloud(program, folder)
    cloud.set_up()
    ask = raw("GET", "/api/v1/events", bearer(cloud.admin))
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    deaf.connect(("127.0.0.1", cloud.people))
    deaf.sendall(ask)
    device = cloud.call("POST", "/devices", {"controller_id": "d"})["id"]
    with connect(cloud.people) as change:
        sent = 0
        while sent < 60000:  # each makes a line of 300 bytes; the sockets hold some MB
            change.sendall(raw("PATCH", f"/api/v1/devices/{device}", bearer(cloud.admin), body={"hold": "h" * 159}) * 50)
            for _ in range(50):
                assert receive_one(change).startswith(b"HTTP/1.1 200")
            sent += 50
            if not stands(cloud.people, deaf.getsockname()[1]):
                break
    deaf.close()
    assert sent < 60000, "it was never cut"
    assert exchange(cloud.people, WELL).status == 200
    return None if cloud.stop() == 0 else cloud.said()


def receive_one(sock, held={}):
    """One answer of several; what came of the next is kept."""
    data = held.pop(sock, b"")
    while True:
        head, mark, body = data.partition(b"\r\n\r\n")
        if mark:
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            if len(body) >= length:
                held[sock] = body[length:]
                return head
        part = sock.recv(65536)
        assert part, data
        data += part


def stands(port, peer):
    local, remote = f"0100007F:{port:04X}", f"0100007F:{peer:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(line.split()[1:4] == [local, remote, "01"] for line in table)


def term_in_upload(program, folder):
    """SIGTERM while an upload comes: it ends in seconds, and the next start knows nothing of it."""
    cloud = Cloud(program, folder)
    cloud.set_up()
    product = cloud.call("POST", "/products", {"name": "p", "unsigned_ok": True})["id"]
    state = cloud.state()
    with connect(cloud.people) as sock:
        sock.sendall(raw("PUT", f"/api/v1/firmware?product={product}&name=a.swu&kind=opaque&version=1", bearer(cloud.admin),
                         "Content-Type: application/octet-stream", "Content-Length: 5000000") + bytes(100000))
        wait_for("the upload", lambda: exchange(cloud.people, WELL).status == 200)
        assert cloud.stop() == 0, cloud.said()
    later = Cloud(program, folder)
    later.admin = cloud.admin
    assert later.state() == state, "it is changed"
    assert cloud.files() == [], cloud.files()
    return None if later.stop() == 0 else later.said()


def refused_files(program, folder):
    """Files of uploads that were refused do not stay; all others do."""
    cloud = Cloud(program, folder)
    cloud.set_up()
    product = cloud.call("POST", "/products", {"name": "p", "unsigned_ok": True})["id"]
    opaque = f"product={product}&name=a.swu&kind=opaque&version="
    assert cloud.upload(f"product={product}&name=a.bin", PLAIN * 1500).status == 400  # no trailer
    assert cloud.files() == [], cloud.files()
    for data, version, status in ((b"abc", "1", 201), (b"def", "1", 409), (b"def", "2", 201), (b"abc", "2", 409)):
        assert cloud.upload(opaque + version, data).status == status
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:  # at once: one is taken, and its file stays
        for i in range(20):
            statuses = [reply.status for reply in pool.map(lambda _, i=i: cloud.upload(opaque + f"at-once-{i}", b"%d" % i), range(8))]
            assert sorted(statuses) == [201] + 7 * [409], statuses
    assert len(cloud.files()) == 22, cloud.files()
    archived = cloud.call("GET", "/firmware")["items"][1]["id"]
    cloud.call("POST", f"/firmware/{archived}/archive")
    kept = cloud.files()
    assert len(kept) == 22, kept
    assert cloud.stop() == 0, cloud.said()
    later = Cloud(program, folder)
    later.admin = cloud.admin
    assert later.files() == kept, later.files()
    for firmware, data in zip(later.call("GET", "/firmware")["items"], [b"abc", b"def"] + [b"%d" % i for i in range(20)]):
        got = exchange(later.people, raw("GET", f"/api/v1/firmware/{firmware['id']}/file", bearer(later.admin)))
        assert got.body == data, (got.status, got.body)
    return None if later.stop() == 0 else later.said()


def term_in_download(program, folder):
    """SIGTERM while a file goes out: it ends in seconds, and the device gets the rest from the next start."""
    cloud = Cloud(program, folder)
    cloud.set_up()
    product = cloud.call("POST", "/products", {"name": "p", "unsigned_ok": True})["id"]
    firmware = cloud.upload(f"product={product}&name=a.swu&kind=opaque&version=1", bytes(8 << 20)).json()["id"]
    device = cloud.call("POST", "/devices", {"controller_id": "d", "product": product})["id"]
    token = cloud.call("POST", f"/devices/{device}/tokens", {})["token"]
    cloud.call("POST", "/deployments", {"firmware": firmware, "devices": ["d"], "mode": "silent"})
    poll = lambda to: json.loads(exchange(to.devices, raw("GET", base("d"), target(token))).body)["_links"].get("deploymentBase")
    link = wait_for("an offer", lambda: poll(cloud))["href"].split("/v1/d")[1]
    assert exchange(cloud.devices, raw("GET", base("d") + link, target(token))).status == 200
    file = f"{base('d')}/softwaremodules/{firmware}/artifacts/a.swu"
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", cloud.devices))
    with sock:
        sock.sendall(raw("GET", file, target(token)))
        assert sock.recv(16)
        assert cloud.stop() == 0, cloud.said()
    later = Cloud(program, folder)
    later.admin = cloud.admin
    wait_for("the offer again", lambda: poll(later))
    rest = exchange(later.devices, raw("GET", file, target(token), "Range: bytes=8388600-"))
    assert rest.status == 206 and rest.body == bytes(8), (rest.status, rest.body)
    return None if later.stop() == 0 else later.said()


def cases():
    return [("the database is garbage", garbage), ("the database is half garbage", half), ("the database is of a newer server", newer),
            ("the database is read-only", read_only), ("the database is in use", in_use), ("the disk is full", full_disk),
            ("the set-up link has expired", set_up_expired), ("rows that no server wrote", hostile_rows), ("texts that no server wrote", long_rows),
            ("too many connections of one address", crowd), ("too many consoles", many_consoles),
            ("consoles whose token has expired", expired_stream),
            ("a console that does not read what comes", deaf_stream), ("SIGTERM in an upload", term_in_upload),
            ("files of uploads that are refused", refused_files),
            ("SIGTERM in a download", term_in_download)]

