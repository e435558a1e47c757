"""What a second worker costs: PostgreSQL and Redis between two, against one with SQLite, at the same load."""

import shutil
from pathlib import Path

from bench.bench import Bench
from bench.figures import Figure, LeftOut, Result, at_most, median, plain
from bench.load import Load, Run
from bench.systems import Baton
from tests.services import program
from tests.stacks import PostgresqlStack

CHATS = 50
# Well below what one worker takes, on a slow machine too: a queue would blur what a message costs.
RATE = 40


async def measure(bench: Bench) -> Result:
    """Processor time on one worker and on two"""
    repeats, seconds = bench.pick((3, 8), (2, 4), (1, 0.5))
    stack, one = services(bench), bench.baton()
    apart, two = (bench.start(with_services(stack, workers)) for workers in (1, 2))
    scenes = {"one": one.scene(CHATS), "apart": apart.scene(CHATS), "two": two.scene(CHATS)}
    runs: dict[str, list[Run]] = {name: [] for name in scenes}
    for repeat in range(repeats):
        for name, scene in scenes.items():
            bench.step(f"{name} at {RATE}/s, round {repeat + 1} of {repeats}")
            async with Load(scene) as load:
                runs[name].append(await load.at_rate(RATE, seconds))
    result = Result(tell(runs))
    result.keep("baton", *runs["one"])
    result.keep("baton, one worker with services", *runs["apart"])
    result.keep("baton, two workers", *runs["two"])
    return result


def services(bench: Bench) -> PostgresqlStack:
    """PostgreSQL and Redis, for this measure alone."""
    for name, package in (("redis-server", "redis-server"), (program("postgres"), "postgresql")):
        if not shutil.which(name):
            raise LeftOut(f"{name} is not installed (Debian: {package})")
    bench.step("starting PostgreSQL and Redis")
    stack = PostgresqlStack()
    bench.call_at_end(stack.close)
    return stack


def with_services(stack: PostgresqlStack, workers: int) -> Baton:
    """So many workers, with a database of their own."""
    others = {"postgresql": stack.postgres.process.pid, "redis": stack.redis.process.pid}
    environ = {name: value for name, value in stack.environ(Path()).items() if name != "DATA_DIR"}
    return Baton(others, **environ | {"WEB_CONCURRENCY": str(workers)})


def tell(runs: dict[str, list[Run]]) -> list[Figure]:
    """Processor time for each message, Baton's own and with its services."""
    def cost(name: str, *groups: str) -> float:
        return median(run.cpu_per_message(*groups) for run in runs[name])

    one, two = cost("one", "baton"), cost("two", "baton")
    everything = cost("two", "baton", "postgresql", "redis")
    return [
        plain(f"processor time for each message at {RATE}/s, one worker, SQLite", one, "ms"),
        plain("one worker, PostgreSQL and Redis: the worker alone", cost("apart", "baton"), "ms"),
        plain("two workers, PostgreSQL and Redis: the workers alone", two, "ms"),
        at_most("the workers alone, as a multiple of the one worker", two / one, 1.5, "×"),
        plain("two workers, PostgreSQL and Redis: all processes", everything, "ms"),
        at_most("all processes, as a multiple of the one worker", everything / one, 1.5, "×"),
        plain("latency p50: two workers", median(run.millis(50) for run in runs["two"]), "ms"),
        plain("latency p50: one worker", median(run.millis(50) for run in runs["one"]), "ms"),
    ]
