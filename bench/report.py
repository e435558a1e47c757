"""The table on the terminal, `results.md` and the plot."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from platform import python_version

import config
from bench.figures import Figure, Point, Result
from bench.processes import machine

MET = {True: "yes", False: "no", None: ""}
HEAD = ("Measured", "Baton", "Floor", "Mark", "Met")

HOW = """\
Server and driver share this machine and its loopback; nothing else is in between. Server processes are the real
ones (gunicorn with `gunicorn.conf.py`); the driver is one other process, so one clock stamps both ends. Customers
keep one message under way each, as Baton's page does; latency runs from the moment a message was due, whether or not
the one before it was acknowledged, to the moment the socket of the page that has the chat open brought it. Besides,
every customer's socket and five members' inboxes listen. "Floor" is `bench/floor.py`: the same worker, one route,
one raw `sqlite3` insert with `synchronous=FULL`, one push; no ORM, template, sign-in or CSRF. Percentiles are
nearest-rank, and medians where a measure was repeated. MB and kB of memory are 1024-based, kB of transfer 1000.
"""


def terminal(results: dict[str, Result]) -> str:
    """The table for people at a terminal."""
    rows = [HEAD, *(cells(figure) for result in results.values() for figure in result.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in
                                                   zip(row[1:], widths[1:], strict=True))]) for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "", *books(results)])


def books(results: dict[str, Result]) -> list[str]:
    """The accounts, a line for each measure and server."""
    return [f"{name}, {system}: {it.sent:,} sent, {it.acknowledged:,} acknowledged, {it.refused:,} refused, "
            f"{it.stored:,} stored, {it.shown:,} shown, {it.surplus:,} too many"
            + ("" if it.balanced else "  ← DOES NOT ADD UP")
            for name, result in results.items() for system, it in result.books.items()]


def balanced(results: dict[str, Result]) -> bool:
    """Whether every account adds up."""
    return all(it.balanced for result in results.values() for it in result.books.values())


def write(folder: Path, results: dict[str, Result], size: str, load_average: str, seconds: float) -> None:
    """Write results.md, and results.png where there is something to plot."""
    folder.mkdir(parents=True, exist_ok=True)
    curves = {name: points for result in results.values() for name, points in result.curves.items()}
    if curves:
        plot(curves, folder / "results.png")
    (folder / "results.md").write_text(markdown(results, curves, size, load_average, seconds))


def markdown(results: dict[str, Result], curves: dict[str, list[Point]], size: str, load_average: str,
             seconds: float) -> str:
    """The page."""
    figures = [figure for result in results.values() for figure in result.figures]
    commands = {"full": "bin/bench", "quick": "bin/bench --quick"}
    about = (f"Written by `{commands.get(size, size)}` on {datetime.now(UTC):%Y-%m-%d} at commit {commit()}, in "
             f"{seconds / 60:.1f} minutes.\n\nMachine: {machine()}; Python {python_version()}. "
             f"Load average at the start {load_average}, at the end {averages()}.\n")
    parts = ["# How fast, how light", about, HOW, table(HEAD, [cells(figure) for figure in figures])]
    if curves:
        parts += ["## Latency against load", "![Latency against load](results.png)", curve_table(curves)]
    parts += ["## Accounts", "Every message bears a tag. What was sent must be acknowledged, stored and shown, once.\n",
              "\n".join(f"- {line}" for line in books(results))]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown; all columns but the first are numbers."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (head, rule, *rows))


def cells(figure: Figure) -> tuple[str, ...]:
    """One row of the table."""
    return figure.what, figure.value, figure.floor, figure.mark, MET[figure.met]


def curve_table(curves: dict[str, list[Point]]) -> str:
    """The points of the plot."""
    rows = [(name, f"{point.rate:,.0f}", f"{point.delivered:,.0f}",
             *(f"{value:,.1f}" for value in (point.p50, point.p95, point.p99)))
            for name, points in curves.items() for point in points]
    return table(("Server", "asked for, messages/s", "delivered", "p50 ms", "p95 ms", "p99 ms"), rows)


def plot(curves: dict[str, list[Point]], path: Path) -> None:
    """Latency against load, one colour for each server: p50 drawn through, p95 dashed."""
    import matplotlib  # here, so that all else works without it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for (name, points), colour in zip(curves.items(), ("#8a857d", "#0f766e"), strict=False):
        rates = [point.rate for point in points]
        axes.plot(rates, [point.p50 for point in points], "o-", color=colour, label=f"{name}, p50", markersize=4)
        axes.plot(rates, [point.p95 for point in points], "o--", color=colour, label=f"{name}, p95", markersize=3)
    axes.axhline(50, color="#c81e1e", linewidth=0.8, label="mark for p95 at 300/s")
    axes.set(xscale="log", yscale="log", xlabel="messages per second, asked for",
             ylabel="customer's request to member's frame, ms")
    asked = sorted({point.rate for points in curves.values() for point in points})
    axes.set_xticks(asked, [f"{rate:g}" for rate in asked])
    axes.set_ylim(0.8, 5000)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(True, color="#e5e2dc", linewidth=0.6)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150, metadata={"Software": None})
    pyplot.close(figure)


def averages() -> str:
    """The machine's load averages over 1, 5 and 15 minutes."""
    return " / ".join(f"{one:.1f}" for one in os.getloadavg())


def commit() -> str:
    """The commit that is checked out, and whether files differ from it."""
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=config.ROOT, capture_output=True, text=True).stdout.strip()

    head = git("rev-parse", "--short", "HEAD")
    if not head:
        return "unknown"
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!bench/results.*")
    return head + (" with changes" if changed else "")
