"""What each process looks after by the clock, beside requests."""

import logging
import time
from collections.abc import Callable

from sqlalchemy import select

from models import Bot, Chat, now, reading, waiting
from models.customer import REMEMBERED
from models.presence import hides_human, note_online
from realtime import letters
from realtime.broadcasts import ACCESS_ENDED, Broadcasts
from realtime.hub import Hub
from realtime.numbers import ended_sign_ins, member_ids

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 20
STEP_SECONDS = 5
IDLE_CHECK_SECONDS = 300


def keep_beating(hub: Hub, broadcasts: Broadcasts) -> None:
    """Tell pages, for ever, up to which number they should show: run it in a greenlet of its own."""
    hub.heartbeat(HEARTBEAT_SECONDS, lambda topics: _beat(hub, broadcasts, topics))


def _beat(hub: Hub, broadcasts: Broadcasts, topics: list[str]) -> dict[str, int | str]:
    # A sign-in that the command line has ended, in a process of its own, was announced to nobody here.
    for topic in ended_sign_ins(topics):
        hub.disconnect(topic, ACCESS_ENDED)
    note_online(member_ids(topics))
    return broadcasts.numbers(topics)


def take_steps() -> None:
    """Take the steps of waiting, for ever (models/waiting.py)."""
    up_since = now()
    _for_ever(STEP_SECONDS, lambda: waiting.take_steps(now(), up_since, letters.to_members))


def mail_missed() -> None:
    """Mail to customers, for ever, what they have missed."""
    _for_ever(STEP_SECONDS, lambda: waiting.mail_missed(now(), letters.to_customer))


def watch_doors(broadcasts: Broadcasts) -> None:
    """Tell open widgets, for ever, when the people of their bot come or go by the clock."""
    known: dict[int, tuple] = {}
    _for_ever(STEP_SECONDS, lambda: _tell_of_doors(broadcasts, known))


def _tell_of_doors(broadcasts: Broadcasts, known: dict[int, tuple]) -> None:
    with reading() as session:
        bots = session.scalars(select(Bot).where(Bot.switched_off_at.is_(None))).all()
        standing = {bot.id: (bot.is_open(now()), hides_human(session, bot)) for bot in bots}
    moved = [bot_id for bot_id, how in standing.items() if known.get(bot_id, how) != how]
    known.update(standing)
    for bot_id in moved:
        broadcasts.doors_moved(bot_id)


def expire_idle_chats() -> None:
    """Close, for ever, chats that are idle by their bot's rules, or for as long as a customer is remembered."""
    _for_ever(IDLE_CHECK_SECONDS, _expire_idle_chats)


def _expire_idle_chats() -> None:
    Chat.expire_idle(now() - REMEMBERED)
    waiting.close_idle(now())


def _for_ever(seconds: float, work: Callable[[], None]) -> None:
    """Do `work` now and every `seconds`: run it in a greenlet of its own."""
    while True:
        try:
            work()
        except Exception:
            log.exception("%s failed", work)
        time.sleep(seconds)
