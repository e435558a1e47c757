"""Break it: whatever is killed, frozen or cut under load, every message is stored once and shown once, in order."""

import asyncio
import random
import time

from tests.crash.crowd import Crowd
from tests.crash.screens import ChatScreen

CHATS = 50
# Everybody writes about so often; a machine that is busy with other things must keep up with it.
PAUSE, SOAK_PAUSE = 8, 3
FREEZE_SECONDS = 10
SOAK_SECONDS = 600


def test_nothing_is_lost_doubled_or_out_of_order(breakable, broken_desk, soaking, tell):
    pause, violence = (SOAK_PAUSE, soak) if soaking else (PAUSE, short)
    asyncio.run(break_it(breakable, broken_desk, pause, violence, tell))


async def break_it(breakable, desk, pause, violence, tell):
    crowd = await Crowd(breakable.server, desk).gather(CHATS)
    crowd.start_writing(pause)
    dropping = asyncio.create_task(drop_and_come_back(crowd))
    try:
        await violence(breakable, tell)
        dropping.cancel()
        await crowd.stop_writing()
        account = await crowd.account()
        tell(f"{breakable.stack.name}: {account}; retried {sum(author.retries for author in crowd.authors()):,}, "
             f"came back {sum(len(screen.closed_with) for screen in crowd.all()):,} times")
        account.check()
        await crowd.inboxes_agree()
    finally:
        dropping.cancel()
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
    await timed(tell, "SIGSTOP", freeze_all(breakable, FREEZE_SECONDS))
    await asyncio.sleep(2)


async def freeze_all(breakable, seconds):
    """A worker, and Redis meanwhile."""
    freezes = [breakable.freeze_worker(seconds)]
    if breakable.has_services:
        freezes.append(breakable.freeze_redis(seconds))
    await asyncio.gather(*freezes)


async def soak(breakable, tell):
    """Ten minutes of all of it, in any order."""
    acts = [lambda: breakable.kill_workers(10), breakable.kill_server, breakable.reload,
            lambda: breakable.freeze_worker(FREEZE_SECONDS)]
    if breakable.has_services:
        acts += [lambda: breakable.kill_service(breakable.stack.redis),
                 lambda: breakable.kill_service(breakable.stack.postgres),
                 lambda: breakable.freeze_redis(FREEZE_SECONDS)]
    began = time.monotonic()
    while time.monotonic() - began < SOAK_SECONDS:
        for act in random.sample(acts, len(acts)):
            await act()
            await asyncio.sleep(2)
        tell(f"{time.monotonic() - began:.0f} s")


async def drop_and_come_back(crowd: Crowd) -> None:
    """For ever: somebody's line is cut, for a moment or for two seconds."""
    while True:
        await asyncio.sleep(0.5)
        asyncio.create_task(lose_line(random.choice(crowd.all())))


async def lose_line(screen: ChatScreen) -> None:
    screen.line.cut()
    await asyncio.sleep(random.choice((0.01, 2)))
    screen.line.mend()


async def timed(tell, name: str, act) -> None:
    began = time.monotonic()
    await act
    tell(f"{name}: {time.monotonic() - began:.1f} s")
