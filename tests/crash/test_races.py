"""Races over HTTP: whoever collides in a chat, the database decides once, and the losers see how it stands."""

import asyncio
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from models import Chat, Customer
from tests.conftest import add_member
from tests.crash.breakable import children
from tests.crash.racing import Colleague, Life, Tally, Visitor
from tests.models.chats import rows

NAMES = "Ada Ben Cleo Dara Emil Faye Gus Hana Ivo Jana Kofi Lena Milo Nia Otto Pia Quinn Rosa".split()
CHATS, SOAK_CHATS = 36, 324
# With more, requests meet in the server's queue rather than in the database.
CHATS_AT_ONCE = 6


def test_whoever_collides_the_database_decides_once_and_the_losers_are_told(server, calm_desk, soaking, tell):
    desk, tally = calm_desk, Tally()
    more = [add_member(desk.bot.workspace_id, name, desk.bot) for name in NAMES]
    with ThreadPoolExecutor(8) as doors:
        team = list(doors.map(partial(Colleague, server, desk), [desk.maya, desk.noor, *more]))
    began = time.monotonic()
    lives = [Life(Visitor(server, desk), team, tally) for _chat in range(SOAK_CHATS if soaking else CHATS)]
    spread = asyncio.run(live(server, lives))
    tell(f"{len(team)} members on {len(lives):,} chats, {spread} connections to the workers, "
         f"{time.monotonic() - began:.1f} s: {tally}")
    for life in lives:
        life.check()
    assert rows(Chat, Chat.bot_id == desk.bot.id) == len(lives)
    assert rows(Customer, Customer.bot_id == desk.bot.id) == len(lives)
    # What proves that they did collide, on every worker.
    assert tally.closings_came() == {"before", "after"} and min(spread) > 0


async def live(server, lives: Sequence[Life]) -> list[int]:
    """Run the chats, a few at a time; returns how many connections each worker then had."""
    turns = asyncio.Semaphore(CHATS_AT_ONCE)

    async def in_turn(number: int, life: Life) -> None:
        async with turns:
            await life.live(number)

    idle = connections(server)
    await asyncio.gather(*(in_turn(number, life) for number, life in enumerate(lives)))
    spread = [now - before for before, now in zip(idle, connections(server), strict=True)]
    for colleague in lives[0].team:
        colleague.http.close()
    return spread


def connections(server) -> list[int]:
    """How many files, connections among them, each worker has open."""
    return [len(os.listdir(f"/proc/{worker}/fd")) for worker in children(server.process.pid)]
