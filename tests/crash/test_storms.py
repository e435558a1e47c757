"""Reconnect storms and bad links: everybody is back soon, misses nothing, and holds up nobody else."""

import asyncio
import gc
import json
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.processes import allow_open_files
from tests.crash import screens
from tests.crash.account import Account
from tests.crash.crowd import Crowd, until
from tests.crash.figures import milliseconds, p99
from tests.crash.screens import ChatScreen

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
BACK_SECONDS = 30
PLAYED_DELAY_SECONDS = 5
OPENED_AT_ONCE = 250


class Storm(NamedTuple):
    """So many chats with so many tabs each are cut, while others write every `pause` seconds or so.

    In each chat that was cut one message is written, in the course of `away` seconds.
    """

    chats: int
    tabs: int
    others: int
    pause: float
    calm_seconds: float
    away: float


class Links(NamedTuple):
    """So many customers lose the line for `off` seconds in every `every`, `cycles` times."""

    customers: int
    every: float
    off: float
    cycles: int
    pause: float


STORM, SOAK_STORM = Storm(100, 5, 20, 1.5, 2, 1), Storm(500, 10, 50, 2, 20, 10)
LINKS, SOAK_LINKS = Links(40, 6, 2, 2, 3), Links(200, 15, 2, 8, 6)


def test_screens_wait_as_pages_do():
    script = (ROOT / "static/js/live.js").read_text()
    said = {name: json.loads(value) for name, value in re.findall(r"const (\w+) = ([\d\[][\d, ]*\]?);", script)}
    assert said["LEFT"] == list(screens.RETURN_CODES)
    assert said["RETURN"] == 1000 * screens.RETURN_SECONDS
    assert said["RETURN_AT_LAST"] == 1000 * screens.RETURN_AT_LAST_SECONDS
    jitter = screens.RETURN_JITTER
    assert f"({1 - jitter:.1f} + {2 * jitter:.1f} * Math.random())" in script


def test_all_cut_at_once_are_back_soon_and_delay_nobody(server, calm_desk, soaking, tell):
    storm = SOAK_STORM if soaking else STORM
    allow_open_files(4 * storm.chats * storm.tabs)
    back, before, during = asyncio.run(cut_all(server, calm_desk, storm, tell))
    assert back[-1] - back[0] > screens.RETURN_SECONDS * screens.RETURN_JITTER, "they all came at the same time"
    # The pages are played on the server's own cores, which may have more to do; bin/soak prints how long it was.
    assert p99(during) <= max(PLAYED_DELAY_SECONDS, 3 * p99(before))


async def cut_all(server, desk, storm, tell) -> tuple[list[float], list[float], list[float]]:
    """Seconds, sorted: until each was back, and the delays of the others before the cut and after it."""
    crowd, others = Crowd(server, desk), Others(server, desk, storm)
    try:
        tabs = await open_tabs(crowd, storm)
        with uncollected():
            others.start()
            await others.calm(storm.calm_seconds)
            before = others.delays()
            cut_at = cut(tabs)
            writing = asyncio.create_task(write_meanwhile(crowd, storm.away))
            await until(lambda: all(tab.opened_at > cut_at for tab in tabs), BACK_SECONDS, f"{len(tabs)} are back")
            await writing
            account = await crowd.account()
            whole_after, during = time.monotonic() - cut_at, others.delays(cut_at)
    finally:
        await crowd.leave()
        bystanders = await others.stop()
    back = sorted(tab.opened_at - cut_at for tab in tabs)
    tell(f"{len(tabs):,} cut at once, back after {back[0]:.1f} to {back[-1]:.1f} s (median {middle(back):.1f} s), "
         f"all complete after {whole_after:.1f} s; the others' p99 {milliseconds(p99(before))} before, "
         f"{milliseconds(p99(during))} meanwhile, longest {milliseconds(during[-1])}")
    tell(f"the cut: {account}")
    tell(f"the others: {bystanders}")
    for one in (account, bystanders):
        one.check()
    return back, before, during


async def open_tabs(crowd: Crowd, storm: Storm) -> list[ChatScreen]:
    """All pages, connected and complete."""
    tabs = await asyncio.to_thread(crowd.tabs, storm.chats, storm.tabs)
    for first in range(0, len(tabs), OPENED_AT_ONCE):
        some = tabs[first:first + OPENED_AT_ONCE]
        for tab in some:
            tab.start()
        await until(lambda some=some: all(tab.is_connected and tab.last for tab in some), 60, "the pages are open")
    return tabs


@contextmanager
def uncollected() -> Iterator[None]:
    """To look through all that they hold stops all these pages for half a second, as if they were not served."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def cut(tabs: list[ChatScreen]) -> float:
    """Every connection is gone; when."""
    for tab in tabs:
        tab.line.reset()
    return time.monotonic()


async def write_meanwhile(crowd: Crowd, seconds: float) -> None:
    """One message in every chat, one after the other, which the other tabs of it must catch up with."""
    for first, *_others in crowd.screens.values():
        first.write("while you were away")
        await asyncio.sleep(seconds / len(crowd.screens))


def middle(ordered: list[float]) -> float:
    """The median of sorted numbers."""
    return ordered[len(ordered) // 2]


class Others(threading.Thread):
    """Live chats beside the storm, in a loop of their own: thousands of clients keep the other loop busy."""

    def __init__(self, server, desk, storm: Storm):
        super().__init__(daemon=True)
        self._crowd = Crowd(server, desk)
        self._storm = storm
        self._writing, self._over = threading.Event(), threading.Event()
        self._account: Account | None = None

    def run(self) -> None:
        asyncio.run(self._talk())

    async def calm(self, seconds: float) -> None:
        """Wait until they write, and then so long."""
        await until(self._writing.is_set, 30, "the others write")
        await asyncio.sleep(seconds)

    def delays(self, since: float = 0) -> list[float]:
        """Sorted delays of what was written since a moment of time.monotonic, and is shown by now."""
        return self._crowd.delays(since)

    async def stop(self) -> Account:
        """They fall silent; their account."""
        self._over.set()
        if self.ident:
            await asyncio.to_thread(self.join, 60)
        return self._account

    async def _talk(self) -> None:
        try:
            await self._crowd.gather(self._storm.others)
            self._crowd.start_writing(self._storm.pause)
            self._writing.set()
            await until(self._over.is_set, 300, "the storm is over")
            await self._crowd.stop_writing()
            self._account = await self._crowd.account()
        finally:
            await self._crowd.leave()


def test_customers_on_bad_lines_are_shown_everything(server, calm_desk, soaking, tell):
    links = SOAK_LINKS if soaking else LINKS
    cut_off = asyncio.run(lose_lines(server, calm_desk, links, tell))
    # Who is still waiting to come back when the line goes again does not notice.
    assert cut_off >= links.cycles * links.customers / 2


async def lose_lines(server, desk, links, tell) -> int:
    """How often a customer's page has noticed that it had lost the line; each of them has shown everything."""
    crowd = Crowd(server, desk)
    try:
        await crowd.gather(links.customers)
        crowd.start_writing(links.pause)
        customers = [first for first, *_others in crowd.screens.values()]
        await asyncio.gather(*(lose_now_and_then(customer, links) for customer in customers))
        await crowd.stop_writing()
        account = await crowd.account()
    finally:
        await crowd.leave()
    tell(f"{links.customers} customers without a line for {links.off} s in every {links.every} s: {account}; "
         f"{100 * account.shown / (account.shown + account.lost):.2f} % shown")
    account.check()
    return sum(len(customer.closed_with) for customer in customers)


async def lose_now_and_then(customer: ChatScreen, links: Links) -> None:
    """Once in every cycle, out of step with the others."""
    for _ in range(links.cycles):
        on = random.uniform(0, links.every - links.off)
        await asyncio.sleep(on)
        await lose_line(customer, links.off)
        await asyncio.sleep(links.every - links.off - on)


async def lose_line(customer: ChatScreen, seconds: float) -> None:
    """Nobody is told: the server goes on sending, and an acknowledgement may be on its way."""
    line = customer.line
    line.is_up = False
    for transport in tuple(line.open):
        transport.pause_reading()
    await asyncio.sleep(seconds)
    line.reset()
    line.mend()
