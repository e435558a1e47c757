"""The arithmetic of docs/scaling.md, from the figures of bench/results.md: `python -m bench.scaling` fills it in.

A full run of bin/bench does so by itself. A test holds the page to the results.
"""

import re
from pathlib import Path

import config
from bench.figures import show
from bench.report import table

RESULTS = config.ROOT / "bench" / "results.md"
PAGE = config.ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- filled by bench/scaling.py -->", "<!-- end -->"

WIDGETS = 1_000_000
# One message a minute in each open chat, whoever wrote it.
MESSAGES = WIDGETS / 60
# The customer's and the members' log, and the lists.
FRAMES = 3
FULL = 0.7

# By our name for it, how the row in results.md begins, and its unit.
ROWS = {
    "rate": ("saturation, 50 chats, acknowledged and shown", "messages/s"),
    "base": ("memory of the idle app, all processes (PSS)", "MB"),
    "socket": ("5,000 idle sockets, each (PSS)", "kB"),
    "beat": ("5,000 idle sockets, processor time of each in a second", "µs"),
    "one": ("processor time for each message at 40/s, one worker, SQLite", "ms"),
    "apart": ("one worker, PostgreSQL and Redis: the worker alone", "ms"),
    "two": ("two workers, PostgreSQL and Redis: the workers alone", "ms"),
    "all": ("two workers, PostgreSQL and Redis: all processes", "ms"),
}


def read(page: str) -> dict[str, float]:
    """The figures of results.md that the arithmetic needs; raises KeyError for one that is not there."""
    rows = {cells[1].strip(): cells[2].strip() for line in page.splitlines() if len(cells := line.split("|")) > 3}
    return {name: float(re.match(r"[\d,.]+", rows[what])[0].replace(",", "")) for name, (what, _) in ROWS.items()}


def section(measured: dict[str, float]) -> str:
    """What stands between the marks of the page."""
    inputs = table(("Measured", "Figure"), [(what, show(measured[name], unit)) for name, (what, unit) in ROWS.items()])
    return "\n\n".join([BEGIN, inputs, "### One worker, one machine", table(("Question", "Answer"), carried(measured)),
                        "### A million open widgets", table(("What", "How much"), million(measured)),
                        "### Does the arithmetic hold?", check(measured), END])


def carried(measured: dict[str, float]) -> list[tuple[str, str]]:
    """What a worker and a machine of four cores carry."""
    on_four = 4 * FULL * 1000 / measured["all"]
    return [
        ("One worker with SQLite, messages a second, at 70 % of what it can", show(measured["rate"] * FULL)),
        ("10,000 open chats in one worker, memory", gigabytes(measured["base"] / 1000 + 0.01 * measured["socket"])),
        ("The same, processor: pings and heartbeats", show(0.01 * measured["beat"], "cores")),
        ("Four cores with PostgreSQL and Redis on them, messages a second, at 70 %", show(on_four)),
        ("Chats that write once a minute, on those four cores", show(on_four * 60)),
    ]


def million(measured: dict[str, float]) -> list[tuple[str, str]]:
    """Sockets, messages, relay and database writes of WIDGETS chats that are open at once."""
    kept = WIDGETS * measured["beat"] / 1e6
    written = MESSAGES * measured["two"] / 1000
    workers = (kept + written) / FULL
    return [
        ("Messages a second, one a minute in each", show(round(MESSAGES))),
        ("Memory of the sockets", gigabytes(WIDGETS * measured["socket"] / 1e6)),
        ("Cores for pings and heartbeats", show(round(kept, 1))),
        ("Cores for messages, PostgreSQL and Redis apart", show(round(written, 1))),
        ("Workers of one core each, 70 % busy", show(round(workers))),
        ("Sockets for each worker", show(round(WIDGETS / workers))),
        ("Frames a second through Redis", show(round(FRAMES * MESSAGES))),
        ("Transactions a second in PostgreSQL, one for each message", show(round(MESSAGES))),
        ("Cores for PostgreSQL and Redis", show(round(MESSAGES * (measured["all"] - measured["two"]) / 1000, 1))),
    ]


def check(measured: dict[str, float]) -> str:
    """The prediction for two workers, and what was measured."""
    error = 100 * (measured["two"] / measured["apart"] - 1)
    return (f"A message is stored, rendered and published once, whoever does it. So a message on two workers should "
            f"cost what it costs on one with the same services: **{show(measured['apart'], 'ms')} predicted, "
            f"{show(measured['two'], 'ms')} measured** ({error:+.0f} %). Between them lies that the second "
            f"worker also hears from Redis what its own screens show, and the noise of the machine.")


def gigabytes(value: float) -> str:
    """Memory for people."""
    return show(round(value, 2), "GB")


def fill(page: Path = PAGE, results: Path = RESULTS) -> None:
    """Write the section into the page."""
    text = page.read_text()
    before, rest = text.split(BEGIN)
    page.write_text(before + section(read(results.read_text())) + rest.split(END)[1])


if __name__ == "__main__":
    fill()
