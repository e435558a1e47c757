"""Customers who write, members who watch, and a book of every message between them.

One process holds both ends, so one clock stamps both. Every message carries a tag of its own; a message counts
as shown when the socket of the page that has its chat open has brought it.
"""

import asyncio
import math
import random
import re
import secrets
import uuid
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.processes import cpu_seconds, family, own_cpu_seconds
from bench.wire import Answer, Line, Socket

# After so long without any news, a run counts what is still under way as lost.
LAST_SECONDS = 10
TAG = re.compile(rb"tag[0-9a-f]{6}\d{7}")


class Conversation(NamedTuple):
    """One chat: how its customer's request for a message is made, and how its member's page listens."""

    chat_id: int
    write: Callable[[str, str], bytes]
    watch: bytes


@dataclass
class Scene:
    """A server with chats that are ready. `audience` are handshakes of the other pages that listen.

    `processes` names groups of processes by the first of each; `stored` finds tags in the database.
    """

    port: int
    processes: dict[str, int]
    conversations: list[Conversation]
    stored: Callable[[str], list[tuple[int, str]]]
    audience: list[bytes] = field(default_factory=list)


class Message:
    """What became of one message. Times in seconds of the driver's clock; None for what did not happen."""

    __slots__ = ("chat", "due", "status", "acknowledged", "shown", "times_shown")

    def __init__(self, chat: object, due: float):
        self.chat = chat
        self.due = due
        self.status: int | None = None
        self.acknowledged: float | None = None
        self.shown: float | None = None
        self.times_shown = 0


class Counts(NamedTuple):
    """The book of one run, closed. `surplus`: what was stored or shown twice, or in a chat that it is not of."""

    sent: int
    acknowledged: int
    refused: int
    stored: int
    shown: int
    surplus: int

    @property
    def balanced(self) -> bool:
        """Whether each message was acknowledged, stored and shown once, or refused and neither."""
        taken = self.sent - self.refused
        return self.acknowledged == self.stored == self.shown == taken and not self.surplus

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + its for mine, its in zip(self, other, strict=True)))


class Book:
    """Every message of one run, by its tag."""

    def __init__(self):
        self.prefix = f"tag{secrets.token_hex(3)}"
        self.messages: dict[bytes, Message] = {}
        self.astray = 0

    def new(self, chat: object, due: float) -> str:
        """Enter a message that is due now; returns its tag."""
        tag = f"{self.prefix}{len(self.messages):07d}"
        self.messages[tag.encode()] = Message(chat, due)
        return tag

    def note_shown(self, chat: object, payload: bytes, now: float) -> None:
        """Enter what a page was pushed."""
        for tag in TAG.findall(payload):
            message = self.messages.get(tag)
            if message is None or message.chat is not chat:
                # A tag of an earlier run is that run's affair: it has waited for its last messages.
                self.astray += message is not None
                continue
            message.times_shown += 1
            message.shown = message.shown or now

    @property
    def open(self) -> int:
        """How many messages are neither refused nor both acknowledged and shown yet."""
        return sum(message.status is None or (message.status < 300 and message.shown is None)
                   for message in self.messages.values())

    def close(self, rows: list[tuple[int, str]]) -> Counts:
        """Compare with what the database holds: (chat, tag) of each row."""
        messages, stored = self.messages.values(), Counter(tag for _, tag in rows)
        twice = sum(message.times_shown - 1 for message in messages if message.times_shown > 1)
        strange = sum(tag.encode() not in self.messages for tag in stored)
        return Counts(
            sent=len(messages), acknowledged=sum(message.acknowledged is not None for message in messages),
            refused=sum((message.status or 0) >= 300 for message in messages), stored=len(stored) - strange,
            shown=sum(message.shown is not None for message in messages),
            surplus=self.astray + twice + strange + sum(stored.values()) - len(stored))

    def latencies(self) -> list[float]:
        """Seconds from the moment each was due to the moment it was shown, sorted; what was not shown is left out."""
        return sorted(message.shown - message.due for message in self.messages.values() if message.shown is not None)


class Run(NamedTuple):
    """One run, over. `cpu` is processor time by group of processes, the driver's under "driver"."""

    counts: Counts
    seconds: float
    latencies: list[float]
    delivered: int
    cpu: dict[str, float]
    late: float

    @property
    def rate(self) -> float:
        """Messages per second that were acknowledged and shown while the run lasted."""
        return self.delivered / self.seconds

    def millis(self, percent: float) -> float:
        """A percentile of the latency; endless when nothing was shown."""
        return percentile(self.latencies, percent) * 1000

    def cpu_per_message(self, *groups: str) -> float:
        """Milliseconds of processor time that `groups` took for each message that was shown."""
        return 1000 * sum(self.cpu[group] for group in groups) / max(1, self.counts.shown)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of sorted numbers; infinity when there are none."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else math.inf


class Talk:
    """A chat while it is driven: one message at a time from the customer's outbox, as Baton's own page sends."""

    def __init__(self, load: "Load", conversation: Conversation):
        self._load = load
        self._conversation = conversation
        self._outbox: deque[tuple[str, Message]] = deque()
        self._line: Line | None = None
        self._socket: Socket | None = None

    async def open(self) -> None:
        """The customer's connection, and the socket of the member's page."""
        self._socket = await Socket.open(self._load.scene.port, self._conversation.watch, self._heard)
        await self._connect()

    async def _connect(self) -> None:
        # A server ends connections that were silent for long; a browser makes a new one.
        self._line = await Line.open(self._load.scene.port, lambda: asyncio.ensure_future(self._connect()))

    def close(self) -> None:
        """Hang up."""
        self._line.close()
        self._socket.close()

    def write(self, due: float) -> None:
        """Write a message; it leaves when the ones before it are acknowledged, but its time runs from `due`."""
        book = self._load.book
        tag = book.new(self, due)
        self._outbox.append((tag, book.messages[tag.encode()]))
        if not self._line.is_busy:
            self._send_next()

    def _send_next(self) -> None:
        tag, message = self._outbox.popleft()
        request = self._conversation.write(tag, str(uuid.uuid4()))
        self._line.send(request, lambda answer: self._answered(message, answer))

    def _answered(self, message: Message, answer: Answer) -> None:
        now = self._load.now()
        message.status = answer.status
        if answer.status < 300:
            message.acknowledged = now
        if self._outbox:
            self._send_next()
        elif now < self._load.flat_out_until:
            self.write(now)

    def _heard(self, payload: bytes) -> None:
        self._load.book.note_shown(self, payload, self._load.now())


class Load:
    """A scene with its connections open: `async with Load(scene) as load`. Runs follow one another."""

    def __init__(self, scene: Scene):
        self.scene = scene
        self.book = Book()
        self.now = asyncio.get_running_loop().time
        self.flat_out_until = 0.0
        self._talks = [Talk(self, conversation) for conversation in scene.conversations]
        self._audience: list[Socket] = []
        self._late: list[float] = []

    async def __aenter__(self) -> "Load":
        for talk in self._talks:
            await talk.open()
        self._audience = [await Socket.open(self.scene.port, request) for request in self.scene.audience]
        return self

    async def __aexit__(self, *error) -> None:
        for connection in (*self._talks, *self._audience):
            connection.close()

    async def idle(self, messages: int, gap: float = 0.02) -> Run:
        """One message at a time, at random moments, nothing else under way. `gap` is the mean pause in seconds."""
        async def write_all() -> None:
            for _ in range(messages):
                await asyncio.sleep(random.uniform(0.5, 1.5) * gap)
                self._talks[0].write(self.now())
                await self._until_settled(0.0005)

        return await self._run(write_all)

    async def at_rate(self, rate: float, seconds: float) -> Run:
        """`rate` messages per second over all chats in turn, on a schedule that waits for no answer."""
        async def write_all() -> None:
            start = self.now()
            for count in range(round(rate * seconds)):
                due = start + count / rate
                if due > self.now():
                    await asyncio.sleep(due - self.now())
                self._late.append(self.now() - due)
                self._talks[count % len(self._talks)].write(due)

        return await self._run(write_all)

    async def flat_out(self, seconds: float) -> Run:
        """Every customer writes the next message as soon as the last one is acknowledged."""
        async def write_all() -> None:
            self.flat_out_until = self.now() + seconds
            for talk in self._talks:
                talk.write(self.now())
            await asyncio.sleep(seconds)

        return await self._run(write_all)

    async def _run(self, write_all: Callable) -> Run:
        self.book, self._late = Book(), []
        meter, started = Meter(self.scene.processes), self.now()
        await write_all()
        seconds, ended = self.now() - started, self.now()
        await self._until_settled(0.01)
        cpu = meter.spent()
        counts = self.book.close(await asyncio.to_thread(self.scene.stored, self.book.prefix))
        delivered = sum(max(message.acknowledged, message.shown) <= ended for message in self.book.messages.values()
                        if message.acknowledged and message.shown)
        return Run(counts, seconds, self.book.latencies(), delivered, cpu, percentile(sorted(self._late), 95))

    async def _until_settled(self, look_every: float) -> None:
        still, deadline = self.book.open, self.now() + LAST_SECONDS
        while still and self.now() < deadline:
            await asyncio.sleep(look_every)
            before, still = still, self.book.open
            if still < before:
                deadline = self.now() + LAST_SECONDS


class Meter:
    """Processor time from now on, by group of processes."""

    def __init__(self, processes: dict[str, int]):
        self._processes = processes
        self._before = self._read()

    def spent(self) -> dict[str, float]:
        """Seconds since the meter was made; "driver" is this process."""
        return {name: now - self._before[name] for name, now in self._read().items()}

    def _read(self) -> dict[str, float]:
        groups = {name: cpu_seconds(family(pid)) for name, pid in self._processes.items()}
        return {**groups, "driver": own_cpu_seconds()}
