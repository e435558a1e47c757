"""`bin/bench [--quick] [NAME…]`."""

import argparse
import asyncio
import signal
import sys
import time

import config
from bench import report, scaling
from bench.bench import Bench
from bench.figures import Figure, LeftOut, Result
from bench.measures import MEASURES
from bench.progress import Progress

RESULTS = config.ROOT / "bench"
# Where results go that are not the whole: the ones in the repository stay.
PARTIAL_RESULTS = config.ROOT / "var" / "bench"


def main() -> int:
    """Measure, print the table, write the page; 1 when an account does not add up."""
    # Servers are sessions of their own: only we can end them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    arguments = read_arguments()
    names = arguments.names or list(MEASURES)
    size = "quick" if arguments.quick else "full"
    load_average, started = report.averages(), time.monotonic()
    results = run_all(names, size)
    folder = PARTIAL_RESULTS if arguments.names or arguments.quick else RESULTS
    report.write(folder, results, size, load_average, time.monotonic() - started)
    if folder == RESULTS:
        scaling.fill()
    print(report.terminal(results))
    print(f"\nLoad average at the start {load_average}, at the end {report.averages()}. "
          f"Written to {folder.relative_to(config.ROOT)}/results.md")
    return 0 if report.balanced(results) else 1


def read_arguments() -> argparse.Namespace:
    """What was asked for."""
    about = "Measures Baton, and the floor under it, on this machine."
    titles = "\n".join(f"  {name:12}{measure.__doc__}" for name, measure in MEASURES.items())
    parser = argparse.ArgumentParser("bin/bench", description=about, epilog=f"measures:\n{titles}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, less exact")
    parser.add_argument("names", metavar="NAME", nargs="*", help="only these measures")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in MEASURES]
    if unknown:
        parser.error(f"there is no measure {unknown[0]!r}: choose from {', '.join(MEASURES)}")
    return arguments


def run_all(names: list[str], size: str) -> dict[str, Result]:
    """One after the other, each with servers of its own."""
    progress = Progress(len(names))
    results = {}
    for name in names:
        progress.begin(name)
        results[name] = run(name, Bench(size, progress))
        progress.end()
    return results


def run(name: str, bench: Bench) -> Result:
    """One measure."""
    with bench:
        try:
            return asyncio.run(MEASURES[name](bench))
        except LeftOut as reason:
            return Result([Figure(f"{name}: left out, {reason}", "")])


if __name__ == "__main__":
    sys.exit(main())
