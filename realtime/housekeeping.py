"""What each process looks after by the clock, beside requests."""

import logging
import time

from models import Chat, now
from models.customer import REMEMBERED
from models.presence import note_online
from realtime.broadcasts import ACCESS_ENDED
from realtime.hub import Hub
from realtime.numbers import ended_sign_ins, member_ids, numbers

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 20
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


def expire_idle_chats() -> None:
    """Close, for ever, chats in which nobody wrote for as long as a customer is remembered."""
    while True:
        try:
            Chat.expire_idle(now() - REMEMBERED)
        except Exception:
            log.exception("expiring idle chats failed")
        time.sleep(IDLE_CHECK_SECONDS)
