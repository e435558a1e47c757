"""Colours of a bot, and whether text on them can be read (WCAG 2.2: at least 4.5 to 1)."""

import re

ENOUGH = 4.5
WHITE, BLACK = "#ffffff", "#000000"

_COLOUR = re.compile(r"#?(?:[0-9a-f]{6}|[0-9a-f]{3})")


class InvalidColour(ValueError):
    """Not a colour such as "#0f766e"."""


def clean_colour(text: str) -> str:
    """`text` as "#rrggbb"; it may lack the "#", or have three digits. Raises InvalidColour."""
    text = text.strip().lower()
    if not _COLOUR.fullmatch(text):
        raise InvalidColour(text)
    digits = text.removeprefix("#")
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """How well two colours stand out from each other: 1 (not at all) to 21 (black and white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(background: str) -> str:
    """White or black, whichever reads better on `background`: one of them always does."""
    return max(WHITE, BLACK, key=lambda text: contrast(text, background))


def readable_under(text: str, background: str) -> str:
    """The colour nearest to `background` on which `text` can be read: made darker, or lighter, step by step."""
    towards = BLACK if contrast(text, BLACK) > contrast(text, WHITE) else WHITE
    steps = (_mixed(background, towards, step / 50) for step in range(51))
    return next(colour for colour in steps if contrast(text, colour) >= ENOUGH)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _mixed(colour: str, other: str, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(_parts(colour), _parts(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _parts(colour: str) -> list[int]:
    return [int(colour[place:place + 2], 16) for place in (1, 3, 5)]
