# SPDX-License-Identifier: Apache-2.0
"""What a device, or one that says that it is one, can send."""
import threading

from case import DEVICES, Case
from cloud import Reply, bearer, exchange, raw, target
from world import base


def tokens(w):
    """A wrong token of each kind in each place; nobody learns which devices there are."""
    shown = [
        ("no token", ()), ("an empty token", ("Authorization: TargetToken ",)),
        ("an unknown token", (target("x" * 32),)), ("another device's token", (target(w.t2),)),
        ("a token that was revoked", (target(w.old2),)), ("a gateway token as TargetToken", (target(w.gateway),)),
        ("a device's token as GatewayToken", (f"Authorization: GatewayToken {w.t1}",)),
        ("a gateway token that has expired", (f"Authorization: GatewayToken {w.expired_gateway}",)),
        ("an admin's token", (target(w.admin),)), ("an admin's token as Bearer", (bearer(w.admin),)),
        ("a session's cookie", (f"Cookie: otter_session={w.cookie}",)), ("a session as TargetToken", (target(w.cookie),)),
        ("a claim code for a device that has a token", (target(w.claim),)),
        ("the used set-up code", (target(w.used_setup),)), ("a token of 4 KB", (target("a" * 4000),)),
        ("a token with bytes above ASCII", (target("\xff\xfe" * 16),)), ("Basic", ("Authorization: Basic ZGV2MTp4",)),
        ("a token in lower-case scheme of none", (f"Authorization: {w.t1}",)),
        ("X-Otter-Token alone, unknown", ("X-Otter-Token: " + "y" * 40,)),
    ]
    cases = []
    for name, headers in shown:
        cases.append(Case(f"poll with {name}", DEVICES, raw("GET", base("dev1"), *headers), 401, "token"))
    rows = [("configData", "PUT", "/configData", {"data": {"sw_ver": "99999999"}}),
            ("deploymentBase", "GET", f"/deploymentBase/{w.action1}", None),
            ("feedback", "POST", f"/deploymentBase/{w.action1}/feedback", closed()),
            ("cancel feedback", "POST", f"/cancelAction/{w.action1}/feedback", closed()),
            ("confirmation", "POST", f"/confirmationBase/{w.action1}/feedback", {"confirmation": "confirmed"}),
            ("installedBase", "PUT", "/installedBase", {"version": "03010102"}),
            ("an artifact", "GET", f"/softwaremodules/{w.fw1}/artifacts/app.bin", None),
            ("artifacts", "GET", f"/softwaremodules/{w.fw1}/artifacts", None)]
    for name, method, path, body in rows:
        cases.append(Case(f"{name} with another device's token", DEVICES,
                          raw(method, base("dev1") + path, target(w.t2), body=body), 401, "token"))
        cases.append(Case(f"{name} without token", DEVICES, raw(method, base("dev1") + path, body=body), 401, "token"))
    cases.append(Case("an unknown device without token", DEVICES, raw("GET", base("dev9")), 401, "token"))
    cases.append(Case("an unknown device with another's token", DEVICES, raw("GET", base("dev9"), target(w.t1)), 401, "token"))
    cases.append(Case("an unknown device's feedback with the gateway's token", DEVICES,
                      raw("POST", f"{base('dev9')}/deploymentBase/{w.action1}/feedback",
                          f"Authorization: GatewayToken {w.gateway}", body=closed()), {401, 404}, ""))
    return cases


def closed(result="success"):
    return {"id": 1, "status": {"execution": "closed", "result": {"finished": result}, "details": []}}


def strangers(w):
    """Ids and files that are somebody else's, or nobody's."""
    dev, auth = base("dev1"), target(w.t1)
    get = lambda path: raw("GET", dev + path, auth)
    post = lambda path, body: raw("POST", dev + path, auth, body=body)
    huge = ["0", "-1", "9223372036854775807", "9223372036854775808", "18446744073709551617", "1" * 300, "1e3", "0x1", "1.0",
            "%31x", "%F0%9F%A6%A6", "1;2", "NaN"]
    cases = [Case(f"deploymentBase/{number[:24]}", DEVICES, get(f"/deploymentBase/{number}"), 404, "") for number in huge]
    cases += [Case(f"feedback of {number[:24]}", DEVICES, post(f"/deploymentBase/{number}/feedback", closed()), 404, "")
              for number in huge[:6]]
    cases += [
        Case("deploymentBase of another device's action", DEVICES, get(f"/deploymentBase/{w.action2}"), 404, "action"),
        Case("feedback of another device's action", DEVICES, post(f"/deploymentBase/{w.action2}/feedback", closed()), 404, "action"),
        Case("cancel feedback of another device's action", DEVICES, post(f"/cancelAction/{w.action2}/feedback", closed()), 404, "action"),
        Case("confirmation of another device's action", DEVICES,
             post(f"/confirmationBase/{w.action2}/feedback", {"confirmation": "denied"}), 404, "action"),
        Case("installedBase of another device's action", DEVICES, get(f"/installedBase/{w.action2}"), 404, ""),
        Case("cancelAction of what is not cancelled", DEVICES, get(f"/cancelAction/{w.action1}"), 404, "offered"),
        Case("confirmationBase of what asks for none", DEVICES, get(f"/confirmationBase/{w.action1}"), 404, "offered"),
        Case("the artifact of another device's action", DEVICES, get(f"/softwaremodules/{w.fw2}/artifacts/large.swu"), 403, "not offered"),
        Case("its MD5SUM", DEVICES, get(f"/softwaremodules/{w.fw2}/artifacts/large.swu.MD5SUM"), 403, "not offered"),
        Case("what artifacts another device's action has", DEVICES, get(f"/softwaremodules/{w.fw2}/artifacts"), {403, 404}, ""),
        Case("an artifact by a wrong name", DEVICES, get(f"/softwaremodules/{w.fw1}/artifacts/other.bin"), 404, "file"),
        Case("an artifact's name with %2f", DEVICES, get(f"/softwaremodules/{w.fw1}/artifacts/..%2f..%2fotter.db"), {400, 404}, ""),
        Case("an artifact of module 2^63", DEVICES, get("/softwaremodules/9223372036854775808/artifacts/app.bin"), 404, "resource"),
        Case("auto-confirm, by the device", DEVICES, post("/confirmationBase/activateAutoConfirm", {}), 403, "auto-confirm"),
        Case("Range behind the end", DEVICES, raw("GET", f"{dev}/softwaremodules/{w.fw1}/artifacts/app.bin", auth, "Range: bytes=99999-"),
             416, bare=True),
    ]
    return cases


def bodies(w):
    """Bodies that are none. What real clients do wrong is taken (docs/server.md); this is not."""
    dev, auth = base("dev1"), target(w.t1)
    put = lambda body: raw("PUT", dev + "/configData", auth, body=body)
    post = lambda body: raw("POST", f"{dev}/deploymentBase/{w.action1}/feedback", auth, body=body)
    deep = b'{"data":' + b'{"a":' * 3000 + b"1" + b"}" * 3001
    rows = [
        ("configData: nothing", put(b""), "JSON"), ("configData: no JSON", put(b"sw_ver=1"), "JSON"),
        ("configData: half of it", put(b'{"data":{"sw_ver":"0301'), "JSON"),
        ("configData: a list", put(b"[1,2]"), "object"), ("configData: a number", put(b"7"), "JSON"),
        ("configData: 3000 deep", put(deep), "deep"), ("configData: brackets only", put(b"[" * 60000), "deep"),
        ("configData: NULs", put(b"\x00" * 500), "JSON"), ("configData: two documents", put(b'{"data":{}}{"data":{}}'), "JSON"),
        ("configData: no data", put(b"{}"), "data"), ("configData: data is a text", put(b'{"data":"x"}'), "data"),
        ("configData: data is null", put(b'{"data":null}'), "data"),
        ("configData: a mode that is none", put(b'{"mode":"drop table","data":{}}'), "mode"),
        ("configData: a mode that is a number", put(b'{"mode":1,"data":{}}'), "mode"),
        ("configData: 101 attributes", put({"data": {f"a{i}": "1" for i in range(101)}}), "attributes"),
        ("configData: a name of 129 bytes", put({"data": {"n" * 129: "1"}}), "name"),
        ("configData: a name that is empty", put({"data": {"": "1"}}), "name"),
        ("configData: a name with NUL", put(b'{"data":{"a\\u0000b":"1"}}'), ""),
        ("configData: a value of 257 bytes", put({"data": {"n": "v" * 257}}), "value"),
        ("configData: a value that is a list", put({"data": {"n": ["a"]}}), "value"),
        ("configData: a version of 65 bytes", put({"data": {"sw_ver": "0" * 65}}), "sw_ver"),
        ("configData: a number of 400 digits", put(b'{"data":{"n":' + b"9" * 400 + b"}}"), ""),
        ("configData: 1e999", put(b'{"data":{"n":1e999}}'), ""),
        ("feedback: nothing", post(b""), "JSON"), ("feedback: no status", post({}), "status"),
        ("feedback: status is a list", post({"status": []}), "status"),
        ("feedback: execution is a number", post({"status": {"execution": 1}}), "execution"),
        ("feedback: execution is null", post({"status": {"execution": None}}), "execution"),
        ("feedback: 3000 deep", post(b'{"status":' * 3000), "deep"),
        ("feedback: 1e999", post(b'{"status":{"execution":"proceeding","code":1e999}}'), ""),
        ("confirmation: neither", raw("POST", f"{dev}/confirmationBase/{w.action1}/feedback", auth,
                                      body={"confirmation": "perhaps"}), "confirmation"),
        ("installedBase: no version", raw("PUT", dev + "/installedBase", auth, body={"v": "1"}), "version"),
        ("installedBase: a version of 65 bytes", raw("PUT", dev + "/installedBase", auth, body={"version": "1" * 65}), "version"),
    ]
    return [Case(name, DEVICES, sent, 400, word) for name, sent, word in rows]


def hosts(w):
    """Links never name what a request says that this server is."""
    dev, auth = base("dev1"), target(w.t1)
    cases = [Case(f"Host: {host[:40]} ({len(host)} bytes)", DEVICES, raw("GET", dev, auth, host=host), {421, 400}, bare=host == "")
             for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "127.0.0.1:80@evil.example",
                          "localhost.", "evil.example:8080", "127.0.0.1:99999999", "127.0.0.1:::", "127.0.0.1:" + "1" * 900, "127.0.0.1:" + "1" * 6000, "",
                          "127.0.0.1:80/evil", "[::ffff:evil]", "127.0.0.1\" onload=")]

    def forged():
        headers = ("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: gopher", "X-Forwarded-For: 10.0.0.1",
                   "X-Forwarded-Port: 666", "Forwarded: host=evil.example", "X-Original-URL: /evil", "X-Rewrite-URL: /evil")
        reply = exchange(w.cloud.devices, raw("GET", f"{dev}/deploymentBase/{w.action1}", auth, *headers))
        assert b"evil" not in reply.body and b"gopher" not in reply.body and b"666" not in reply.body, reply.body
        return exchange(w.cloud.devices, raw("GET", dev, auth, *headers))

    cases.append(Case("X-Forwarded-* and Forwarded", DEVICES, forged, 200))
    return cases


def registration(w):
    """What makes a device, and what does not."""
    claim = target(w.claim)
    bad = [("of 129 bytes", "a" * 129), ("of 2 KB", "a" * 2000), ("with a blank", "a%20b"), ("of invalid UTF-8", "dev%ff%fe"),
           ("of half a character", "dev%e2%82"), ("of a surrogate", "dev%ed%a0%80"), ("of an overlong slash", "dev%c0%af")]
    cases = [Case(f"claim with an id {name}", DEVICES, raw("GET", base(text), claim), {400, 404}, "") for name, text in bad]

    def same_instant():
        """One claim code, two devices: one gets it."""
        start, replies = threading.Barrier(2), {}

        def claims(name):
            start.wait()
            replies[name] = exchange(w.cloud.devices, raw("GET", base(name), claim))

        threads = [threading.Thread(target=claims, args=(name,)) for name in ("twin1", "twin2")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses = sorted(reply.status for reply in replies.values())
        assert statuses == [200, 401], statuses
        items = w.cloud.call("GET", "/devices")["items"]
        assert sum(item["controller_id"].startswith("twin") for item in items) == 1, items
        return next(reply for reply in replies.values() if reply.status != 200)

    def many_attributes():
        """10,000 attributes in merges of 100."""
        for i in range(100):
            body = {"mode": "merge", "data": {f"k{i}-{j}": "v" for j in range(100)}}
            reply = exchange(w.cloud.devices, raw("PUT", base("dev2") + "/configData", target(w.t2), body=body))
            assert i == 0 or reply.status == 400, (i, reply.status)
        return reply

    cases.append(Case("a claim code shown by two devices at the same instant", DEVICES, same_instant, 401, "token", changes=True))
    cases.append(Case("the claim code again", DEVICES, raw("GET", base("twin3"), claim), 401, "token"))
    cases.append(Case("10,000 attributes", DEVICES, many_attributes, 400, "attributes", changes=True))
    return cases


def cases(w):
    return tokens(w) + strangers(w) + bodies(w) + hosts(w) + registration(w)
