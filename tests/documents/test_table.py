"""Tables of entries, as spreadsheets save them."""

import csv

import pytest

from documents import FileTooLarge, NothingInside, Unreadable, table
from documents.table import MissingColumn, TooManyRows


def rows_of(content: bytes, at_most: int = 2_000) -> list[table.Row]:
    return table.rows_of(content, at_most)


def test_columns_are_found_by_name_in_any_order():
    (row,) = rows_of(b"Answer,Question,alternatives,Quick_Replies,comment\nYes.,Open?,Hours|When|Hours,A | B,mine\n")
    assert row == (2, "Open?", "Yes.", ("Hours", "When"), ("A", "B"))


@pytest.mark.parametrize("between", [";", "\t", ","])
def test_spreadsheets_differ_in_what_stands_between(between):
    written = f'question{between}answer\n"a{between} b?"{between}"Two\nlines"\n'
    assert rows_of(b"\xef\xbb\xbf" + written.encode())[0][1:3] == (f"a{between} b?", "Two\nlines")


def test_empty_rows_are_left_out_and_the_others_keep_their_number():
    assert [row.number for row in rows_of(b"question,answer\n\na,b\n,\nc,\n")] == [3, 5]


@pytest.mark.parametrize(("content", "error"), [
    (b"", MissingColumn), (b"question\na", MissingColumn), (b"question,answer\n", NothingInside),
    (b"\x00\x01", Unreadable), (b"x" * (2 * 1024**2 + 1), FileTooLarge),
    (b'question,answer\n"' + b"x" * 200_000 + b'",b\n', Unreadable),
])
def test_what_is_no_table_is_refused(content, error):
    with pytest.raises(error):
        rows_of(content)


def test_a_table_has_as_many_rows_as_are_wanted_and_is_read_no_further(monkeypatch):
    def reader(*arguments, **more):
        for line in csv_reader(*arguments, **more):
            read.append(line)
            yield line

    read, csv_reader = [], csv.reader
    monkeypatch.setattr(csv, "reader", reader)
    assert len(rows_of(b"question,answer\n" + b"a,b\n" * 3, at_most=3)) == 3
    read.clear()
    with pytest.raises(TooManyRows):
        rows_of(b"question,answer\n" + b"a,\n" * 200_000, at_most=3)
    assert len(read) == 5, "the names, and the first row too many"
