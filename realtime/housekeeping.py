"""What each process looks after by the clock, beside requests."""

import logging
import time

from sqlalchemy import select

from models import Bot, Chat, now, reading
from models.customer import REMEMBERED
from models.presence import hides_human, note_online
from realtime.broadcasts import ACCESS_ENDED, Broadcasts
from realtime.hub import Hub
from realtime.numbers import ended_sign_ins, member_ids, numbers

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 20
STEP_SECONDS = 5
IDLE_CHECK_SECONDS = 3600


def keep_beating(hub: Hub) -> None:
    """Tell pages, for ever, up to which number they should show: run it in a greenlet of its own."""
    hub.heartbeat(HEARTBEAT_SECONDS, lambda topics: _beat(hub, topics))


def _beat(hub: Hub, topics: list[str]) -> dict[str, int | str]:
    # A sign-in that the command line has ended, in a process of its own, was announced to nobody here.
    for topic in ended_sign_ins(topics):
        hub.disconnect(topic, ACCESS_ENDED)
    note_online(member_ids(topics))
    return numbers(topics)


def watch_doors(broadcasts: Broadcasts) -> None:
    """Tell open widgets, for ever, when the people of their bot come or go by the clock."""
    known: dict[int, tuple] = {}
    while True:
        time.sleep(STEP_SECONDS)
        try:
            known = _doors(broadcasts, known)
        except Exception:
            log.exception("watching the hours failed")


def _doors(broadcasts: Broadcasts, known: dict[int, tuple]) -> dict[int, tuple]:
    with reading() as session:
        bots = session.scalars(select(Bot).where(Bot.switched_off_at.is_(None))).all()
        standing = {bot.id: (bot.is_open(now()), hides_human(session, bot)) for bot in bots}
    for bot_id, how in standing.items():
        if known.get(bot_id, how) != how:
            broadcasts.doors_moved(bot_id)
    return standing


def expire_idle_chats() -> None:
    """Close, for ever, chats in which nobody wrote for as long as a customer is remembered."""
    while True:
        try:
            Chat.expire_idle(now() - REMEMBERED)
        except Exception:
            log.exception("expiring idle chats failed")
        time.sleep(IDLE_CHECK_SECONDS)
