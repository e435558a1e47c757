"""When a bot's people are there: weekly hours in their own zone, holidays, and a switch that beats both."""

from datetime import UTC, datetime

import pytest

from models import Bot
from models.hours import (
    BackwardHours,
    Hours,
    InvalidHoliday,
    InvalidHours,
    OverlappingHours,
    read_holidays,
    read_spans,
    write_spans,
    zones,
)

NINE_TO_FIVE = {"zone": "Europe/Berlin", "week": [[["09:00", "12:00"], ["13:00", "17:00"]]] * 5 + [[], []],
                "holidays": ["2026-12-24"]}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("at", "is_open"), [
    ("2026-11-23T07:59", False), ("2026-11-23T08:00", True),  # Monday in winter: Berlin is an hour ahead
    ("2026-11-23T11:30", False), ("2026-11-23T12:00", True), ("2026-11-23T16:00", False),
    ("2026-07-06T07:00", True), ("2026-07-06T06:59", False),  # Monday in summer: two hours
    ("2026-11-28T10:00", False), ("2026-12-24T10:00", False),  # a Saturday, a holiday
])
def test_hours_are_kept_in_their_own_zone(at, is_open):
    assert Hours(**NINE_TO_FIVE).is_open(utc(at)) is is_open


@pytest.mark.parametrize(("at", "opens"), [
    ("2026-11-23T11:30", "2026-11-23T12:00"), ("2026-11-23T20:00", "2026-11-24T08:00"),
    ("2026-11-27T20:00", "2026-11-30T08:00"), ("2026-12-23T20:00", "2026-12-25T08:00"),
    ("2026-03-27T20:00", "2026-03-30T07:00"),  # over the night in which the clocks change
])
def test_the_next_opening_leaves_out_nights_weekends_and_holidays(at, opens):
    assert Hours(**NINE_TO_FIVE).next_opening(utc(at)) == utc(opens)


def test_hours_without_any_are_open_around_the_clock_but_not_on_holidays():
    hours = Hours(zone="Asia/Tokyo", holidays=["2026-12-24"])
    assert hours.is_open(utc("2026-12-23T14:59")) and not hours.is_open(utc("2026-12-23T15:00"))
    assert hours.next_opening(utc("2026-12-23T20:00")) == utc("2026-12-24T15:00")


def test_the_switch_beats_the_hours():
    night, day = utc("2026-11-23T02:00"), utc("2026-11-23T10:00")
    by_hours, opened, closed = (Bot(doors=doors, hours=NINE_TO_FIVE) for doors in ("hours", "open", "closed"))
    assert [bot.is_open(night) for bot in (by_hours, opened, closed)] == [False, True, False]
    assert [bot.is_open(day) for bot in (by_hours, opened, closed)] == [True, True, False]
    assert [bot.opens_at(night) for bot in (by_hours, opened, closed)] == [utc("2026-11-23T08:00"), None, None]


@pytest.mark.parametrize(("typed", "spans"), [
    ("", []), ("9-17", [["09:00", "17:00"]]), ("13:30–17:00, 9-12:30", [["09:00", "12:30"], ["13:30", "17:00"]]),
    ("0-24", [["00:00", "24:00"]]), (" 8.15 to 9.45 ;\n10-11", [["08:15", "09:45"], ["10:00", "11:00"]]),
    ("9-12, 12-15", [["09:00", "12:00"], ["12:00", "15:00"]]),
])
def test_hours_are_read_as_people_write_them(typed, spans):
    assert read_spans(typed) == spans
    assert read_spans(write_spans(spans)) == spans


@pytest.mark.parametrize(("typed", "refusal"), [
    ("9-12, 11-17", OverlappingHours), ("9-17, 9-17", OverlappingHours), ("17-9", BackwardHours),
    ("9-9", BackwardHours), ("9 to five", InvalidHours), ("9-25", InvalidHours), ("9:60-17", InvalidHours),
    ("9-24:01", InvalidHours), (",".join(f"{hour}-{hour + 1}" for hour in range(0, 14, 2)), InvalidHours),
])
def test_hours_that_cannot_be_are_refused(typed, refusal):
    with pytest.raises(refusal):
        read_spans(typed)


def test_holidays_come_in_order_and_once():
    assert read_holidays(["2027-01-01", "2026-12-24", "2027-01-01"]) == ["2026-12-24", "2027-01-01"]
    with pytest.raises(InvalidHoliday, match="24.12.2026"):
        read_holidays(["2026-12-25", "24.12.2026"])


def test_zones_are_those_that_people_know():
    assert {"UTC", "Europe/Berlin", "America/New_York"} <= set(zones())
    assert not any(zone.startswith("Etc/") for zone in zones())
