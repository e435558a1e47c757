"""What the tests of the edge share: refusals, the address map, and what screens are pushed."""

import html
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import httpx
from flask import Flask
from sqlalchemy import select

import helpers
import web
from models import Base, Chat, State, reading
from tests.people import Customer, MemberClient, new_uuid
from tests.running import ROOT, eventually
from tests.wsclient import CLOSE, PING, PONG, TEXT, WebSocketClient

# Forms that each write accepts, so that a refusal is never for the form's sake.
GOOD_FORM = {"text": "Let me in", "seq": "1", "rating": "5", "comment": "Fine", "page_url": "https://shop.example/",
             "email": "lena@example.com"}


# Refusals


def assert_refused(answer: httpx.Response, status: int, sentence: str) -> None:
    """A status, and one plain sentence where the person is looking."""
    asked = answer.request
    assert (answer.status_code, said_in(answer)) == (status, sentence), (asked.method, asked.url)


def said_in(answer: httpx.Response) -> str:
    """The sentence of a refusal: in the notice of the page that asked, or on a page of its own."""
    notices = re.findall(r"<hx-partial hx-target='#notice' hx-swap='innerHTML'>(.*?)</hx-partial>", answer.text)
    pages = re.findall(r"<h1>(.*?)</h1>", answer.text) if answer.text.startswith("<!doctype html>") else []
    assert len(notices + pages) == 1, answer.text[:500]
    return html.unescape(re.sub(r"<[^>]+>", "", (notices + pages)[0]))


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Fails when what happens inside leaves a trace in the open database."""
    eventually(no_bot_is_busy)
    before = everything()
    yield
    after = everything()
    changed = [table for table in before if before[table] != after[table]]
    assert not changed, {table: set(after[table]) ^ set(before[table]) for table in changed}


def everything() -> dict[str, list[str]]:
    """Every row of every table."""
    with reading() as session:
        return {table.name: [repr(row) for row in session.execute(table.select())]
                for table in Base.metadata.sorted_tables}


def no_bot_is_busy() -> bool:
    """Whether every message to a bot has its answer."""
    with reading() as session:
        waiting = select(Chat.id).where(Chat.state == State.BOT, Chat.last_customer_seq > Chat.answered_seq)
        return session.scalars(waiting).first() is None


def chat_now(chat_id: int) -> Chat:
    """The chat as it is stored."""
    with reading() as session:
        return session.get(Chat, chat_id)


def be_answered(customer: Customer, text: str = "Hello") -> Customer:
    """The customer starts a chat, and the bot has answered."""
    assert customer.start(text).status_code == 201
    eventually(no_bot_is_busy)
    return customer


def be_live(customer: Customer) -> Customer:
    """The customer has asked for a person, and waits."""
    be_answered(customer, "I want to talk to a human")
    assert customer.hand_off().status_code == 200
    return customer


# Addresses


@cache
def edge() -> Flask:
    """The edge without a server: its addresses and templates."""
    app = Flask("baton", root_path=str(ROOT))
    app.config.update(SECRET_KEY="of no use", RATELIMIT_STORAGE_URI="memory://")
    helpers.register(app)
    web.register(app)
    return app


def rules(method: str = "", websocket: bool = False, without: str = " ", within: str = "/") -> list:
    """The rules of the address map; `without` and `within` are beginnings of an address."""
    found = [rule for rule in edge().url_map.iter_rules()
             if (not method or method in rule.methods) and rule.websocket == websocket
             and rule.rule.startswith(within) and not rule.rule.startswith(without)]
    assert found
    return sorted(found, key=str)


def filled(rule, key: str, chat_id: int) -> str:
    """The address of a rule."""
    given = {"key": key, "chat_id": str(chat_id), "token": "x" * 43, "filename": "favicon.svg"}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: given.get(match[1], "1"), rule.rule)


# Screens


class Push(NamedTuple):
    """One fragment that was pushed: where it goes, what it holds, and the frame it came in."""

    target: str
    swap: str
    html: str
    frame: dict


class Screen:
    """A socket as a page sees it: frames in, fragments out."""

    def __init__(self, socket: WebSocketClient, server):
        assert socket.status == 101
        self.socket = socket
        # A push of another process takes its way through Redis.
        self.patience = 0.2 if "REDIS_URL" in server.environ else 0
        self.greeting = self.hear()

    def hear(self, patient: bool = True) -> list[dict]:
        """What came since the last look. The answer to a ping comes after all that was queued before."""
        time.sleep(self.patience if patient else 0)
        mark = new_uuid().encode()
        self.socket.send_frame(PING, mark)
        frames = []
        while (frame := self.socket.read_frame()) != (PONG, mark):
            assert frame.opcode != CLOSE, frame.close_code
            if frame.opcode == TEXT:
                frames.append(json.loads(frame.text))
        return frames

    def pushes(self, patient: bool = True) -> list[Push]:
        """The fragments of what came since the last look."""
        return [push for frame in self.hear(patient) for push in pushes_in(frame)]

    def say(self, **words) -> None:
        """Send a frame, as pages do while somebody types."""
        self.socket.send_text(json.dumps(words))


def pushes_in(frame: dict) -> list[Push]:
    """The fragments of a frame."""
    content = "".join([frame.get("content", ""), *(row["content"] for row in frame.get("rows", {}).values())])
    found = re.findall(r"<hx-partial hx-target='(.*?)' hx-swap='(.*?)'>(.*?)</hx-partial>", content,
                       re.DOTALL)
    return [Push(html.unescape(target), swap, content, frame) for target, swap, content in found]


def assert_pushed(pushes: list[Push] | Screen, target: str, text: str, swap: str | None = None) -> Push:
    """That a fragment with `text` went to `target`; it is returned."""
    pushes = pushes.pushes() if isinstance(pushes, Screen) else pushes
    for push in pushes:
        if push.target == target and text in words_of(push) and swap in (None, push.swap):
            return push
    raise AssertionError(f"{text!r} was not pushed to {target!r}, but: " + "\n".join(
        f"{push.swap} {push.target}: {words_of(push)!r}" for push in pushes))


def words_of(push: Push) -> str:
    """What a person reads of it."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", push.html)).split())


def customer_screen(server, customer: Customer, key: str, **headers) -> Screen:
    """The widget of a customer."""
    path = f"/widget/{key}/chats/{customer.chat_id}/socket"
    return Screen(customer_socket(server, customer.token, path, **headers), server)


def customer_socket(server, token: str, path: str, **headers) -> WebSocketClient:
    """A handshake with a customer's token."""
    given = {"Origin": server.url, "Sec-WebSocket-Protocol": f"baton, {token}", **headers}
    return WebSocketClient(server.port, path, given)


def member_socket(server, member: MemberClient, path: str, **headers) -> WebSocketClient:
    """A handshake with a member's cookie."""
    cookie = f"baton={member.http.cookies['baton']}"
    return WebSocketClient(server.port, path, {"Origin": server.url, "Cookie": cookie, **headers})


def inbox_screen(server, member: MemberClient, key: str) -> Screen:
    """The left column of a member's dashboard."""
    return Screen(member_socket(server, member, f"/bots/{key}/socket"), server)


def chat_screen(server, member: MemberClient, key: str, chat_id: int) -> Screen:
    """A chat that a member has open."""
    return Screen(member_socket(server, member, f"/bots/{key}/chats/{chat_id}/socket"), server)
