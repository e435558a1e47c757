"""The benchmarks, at their smallest: every measure runs, and its accounts add up."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select

from bench import report, scaling
from bench.bench import Bench
from bench.figures import Figure, LeftOut, Point, Result, at_most, show
from bench.load import Book, Counts, percentile
from bench.measures import MEASURES
from bench.progress import Silence
from bench.report import table
from bench.seed import add_chats, add_closed_chats, make_desk
from models import Chat, Event, Message, State, reading


@pytest.fixture(scope="module")
def bench():
    with Bench("tiny", Silence(), share=True) as bench:
        yield bench


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.browser] if name == "widget" else []) for name in MEASURES])
def test_a_measure_runs_and_its_accounts_add_up(bench, stack, name):
    # The one that starts PostgreSQL and Redis itself runs where the tests do, the others where they do not.
    if (name == "workers") != (stack.name == "postgresql"):
        pytest.skip("runs with the other stack")
    try:
        result = asyncio.run(MEASURES[name](bench))
    except LeftOut as reason:
        pytest.skip(str(reason))
    assert result.figures
    assert {system: counts for system, counts in result.books.items() if not counts.balanced or not counts.sent} == {}


# The book


def a_book(*fates):
    """A book with a message for each of `fates`: (status, times shown); and the rows of those stored once."""
    book, chat = Book(), object()
    tags = [book.new(chat, due=1.0) for _ in fates]
    for tag, (status, times_shown) in zip(tags, fates, strict=True):
        message = book.messages[tag.encode()]
        message.status, message.acknowledged = status, 2.0 if status == 200 else None
        for _ in range(times_shown):
            book.note_shown(chat, f"<p>{tag}</p>".encode(), 3.0)
    return book, [(1, tag) for tag, (status, _) in zip(tags, fates, strict=True) if status == 200]


def test_a_message_that_was_refused_and_not_stored_adds_up():
    book, rows = a_book((200, 1), (429, 0))
    assert book.close(rows) == Counts(sent=2, acknowledged=1, refused=1, stored=1, shown=1, surplus=0)
    assert book.close(rows).balanced
    assert book.latencies() == [2.0]


@pytest.mark.parametrize("fates", [[(200, 0)], [(200, 2)], [(None, 1)], [(500, 1)]])
def test_what_is_lost_shown_twice_or_shown_though_refused_does_not_add_up(fates):
    book, rows = a_book(*fates)
    assert not book.close(rows).balanced


def test_what_is_stored_twice_or_not_at_all_does_not_add_up():
    book, rows = a_book((200, 1))
    assert not book.close(rows + rows).balanced
    assert not book.close([]).balanced


def test_what_another_chat_shows_does_not_add_up():
    book, rows = a_book((200, 1))
    book.note_shown("another chat", rows[0][1].encode(), 3.0)
    assert not book.close(rows).balanced


def test_percentiles_are_nearest_rank():
    assert [percentile([1, 2, 3, 4], percent) for percent in (1, 50, 75, 99)] == [1, 2, 3, 4]
    assert percentile([], 50) == float("inf")


# Seeding


@pytest.mark.parametrize("seed", [
    lambda desk: add_chats(desk, 3),
    lambda desk: add_chats(desk, 3, State.BOT),
    lambda desk: add_closed_chats(desk, 7, messages=10),
])
def test_seeded_chats_are_numbered_without_gaps(database, monkeypatch, seed):
    monkeypatch.setattr("bench.seed.MADE_ONE_BY_ONE", 3)
    seed(make_desk(2))
    with reading() as session:
        chats = session.scalars(select(Chat)).all()
        for chat in chats:
            numbers = [number for kind in (Message, Event)
                       for number in session.scalars(select(kind.seq).where(kind.chat_id == chat.id))]
            assert sorted(numbers) == list(range(1, chat.seq + 1))
            assert chat.customer.token_hash
    assert len({chat.customer_id for chat in chats}) == len(chats) in (3, 7)


def test_old_chats_are_closed_and_live_ones_are_handled_by_the_team(database):
    desk = make_desk(2)
    add_closed_chats(desk, 2, messages=10)
    add_chats(desk, 4)
    with reading() as session:
        chats = session.scalars(select(Chat)).all()
    assert Counter(chat.state for chat in chats) == {State.RESOLVED: 2, State.LIVE: 4}
    assert Counter(chat.assignee_id for chat in chats if chat.is_open) == {member.id: 2 for member in desk.members}


def test_a_seeded_chat_goes_on(database):
    chat, = add_chats(make_desk(1), 1)
    with reading() as session:
        stored = session.get(Chat, chat.id)
    message = stored.post_as_customer("One more thing", "0b6f6c1e-7a55-4c0e-9d3e-0d6a4f6b3a11")
    assert message.seq == stored.seq + 1


# The report


def test_the_page_tells_marks_accounts_and_curves(tmp_path):
    pytest.importorskip("matplotlib")
    counts = Counts(sent=10, acknowledged=10, refused=0, stored=9, shown=10, surplus=0)
    result = Result([at_most("p50", 4.2, 5, floor=1.5), Figure("size", "3 kB")],
                    {"floor": [Point(10, 10, 1, 2, 3)], "baton": [Point(10, 9.5, 2, 4, 6)]}, {"baton": counts})
    report.write(tmp_path, {"idle": result}, "quick", "0.1 / 0.2 / 0.3", seconds=90)
    page = (tmp_path / "results.md").read_text()
    assert "| p50 | 4.20 ms | 1.50 ms | ≤ 5 ms | yes |" in page
    assert "| size | 3 kB |  |  |  |" in page
    assert "9 stored, 10 shown, 0 too many  ← DOES NOT ADD UP" in page
    assert "| baton | 10 | 10 | 2.0 | 4.0 | 6.0 |" in page.replace("9.5", "10")
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")
    assert not report.balanced({"idle": result})


def test_numbers_have_about_three_digits():
    assert [show(value, "ms") for value in (0.123, 4.0, 12.34, 1234.5)] == ["0.12 ms", "4 ms", "12.3 ms", "1,234 ms"]


def test_the_page_about_scaling_says_what_was_measured():
    page = scaling.PAGE.read_text()
    written = page[page.index(scaling.BEGIN):page.index(scaling.END) + len(scaling.END)]
    if scaling.RESULTS.exists():
        assert written == scaling.section(scaling.read(scaling.RESULTS.read_text()))
    else:
        assert "Not filled in yet" in written


def test_the_arithmetic_of_scaling_follows_the_results(tmp_path):
    measured = dict.fromkeys(scaling.ROWS, 10.0) | {"rate": 1000.0, "two": 12.0}
    rows = [(what, show(measured[name], unit)) for name, (what, unit) in scaling.ROWS.items()]
    results, page = tmp_path / "results.md", tmp_path / "scaling.md"
    results.write_text(table(("Measured", "Baton"), [(*row, "") for row in rows]))
    page.write_text(f"before\n{scaling.BEGIN}\nleft over\n{scaling.END}\nafter\n")
    scaling.fill(page, results)
    text = page.read_text()
    assert text.startswith("before") and text.endswith("after\n") and "left over" not in text
    assert "| One worker with SQLite, messages a second, at 70 % of what it can | 700 |" in text
    assert "| Memory of the sockets | 10 GB |" in text
    assert "10 ms predicted, 12 ms measured** (+20 %)" in text
