# SPDX-License-Identifier: Apache-2.0
"""What is there when the bad input comes: two devices, each with an update that is offered."""
from cloud import Cloud, bearer, exchange, raw, target

UPLOAD_MAX = 12 << 20
LARGE = 10 << 20  # more than two sockets hold
# stack and reset vector of a program at 0x08003000
PLAIN = bytes.fromhex("0050002009310008") + bytes(range(256)) * 8


class World:
    def __init__(self, program, folder):
        self.cloud = cloud = Cloud(program, folder, "--upload-max", str(UPLOAD_MAX))
        cloud.set_up()
        self.used_setup, self.admin = cloud.setup, cloud.admin
        self.make_tokens()
        self.product = cloud.call("POST", "/products", {"name": "otter", "hardware": "00000003", "unsigned_ok": True})["id"]
        self.other = cloud.call("POST", "/products", {"name": "other"})["id"]
        self.dev1, self.t1 = self.make_device("dev1")
        self.dev2, self.t2 = self.make_device("dev2")
        self.old2, self.old2_id = self.t2, self.t2_id
        self.t2 = cloud.call("POST", f"/devices/{self.dev2}/tokens", {})["token"]
        cloud.call("DELETE", f"/tokens/{self.old2_id}")
        self.fw1 = self.add_firmware("app.bin", "kind=plain&version=03010102&hardware=00000003", PLAIN)
        self.fw2 = self.add_firmware("large.swu", "kind=opaque&version=9.1", bytes(LARGE))
        self.action1 = self.offer("dev1", self.t1, self.fw1)
        self.action2 = self.offer("dev2", self.t2, self.fw2)

    def make_tokens(self):
        call = self.cloud.call
        make = lambda **wish: call("POST", "/tokens", wish)
        self.operator = make(kind="api", role="operator", name="op")["token"]
        self.viewer = make(kind="api", role="viewer", name="eye")["token"]
        self.gateway = make(kind="gateway", name="gw")["token"]
        self.claim = make(kind="claim", name="label")["token"]
        revoked = make(kind="api", role="admin", name="gone")
        self.revoked = revoked["token"]
        self.orphan = self.session(self.revoked)  # a session that outlives its token
        call("DELETE", f"/tokens/{revoked['id']}")
        self.expired = make(kind="api", role="admin", name="past", expires_in_s=1)["token"]
        self.expired_gateway = make(kind="gateway", name="past", expires_in_s=1)["token"]
        self.cookie = self.session(self.admin)

    def session(self, token):
        reply = exchange(self.cloud.people, raw("POST", "/api/v1/session", body={"token": token}))
        return reply.headers["set-cookie"].split("=", 1)[1].split(";")[0]

    def make_device(self, name):
        device = self.cloud.call("POST", "/devices", {"controller_id": name, "product": self.product})["id"]
        token = self.cloud.call("POST", f"/devices/{device}/tokens", {"name": name})
        self.t2_id = token["id"]
        self.put(name, token["token"], "/configData", {"data": {"hw_ver": "00000003", "sw_ver": "03010101"}})
        return device, token["token"]

    def put(self, name, token, path, body):
        reply = exchange(self.cloud.devices, raw("PUT", base(name) + path, target(token), body=body))
        assert reply.status == 200, reply.body

    def add_firmware(self, name, query, data):
        reply = self.cloud.upload(f"product={self.product}&name={name}&{query}", data)
        assert reply.status == 201, reply.body
        return reply.json()["id"]

    def poll(self, name, token):
        return exchange(self.cloud.devices, raw("GET", base(name), target(token)))

    def offer(self, name, token, firmware):
        """Deploy, poll, read the job; returns DDI's id of the action."""
        from cloud import wait_for
        self.cloud.call("POST", "/deployments", {"firmware": firmware, "devices": [name], "mode": "silent"})
        links = wait_for("an offer", lambda: self.poll(name, token).json()["_links"].get("deploymentBase"))
        number = links["href"].split("/deploymentBase/")[1].split("?")[0]
        reply = exchange(self.cloud.devices, raw("GET", f"{base(name)}/deploymentBase/{number}", target(token)))
        assert reply.status == 200, reply.body
        return int(number)

    def is_well(self):
        """Well-formed requests are answered as ever."""
        poll = self.poll("dev1", self.t1)
        health = exchange(self.cloud.people, raw("GET", "/healthz"))
        return poll.status == 200 and "deploymentBase" in poll.json()["_links"] and health.status == 200


def base(name):
    return f"/DEFAULT/controller/v1/{name}"


__all__ = ["World", "base", "bearer", "UPLOAD_MAX", "LARGE", "PLAIN"]
