"""The people of the tests, over HTTP: customers with their token, members with their sign-in.

Without certificates, which nobody asks for here and which take 30 ms to load for each client.
"""

import re
import secrets
import uuid

import httpx
from argon2 import PasswordHasher

PASSWORD = "correct horse battery"
# Real hashes take their time by design, a tenth of a second for each of a thousand sign-ins.
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# A message id for lists of cases, whose names must be the same in every process that runs tests.
SOME_UUID = "7f9c24e8-3b12-4fef-91e0-5b6f1d2a8c47"


def new_uuid() -> str:
    """A message id, as a browser makes them."""
    return str(uuid.uuid4())


class Customer:
    """A customer of a bot, without a browser."""

    def __init__(self, server, bot_key: str):
        self.token = secrets.token_urlsafe(32)
        self.http = httpx.Client(base_url=f"{server.url}/widget/{bot_key}", timeout=20, verify=False,
                                 headers={"Authorization": f"Bearer {self.token}", "HX-Request": "true"})
        self.chat_id: int | None = None

    def start(self, text="Hello", **form) -> httpx.Response:
        """The first message of a chat."""
        answer = self.http.post("/chats", data={"text": text, "uuid": new_uuid(), **form})
        self.chat_id = int(answer.headers.get("Baton-Chat", 0)) or self.chat_id
        return answer

    def write(self, text: str, **form) -> httpx.Response:
        """One more message."""
        return self.post("messages", text=text, **{"uuid": new_uuid(), **form})

    def hand_off(self) -> httpx.Response:
        """Press Talk to a human."""
        return self.post("handoff")

    def end(self, **feedback) -> httpx.Response:
        """End the chat."""
        return self.post("closure", **feedback)

    def post(self, action: str, **form) -> httpx.Response:
        """Any other write in the own chat."""
        return self.http.post(f"/chats/{self.chat_id}/{action}", data=form)

    def entries(self, after: int = 0) -> httpx.Response:
        """What a page misses that shows the entries up to `after`."""
        return self.http.get(f"/chats/{self.chat_id}/entries", params={"after": after})


class MemberClient:
    """A signed-in member, without a browser."""

    def __init__(self, server, email: str, password: str = PASSWORD):
        self.server = server
        self.http = httpx.Client(base_url=server.url, timeout=20, verify=False, follow_redirects=True)
        answer = self.sign_in(email, password)
        self.csrf = token_in(answer.text)
        self.http.headers.update({"X-CSRFToken": self.csrf, "HX-Request": "true"})

    def sign_in(self, email: str, password: str) -> httpx.Response:
        """Fill in the form."""
        form = token_in(self.http.get("/sign-in").text)
        return self.http.post("/sign-in", data={"email": email, "password": password, "csrf_token": form})

    def write(self, bot_key: str, chat_id: int, text: str, **form) -> httpx.Response:
        """Write to a customer."""
        return self.http.post(f"/bots/{bot_key}/chats/{chat_id}/messages",
                              data={"text": text, "uuid": new_uuid(), **form})

    def resolve(self, bot_key: str, chat_id: int) -> httpx.Response:
        """Resolve a chat."""
        return self.http.post(f"/bots/{bot_key}/chats/{chat_id}/closure")


def token_in(page: str) -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="csrf[-_]token"[^>]*(?:value|content)="([^"]+)"', page)
    assert found, page[:500]
    return found[1]
