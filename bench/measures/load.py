"""A fixed load that waits for no answer, and how latency grows with it."""

import asyncio

from bench.bench import Bench
from bench.figures import Figure, Point, Result, at_most, median, plain
from bench.load import Load, Run, Scene

CHATS = 50
RATE = 300
RATES = (25, 50, 100, 150, 200, 300, 400, 600, 800, 1200, 1600, 2400, 3200, 4800)
# A server that is this far behind will not recover at a higher rate.
BEHIND_MS = 1000


async def measure(bench: Bench) -> Result:
    """Latency at a fixed load"""
    floor, baton = bench.floor(), bench.baton()
    scenes = {floor.name: floor.scene(CHATS), baton.name: baton.scene(CHATS)}
    result = Result()
    runs = {name: await at_fixed_rate(bench, name, scene) for name, scene in scenes.items()}
    result.figures = tell(bench.pick(RATE, RATE, 20), runs)
    for name, scene in scenes.items():
        runs[name] += await climb(bench, name, scene, result)
        result.keep(name, *runs[name])
    return result


async def at_fixed_rate(bench: Bench, name: str, scene: Scene) -> list[Run]:
    """The same rate a few times over; once when the server is overrun."""
    rate, repeats, seconds = bench.pick((RATE, 3, 8), (RATE, 1, 3), (20, 1, 0.5))
    runs = []
    async with Load(scene) as load:
        while len(runs) < repeats and not (runs and is_behind(runs[-1])):
            bench.step(f"{name} at {rate}/s, round {len(runs) + 1} of {repeats}")
            runs.append(await load.at_rate(rate, seconds))
    return runs


async def climb(bench: Bench, name: str, scene: Scene, result: Result) -> list[Run]:
    """Higher and higher rates, until the server falls behind."""
    rates, seconds = bench.pick((RATES, 4), (RATES[1::2], 1.5), ((10, 20), 0.3))
    runs, result.curves[name] = [], []
    async with Load(scene) as load:
        for rate in rates:
            bench.step(f"{name} at {rate}/s")
            run = await load.at_rate(rate, seconds)
            runs.append(run)
            result.curves[name].append(Point(rate, run.rate, *(run.millis(percent) for percent in (50, 95, 99))))
            if is_behind(run):
                break
            await asyncio.sleep(0.1)
    return runs


def is_behind(run: Run) -> bool:
    """Whether messages pile up."""
    return run.millis(95) > BEHIND_MS


def tell(rate: int, runs: dict[str, list[Run]]) -> list[Figure]:
    """Latency and refusals at the fixed rate."""
    def middle(name: str, percent: float) -> float:
        return median(run.millis(percent) for run in runs[name])

    at = f"{rate} messages/s over {CHATS} chats"
    return [
        plain(f"{at}, p50", middle("baton", 50), "ms", middle("floor", 50)),
        at_most(f"{at}, p95", middle("baton", 95), 50, floor=middle("floor", 95)),
        plain(f"{at}, p99", middle("baton", 99), "ms", middle("floor", 99)),
        at_most(f"{at}, refused or lost", sum(run.counts.sent - run.counts.shown for run in runs["baton"]), 0, ""),
        plain("how late the driver sent, p95", max(run.late for run in runs["baton"]) * 1000, "ms",
              max(run.late for run in runs["floor"]) * 1000),
    ]
