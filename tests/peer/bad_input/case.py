# SPDX-License-Identifier: Apache-2.0
"""One bad input, and what must come of it."""
from cloud import exchange

DEVICES, PEOPLE = "devices", "people"


class Case:
    """What is sent (bytes, or a function that returns a Reply) and the statuses that are right.

    word:   stands in the reason
    bare:   libmicrohttpd refuses it before a request is known: no JSON, or only the end
    changes: what may differ afterwards is looked at by the function itself
    """

    def __init__(self, name, port, sent, statuses, word="", bare=False, changes=False):
        self.name, self.port, self.sent, self.word = name, port, sent, word
        self.statuses = {statuses} if isinstance(statuses, int) else set(statuses)
        self.bare, self.changes = bare, changes

    def ask(self, cloud):
        if callable(self.sent):
            return self.sent()
        return exchange(getattr(cloud, self.port), self.sent)

    def judge(self, reply):
        """What is wrong with the reply; None: nothing."""
        if reply.status not in self.statuses:
            return f"status {reply.status}, wanted {sorted(self.statuses)}: {reply.body[:200]}"
        is_head = isinstance(self.sent, bytes) and self.sent.startswith(b"HEAD ")
        if reply.status < 400 or self.bare or is_head:
            return None
        try:
            document = reply.json()
        except ValueError:
            return f"{reply.status}: no JSON: {reply.body[:200]}"
        reason, request = document.get("error"), document.get("request")
        if not isinstance(reason, str) or len(reason) < 5:
            return f"{reply.status}: no reason: {reply.body[:200]}"
        if not request or request != reply.headers.get("x-request-id"):
            return f"{reply.status}: request {request}: {reply.headers}"
        if self.word.lower() not in reason.lower():
            return f"{reply.status}: no word '{self.word}' in: {reason}"
        return None
