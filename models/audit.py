"""The audit: who changed what, and when. It reads the event log, apart from what belongs to chats."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.bot import Bot
from models.event import Action, Event
from models.member import Member

PAGE = 50

# What can be asked for, by the beginnings of actions. Every action that belongs to no chat is of one kind.
KINDS = {
    "bots": ("bot_", "entry_", "knowledge_", "document_", "question_", "engine_", "invitation_"),
    "team": ("member_", "invite_", "reset_", "password_"),
    "workspace": ("workspace_", "mail_"),
    "sign_ins": ("signed_", "others_"),
}


@dataclass(frozen=True)
class Audit:
    """A page of events, newest first, and the names of what they are about, by id; `older` is where the next begins."""

    events: list[Event]
    bots: dict[int, str]
    members: dict[int, str]
    older: int | None


def audit(session: Session, reader: Member, by_id: int | None = None, kind: str | None = None,
          before: int | None = None) -> Audit:
    """What `reader` may know of: events of the workspace, and of the bots they see.

    Only those of the member `by_id`, of a kind (a name in KINDS), and below the id `before`, if given.
    """
    chosen = select(Event).where(Event.chat_id.is_(None)).order_by(Event.id.desc()).limit(PAGE + 1)
    if not reader.all_bots:
        of_bot = Event.particulars["bot"].as_integer()
        own = [bot.id for bot in reader.bots(session, switched_off=True)]
        chosen = chosen.where(or_(of_bot.is_(None), of_bot.in_(own)))
    if by_id is not None:
        chosen = chosen.where(Event.member_id == by_id)
    if kind is not None:
        chosen = chosen.where(Event.action.in_(actions_of(kind)))
    if before is not None:
        chosen = chosen.where(Event.id < before)
    events = list(session.scalars(chosen))
    older = events[PAGE - 1].id if len(events) > PAGE else None
    return Audit(events[:PAGE], _names(session, Bot), _names(session, Member), older)


def actions_of(kind: str) -> list[Action]:
    """The actions of a kind."""
    return [action for action in Action if action.startswith(KINDS[kind])]


def _names(session: Session, named: type[Bot] | type[Member]) -> dict[int, str]:
    return dict(session.execute(select(named.id, named.name)).all())
