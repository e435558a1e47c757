"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: its name, a sentence, and where it is not ok the lines to change.

    Sentences hold no secret: they go to terminals and logs.
    """

    name: str
    ok: bool
    sentence: str
    lines: str = ""


def good(name: str, sentence: str) -> Finding:
    """It is as it should be."""
    return Finding(name, True, sentence)


def bad(name: str, sentence: str, lines: str = "") -> Finding:
    """It is not; `lines` are what to put where."""
    return Finding(name, False, sentence, lines)
