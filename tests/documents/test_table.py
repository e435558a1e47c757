"""Tables of entries, as spreadsheets save them."""

import pytest

from documents import FileTooLarge, NothingInside, Unreadable
from documents.table import MissingColumn, rows_of


def test_columns_are_found_by_name_in_any_order():
    (row,) = rows_of(b"Answer,Question,alternatives,Quick_Replies,comment\nYes.,Open?,Hours|When|Hours,A | B,mine\n")
    assert row == (2, "Open?", "Yes.", ("Hours", "When"), ("A", "B"))


@pytest.mark.parametrize("between", [";", "\t", ","])
def test_spreadsheets_differ_in_what_stands_between(between):
    table = f'question{between}answer\n"a{between} b?"{between}"Two\nlines"\n'
    assert rows_of(b"\xef\xbb\xbf" + table.encode())[0][1:3] == (f"a{between} b?", "Two\nlines")


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
