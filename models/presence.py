"""Who of the team is there: a mark on the member that every process renews while one of their pages is open.

A time with a time to live instead of a flag: nobody has to remember to clear it, not even a process that dies.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from models.base import now
from models.bot import Bot
from models.database import announce, reading, transaction
from models.event import Notice
from models.hours import WhenAway
from models.member import BotAccess, Member

ONLINE = timedelta(minutes=1)
# Renewed by the heartbeat, every 20 s, but written only when it is about to run out.
RENEWED_AFTER = timedelta(seconds=30)


def note_online(member_ids: list[int]) -> None:
    """Mark that these members are there now. Costs a write only for those whose mark is older than half a minute."""
    at = now()
    stale = Member.id.in_(member_ids) & Member.not_seen_since(at - RENEWED_AFTER)
    with reading() as session:
        seen_before = dict(session.execute(select(Member.id, Member.last_seen_at).where(stale)).all())
    if not seen_before:
        return
    with transaction() as session:
        session.execute(update(Member).where(stale).values(last_seen_at=at))
        for member_id, before in seen_before.items():
            if before is None or before < at - ONLINE:
                announce(session, Notice("member_came", member_id=member_id))


def is_stale(member: Member) -> bool:
    """Whether the mark of `member`, as it was loaded, should be renewed."""
    return member.last_seen_at is None or member.last_seen_at < now() - RENEWED_AFTER


def is_online(member: Member) -> bool:
    """Whether `member` has a page open, or had a minute ago."""
    return member.last_seen_at is not None and member.last_seen_at >= now() - ONLINE


def online_members(session: Session, bot: Bot) -> list[Member]:
    """The members of `bot` who are there."""
    there = select(Member).where(_may_answer(bot), Member.last_seen_at >= now() - ONLINE)
    return list(session.scalars(there.order_by(Member.name)))


def offline_members(session: Session, bot: Bot) -> list[Member]:
    """The members of `bot` who are not there."""
    away = select(Member).where(_may_answer(bot), Member.not_seen_since(now() - ONLINE))
    return list(session.scalars(away.order_by(Member.id)))


def lacks_members() -> ColumnElement[bool]:
    """The condition on bots of which a member is not there."""
    return exists().where(_may_answer(Bot), Member.not_seen_since(now() - ONLINE))


def is_available(session: Session, bot: Bot) -> bool:
    """Whether a customer who asks for a person now is likely to get one.

    A bot that takes everybody into the queue, and for which nobody set hours, counts as available at any time.
    """
    if not bot.is_open(now()):
        return False
    return bot.when_away == WhenAway.QUEUE or bool(online_members(session, bot))


def hides_human(session: Session, bot: Bot) -> bool:
    """Whether **Talk to a human** is to be left out for now."""
    return bot.when_away == WhenAway.HIDE and not is_available(session, bot)


def _may_answer(bot: Bot | type[Bot]) -> ColumnElement[bool]:
    mine = exists().where(BotAccess.member_id == Member.id, BotAccess.bot_id == bot.id).correlate(Member, Bot)
    return (Member.workspace_id == bot.workspace_id) & Member.disabled_at.is_(None) & or_(Member.all_bots, mine)
