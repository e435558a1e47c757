"""Bad links: every customer is cut off again and again, while both sides write. Does everything arrive, once?

The customers here keep to the rules of static/js/live.js and outbox.js: a frame whose numbers are shown already is
dropped, a gap or a heartbeat that is ahead makes the page ask for what it misses, and what was not acknowledged is
sent again under the same id.
"""

import asyncio
import json
import random
import secrets
import uuid
from collections import Counter, defaultdict, deque
from typing import NamedTuple

from bench.bench import Bench
from bench.figures import Figure, Result, at_least, at_most, plain
from bench.load import TAG, Counts
from bench.processes import allow_open_files
from bench.seed import add_chats, database
from bench.systems import Baton, CustomerPage, MemberPage
from bench.wire import Line, Socket

LAST_SECONDS = 30
RETRY_SECONDS = 1


class Size(NamedTuple):
    """How many customers, cut off for `down` seconds after every `up`; messages per second of both sides together."""

    customers: int
    up: float
    down: float
    rate: float
    seconds: float


FULL, QUICK, TINY = Size(200, 13, 2, 40, 45), Size(40, 4, 1, 20, 10), Size(5, 0.5, 0.3, 20, 1)


class FlakyPage:
    """A customer's page on a bad link. `shown` is the tag of every numbered entry that has one."""

    def __init__(self, page: CustomerPage, last: int):
        self.shown: dict[int, str] = {}
        self.acknowledged = self.caught_up = 0
        self._page = page
        self._last = last
        self._outbox: deque[tuple[str, str]] = deque()
        self._written = asyncio.Event()

    def write(self, tag: str) -> None:
        """Put a message into the outbox."""
        self._outbox.append((tag, str(uuid.uuid4())))
        self._written.set()

    async def live(self, up: float, down: float) -> None:
        """On and off, for ever, out of step with the others."""
        seconds = random.uniform(0, up)
        while True:
            await self._be_on(seconds, down)
            seconds = up

    async def _be_on(self, seconds: float, then_off: float) -> None:
        port, frames = self._page.port, asyncio.Queue()
        connections = [await Line.open(port), await Line.open(port),
                       await Socket.open(port, self._page.socket(), frames.put_nowait)]
        tasks = [asyncio.create_task(work) for work in (self._read(frames, connections[0]), self._send(connections[1]))]
        try:
            await asyncio.sleep(seconds)
            # Nobody is told: the server goes on sending, and an acknowledgement may be on its way.
            for connection in connections:
                connection.ignore()
            for task in tasks:
                task.cancel()
            await asyncio.sleep(then_off)
        finally:
            for task in tasks:
                task.cancel()
            for connection in connections:
                connection.close()

    async def _send(self, line: Line) -> None:
        while True:
            await self._written.wait()
            while self._outbox:
                answer = await line.ask(self._page.write(*self._outbox[0]))
                if answer.status < 300:
                    self.acknowledged += 1
                    self._outbox.popleft()
                else:
                    await asyncio.sleep(RETRY_SECONDS)
            self._written.clear()

    async def _read(self, frames: asyncio.Queue, line: Line) -> None:
        while True:
            frame = json.loads(await frames.get())
            if frame.get("catch_up") or frame.get("heartbeat", 0) > self._last:
                await self._catch_up(line)
            if frame.get("after", 0) > self._last:
                await self._catch_up(line)
            if frame.get("seq", 0) > self._last:
                self._show(frame["content"], frame["seq"])

    async def _catch_up(self, line: Line) -> None:
        answer = await line.ask(self._page.entries(self._last))
        if answer.status == 200:
            before = len(self.shown)
            self._show(answer.body.decode(), int(answer.headers["baton-seq"]))
            self.caught_up += len(self.shown) - before

    def _show(self, content: str, last: int) -> None:
        for entry in content.split(' data-seq="')[1:]:
            tag = TAG.search(entry.encode())
            if tag:
                self.shown[int(entry[:entry.index('"')])] = tag[0].decode()
        self._last = max(self._last, last)


class Hotline:
    """A member who writes, one message after the other, over a good line."""

    def __init__(self, page: MemberPage, key: str):
        self.acknowledged = 0
        self._page = page
        self._key = key
        self._words: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

    def write(self, chat_id: int, tag: str) -> None:
        """Write to a customer, as soon as what was written before is acknowledged."""
        self._words.put_nowait((chat_id, tag))

    async def live(self) -> None:
        """Send, for ever."""
        line = await Line.open(self._page.port)
        while True:
            chat_id, tag = await self._words.get()
            path = f"/bots/{self._key}/chats/{chat_id}/messages"
            answer = await line.ask(self._page.post(path, text=tag, uuid=str(uuid.uuid4())))
            self.acknowledged += answer.status < 300


class Cast:
    """Everybody: a flaky page for each chat, and the members with the chats they handle."""

    def __init__(self, baton: Baton, customers: int):
        desk, pages = baton.desk()
        with database(baton.url):
            chats = add_chats(desk, customers)
        self.prefix = f"tag{secrets.token_hex(3)}"
        self.sent: list[str] = []
        # What the seeder stored ends at 8; the pages were opened when only that was there.
        self.pages = {chat.id: FlakyPage(CustomerPage(baton.port, desk.bot.key, chat.id, chat.token), last=8)
                      for chat in chats}
        self.members = [Hotline(page, desk.bot.key) for page in pages]
        self._handled = {chat.id: self.members[number % len(pages)] for number, chat in enumerate(chats)}

    async def talk(self, size: Size) -> None:
        """Both sides write, in turns, on a schedule."""
        for count in range(round(size.rate * size.seconds)):
            await asyncio.sleep(1 / size.rate)
            tag = f"{self.prefix}{count:07d}"
            self.sent.append(tag)
            chat_id = random.choice(list(self.pages))
            if count % 2:
                self.pages[chat_id].write(tag)
            else:
                self._handled[chat_id].write(chat_id, tag)

    @property
    def shown(self) -> int:
        """How many entries all pages show together."""
        return sum(len(page.shown) for page in self.pages.values())

    @property
    def acknowledged(self) -> int:
        """How many messages their senders know to be stored."""
        return sum(one.acknowledged for one in (*self.pages.values(), *self.members))


async def measure(bench: Bench) -> Result:
    """Bad links"""
    size = bench.pick(FULL, QUICK, TINY)
    allow_open_files(4 * size.customers)
    baton = bench.baton()
    cast = Cast(baton, size.customers)
    lives = [asyncio.create_task(page.live(size.up, size.down)) for page in cast.pages.values()]
    lives += [asyncio.create_task(member.live()) for member in cast.members]
    bench.step(f"{size.customers} customers, for {size.seconds:g} s")
    await cast.talk(size)
    await everything_shown(cast)
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)
    return tell(cast, size, await asyncio.to_thread(baton.stored, cast.prefix))


async def everything_shown(cast: Cast) -> None:
    """Wait until all is shown, while the links go on failing."""
    deadline = asyncio.get_running_loop().time() + LAST_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        if cast.shown == cast.acknowledged == len(cast.sent):
            return
        await asyncio.sleep(0.05)


def tell(cast: Cast, size: Size, rows: list[tuple[int, str]]) -> Result:
    """Compare what each page shows with what is stored of its chat."""
    stored = defaultdict(list)
    for chat_id, tag in rows:
        stored[chat_id].append(tag)
    logs = {chat_id: [tag for _, tag in sorted(page.shown.items())] for chat_id, page in cast.pages.items()}
    wrong = sum(logs[chat_id] != stored[chat_id] for chat_id in logs)
    times = Counter(tag for _, tag in rows)
    shown = Counter(tag for log in logs.values() for tag in log)
    twice = sum(count - 1 for count in (*times.values(), *shown.values()))
    caught_up = sum(page.caught_up for page in cast.pages.values())
    counts = Counts(len(cast.sent), cast.acknowledged, 0, len(times), len(shown), twice)
    result = Result(figures(size, counts, wrong, caught_up))
    result.books["baton, bad links"] = counts
    return result


def figures(size: Size, counts: Counts, wrong: int, caught_up: int) -> list[Figure]:
    """The table's lines."""
    where = f"{size.customers} customers, {size.down:g} s off every {size.up + size.down:g} s"
    return [
        at_least(f"{where}: shown of {counts.sent:,} messages", 100 * counts.shown / counts.sent, 100, "%"),
        at_most("stored or shown twice", counts.surplus, 0, ""),
        at_most("pages whose log is not the stored one, in its order", wrong, 0, ""),
        plain("shown only because the page asked for what it missed", 100 * caught_up / counts.sent, "%"),
    ]
