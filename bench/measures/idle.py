"""One customer writes, nobody else does: from the request to the frame on the member's page."""

from bench.bench import Bench
from bench.figures import Result, at_most, median
from bench.load import Load, Run
from bench.systems import Baton, Floor

CHATS = 10
MARKS = {50: 5, 95: 15, 99: 25}


async def measure(bench: Bench) -> Result:
    """Latency, nothing else under way"""
    repeats, messages = bench.pick((3, 300), (3, 60), (1, 8))
    floor, baton = bench.floor(), bench.baton()
    runs: dict[str, list[Run]] = {floor.name: [], baton.name: []}
    for repeat in range(repeats):
        bench.step(f"{messages} messages, round {repeat + 1} of {repeats}")
        for system, scene in ((floor, floor_scene(floor)), (baton, baton_scene(baton))):
            async with Load(scene) as load:
                runs[system.name].append(await load.idle(messages))
    return tell(runs)


def floor_scene(floor: Floor):
    """A few chats."""
    return floor.scene(CHATS)


def baton_scene(baton: Baton):
    """The same with one member, who has each of them open."""
    return baton.scene(CHATS, members=1)


def tell(runs: dict[str, list[Run]]) -> Result:
    """Percentiles, each the median of the rounds."""
    def middle(system: str, percent: float) -> float:
        return median(run.millis(percent) for run in runs[system])

    result = Result([at_most(f"idle, customer's request to member's frame, p{percent}", middle("baton", percent),
                             limit, floor=middle("floor", percent)) for percent, limit in MARKS.items()])
    result.figures.append(at_most("idle p50 as a multiple of the floor's", middle("baton", 50) / middle("floor", 50),
                                  5, "×"))
    for name, its in runs.items():
        result.keep(name, *its)
    return result
