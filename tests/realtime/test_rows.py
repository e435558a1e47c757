"""When rows are drawn: what moves at once, and what only changes not more often than anybody reads."""

import time

import gevent
import pytest

from models import Chat
from realtime.rows import DRAWN_TOGETHER, RESTS_SECONDS, Rows

BOT, OTHER_BOT = 1, 2


class Drawn(list):
    """What was drawn: the chats' ids, together as they came; `seqs` says how new they were."""

    def __init__(self):
        self.rows = Rows(self._draw)
        self.seqs: list[int] = []

    def _draw(self, bot_id: int, chats: list[Chat]) -> None:
        assert {chat.bot_id for chat in chats} == {bot_id}
        self.append([chat.id for chat in chats])
        self.seqs += [chat.seq for chat in chats]

    def until(self, count: int) -> None:
        """Waits until so much was drawn."""
        deadline = time.monotonic() + 5
        while len(self) < count:
            assert time.monotonic() < deadline, self
            gevent.sleep(RESTS_SECONDS / 20)


def chat(chat_id: int, seq: int = 1, bot_id: int = BOT) -> Chat:
    return Chat(id=chat_id, bot_id=bot_id, seq=seq)


@pytest.fixture
def drawn() -> Drawn:
    return Drawn()


def test_a_change_is_drawn_at_once_while_all_is_quiet(drawn):
    drawn.rows.changed(chat(1))
    assert drawn == [[1]]


def test_what_changes_while_rows_rest_is_drawn_together_as_it_is_then(drawn):
    drawn.rows.changed(chat(1))
    for seq in range(2, 9):
        for chat_id in (1, 2, 3):
            drawn.rows.changed(chat(chat_id, seq))
    assert drawn == [[1]]
    drawn.until(2)
    assert (drawn[1], drawn.seqs[1:]) == ([1, 2, 3], [8, 8, 8])


def test_after_the_rest_the_next_change_is_drawn_at_once_again(drawn):
    drawn.rows.changed(chat(1))
    gevent.sleep(RESTS_SECONDS * 1.5)
    drawn.rows.changed(chat(1, 2))
    assert drawn == [[1], [1]]


def test_a_busy_bot_keeps_no_other_ones_rows_waiting(drawn):
    drawn.rows.changed(chat(1))
    drawn.rows.changed(chat(2, bot_id=OTHER_BOT))
    assert drawn == [[1], [2]]


def test_who_moves_while_rows_rest_is_drawn_at_once_and_once(drawn):
    for chat_id in (1, 2, 3):
        drawn.rows.changed(chat(chat_id))
    drawn.rows.moved(chat(2, 5))
    assert drawn == [[1], [2]]
    drawn.until(3)
    assert drawn[2] == [3]


def test_many_rows_are_drawn_a_few_at_a_time(drawn):
    count = 3 * DRAWN_TOGETHER
    for chat_id in range(count + 1):
        drawn.rows.changed(chat(chat_id))
    drawn.until(4)
    assert drawn == [[0], *(list(range(first, first + DRAWN_TOGETHER)) for first in range(1, count, DRAWN_TOGETHER))]


def test_whoever_is_told_where_everything_stands_can_have_the_rest_drawn_first(drawn):
    for bot_id in (BOT, OTHER_BOT):
        for chat_id in (1, 2):
            drawn.rows.changed(chat(chat_id, bot_id=bot_id))
    drawn.rows.draw_behind()
    assert drawn == [[1], [1], [2], [2]]
    gevent.sleep(RESTS_SECONDS * 1.5)
    assert len(drawn) == 4, "nothing is drawn twice"


def test_a_row_that_cannot_be_drawn_does_not_keep_the_others_from_it(drawn, monkeypatch):
    drawn.rows.changed(chat(1))
    draw = drawn._draw
    drawn.rows._draw = lambda *rows: 1 / 0
    drawn.rows.changed(chat(2))
    gevent.sleep(RESTS_SECONDS * 1.5)
    drawn.rows._draw = draw
    drawn.rows.changed(chat(3))
    drawn.until(2)
    assert drawn == [[1], [3]]
