"""Tables of entries: CSV with a line of names, as spreadsheets save it."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from documents import FileTooLarge, NothingInside, Unreadable
from documents.formats import text_of

LARGEST_TABLE = 2 * 1024 * 1024
COLUMNS = ("question", "answer", "alternatives", "quick replies")
# Stands between several alternatives, or quick replies, in one cell.
BETWEEN = "|"


class Row(NamedTuple):
    """One row; `number` is what a spreadsheet calls it."""

    number: int
    question: str
    answer: str
    alternatives: tuple[str, ...]
    quick_replies: tuple[str, ...]


class MissingColumn(Exception):
    """The first line does not name the column `.name`."""

    def __init__(self, name: str):
        super().__init__(name)
        self.name = name


class TooManyRows(Exception):
    """More rows than are wanted."""


def rows_of(content: bytes, at_most: int) -> list[Row]:
    """The rows of a table; none is read beyond the first too many.

    Raises MissingColumn, TooManyRows, FileTooLarge, Unreadable or NothingInside.
    """
    if len(content) > LARGEST_TABLE:
        raise FileTooLarge
    try:
        rows = list(islice(_rows(text_of(content)), at_most + 1))
    except (ValueError, csv.Error) as error:
        raise Unreadable from error
    if not rows:
        raise NothingInside
    if len(rows) > at_most:
        raise TooManyRows
    return rows


def _rows(text: str) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    places = _places(next(lines, []))
    for number, cells in enumerate(lines, start=2):
        if any(cell.strip() for cell in cells):
            told = {name: cells[place].strip() for name, place in places.items() if place < len(cells)}
            yield Row(number, told.get("question", ""), told.get("answer", ""), _list(told.get("alternatives", "")),
                      _list(told.get("quick replies", "")))


def _delimiter(text: str) -> str:
    """Spreadsheets write semicolons where the comma belongs to numbers."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _places(names: list[str]) -> dict[str, int]:
    places = {name.strip().lower().replace("_", " "): place for place, name in enumerate(names)}
    for name in COLUMNS[:2]:
        if name not in places:
            raise MissingColumn(name)
    return {name: places[name] for name in COLUMNS if name in places}


def _list(cell: str) -> tuple[str, ...]:
    texts = (text.strip() for text in cell.split(BETWEEN))
    return tuple(dict.fromkeys(text for text in texts if text))
