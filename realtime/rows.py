"""When the rows of chats are drawn: a row that moves at once, and rows whose text alone changes not without end.

A row goes to every dashboard of its bot, and costs as much as the message that has changed it.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import gevent

from models import Chat
from realtime.pauses import pause

log = logging.getLogger(__name__)

# Shorter than people need to read one.
RESTS_SECONDS = 0.2
# So many are drawn, and travel together, before others have their turn.
DRAWN_TOGETHER = 10


class Rows:
    """Has rows drawn with `draw(bot_id, chats)`; later than at once inside of `context()`.

    What changes while no row of its bot rests is drawn at once, too. Then these rest, and all that change meanwhile
    are drawn together: in a quiet hour everything is at once, in a busy one a row costs a fraction.
    """

    def __init__(self, draw: Callable[[int, list[Chat]], None],
                 context: Callable[[], AbstractContextManager] = nullcontext):
        self._draw = draw
        self._context = context
        self._resting: set[int] = set()
        # By bot and by chat: those whose row has changed since it was drawn, as they are now.
        self._behind: dict[int, dict[int, Chat]] = {}

    def moved(self, chat: Chat) -> None:
        """A chat stands elsewhere now."""
        self._behind.get(chat.bot_id, {}).pop(chat.id, None)
        self._draw(chat.bot_id, [chat])

    def changed(self, chat: Chat) -> None:
        """What the row of a chat says has changed."""
        self._behind.setdefault(chat.bot_id, {})[chat.id] = chat
        if chat.bot_id not in self._resting:
            self._rest(chat.bot_id)
            self._draw_some(chat.bot_id)

    def draw_behind(self) -> None:
        """Draw everything that has changed."""
        for bot_id in list(self._behind):
            self._draw_all(bot_id)

    def _rest(self, bot_id: int) -> None:
        self._resting.add(bot_id)
        gevent.spawn_later(RESTS_SECONDS, self._rested, bot_id)

    def _rested(self, bot_id: int) -> None:
        if self._behind.get(bot_id):
            self._rest(bot_id)
            self._draw_all(bot_id)
        else:
            self._resting.discard(bot_id)
            self._behind.pop(bot_id, None)

    def _draw_all(self, bot_id: int) -> None:
        try:
            with self._context():
                self._draw_some(bot_id)
                while self._behind.get(bot_id):
                    pause()
                    self._draw_some(bot_id)
        except Exception:
            log.exception("rows could not be drawn")

    def _draw_some(self, bot_id: int) -> None:
        behind = self._behind.get(bot_id)
        if behind:
            self._draw(bot_id, [behind.pop(chat_id) for chat_id in list(behind)[:DRAWN_TOGETHER]])
