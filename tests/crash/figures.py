"""Figures that the tests print."""

from collections.abc import Sequence


def p99(seconds: Sequence[float]) -> float:
    """The longest but one in a hundred of sorted `seconds`; fails for none."""
    assert seconds, "nothing was measured"
    return seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]


def milliseconds(seconds: float) -> str:
    """ "12 ms" """
    return f"{seconds * 1000:.0f} ms"
