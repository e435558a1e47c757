"""Who stops reading costs nobody else anything, and misses nothing either."""

import asyncio
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.breakable import children
from tests.crash.crowd import Crowd, until
from tests.crash.figures import milliseconds, p99
from tests.crash.screens import ChatScreen

pytestmark = pytest.mark.alone

SLOW = 50
CHATS, SOAK_CHATS = 30, 200
PAUSE = 6
CALM_SECONDS = 6
# Escaped four times as long: some sixty of them fill a queue of 1 MiB.
LONG_TEXT = "<" * 3900
LONG_TEXTS = 130
SMALL_BUFFER = 4096
MOST_BYTES = 100 << 20


def test_sockets_that_stop_reading_hold_nobody_up(server, calm_desk, soaking, tell):
    asyncio.run(stop_reading(server, calm_desk, SOAK_CHATS if soaking else CHATS, tell))


async def stop_reading(server, desk, chats, tell):
    crowd = await Crowd(server, desk).gather(chats)
    try:
        crowd.start_writing(PAUSE)
        await asyncio.sleep(CALM_SECONDS)
        calm, before, since = p99(crowd.delays()), resident_bytes(server), time.monotonic()
        noisy = next(iter(crowd.screens))
        slow = await clog(crowd, noisy)
        grown = resident_bytes(server) - before
        disturbed = p99(crowd.delays(since, without=noisy))
        for screen in slow:
            screen.socket.read_on()
        await until(lambda: all(screen.closed_with for screen in slow), 15, "the slow ones were closed")
        codes = Counter(screen.closed_with[0] for screen in slow)
        tell(f"{SLOW} sockets that read nothing beside {chats} chats: p99 {milliseconds(calm)} before, "
             f"{milliseconds(disturbed)} meanwhile; {grown / 2**20:.0f} MiB more; closed with {dict(codes)}")
        await crowd.stop_writing()
        (await crowd.account()).check()
    finally:
        await crowd.leave()
    assert codes[1013] >= SLOW * 0.8, codes
    assert grown < MOST_BYTES
    assert disturbed < max(4 * calm, calm + 1)


async def clog(crowd: Crowd, chat_id: int) -> list[ChatScreen]:
    """Onlookers of one chat who stop reading, and a customer who writes until their queues are full."""
    customer = crowd.screens[chat_id][0]
    slow = crowd.onlookers(chat_id, SLOW, SMALL_BUFFER)
    for screen in slow:
        await screen.open()
    for screen in slow:
        screen.socket.stop_reading()
    for number in range(LONG_TEXTS):
        customer.write(f"{number} {LONG_TEXT}")
    await until(lambda: len(customer.acknowledged) >= LONG_TEXTS, 60, "the queues are full")
    return slow


def resident_bytes(server) -> int:
    """The memory of all workers."""
    status = "".join(Path(f"/proc/{worker}/status").read_text() for worker in children(server.process.pid))
    return sum(map(int, re.findall(r"VmRSS:\s+(\d+) kB", status))) * 1024
