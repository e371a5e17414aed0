# SPDX-License-Identifier: Apache-2.0
"""What a stranger, a browser that was led astray, or a person with too small a role can send."""
import threading

from case import PEOPLE, Case
from cloud import bearer, exchange, raw

API = "/api/v1"


def who(w):
    shown = [
        ("no token", ()), ("an unknown token", (bearer("x" * 32),)), ("an empty token", ("Authorization: Bearer ",)),
        ("a revoked token", (bearer(w.revoked),)), ("an expired token", (bearer(w.expired),)),
        ("a device's token", (bearer(w.t1),)), ("a gateway token", (bearer(w.gateway),)), ("a claim code", (bearer(w.claim),)),
        ("the used set-up code", (bearer(w.used_setup),)), ("a session as Bearer", (bearer(w.cookie),)),
        ("the session of a revoked token as Bearer", (bearer(w.orphan),)),
        ("the session of a revoked token", (f"Cookie: otter_session={w.orphan}",)),
        ("an API token as cookie", (f"Cookie: otter_session={w.admin}",)),
        ("a device's token as cookie", (f"Cookie: otter_session={w.t1}",)),
        ("an empty cookie", ("Cookie: otter_session=",)), ("Basic", ("Authorization: Basic YWRtaW46YWRtaW4=",)),
        ("TargetToken", (f"Authorization: TargetToken {w.admin}",)), ("a wrong token beside a good cookie",
         (bearer("x" * 32), f"Cookie: otter_session={w.cookie}")),
        ("a token in the query", None), ("a token of 5 KB", (bearer("a" * 5000),)),
    ]
    cases = [Case(f"devices with {name}", PEOPLE,
                  raw("GET", API + ("/devices" if headers is not None else f"/devices?token={w.admin}"), *(headers or ())),
                  401, "token") for name, headers in shown]
    for name, secret in (("a device's token", w.t1), ("a session", w.cookie), ("a revoked token", w.revoked),
                         ("the session of a revoked token", w.orphan), ("a claim code", w.claim)):
        cases.append(Case(f"a session for {name}", PEOPLE, raw("POST", API + "/session", body={"token": secret}), 401, "token"))
    cases += [
        Case("the set-up link twice", PEOPLE, raw("POST", API + "/session", body={"setup": w.used_setup}), {401, 403, 409, 410}, ""),
        Case("a set-up code that is none", PEOPLE, raw("POST", API + "/session", body={"setup": "x" * 32}), {401, 403, 409, 410}, ""),
        Case("set-up and token", PEOPLE, raw("POST", API + "/session", body={"setup": "x", "token": "y"}), 400, "either"),
        Case("the audit without token", PEOPLE, raw("GET", API + "/audit"), 401, "token"),
        Case("metrics without token", PEOPLE, raw("GET", "/metrics"), 401, "token"),
        Case("events without token", PEOPLE, raw("GET", API + "/events"), 401, "token"),
        Case("events with a viewer's expired session", PEOPLE, raw("GET", API + "/events", f"Cookie: otter_session={w.orphan}"), 401, "token"),
    ]
    return cases


WRITES = [
    # method, path, body, least role
    ("POST", "/devices", {"controller_id": "new"}, "admin"),
    ("PATCH", "/devices/{dev1}", {"name": "x"}, "operator"),
    ("DELETE", "/devices/{dev1}", None, "admin"),
    ("POST", "/devices/{dev1}/tokens", {}, "admin"),
    ("POST", "/products", {"name": "new"}, "admin"),
    ("PATCH", "/products/{product}", {"name": "new"}, "admin"),
    ("POST", "/firmware/{fw1}/archive", None, "operator"),
    ("POST", "/firmware/{fw1}/unarchive", None, "operator"),
    ("POST", "/deployments", {"firmware": 1, "filter": "", "mode": "silent"}, "operator"),
    ("POST", "/deployments/1/pause", None, "operator"),
    ("POST", "/deployments/1/cancel", None, "operator"),
    ("POST", "/actions/1/approve", None, "operator"),
    ("POST", "/actions/1/cancel", None, "operator"),
    ("POST", "/actions/1/retry", None, "operator"),
    ("POST", "/tokens", {"kind": "api", "role": "admin"}, "admin"),
    ("DELETE", "/tokens/1", None, "admin"),
    ("PATCH", "/settings", {"offers_stopped": True}, "operator"),
    ("GET", "/tokens", None, "admin"),
    ("GET", "/audit", None, "admin"),
]


def roles(w):
    places = {"dev1": w.dev1, "product": w.product, "fw1": w.fw1}
    cases = []
    for method, path, body, least in WRITES:
        path = API + path.format(**places)
        cases.append(Case(f"a viewer's {method} {path}", PEOPLE, raw(method, path, bearer(w.viewer), body=body), 403, "role"))
        if least == "admin":
            cases.append(Case(f"an operator's {method} {path}", PEOPLE, raw(method, path, bearer(w.operator), body=body), 403, "role"))
        cases.append(Case(f"nobody's {method} {path}", PEOPLE, raw(method, path, body=body), 401, "token"))
    cases.append(Case("an operator's registration = open", PEOPLE,
                      raw("PATCH", API + "/settings", bearer(w.operator), body={"offers_stopped": True, "registration": "open"}),
                      403, "registration"))
    cases.append(Case("a viewer's upload", PEOPLE,
                      raw("PUT", f"{API}/firmware?product={w.product}&name=a.bin&kind=opaque&version=1", bearer(w.viewer), body=b"abc",
                          kind="application/octet-stream"), 403, "role"))
    return cases


def forgery(w):
    """A browser sends the cookie, whoever made the page."""
    cookie, change = f"Cookie: otter_session={w.cookie}", {"offers_stopped": True}
    own = f"127.0.0.1:{w.cloud.people}"
    origins = [("a foreign Origin", "Origin: http://evil.example"), ("a null Origin", "Origin: null"), ("no Origin", None),
               ("an empty Origin", "Origin:"), ("our Origin with another port", "Origin: http://127.0.0.1:1"),
               ("our Origin by https", f"Origin: https://{own}"), ("our Origin, and more", f"Origin: http://{own}.evil.example"),
               ("two Origins in one", f"Origin: http://{own} http://evil.example"), ("a Referer only", f"Referer: http://{own}/")]
    cases = [Case(f"a change with the cookie and {name}", PEOPLE,
                  raw("PATCH", API + "/settings", cookie, *([header] if header else []), body=change, host=own), 403, "Origin")
             for name, header in origins]
    cases += [
        Case("the cookie, a form's Content-Type", PEOPLE,
             raw("PATCH", API + "/settings", cookie, f"Origin: http://{own}", body=change, host=own, kind="text/plain"), 415, "Content-Type"),
        Case("a preflight of CORS", PEOPLE, raw("OPTIONS", API + "/settings", "Origin: http://evil.example",
                                                "Access-Control-Request-Method: PATCH"), 405, "method"),
        Case("a token and a foreign Origin", PEOPLE,
             raw("PATCH", API + "/settings", bearer(w.admin), "Origin: http://evil.example", body=change), 403, "Origin"),
        Case("sign-in from a foreign page", PEOPLE,
             raw("POST", API + "/session", "Origin: http://evil.example", body={"token": w.admin}), 403, "Origin"),
        Case("two Origin", PEOPLE, raw("PATCH", API + "/settings", cookie, f"Origin: http://{own}", "Origin: null", body=change, host=own),
             400, "Origin"),
    ]
    return cases


def bodies(w):
    api = bearer(w.admin)
    post = lambda body, path="/products", **more: raw("POST", API + path, api, body=body, **more)
    deploy = lambda **more: post({"firmware": w.fw1, "filter": "", "mode": "silent", **more}, "/deployments")
    rows = [
        ("nothing", raw("POST", API + "/products", api), "body"), ("an empty body", post(b""), "body"),
        ("no JSON", post(b"name=x"), "JSON"), ("half of it", post(b'{"name":"'), "JSON"), ("a list", post(b"[]"), "object"),
        ("a text", post(b'"x"'), "JSON"), ("5000 deep", post(b"[" * 5000), "deep"), ("deep in a member", post(b'{"name":' + b"[" * 99), "deep"),
        ("a member twice", post(b'{"name":"a","name":"b"}'), "JSON"), ("invalid UTF-8", post(b'{"name":"\xff\xfe"}'), "JSON"),
        ("a surrogate", post(b'{"name":"\\ud800"}'), "JSON"), ("\\u0000", post(b'{"name":"a\\u0000b"}'), "JSON"),
        ("a NUL", post(b'{"name":"a\x00b"}'), "JSON"), ("a line end", post({"name": "a\nb"}), "control"),
        ("a comma too much", post(b'{"name":"a",}'), "JSON"), ("something behind", post(b'{"name":"a"}x'), "JSON"),
        ("no name", post({}), "name"), ("a name that is a number", post({"name": 1}), "name"), ("null", post({"name": None}), "name"),
        ("an empty name", post({"name": ""}), "name"), ("a name of 65 bytes", post({"name": "n" * 65}), "name"),
        ("an unknown member", post({"name": "a", "role": "admin"}), "role"), ("__proto__", post({"name": "a", "__proto__": {}}), "__proto__"),
        ("a key of 63 digits", post({"name": "a", "key1": "a" * 63}), "key1"), ("a key of words", post({"name": "a", "key1": "z" * 64}), "key1"),
        ("hardware of 7 characters", post({"name": "a", "hardware": "0000003"}), "hardware"),
        ("a slot of -1 bytes", post({"name": "a", "slot_size": -1}), "slot_size"),
        ("a slot of 2^63 bytes", post(b'{"name":"a","slot_size":9223372036854775808}'), ""),
        ("a slot of 1e30 bytes", post(b'{"name":"a","slot_size":1e30}'), "slot_size"),
        ("unsigned_ok = 1", post({"name": "a", "unsigned_ok": 1}), "unsigned_ok"),
        ("a device's product 2^62", post({"controller_id": "n", "product": 1 << 62}, "/devices"), "product"),
        ("a controller id with /", post({"controller_id": "a/b"}, "/devices"), "controller_id"),
        ("a controller id of 129 bytes", post({"controller_id": "a" * 129}, "/devices"), "controller_id"),
        ("a token of no kind", post({"kind": "session"}, "/tokens"), "kind"), ("a token without role", post({"kind": "api"}, "/tokens"), "role"),
        ("a claim code with a role", post({"kind": "claim", "role": "admin"}, "/tokens"), "role"),
        ("a token that expired before", post({"kind": "gateway", "expires_in_s": -5}, "/tokens"), "expires_in_s"),
        ("a token for 300 years", post({"kind": "gateway", "expires_in_s": 10 ** 10}, "/tokens"), "expires_in_s"),
        ("a claim code for 0 uses", post({"kind": "claim", "uses": 0}, "/tokens"), "uses"),
        ("a deployment of firmware 2^62", deploy(firmware=1 << 62), "firmware"), ("a deployment of no firmware", deploy(firmware=None), "firmware"),
        ("a deployment by no mode", deploy(mode="loud"), "mode"), ("filter and devices", deploy(devices=["dev1"]), "either"),
        ("devices that are not there", post({"firmware": w.fw1, "devices": ["nobody"], "mode": "silent"}, "/deployments"), "nobody"),
        ("2001 devices", post({"firmware": w.fw1, "devices": ["d"] * 2001, "mode": "silent"}, "/deployments"), "devices"),
        ("0 devices", post({"firmware": w.fw1, "devices": [], "mode": "silent"}, "/deployments"), "devices"),
        ("a window at 25:00", deploy(window={"from": "25:00", "to": "02:00"}), "window"),
        ("a window of numbers", deploy(window={"from": 1, "to": 2}), "from"), ("a window that is a list", deploy(window=[1]), "window"),
        ("a deployment that ended", deploy(ends_at="2001-01-01T00:00:00Z"), "ends_at"),
        ("a deployment on 30 February", deploy(starts_at="2027-02-30T00:00:00Z"), "starts_at"),
        ("99 attempts", deploy(attempts=99), "attempts"), ("attempts = 1.5", deploy(attempts=1.5), "attempts"),
    ]
    settings = [("registration", "wide open"), ("offers_stopped", "yes"), ("poll_interval_s", 0), ("poll_interval_s", 1 << 40),
                ("tries_max", -1), ("retention_days", "90"), ("db", "x")]
    cases = [Case(f"REST: {name}", PEOPLE, sent, 400, word) for name, sent, word in rows]
    cases += [Case(f"setting {name} = {value}", PEOPLE, raw("PATCH", API + "/settings", api, body={name: value}), 400, name)
              for name, value in settings]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "multipart/form-data; boundary=x"):
        cases.append(Case(f"Content-Type: {kind}", PEOPLE, post({"name": "a"}, kind=kind), 415, "Content-Type"))
    cases += [
        Case("a body of 1 MB", PEOPLE, post(b'{"name":"' + b"a" * (1 << 20)), 413, "bytes"),
        Case("a body where none is taken", PEOPLE, raw("POST", API + f"/firmware/{w.fw1}/archive", api, body={"a": 1}), 400, "no body"),
        Case("a body of GET", PEOPLE, raw("GET", API + "/devices", api, body={"a": 1}), 400, "no body"),
    ]
    return cases


def numbers(w):
    api = bearer(w.admin)
    get = lambda path: raw("GET", API + path, api)
    cases = [Case(f"devices/{number[:24]}", PEOPLE, get(f"/devices/{number}"), 404, "") for number in
             ("0", "-1", "01", "99999999", "9223372036854775807", "9223372036854775808", "1" * 200, "1e1", "0x1", "%31a", "1;")]
    cases += [Case(f"{what}/99999999{more} is not there", PEOPLE, get(f"/{what}/99999999{more}"), 404, "")
              for what, more in (("products", ""), ("firmware", ""), ("firmware", "/file"), ("firmware", "/preflight"), ("deployments", ""),
                                 ("actions", ""), ("devices", "/timeline"), ("devices", "/actions"))]
    cases += [Case(f"?{query[:30]}", PEOPLE, get("/devices?" + query), 400, query.split("=")[0])
              for query in ("limit=0", "limit=-1", "limit=1001", "limit=1e3", "limit=", "limit=99999999999999999999", "after=-1", "after=x",
                            "after=9223372036854775808", "limit=%2b5", "limit=%205")]
    for method, path in (("DELETE", "/devices/99999999"), ("DELETE", "/tokens/99999999"), ("POST", "/firmware/99999999/archive"),
                         ("POST", "/deployments/99999999/cancel"), ("POST", "/actions/99999999/approve")):
        cases.append(Case(f"{method} {path}", PEOPLE, raw(method, API + path, api), 404, "no such"))
    cases += [
        Case("deny what waits for nobody", PEOPLE, raw("POST", API + "/actions/1/deny", api), 410, "the action is"),
        Case("delete a device with an open action", PEOPLE, raw("DELETE", f"{API}/devices/{w.dev1}", api), 409, "open action"),
    ]
    return cases


def rules(w):
    """Filters that are none, or bombs."""
    api = bearer(w.admin)
    bombs = [("deep", "(" * 2000 + "id%20=%20a" + ")" * 2000), ("not not not", "not%20" * 2000 + "id%20=%20a"), ("half", "id%20="),
             ("no field", "password%20=%20x"), ("no operator", "id%20a"), ("an open quote", "id%20=%20%22a"), ("SQL", "1=1;drop%20table%20device"),
             ("an open list", "id%20in%20(a,"), ("a regular expression", "id%20~%20(a+)+$"), ("two values", "id%20=%20a%20b")]
    cases = [Case(f"filter: {name}", PEOPLE, raw("GET", f"{API}/devices?filter={text}", api), 400, "filter") for name, text in bombs]
    cases += [
        Case("filter: invalid UTF-8", PEOPLE, raw("GET", f"{API}/devices?filter=id%20=%20%ff", api), 400, "query"),
        Case("preflight with a rule error", PEOPLE, raw("GET", f"{API}/firmware/{w.fw1}/preflight?filter=version%20%3c", api), 400, "filter"),
        Case("a deployment with a rule error", PEOPLE,
             raw("POST", API + "/deployments", api, body={"firmware": w.fw1, "filter": "tag = (", "mode": "silent"}), 400, "filter"),
        Case("a rule of 17 KB", PEOPLE, raw("POST", API + "/deployments", api,
                                            body={"firmware": w.fw1, "filter": "id = a or " * 1700 + "id = b", "mode": "silent"}), 400, "filter"),
        Case("a rule of 500 stars", PEOPLE, raw("GET", f"{API}/devices?filter=name%20=%20%22{'*a' * 500}b%22", api), 200),
        Case("a deployment that nobody can take", PEOPLE,
             raw("POST", API + "/deployments", api, body={"firmware": w.fw1, "filter": "id = nobody", "mode": "silent"}), 422, "no device"),
    ]
    return cases


def conflicts(w):
    api = bearer(w.admin)
    path = f"{API}/products/{w.other}"

    def two_admins():
        """Both have read rev 1; both change it at the same instant."""
        start, replies = threading.Barrier(2), []

        def change(name):
            start.wait()
            replies.append(exchange(w.cloud.people, raw("PATCH", path, api, 'If-Match: "1"', body={"name": name})))

        threads = [threading.Thread(target=change, args=(name,)) for name in ("left", "right")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses = sorted(reply.status for reply in replies)
        assert statuses == [200, 409], statuses
        assert w.cloud.call("GET", f"/products/{w.other}")["rev"] == 2
        return next(reply for reply in replies if reply.status == 409)

    def many_tags():
        for i in range(1000):
            reply = exchange(w.cloud.people, raw("PATCH", f"{API}/devices/{w.dev2}", api, body={"add_tag": f"tag{i}"}))
            if reply.status != 200:
                break
        assert len(w.cloud.call("GET", f"/devices/{w.dev2}")["tags"]) == i
        return reply

    def wrong(name, header, status, word):
        return Case(name, PEOPLE, raw("PATCH", path, api, *([header] if header else []), body={"name": "mine"}), status, word)

    return [
        Case("two admins change a product at once", PEOPLE, two_admins, 409, "changed", changes=True),
        wrong("a change of what was changed since", 'If-Match: "1"', 409, "changed"), wrong("a change without If-Match", None, 428, "If-Match"),
        wrong("If-Match *", "If-Match: *", 400, "If-Match"), wrong("If-Match of words", 'If-Match: "new"', 400, "If-Match"),
        wrong("If-Match of 2^32", 'If-Match: "4294967297"', 400, "If-Match"),
        Case("a product's name twice", PEOPLE, raw("POST", API + "/products", api, body={"name": "otter"}), 409, "otter"),
        Case("a device twice", PEOPLE, raw("POST", API + "/devices", api, body={"controller_id": "dev1"}), 409, "dev1"),
        Case("1,000 tags", PEOPLE, many_tags, {409, 422}, "tag", changes=True),
    ]


def cases(w):
    return who(w) + roles(w) + forgery(w) + bodies(w) + numbers(w) + rules(w) + conflicts(w)
