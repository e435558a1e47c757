"""The exact account of what was written: where is each message now, how often, and in which order."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import select

from models import Event, Message, reading
from tests.crash.screens import ChatScreen

SHOWN_FAULTS = 20


class Stored(NamedTuple):
    """One entry of a chat's log in the database; an event has no text."""

    seq: int
    author: str
    text: str


@dataclass
class Account:
    """Numbers of messages. `kept` wait in outboxes or were given back to their author. `faults` say what is wrong."""

    screens: int = 0
    sent: int = 0
    acknowledged: int = 0
    stored: int = 0
    shown: int = 0
    kept: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (f"sent {self.sent:,}, acknowledged {self.acknowledged:,}, stored {self.stored:,}, "
                f"shown {self.shown:,} (on {self.screens:,} screens), kept by their authors {self.kept:,}, "
                f"lost {self.lost:,}, doubled {self.doubled:,}, out of order {self.out_of_order:,}")

    def check(self) -> None:
        """Fail unless every message is where it belongs."""
        assert self.sent, "nobody wrote anything: this account would prove nothing"
        assert not self.faults, "\n".join([str(self), *self.faults[:SHOWN_FAULTS]])

    def take(self, screens: Sequence[ChatScreen], log: Sequence[Stored], chat: str) -> None:
        """Add one chat: all of its screens, and its log as it is stored."""
        messages = [entry.text for entry in log if entry.text]
        self._doubled(messages, f"{chat}: stored")
        self._in_order([entry.seq for entry in log], list(range(1, len(log) + 1)), f"{chat}: stored numbers")
        for screen in screens:
            self._take_author(screen, log, f"{chat}, by {screen.name}")
            self._take_reader(screen, log, f"{chat}, to {screen.name}")

    def _take_author(self, screen: ChatScreen, log: Sequence[Stored], who: str) -> None:
        waiting = {message.uuid for message in (*screen.outbox, *screen.given_back)}
        by_seq = {entry.seq: entry.text for entry in log}
        self.sent += len(screen.written)
        self.acknowledged += len(screen.acknowledged)
        self.kept += len(waiting)
        for message in screen.written:
            seq = screen.acknowledged.get(message.uuid)
            if seq is None and message.uuid not in waiting:
                self._lost(f"{who}: {message.text!r} vanished from the outbox")
            elif seq is not None and by_seq.get(seq) != message.text:
                self._lost(f"{who}: {message.text!r} was acknowledged as {seq}, where {by_seq.get(seq)!r} stands")
        written = [message.text for message in screen.written]
        self.stored += len(set(written) & set(by_seq.values()))
        self._in_order(common(by_seq.values(), written), common(written, by_seq.values()), f"{who}: stored")

    def _take_reader(self, screen: ChatScreen, log: Sequence[Stored], who: str) -> None:
        self.screens += 1
        shown = screen.log()
        texts = [entry.text for entry in shown if entry.text]
        self.shown += len(texts)
        self.faults += [f"{who}: {fault}" for fault in screen.faults]
        self._doubled(texts, f"{who}: shown")
        self._doubled([entry.seq for entry in shown], f"{who}: shown numbers")
        seen = {entry.seq for entry in shown}
        for entry in log:
            if entry.seq not in seen:
                self._lost(f"{who}: {entry} is not shown, though everything up to {screen.last} should be")
        stored = [entry.text for entry in log if entry.text]
        self._in_order(common(texts, stored), common(stored, texts), f"{who}: shown")

    def _lost(self, what: str) -> None:
        self.lost += 1
        self.faults.append(what)

    def _doubled(self, things: Iterable[object], what: str) -> None:
        for thing, count in Counter(things).items():
            if count > 1:
                self.doubled += 1
                self.faults.append(f"{what} {count} times: {thing!r}")

    def _in_order(self, found: Sequence, wanted: Sequence, what: str) -> None:
        place = {thing: number for number, thing in enumerate(wanted)}
        wrong = [(one, other) for one, other in pairwise(found) if place.get(one, -1) >= place.get(other, -1)]
        self.out_of_order += len(wrong)
        self.faults += [f"{what} out of order: {one!r} before {other!r}" for one, other in wrong]


def common(things: Iterable, others: Iterable) -> list:
    """The things that are among the others, each once, in the order of the things."""
    known = set(others)
    return list(dict.fromkeys(thing for thing in things if thing in known))


def account_of(screens: Mapping[int, Sequence[ChatScreen]]) -> Account:
    """The account of chats, whose screens are listed by chat id; their logs are read from the open database."""
    account, logs = Account(), stored_logs(screens)
    for chat_id, its_screens in screens.items():
        account.take(its_screens, logs[chat_id], f"chat {chat_id}")
    return account


def stored_logs(chat_ids: Iterable[int]) -> dict[int, list[Stored]]:
    """By chat id: its messages and events, by number."""
    logs: dict[int, list[Stored]] = {chat_id: [] for chat_id in chat_ids}
    with reading() as session:
        for kind in (Message, Event):
            for entry in session.scalars(select(kind).where(kind.chat_id.in_(list(logs)))):
                author = entry.author if kind is Message else "system"
                logs[entry.chat_id].append(Stored(entry.seq, author, getattr(entry, "text", "")))
    return {chat_id: sorted(entries) for chat_id, entries in logs.items()}
