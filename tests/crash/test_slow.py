"""Who stops reading costs nobody else anything, and misses nothing either."""

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.breakable import children
from tests.crash.crowd import Crowd, until
from tests.crash.figures import milliseconds, p99

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
    measured = asyncio.run(stop_reading(server, calm_desk, SOAK_CHATS if soaking else CHATS, tell))
    assert measured.codes[1013] >= SLOW * 0.8, measured
    assert measured.grown < MOST_BYTES, measured
    # At most doubled by those who do not read, and no spike, whatever so much text costs by itself.
    assert measured.disturbed < min(2 * max(measured.calm, measured.undisturbed), measured.calm + 1), measured


@dataclass(frozen=True)
class Measured:
    """The p99 of the others in seconds: before, while a lot is read, while it is not; bytes more; codes of closings."""

    calm: float
    undisturbed: float
    disturbed: float
    grown: int
    codes: Counter


async def stop_reading(server, desk, chats, tell) -> Measured:
    """A customer writes a lot to onlookers who read, then to the same who do not; all others go on meanwhile."""
    crowd = await Crowd(server, desk).gather(chats)
    try:
        crowd.start_writing(PAUSE)
        await asyncio.sleep(CALM_SECONDS)
        calm, noisy = p99(crowd.delays()), next(iter(crowd.screens))
        slow = crowd.onlookers(noisy, SLOW, SMALL_BUFFER)
        for screen in slow:
            await screen.open()
        undisturbed = await write_much(crowd, noisy)
        before = resident_bytes(server)
        for screen in slow:
            screen.socket.stop_reading()
        disturbed = await write_much(crowd, noisy)
        grown = resident_bytes(server) - before
        for screen in slow:
            screen.socket.read_on()
        await until(lambda: all(screen.closed_with for screen in slow), 15, "the slow ones were closed")
        codes = Counter(screen.closed_with[0] for screen in slow)
        tell(f"{SLOW} sockets beside {chats} chats: p99 {milliseconds(calm)} before, {milliseconds(undisturbed)} while "
             f"they read much, {milliseconds(disturbed)} while they read nothing; {grown / 2**20:.0f} MiB more; closed "
             f"with {dict(codes)}")
        await crowd.stop_writing()
        (await crowd.account()).check()
    finally:
        await crowd.leave()
    return Measured(calm, undisturbed, disturbed, grown, codes)


async def write_much(crowd: Crowd, chat_id: int) -> float:
    """A customer writes more than the queue of a socket holds; the p99 of all other chats meanwhile."""
    customer, since = crowd.screens[chat_id][0], time.monotonic()
    texts = [f"{since} {number} {LONG_TEXT}" for number in range(LONG_TEXTS)]
    until_now = len(customer.acknowledged)
    for text in texts:
        customer.write(text)
    await until(lambda: len(customer.acknowledged) >= until_now + len(texts), 60, "all of it is stored")
    return p99(crowd.delays(since, without=chat_id))


def resident_bytes(server) -> int:
    """The memory of all workers."""
    status = "".join(Path(f"/proc/{worker}/status").read_text() for worker in children(server.process.pid))
    return sum(map(int, re.findall(r"VmRSS:\s+(\d+) kB", status))) * 1024
