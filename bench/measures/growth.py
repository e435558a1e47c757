"""Does it get slower with age? An empty database against one with years of chats, in turns."""

import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bench.bench import Bench
from bench.figures import Figure, Result, at_most, median, plain, show
from bench.load import Load, Scene
from bench.seed import Desk, add_closed_chats, database
from bench.systems import Baton, MemberPage
from bench.wire import Line

CHATS = 10
MESSAGES_EACH = 10
ASKED_TIMES = 10
PAGES = {"the dashboard with a chat open": "/chats/{chat}", "the inbox": "/inbox"}


@dataclass
class House:
    """A Baton of some age. `times` are milliseconds, by what was asked for."""

    baton: Baton
    desk: Desk
    page: MemberPage
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, baton: Baton) -> "House":
        """With a bot that has no chats yet."""
        desk, (page,) = baton.desk(members=1)
        return cls(baton, desk, page)

    def scene(self) -> Scene:
        """A few live chats of the bot that has the old ones."""
        return self.baton.scene(CHATS, team=(self.desk, [self.page]))


async def measure(bench: Bench) -> Result:
    """Growth with stored messages"""
    closed, rounds, messages = bench.pick((100_000, 7, 40), (10_000, 5, 20), (20, 1, 5))
    houses = {"empty": House.of(bench.baton()), "old": House.of(bench.start(Baton()))}
    bench.step(f"seeding {closed:,} chats")
    seconds = fill(houses["old"], closed)
    result = Result()
    async with AsyncExitStack() as stack:
        loads = {name: await stack.enter_async_context(Load(house.scene())) for name, house in houses.items()}
        for turn in range(rounds):
            bench.step(f"both in turns, round {turn + 1} of {rounds}")
            for name, house in houses.items():
                run = await loads[name].idle(messages)
                result.keep(f"baton, {name}", run)
                house.times["customer's request to member's frame"] += [1000 * seconds for seconds in run.latencies]
            await ask_pages([(house, loads[name].scene.conversations[0].chat_id) for name, house in houses.items()])
    result.figures = tell(houses, closed, seconds)
    return result


def fill(house: House, count: int) -> float:
    """Store closed chats; returns the seconds it took."""
    started = time.monotonic()
    with database(house.baton.url):
        add_closed_chats(house.desk, count, MESSAGES_EACH)
    return time.monotonic() - started


async def ask_pages(houses: list[tuple[House, int]]) -> None:
    """Note how long pages take: the same page of one house, then of the other, a few times over."""
    lines = [(house, chat_id, await Line.open(house.baton.port)) for house, chat_id in houses]
    for what, path in PAGES.items():
        for _ in range(ASKED_TIMES):
            for house, chat_id, line in lines:
                request = house.page.get(f"/bots/{house.desk.bot.key}{path.format(chat=chat_id)}")
                house.times[what].append(await millis(line, request))
    for _, _, line in lines:
        line.close()


async def millis(line: Line, request: bytes) -> float:
    """How long an answer takes; it must be a good one."""
    began = time.perf_counter()
    answer = await line.ask(request)
    assert answer.status == 200, answer
    return 1000 * (time.perf_counter() - began)


def tell(houses: dict[str, House], closed: int, seconds: float) -> list[Figure]:
    """Old over empty, each the median of all."""
    figures = [plain(f"seeding {closed * MESSAGES_EACH:,} messages in {closed:,} closed chats", seconds, "s")]
    for what, times in houses["old"].times.items():
        old, empty = median(times), median(houses["empty"].times[what])
        figures.append(at_most(f"{what}, with them as a multiple of without ({show(old)} / {show(empty)} ms)",
                               old / empty, 1.2, "×"))
    return figures
