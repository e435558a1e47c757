"""The inbox: the live chats of a bot, as the dashboard lists them."""

from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models.bot import Bot
from models.chat import Chat, State
from models.member import Member
from models.seen import unread_counts

QUEUE_SHOWN = 50


@dataclass
class Inbox:
    """The three lists of one member's dashboard; `unread` maps a chat's id to its unread messages."""

    mine: list[Chat] = field(default_factory=list)
    assigned: list[Chat] = field(default_factory=list)
    unassigned: list[Chat] = field(default_factory=list)
    unread: dict[int, int] = field(default_factory=dict)


def inbox_of(session: Session, bot: Bot, member: Member) -> Inbox:
    """What `member` finds on the dashboard of `bot`, in two queries however many chats there are."""
    live = select(Chat).where(Chat.bot_id == bot.id, Chat.state == State.LIVE).order_by(Chat.handed_off_at, Chat.id)
    inbox = Inbox(unread=unread_counts(session, Chat.bot_id == bot.id, Chat.state == State.LIVE))
    for chat in session.scalars(live.options(joinedload(Chat.customer), joinedload(Chat.assignee))):
        chats = inbox.unassigned if chat.is_waiting else inbox.mine if chat.held_by(member) else inbox.assigned
        chats.append(chat)
    return inbox


def waiting_counts(session: Session, bots: list[Bot]) -> dict[int, int]:
    """How many chats wait unassigned, by bot id; bots without any are left out."""
    waiting = select(Chat.bot_id, func.count()).where(Chat.bot_id.in_([bot.id for bot in bots]), Chat.is_waiting)
    return dict(session.execute(waiting.group_by(Chat.bot_id)).all())


def queue(session: Session, bot_id: int, limit: int = QUEUE_SHOWN) -> list[int]:
    """The ids of the first `limit` waiting chats, longest wait first: the index is how many wait before."""
    waiting = select(Chat.id).where(Chat.bot_id == bot_id, Chat.is_waiting)
    return list(session.scalars(waiting.order_by(Chat.handed_off_at, Chat.id).limit(limit)))


def waiting_before(session: Session, chat: Chat) -> int:
    """How many customers of the same bot wait before this one."""
    earlier = (Chat.handed_off_at < chat.handed_off_at) | (
        (Chat.handed_off_at == chat.handed_off_at) & (Chat.id < chat.id))
    waiting = select(func.count()).select_from(Chat).where(Chat.bot_id == chat.bot_id, Chat.is_waiting, earlier)
    return session.scalar(waiting)


def digests(session: Session, bot_ids: list[int]) -> dict[int, str]:
    """By bot id, "how many live chats:sum of their numbers": a page that counts otherwise has missed a push."""
    live = select(Chat.bot_id, func.count(), func.sum(Chat.seq)).where(
        Chat.bot_id.in_(bot_ids), Chat.state == State.LIVE).group_by(Chat.bot_id)
    found = {bot_id: f"{count}:{total}" for bot_id, count, total in session.execute(live)}
    return {bot_id: found.get(bot_id, "0:0") for bot_id in bot_ids}


def chat_of(session: Session, bot: Bot, chat_id: int) -> Chat | None:
    """The chat of `bot` with this id, with all that screens show of it; None when it is another bot's."""
    mine = select(Chat).where(Chat.id == chat_id, Chat.bot_id == bot.id)
    parts = (joinedload(part) for part in (Chat.bot, Chat.customer, Chat.assignee))
    return session.scalars(mine.options(*parts)).first()


def past_chats(session: Session, chat: Chat, limit: int = 10) -> list[Chat]:
    """Earlier chats of the same customer, newest first."""
    mine = select(Chat).where(Chat.customer_id == chat.customer_id, Chat.id < chat.id)
    return list(session.scalars(mine.order_by(Chat.id.desc()).limit(limit)))
