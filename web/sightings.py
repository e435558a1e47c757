"""Notes which websites load the chat: from what browsers say of the page, and seldom enough to cost nothing."""

import logging
import time

from flask import request
from sqlalchemy.exc import SQLAlchemyError

from models import Bot, Sighting
from models.origin import origin_of
from web.setup import origin

log = logging.getLogger(__name__)

EVERY_SECONDS = 60
# Whoever makes websites up gets no more out of a process in that time.
MOST = 60

_noted: set[tuple[int | None, str]] = set()
_since = float("-inf")


def note(bot: Bot | None = None) -> None:
    """Note the website whose page has just asked, unless that was done within the minute. Never raises."""
    website = origin_of(request.headers.get("Referer", ""))
    if website and website != origin() and _is_due((bot and bot.id, website)):
        try:
            Sighting.note(bot, website)
        except SQLAlchemyError:
            # The page is worth more than the note.
            log.warning("a sighting was not noted", exc_info=True)


def _is_due(what: tuple[int | None, str]) -> bool:
    global _since
    moment = time.monotonic()
    if moment - _since >= EVERY_SECONDS:
        _noted.clear()
        _since = moment
    if what in _noted or len(_noted) >= MOST:
        return False
    _noted.add(what)
    return True
