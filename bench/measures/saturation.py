"""As much as one worker takes: every customer writes again as soon as the last message is acknowledged."""

from bench.bench import Bench
from bench.figures import Figure, Result, at_least, median, plain, show
from bench.load import Load, Run

CHATS = 50


async def measure(bench: Bench) -> Result:
    """Saturation of one worker"""
    repeats, seconds = bench.pick((3, 5), (3, 2), (1, 0.5))
    systems = (bench.floor(), bench.baton())
    scenes = {system.name: system.scene(CHATS) for system in systems}
    runs: dict[str, list[Run]] = {system.name: [] for system in systems}
    for repeat in range(repeats):
        for name, scene in scenes.items():
            bench.step(f"{name} flat out, round {repeat + 1} of {repeats}")
            async with Load(scene) as load:
                runs[name].append(await load.flat_out(seconds))
    result = Result(tell(runs))
    for name, its in runs.items():
        result.keep(name, *its)
    return result


def tell(runs: dict[str, list[Run]]) -> list[Figure]:
    """Rates, and what a message costs the processor."""
    rate = {name: median(run.rate for run in its) for name, its in runs.items()}
    cost = {name: median(run.cpu_per_message(name) for run in its) for name, its in runs.items()}
    cores = {name: median(run.cpu["driver"] / run.seconds for run in its) for name, its in runs.items()}
    share = rate["baton"] / rate["floor"]
    return [
        plain(f"saturation, {CHATS} chats, acknowledged and shown", rate["baton"], "messages/s", rate["floor"]),
        at_least("saturation as a part of the floor's", share, 0.25),
        Figure("the same against the goal", show(share), "", "goal ≥ 0.5", share >= 0.5),
        plain("processor time of the server for each message", cost["baton"], "ms", cost["floor"]),
        plain("cores the driver took meanwhile", cores["baton"], "", cores["floor"]),
    ]
