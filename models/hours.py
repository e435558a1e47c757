"""When the people of a bot are there: weekly hours in a time zone, holidays, and a switch that beats both."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

# Nobody is told of an opening that is further away.
LOOK_AHEAD_DAYS = 60
SPANS_A_DAY = 6

_SPAN = re.compile(r"\s*(\d{1,2})(?:[:.](\d\d))?\s*(?:-|–|—|to)\s*(\d{1,2})(?:[:.](\d\d))?\s*")


class Doors(StrEnum):
    """What decides whether the people of a bot are there: the hours, or somebody who knows better."""

    HOURS = "hours"
    OPEN = "open"
    CLOSED = "closed"


class WhenAway(StrEnum):
    """What **Talk to a human** does while nobody is available."""

    QUEUE = "queue"
    FORM = "form"
    HIDE = "hide"


class InvalidHours(ValueError):
    """Not hours such as "9:00-12:30, 13:00-17:00"."""


class BackwardHours(InvalidHours):
    """Hours that end before they begin."""


class OverlappingHours(InvalidHours):
    """Two spans of one day that share a moment."""


class InvalidHoliday(ValueError):
    """A line that is no date; `.line` is what it says."""

    def __init__(self, line: str):
        super().__init__(line)
        self.line = line


@dataclass(frozen=True)
class Hours:
    """Weekly hours: for each day from Monday its spans as ("09:00", "17:00"), and days (ISO) that are off.

    A week without any hours is open around the clock, so that a bot nobody set hours for has none to keep.
    """

    zone: str = "UTC"
    week: list = field(default_factory=lambda: [[] for _day in range(7)])
    holidays: list = field(default_factory=list)

    def is_open(self, at: datetime) -> bool:
        """Whether the instant `at` is within the hours."""
        local = at.astimezone(ZoneInfo(self.zone))
        moment = local.strftime("%H:%M")
        return any(start <= moment < end for start, end in self._spans(local.date()))

    def next_opening(self, at: datetime) -> datetime | None:
        """The instant after `at` at which the hours begin; None when that is not within two months."""
        today = at.astimezone(ZoneInfo(self.zone)).date()
        for ahead in range(LOOK_AHEAD_DAYS):
            day = today + timedelta(days=ahead)
            for start, _end in self._spans(day):
                opening = self._instant(day, start)
                if opening > at:
                    return opening
        return None

    def _spans(self, day: date) -> list:
        if day.isoformat() in self.holidays:
            return []
        return self.week[day.weekday()] if any(self.week) else [("00:00", "24:00")]

    def _instant(self, day: date, start: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(start), ZoneInfo(self.zone)).astimezone(UTC)


def read_spans(text: str) -> list[list[str]]:
    """What a host writes for one day ("9-12:30, 13:00-17:00") as spans in order; nothing is a closed day.

    Raises InvalidHours, BackwardHours or OverlappingHours.
    """
    pieces = [piece for piece in re.split(r"[,;\n]", text) if piece.strip()]
    if len(pieces) > SPANS_A_DAY:
        raise InvalidHours(text)
    spans = sorted(_read_span(piece) for piece in pieces)
    for (_start, end), (next_start, _next_end) in zip(spans, spans[1:], strict=False):
        if next_start < end:
            raise OverlappingHours(text)
    return spans


def _read_span(text: str) -> list[str]:
    found = _SPAN.fullmatch(text)
    if not found:
        raise InvalidHours(text)
    start, end = _moment(found[1], found[2]), _moment(found[3], found[4])
    if end <= start:
        raise BackwardHours(text)
    return [start, end]


def _moment(hour: str, minute: str | None) -> str:
    """A time of day with leading zeros, so that texts compare as times do; "24:00" is the end of a day."""
    moment = f"{int(hour):02}:{int(minute or 0):02}"
    if moment > "24:00" or int(minute or 0) > 59:
        raise InvalidHours(moment)
    return moment


def write_spans(spans: list) -> str:
    """Spans as a host would write them."""
    return ", ".join(f"{start}–{end}" for start, end in spans)


def read_holidays(lines: list[str]) -> list[str]:
    """Dates (YYYY-MM-DD), each once and in order. Raises InvalidHoliday."""
    return sorted({_read_date(line) for line in lines})


def _read_date(line: str) -> str:
    try:
        return date.fromisoformat(line.strip()).isoformat()
    except ValueError:
        raise InvalidHoliday(line) from None


def zones() -> list[str]:
    """The names of time zones a host can choose from, "UTC" among them."""
    return sorted(name for name in available_timezones()
                  if name == "UTC" or "/" in name and not name.startswith(("Etc/", "SystemV/", "posix", "right")))
