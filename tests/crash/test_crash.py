"""Break it: whatever is killed, frozen or cut under load, every message is stored once and shown once, in order."""

import asyncio
import random
import time
from functools import partial

import pytest

from models.database import forget_connections
from tests.crash.crowd import Crowd
from tests.crash.screens import Live

pytestmark = pytest.mark.alone

CHATS = 50
# Everybody writes about so often; a machine that is busy with other things must keep up with it.
PAUSE, SOAK_PAUSE = 8, 3
# It takes Redis 7 s of silence to be given up; a worker alone needs to be gone for longer than a push takes.
FREEZE_SECONDS, WORKER_FREEZE_SECONDS = 10, 5
# Customers who answer no ping: where nothing else cuts them off, the server does after 40 to 60 s.
SILENT = 5


def test_nothing_is_lost_doubled_or_out_of_order(breakable, broken_desk, soaking, soak_seconds, tell):
    pause, violence = (SOAK_PAUSE, partial(soak, soak_seconds)) if soaking else (PAUSE, short)
    asyncio.run(break_it(breakable, broken_desk, pause, violence, tell))


async def break_it(breakable, desk, pause, violence, tell):
    crowd = await Crowd(breakable.server, desk).gather(CHATS)
    fall_silent(crowd)
    crowd.start_writing(pause)
    mischief = asyncio.create_task(disturb(crowd))
    try:
        await violence(breakable, tell)
        mischief.cancel()
        await crowd.stop_writing()
        forget_connections()  # this process's own connections did not survive either
        account = await crowd.account()
        tell(f"{breakable.stack.name}: {account}; sent again {sum(author.retries for author in crowd.authors()):,}, "
             f"came back {sum(len(screen.closed_with) for screen in crowd.all()):,} times")
        account.check()
        await crowd.inboxes_agree()
    finally:
        mischief.cancel()
        await crowd.leave()


async def short(breakable, tell):
    """Each kind of violence once. What only a heartbeat (20 s) repairs comes first."""
    await timed(tell, "kill -9 of a worker, 4 times", breakable.kill_workers(4))
    await timed(tell, "kill -9 of the server", breakable.kill_server())
    await asyncio.sleep(2)
    if breakable.has_services:
        await timed(tell, "kill -9 of Redis", breakable.kill_service(breakable.stack.redis))
        await timed(tell, "kill -9 of PostgreSQL", breakable.kill_service(breakable.stack.postgres))
    await timed(tell, "SIGHUP", breakable.reload())
    await timed(tell, "SIGSTOP", freeze_all(breakable))
    await asyncio.sleep(2)


async def freeze_all(breakable):
    """A worker, and Redis meanwhile."""
    if breakable.has_services:
        await asyncio.gather(breakable.freeze_worker(FREEZE_SECONDS), breakable.freeze_redis(FREEZE_SECONDS))
    else:
        await breakable.freeze_worker(WORKER_FREEZE_SECONDS)


async def soak(seconds, breakable, tell):
    """All of it, for so long, in any order."""
    acts = [lambda: breakable.kill_workers(10), breakable.kill_server, breakable.reload,
            lambda: breakable.freeze_worker(FREEZE_SECONDS)]
    if breakable.has_services:
        acts += [lambda: breakable.kill_service(breakable.stack.redis),
                 lambda: breakable.kill_service(breakable.stack.postgres),
                 lambda: breakable.freeze_redis(FREEZE_SECONDS)]
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        for act in random.sample(acts, len(acts)):
            await act()
            await asyncio.sleep(2)
        tell(f"{time.monotonic() - began:.0f} s")


async def timed(tell, name: str, act) -> None:
    """Do something, and say how long it took until all was mended."""
    began = time.monotonic()
    await act
    tell(f"{name}: {time.monotonic() - began:.1f} s")


def fall_silent(crowd: Crowd) -> None:
    """Some customers answer no ping from now on."""
    for customer, *_others in list(crowd.screens.values())[:SILENT]:
        customer.answers_pings = customer.socket.answers_pings = False


async def disturb(crowd: Crowd) -> None:
    """For ever, twice a second: somebody is cut off for a moment or two seconds, or reads nothing for five."""
    async with asyncio.TaskGroup() as mischief:
        while True:
            await asyncio.sleep(0.5)
            does = random.choice((lose_line, lose_line, read_nothing))
            mischief.create_task(does(random.choice(crowd.all())))


async def lose_line(screen: Live) -> None:
    """Everything of theirs is cut, and nothing gets through for a while."""
    screen.line.cut()
    try:
        await asyncio.sleep(random.choice((0.01, 2)))
    finally:
        screen.line.mend()


async def read_nothing(screen: Live) -> None:
    """Their socket stays open, but they take nothing from it for a while."""
    socket = screen.socket
    if socket and socket.is_open:
        socket.stop_reading()
        try:
            await asyncio.sleep(5)
        finally:
            socket.read_on()
