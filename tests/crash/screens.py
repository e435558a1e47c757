"""What a page does, without the page: the rules of static/js/live.js and static/js/outbox.js, and what they show.

A `ChatScreen` drops a frame that it has, catches up when one is missing, comes back after a cut, and keeps what
its person writes until the server has acknowledged it. Its numbers are those of the scripts and of htmx.
"""

import asyncio
import json
import random
import re
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple

from tests.clients import Answer, Http, Line, WebSocket
from tests.people import new_uuid

# static/js/live.js
POLL_SECONDS, ON_ITS_WAY_SECONDS = 3, 0.5
GONE = (401, 403, 404)
RETURN_CODES = (1001, 1005, 1006, 1011, 1012, 1013, 1014)
RETURN_SECONDS, RETURN_AT_LAST_SECONDS, RETURN_JITTER = 1, 5, 0.8
# Chromium's patience with a handshake
HANDSHAKE_SECONDS = 240
# static/js/outbox.js
WAITS = (1, 2, 4, 8)

ENTRY = re.compile(r'<div id="((?:message|entry)_[^"]+)" class="entry[^"]*" data-seq="(\d+)"[^>]*'
                   r'data-author="(\w+)"[^>]*>(?:<div class="entry__body">(.*?)</div>)?', re.DOTALL)
ROW = re.compile(r'<li class="row" id="row_chat_(\d+)" data-chat="\d+" data-version="(\d+)"')
PARTIAL = re.compile(r"<hx-partial hx-target='([^']*)' hx-swap='(\w+)'>(.*?)</hx-partial>", re.DOTALL)


class Entry(NamedTuple):
    """One line of a log, as a page holds it."""

    seq: int
    author: str
    text: str


@dataclass
class Pending:
    """A message that waits in an outbox."""

    text: str
    uuid: str = field(default_factory=new_uuid)
    written_at: float = field(default_factory=time.monotonic)


class Live(ABC):
    """An element that keeps itself complete over a socket, or by asking every 3 seconds without one."""

    def __init__(self, http: Http, url: str, catch_up_path: str, headers: Mapping[str, str]):
        self.http = http
        self.line: Line = http.line
        self.socket: WebSocket | None = None
        self.answers_pings = True
        self.catch_ups = 0
        self.closed_with: list[int] = []
        self.opened_at = 0.0
        self.is_over = False
        self._socket_path = f"{url}/socket"
        self._catch_up_path = f"{url}/{catch_up_path}"
        self._headers = headers
        self._frames: deque[str] = deque()
        self._tasks: set[asyncio.Task] = set()
        self._draining = False
        self._polling: asyncio.Task | None = None
        self._catching: asyncio.Task | None = None
        self._again = False
        self._attempt = 0
        self._is_connected = False
        self._pause = POLL_SECONDS

    # What differs between a chat and an inbox

    @abstractmethod
    def is_behind(self, number: object) -> bool:
        """Whether a heartbeat's number says that something is missing here."""

    @abstractmethod
    async def takes(self, frame: dict) -> str | None:
        """What of a frame goes onto the page."""

    @abstractmethod
    def show(self, content: str) -> None:
        """Put fragments onto the page."""

    @abstractmethod
    def caught_up(self, answer: Answer) -> None:
        """Take note of how far the answer of a catch-up goes."""

    def catch_up_path(self) -> str:
        """Where to ask for what is missing."""
        return f"{self._catch_up_path}?"

    def socket_path(self) -> str:
        """Where to listen."""
        return self._socket_path

    # The socket

    async def open(self) -> "Live":
        """Connect once; raises OSError. Use `start` for a page that tries until it succeeds."""
        self.socket = WebSocket(self.line, self._hear, self._closed, self.answers_pings)
        await self.socket.open(self.socket_path(), self._headers, HANDSHAKE_SECONDS)
        self._opened()
        return self

    def start(self) -> "Live":
        """Connect as soon as that works."""
        self.spawn(self._connect())
        return self

    @property
    def is_connected(self) -> bool:
        """Whether pushes reach it."""
        return self._is_connected

    async def stop(self) -> None:
        """Close the page."""
        self.is_over = True
        self._stop_polling()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.socket and self.socket.transport:
            self.socket.abort()

    def spawn(self, work) -> asyncio.Task:
        """Run a coroutine that ends with the page at the latest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _connect(self) -> None:
        try:
            await self.open()
        except OSError:
            self._lost(1006)

    def _opened(self) -> None:
        self.opened_at = time.monotonic()
        self._attempt = 0
        self._is_connected = True
        self._stop_polling()

    def _closed(self, code: int) -> None:
        self.closed_with.append(code)
        self._is_connected = False
        self._lost(code)

    def _lost(self, code: int) -> None:
        if self.is_over:
            return
        self._polling = self._polling or self.spawn(self._poll())
        self._attempt += 1
        if code in RETURN_CODES:
            self.spawn(self._come_back(self._attempt))

    async def _come_back(self, attempt: int) -> None:
        delay = min(RETURN_SECONDS * 2 ** (attempt - 1), RETURN_AT_LAST_SECONDS)
        await asyncio.sleep(delay * random.uniform(1 - RETURN_JITTER, 1 + RETURN_JITTER))
        await self._connect()

    async def _poll(self) -> None:
        await asyncio.sleep(POLL_SECONDS * random.uniform(0.4, 1) * (10 if self.opened_at else 1))
        while True:
            await self.catch_up()
            await asyncio.sleep(self._pause)

    def _stop_polling(self) -> None:
        if self._polling:
            self._polling.cancel()
            self._polling = None

    # Frames, one after the other

    def _hear(self, text: str) -> None:
        self._frames.append(text)
        if not self._draining:
            self._draining = True
            self.spawn(self._drain())

    async def _drain(self) -> None:
        try:
            while self._frames:
                await self._admit(json.loads(self._frames.popleft()))
        finally:
            self._draining = False

    async def _admit(self, frame: dict) -> None:
        if frame.get("catch_up") or (self.is_behind(frame.get("heartbeat")) and not self._catching):
            self._catch_up_soon()
        content = await self.takes(frame)
        if content:
            self.show(content)

    # Catching up

    async def catch_up(self) -> None:
        """Ask for what is missing; once more where it is being asked already."""
        await asyncio.wait([self._catch_up_soon()])

    def _catch_up_soon(self) -> asyncio.Task:
        self._again = bool(self._catching)
        if not self._catching:
            self._catching = self.spawn(self._fetch_all())
            self._catching.add_done_callback(self._not_catching)
        return self._catching

    async def _fetch_all(self) -> None:
        self._again = True
        while self._again:
            self._again = False
            await self._fetch_missing()

    async def _catch_up_later(self) -> None:
        await asyncio.sleep(self._pause)
        await self.catch_up()

    def _not_catching(self, task: asyncio.Task) -> None:
        self._catching = None

    def wants(self, answer: Answer) -> bool:
        """Whether an answer still brings anything when it arrives."""
        return True

    async def _fetch_missing(self) -> None:
        self.catch_ups += 1
        with suppress(OSError):
            answer = await self.http.get(self.catch_up_path() + ("" if self._is_connected else "&polls"))
            if answer.ok and self.wants(answer):
                self.show(answer.text)
                self.caught_up(answer)
            self._pause = max(POLL_SECONDS, int(answer.headers.get("retry-after", 0)) * random.uniform(1, 2))
            if answer.status in GONE:
                self._stop_polling()
            elif not answer.ok and self._is_connected:
                self.spawn(self._catch_up_later())


class ChatScreen(Live):
    """One chat on one page, of its customer or of a member, with the outbox of that page."""

    def __init__(self, http: Http, url: str, headers: Mapping[str, str], name: str):
        super().__init__(http, url, "entries", headers)
        self.name = name
        self.last = 0
        self.shown: dict[str, Entry] = {}
        self.shown_at: dict[str, float] = {}
        self.faults: list[str] = []
        self.written: list[Pending] = []
        self.outbox: deque[Pending] = deque()
        self.given_back: list[Pending] = []
        self.acknowledged: dict[str, int] = {}
        self.retries = 0
        self._posts_to = f"{url}/messages"
        self._sending = False

    def write(self, text: str) -> Pending:
        """Press Send."""
        message = Pending(text)
        self.written.append(message)
        self.outbox.append(message)
        if not self._sending:
            self._sending = True
            self.spawn(self._send_all())
        return message

    def log(self) -> list[Entry]:
        """What the page shows, from top to bottom."""
        return sorted(self.shown.values())

    def is_behind(self, number: object) -> bool:
        return isinstance(number, int) and number > self.last

    async def takes(self, frame: dict) -> str | None:
        if "seq" not in frame:
            return frame.get("content") if frame.get("at", self.last) >= self.last else None
        if frame["after"] > self.last and self._catching:
            await asyncio.wait([self._catching])
        if frame["after"] > self.last:
            await self.catch_up()
        return frame["content"] if frame["after"] <= self.last and self._is_new(frame["seq"]) else None

    def show(self, content: str) -> None:
        for element, seq, author, body in ENTRY.findall(content):
            entry = Entry(int(seq), author, unescape(re.sub(r"<[^>]+>", "", body)))
            self.shown_at.setdefault(element, time.monotonic())
            if self.shown.setdefault(element, entry) != entry:
                self.faults.append(f"{element} was {self.shown[element]}, became {entry}")

    def catch_up_path(self) -> str:
        return f"{self._catch_up_path}?after={self.last}"

    def socket_path(self) -> str:
        return f"{self._socket_path}?after={self.last}"

    def wants(self, answer: Answer) -> bool:
        return int(answer.headers["baton-seq"]) >= self.last

    def caught_up(self, answer: Answer) -> None:
        self._is_new(int(answer.headers["baton-seq"]))

    def _is_new(self, seq: int) -> bool:
        if seq <= self.last:
            return False
        self.last = seq
        return True

    async def _send_all(self) -> None:
        tries = 0
        while self.outbox:
            if await self._send(self.outbox[0]):
                tries = 0
                continue
            self.retries += 1
            await asyncio.sleep(WAITS[min(tries, len(WAITS) - 1)] * random.uniform(0.8, 1.2))
            tries += 1
        self._sending = False

    async def _send(self, message: Pending) -> bool:
        try:
            answer = await self.http.post(self._posts_to, {"text": message.text, "uuid": message.uuid})
        except OSError:
            return False
        if answer.ok:
            self._acknowledged(message, answer)
        elif 400 <= answer.status < 500 and answer.status != 429:
            self.given_back.append(self.outbox.popleft())
        else:
            return False
        return True

    def _acknowledged(self, message: Pending, answer: Answer) -> None:
        after, seq = int(answer.headers["baton-after"]), int(answer.headers["baton-seq"])
        self.outbox.popleft()
        self.acknowledged[message.uuid] = seq
        self.show(answer.text)
        if after > self.last:
            self.spawn(self._look_again(seq))
        else:
            self._is_new(seq)

    async def _look_again(self, seq: int) -> None:
        await asyncio.sleep(ON_ITS_WAY_SECONDS)
        if seq > self.last:
            self._catch_up_soon()


class InboxScreen(Live):
    """The left column of a member's dashboard: which chats are in which list, and how new each row is."""

    def __init__(self, http: Http, bot_url: str, headers: Mapping[str, str], member_id: int):
        super().__init__(http, bot_url, "inbox", headers)
        self.member_id = member_id
        self.rows: dict[int, tuple[str, int]] = {}
        self._versions: dict[int, int] = {}

    def _opened(self) -> None:
        returns = self.opened_at
        super()._opened()
        if returns:
            self._catch_up_soon()

    def is_behind(self, number: object) -> bool:
        return isinstance(number, str) and number != self.digest()

    def digest(self) -> str:
        """What the page compares with a heartbeat."""
        return f"{len(self.rows)}:{sum(version for _list, version in self.rows.values())}"

    async def takes(self, frame: dict) -> str | None:
        if "rows" not in frame:
            return frame.get("content")
        if self._catching:
            await asyncio.wait([self._catching])
        fresh = {int(chat): row for chat, row in frame["rows"].items()
                 if row["version"] >= self._versions.get(int(chat), 0)}
        self._versions |= {chat: row["version"] for chat, row in fresh.items()}
        return "".join(row["content"] for row in fresh.values())

    def show(self, content: str) -> None:
        for selector, swap, html in PARTIAL.findall(content):
            target = unescape(selector)
            if target == "#inbox":
                self._show_all(html)
            elif swap == "delete":
                self.rows.pop(int(target.removeprefix("#row_chat_")), None)
            elif swap == "place" and self._is_for_me(target):
                chat, version = ROW.search(html).groups()
                self.rows[int(chat)] = (target.split("#")[1], int(version))

    def caught_up(self, answer: Answer) -> None:
        self._versions |= {chat: version for chat, (_list, version) in self.rows.items()}

    def _show_all(self, html: str) -> None:
        lists = re.findall(r'<ul id="(\w+)">(.*?)</ul>', html, re.DOTALL)
        self.rows = {int(chat): (name, int(version)) for name, rows in lists for chat, version in ROW.findall(rows)}

    def _is_for_me(self, target: str) -> bool:
        named = re.search(r'\[data-member="(\d+)"\]', target)
        return not named or (int(named[1]) == self.member_id) != (":not(" in target)
