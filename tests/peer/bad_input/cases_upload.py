# SPDX-License-Identifier: Apache-2.0
"""Firmware that is none."""
import struct

from case import PEOPLE, Case
from cloud import Reply, bearer, connect, raw, receive
from world import PLAIN, UPLOAD_MAX


def trailer(size, **changes):
    """otter's trailer (docs/flash-format.md chapter 3), as it should be but for `changes`."""
    fields = dict(magic=b"otter-im", format=2, flags=0, length=size, hardware=b"00000003", version=b"03010103",
                  number=3, key_id=0, reserved=bytes(8), signature=bytes(64))
    fields.update(changes)
    return struct.pack("<8sHHI8s8sII8s64s", *fields.values())


def cases(w):
    plain = "kind=plain&version=03010199&hardware=00000003"

    def put(query, data=PLAIN, product=None, **more):
        path = f"/api/v1/firmware?product={w.product if product is None else product}&{query}"
        return raw("PUT", path, bearer(w.operator), body=data, **{"kind": "application/octet-stream", **more})

    def cut():
        """The connection ends in the middle: nothing of it is kept."""
        before = w.cloud.files()
        with connect(w.cloud.people) as sock:
            sock.sendall(put("name=cut.bin&" + plain, bytes(500000))[:100000])
        with connect(w.cloud.people) as sock:  # a later request on the same thread: the cut one has ended
            sock.sendall(raw("GET", "/healthz"))
            receive(sock)
        assert w.cloud.files() == before, w.cloud.files()
        return Reply(b"")

    names = [("none", ""), ("empty", "name="), ("with /", "name=a%2fb.bin"), ("..", "name=.."), (".", "name=."), ("with ../", "name=..%2f..%2fotter.db"),
             ("with a backslash", "name=a%5cb"), ("with a quote", "name=a%22b"), ("with a line end", "name=a%0d%0ab"),
             ("of 129 bytes", "name=" + "a" * 129)]
    result = [Case(f"upload: a name {name}", PEOPLE, put(f"{query}&{plain}"), 400, "name") for name, query in names]
    fields = [("version of 7 characters", "version=0301010&hardware=00000003", "version"), ("version of 9 characters", "version=030101020&hardware=00000003", "version"),
              ("no version", "hardware=00000003", "version"), ("version with a blank", "version=0301%20102&hardware=00000003", "version"),
              ("hardware of 9 characters", "version=03010199&hardware=000000033", "hardware"), ("no hardware", "version=03010199", "hardware"),
              ("from_min of 3 characters", "version=03010199&hardware=00000003&from_min=030", "from_min"),
              ("notes of 5 KB", "version=03010199&hardware=00000003&notes=" + "n" * 5000, "notes")]
    result += [Case(f"upload: {name}", PEOPLE, put(f"name=a.bin&kind=plain&{query}"), 400, word) for name, query, word in fields]
    opaque = "name=a.swu&kind=opaque&version="
    broken = [("a length that is wrong", dict(length=999)), ("format 3", dict(format=3)), ("reserved bytes", dict(reserved=b"12345678")),
              ("a signature without key", dict(signature=b"s" * 64)), ("a version of NULs", dict(version=bytes(8))),
              ("hardware with a line end", dict(hardware=b"0000\r\n03"))]
    result += [Case(f"upload: a trailer with {name}", PEOPLE, put("name=a.bin", PLAIN + trailer(len(PLAIN), **changes)), 400, "")
               for name, changes in broken]
    result += [
        Case("upload: an opaque version of 65 bytes", PEOPLE, put(opaque + "v" * 65), 400, "version"),
        Case("upload: an opaque version of invalid UTF-8", PEOPLE, put(opaque + "%ff"), 400, "query"),
        Case("upload: an opaque version with a line end", PEOPLE, put(opaque + "a%0ab"), 400, "version"),
        Case("upload: a name of invalid UTF-8", PEOPLE, put(f"name=%ff%fe.bin&{plain}"), 400, "query"),
        Case("upload: notes of invalid UTF-8", PEOPLE, put(opaque + "7&notes=%ff"), 400, "query"),
        Case("upload: a kind that is none", PEOPLE, put("name=a.bin&kind=elf&version=1"), 400, "kind"),
        Case("upload: no product", PEOPLE, raw("PUT", "/api/v1/firmware?name=a.bin&" + plain, bearer(w.operator), body=PLAIN,
                                               kind="application/octet-stream"), 400, "product"),
        Case("upload: product 999", PEOPLE, put("name=a.bin&" + plain, product=999), 400, "product"),
        Case("upload: product 2^64", PEOPLE, put("name=a.bin&" + plain, product=1 << 64), 400, "product"),
        Case("upload: no trailer, and no kind", PEOPLE, put("name=a.bin"), 400, "trailer"),
        Case("upload: plain, and a trailer", PEOPLE, put("name=a.bin&" + plain, PLAIN + trailer(len(PLAIN))), 400, "trailer"),
        Case("upload: half a trailer", PEOPLE, put("name=a.bin", (PLAIN + trailer(len(PLAIN)))[:-50]), 400, ""),
        Case("upload: 11 MB with a broken trailer", PEOPLE,
             put("name=a.bin", bytes(11 << 20) + trailer(999)), 400, "trailer"),
        Case("upload: plain, and an ELF", PEOPLE, put("name=a.elf&" + plain, b"\x7fELF" + bytes(3000)), 400, "this is an ELF file"),
        Case("upload: an ELF, and no kind", PEOPLE, put("name=a.elf", b"\x7fELF" + bytes(3000)), 400, "this is an ELF file"),
        Case("upload: plain, and an Intel HEX file", PEOPLE, put("name=a.hex&" + plain, b":020000040800F2\r\n"), 400, "this is an Intel HEX file"),
        Case("upload: plain, and a ZIP", PEOPLE, put("name=a.zip&" + plain, b"PK\x03\x04" + bytes(300)), 400, "this is a ZIP archive"),
        Case("upload: plain, and no vectors", PEOPLE, put("name=a.bin&" + plain, bytes(3000)), 400, "no stack in RAM"),
        Case("upload: nothing", PEOPLE, put("name=a.bin&" + plain, b""), 400, ""),
        Case("upload: no body", PEOPLE, raw("PUT", f"/api/v1/firmware?product={w.product}&name=a.bin&{plain}", bearer(w.operator)), 400, "body"),
        Case("upload: as a form", PEOPLE, put("name=a.bin&" + plain, kind="multipart/form-data; boundary=x"), 415, "Content-Type"),
        Case("upload: one byte more than --upload-max", PEOPLE, put(opaque + "2", bytes(UPLOAD_MAX + 1)), 413, "bytes"),
        Case("upload: one that says 1 TB", PEOPLE,
             raw("PUT", f"/api/v1/firmware?product={w.product}&{opaque}2", bearer(w.operator), "Content-Type: application/octet-stream",
                 "Content-Length: 1099511627776"), 413, "bytes"),
        Case("upload: chunked, more than --upload-max", PEOPLE,
             raw("PUT", f"/api/v1/firmware?product={w.product}&{opaque}2", bearer(w.operator), "Content-Type: application/octet-stream",
                 "Transfer-Encoding: chunked") + b"%x\r\n" % (UPLOAD_MAX + 100) + bytes(UPLOAD_MAX + 100) + b"\r\n0\r\n\r\n", 413, "too long"),
        Case("upload: a version that is there", PEOPLE, put("name=b.bin&kind=plain&version=03010102&hardware=00000003"), 409, "03010102"),
        Case("upload: cut", PEOPLE, cut, 0, bare=True),
    ]
    return result
