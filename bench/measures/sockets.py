"""Memory of an idle server, and of customers who only have their chat open."""

import asyncio
import time

from bench.bench import Bench
from bench.figures import Figure, LeftOut, Result, at_most, plain
from bench.load import Load
from bench.measures.idle import baton_scene
from bench.processes import allow_open_files, cpu_seconds, family, memory
from bench.seed import add_chats, database
from bench.systems import Baton, CustomerPage
from bench.wire import Line, Socket
from models import State

OPENED_AT_ONCE = 50
# One heartbeat goes by, with a ping to everybody: a socket that was never written to is lighter than it will be.
HEARTBEAT_SECONDS = 25
KB, MB = 1024, 1024 * 1024


async def measure(bench: Bench) -> Result:
    """Idle sockets and memory"""
    count, messages, wait = bench.pick((5000, 300, HEARTBEAT_SECONDS), (500, 60, 0), (10, 8, 0))
    if allow_open_files(count + 200) < count + 200:
        raise LeftOut(f"{count} sockets need a higher limit of open files")
    baton = bench.start(Baton())
    requests = customers(baton, count)
    async with Load(baton_scene(baton)) as load:
        await look_around(baton)
        idle = await load.idle(messages)
        before = memory(family(baton.pid))
        lost: list[int] = []
        sockets = await open_all(bench, baton.port, requests, lost)
        bench.step(f"{count} sockets, for {wait} s")
        began, used = time.monotonic(), cpu_seconds(family(baton.pid))
        await asyncio.sleep(max(wait, 1))
        busy = 1e6 * (cpu_seconds(family(baton.pid)) - used) / (time.monotonic() - began) / count
        after = memory(family(baton.pid))
        full = await load.idle(messages)
        for socket in sockets:
            socket.close()
    result = Result(tell(count, before, after, len(lost)))
    result.figures.append(plain(f"{count:,} idle sockets, processor time of each in a second", busy, "µs"))
    result.figures.append(at_most(f"idle p50 with {count:,} sockets as a multiple of the same without",
                                  full.millis(50) / idle.millis(50), 2, "×"))
    result.keep("baton", idle, full)
    return result


def customers(baton: Baton, count: int) -> list[bytes]:
    """The handshakes of so many customers, each with a chat of their own."""
    desk, _ = baton.desk(members=1)
    with database(baton.url):
        return [CustomerPage(baton.port, desk.bot.key, chat.id, chat.token).socket()
                for chat in add_chats(desk, count, State.BOT)]


async def look_around(baton: Baton) -> None:
    """Have what is loaded on first use loaded."""
    desk, (page,) = baton.desk(members=1)
    line = await Line.open(baton.port)
    for path in (f"/bots/{desk.bot.key}/chats", f"/widget/{desk.bot.key}", "/widget.js"):
        await line.ask(page.get(path))
    line.close()


async def open_all(bench: Bench, port: int, requests: list[bytes], lost: list[int]) -> list[Socket]:
    """Every socket, some at a time; `lost` grows when the server closes one."""
    sockets: list[Socket] = []
    for start in range(0, len(requests), OPENED_AT_ONCE):
        some = requests[start:start + OPENED_AT_ONCE]
        sockets += await asyncio.gather(*(Socket.open(port, request, on_lost=lambda: lost.append(1))
                                          for request in some))
        if start % 500 == 0:
            bench.step(f"{start + len(some)} of {len(requests)} sockets")
    return sockets


def tell(count: int, before: tuple[int, int], after: tuple[int, int], lost: int) -> list[Figure]:
    """Memory, idle and full."""
    pss, rss = (now - then for now, then in zip(after, before, strict=True))
    return [
        at_most("memory of the idle app, all processes (PSS)", before[0] / MB, 150, "MB"),
        plain("the same as RSS, shared pages counted in each process", before[1] / MB, "MB"),
        at_most(f"{count:,} idle sockets, each (PSS)", pss / count / KB, 45, "kB"),
        plain(f"{count:,} idle sockets, each (RSS)", rss / count / KB, "kB"),
        at_most(f"{count:,} idle sockets, closed by the server", lost, 0, ""),
    ]
