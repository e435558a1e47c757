"""What a measure hands over: lines of the table, points of the plot, and the books of its runs."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.load import Counts, Run


class LeftOut(Exception):
    """A measure cannot run on this machine. Its text says what is missing."""


class Figure(NamedTuple):
    """One line of the table. `met` is None where there is no mark."""

    what: str
    value: str
    floor: str = ""
    mark: str = ""
    met: bool | None = None


class Point(NamedTuple):
    """One point of the plot: at `rate` messages per second asked for. Latencies in ms."""

    rate: float
    delivered: float
    p50: float
    p95: float
    p99: float


@dataclass
class Result:
    """What one measure found. `curves` by the name of the system; `books` are the runs' accounts, added up."""

    figures: list[Figure] = field(default_factory=list)
    curves: dict[str, list[Point]] = field(default_factory=dict)
    books: dict[str, Counts] = field(default_factory=dict)

    def keep(self, system: str, *runs: Run) -> None:
        """Add the accounts of runs."""
        for run in runs:
            self.books[system] = self.books[system] + run.counts if system in self.books else run.counts


def at_most(what: str, value: float, limit: float, unit: str = "ms", floor: float | None = None) -> Figure:
    """A figure whose mark is an upper limit."""
    return Figure(what, show(value, unit), "" if floor is None else show(floor, unit), f"≤ {limit:g} {unit}".strip(),
                  value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "", floor: float | None = None) -> Figure:
    """A figure whose mark is a lower limit."""
    return Figure(what, show(value, unit), "" if floor is None else show(floor, unit), f"≥ {limit:g} {unit}".strip(),
                  value >= limit)


def plain(what: str, value: float, unit: str = "", floor: float | None = None) -> Figure:
    """A figure without a mark."""
    return Figure(what, show(value, unit), "" if floor is None else show(floor, unit))


def show(value: float, unit: str = "") -> str:
    """A number as people read it: about three digits."""
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)
