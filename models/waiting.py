"""The steps of waiting, taken by the clock: members are mailed, the customer is told, a chat that was left alone goes
back, an idle one is closed; and what a customer has missed is mailed to them.

Every process takes them. Of two that find the same chat, the verb's own UPDATE lets one win.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.bot import Bot
from models.chat import Chat, State, is_left_alone
from models.database import is_away, reading
from models.mail_server import MailServer
from models.message import Author, Message
from models.presence import lacks_members
from models.seen import Side, seen

log = logging.getLogger(__name__)

# So many chats in one step; the others have their turn a few seconds later.
AT_ONCE = 100
# Who is there reads an answer within that time; and who answers may want to go on writing.
UNSEEN_FOR = timedelta(minutes=1)

WAITS_SINCE = func.coalesce(Chat.handed_back_at, Chat.handed_off_at)


def take_steps(at: datetime, up_since: datetime, call: Callable[[Chat, str], tuple[str, str]]) -> None:
    """Take every step that is due at the instant `at`.

    Times from before `up_since`, when this process was started, do not count: nobody could have been there then.
    `call(chat, address)` writes the mail to members: subject and text.
    """
    with reading() as session:
        bots = session.scalars(select(Bot).where(Bot.switched_off_at.is_(None))).all()
        server = MailServer.current(session)
    if server:
        for of_bots, since in _instants(bots, "mail_seconds", at, up_since):
            # Where all are there nobody is mailed: such chats would come first every time.
            away = Chat.bot_id.in_(select(Bot.id).where(lacks_members()))
            waiting = _some(of_bots, Chat.is_waiting, Chat.members_mailed_at.is_(None), since >= WAITS_SINCE, away)
            _each(waiting, lambda chat: chat.call_members(lambda chat: call(chat, server.address)))
    for of_bots, since in _instants(bots, "delay_seconds", at, up_since):
        _each(_some(of_bots, Chat.is_waiting, Chat.delayed_at.is_(None), Chat.by_mail_at.is_(None),
                    since >= WAITS_SINCE), Chat.admit_delay)
    for of_bots, since in _instants(bots, "absence_seconds", at, up_since):
        _each(_some(of_bots, Chat.state == State.LIVE, *is_left_alone(since)),
              lambda chat, since=since: chat.hand_back("absent", since))


def close_idle(at: datetime) -> None:
    """Close the chats that are idle by the rules of their bot.

    A chat with people is idle when the customer does not answer: who waits for an answer is never closed by it.
    """
    with reading() as session:
        bots = session.scalars(select(Bot)).all()
    for bot in bots:
        if bot.idle_bot_hours is not None:
            Chat.expire_idle(at - timedelta(hours=bot.idle_bot_hours), Chat.bot_id == bot.id, Chat.state == State.BOT)
        if bot.idle_live_hours is not None:
            Chat.expire_idle(at - timedelta(hours=bot.idle_live_hours), Chat.bot_id == bot.id,
                             Chat.state == State.LIVE, Chat.last_author == Author.MEMBER)


def mail_missed(at: datetime, write: Callable[[Chat, list[Message]], tuple[str, str]]) -> None:
    """Mail to customers who left an address what members wrote, and they have not seen for a while.

    `write(chat, messages)` makes the mail: subject and text.
    """
    def mail(chat: Chat) -> None:
        with reading() as session:
            missed = _missed(session, chat)
        if not missed or missed[-1].created_at <= at - UNSEEN_FOR:
            chat.mail_missed(missed, write)

    _each(_some(None, Chat.by_mail_at.is_not(None), Chat.mailed_seq < Chat.seq), mail)


def _each(chats: list[Chat], step: Callable[[Chat], object]) -> None:
    for chat in chats:
        try:
            step(chat)
        except Exception as error:
            if is_away(error):
                raise
            # It comes first the next time, too: it must not keep back the others.
            log.exception("chat %s could not take its step", chat.id)


def _missed(session: Session, chat: Chat) -> list[Message]:
    known = max(chat.mailed_seq, seen(session, chat.id, Side.CUSTOMER))
    missed = select(Message).where(Message.chat_id == chat.id, Message.author == Author.MEMBER, Message.seq > known,
                                   Message.seq <= chat.seq)
    return list(session.scalars(missed.order_by(Message.seq)))


def _instants(bots: list[Bot], seconds: str, at: datetime, up_since: datetime) -> Iterator[tuple[list[int], datetime]]:
    """For each length of a step, the bots that have it, and the instant it is counted back to."""
    of_length = defaultdict(list)
    for bot in bots:
        of_length[getattr(bot, seconds)].append(bot.id)
    for length, bot_ids in of_length.items():
        if length is not None and at - timedelta(seconds=length) >= up_since:
            yield bot_ids, at - timedelta(seconds=length)


def _some(bot_ids: list[int] | None, *conditions) -> list[Chat]:
    of_bots = () if bot_ids is None else (Chat.bot_id.in_(bot_ids),)
    with reading() as session:
        return list(session.scalars(select(Chat).where(*of_bots, *conditions).order_by(Chat.id).limit(AT_ONCE)))
