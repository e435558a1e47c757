"""The team: who may change whom, and what goes with it when somebody loses access.

Owners change everybody. Admins change admins and members whose bots they all see themselves; owners are out of
their reach. There is always one owner left. `by` is None for the command line, which may do everything but that.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.base import now
from models.bot import Bot
from models.chat import Chat, hand_back_all
from models.database import announce, transaction
from models.event import Action, Notice, track
from models.member import BotAccess, Member, SignIn, UnknownMember
from models.reset_link import ResetLink

LOST_ACCESS = "access"


class OwnersOnly(Exception):
    """Only an owner can make, change or remove an owner."""


class LastOwner(Exception):
    """There is no other owner."""


class BeyondOwnBots(Exception):
    """The member has, or would get, bots that the administrator does not see."""


class NotYourself(Exception):
    """Nobody shuts themselves out."""


def team_of(session: Session, member: Member) -> list[Member]:
    """Everybody in the workspace of `member`, by name; not who was removed."""
    team = select(Member).where(Member.workspace_id == member.workspace_id, Member.removed_at.is_(None))
    return list(session.scalars(team.order_by(Member.name, Member.id)))


def colleague(session: Session, member: Member, member_id: int) -> Member | None:
    """The member with this id, if they are in the same workspace."""
    return next((one for one in team_of(session, member) if one.id == member_id), None)


def change(member: Member, by: Member, role: str, bots: Sequence[Bot] | None) -> None:
    """Give `member` another role, and the bots they may see (None: every bot). Owners see every bot.

    Their chats of bots that they lose go back to Unassigned. Raises OwnersOnly, LastOwner, BeyondOwnBots or
    UnknownMember.
    """
    with transaction() as session:
        current = _changeable(session, member, by)
        refuse_grant(session, by, role, bots)
        if current.is_owner and role != "owner":
            _refuse_last_owner(session, current)
        before = _access(session, current)
        _give(session, current, role, bots)
        after = _access(session, current)
        if before == after:
            return
        # Else who made a link for a member would hold the account of an owner.
        ResetLink.spend(session, ResetLink.member_id == current.id)
        lost = set(_bot_ids(session, *before[1:])) - set(_bot_ids(session, *after[1:]))
        hand_back_all(session, current, LOST_ACCESS, Chat.bot_id.in_(lost), by=by)
        track(session, Action.MEMBER_CHANGED, by=by, member=current.id, role=role, all_bots=current.all_bots,
              bots=sorted(after[2]))
        announce(session, Notice("member_access_changed", member_id=current.id))


def disable(member: Member, by: Member | None = None) -> None:
    """Keep `member` out: every sign-in ends at once, and their chats go back to Unassigned. Twice changes nothing.

    Raises OwnersOnly, LastOwner, BeyondOwnBots, NotYourself or UnknownMember.
    """
    with transaction() as session:
        current = _excludable(session, member, by)
        if not current.is_disabled:
            current.disabled_at = now()
            track(session, Action.MEMBER_DISABLED, by=by, member=current.id)
        _shut_out(session, current, by)


def enable(member: Member, by: Member) -> None:
    """Let a disabled member in again. Raises OwnersOnly, BeyondOwnBots or UnknownMember."""
    with transaction() as session:
        current = _changeable(session, member, by)
        if current.is_disabled:
            current.disabled_at = None
            track(session, Action.MEMBER_ENABLED, by=by, member=current.id)


def remove(member: Member, by: Member) -> None:
    """Take `member` out of the team for good; their name stays in transcripts. Raises like `disable`."""
    with transaction() as session:
        current = _excludable(session, member, by)
        current.disabled_at = current.removed_at = now()
        current.password_hash = ""
        session.execute(delete(BotAccess).where(BotAccess.member_id == current.id))
        track(session, Action.MEMBER_REMOVED, by=by, member=current.id, name=current.name, email=current.email)
        _shut_out(session, current, by)


def refuse_grant(session: Session, by: Member, role: str, bots: Sequence[Bot] | None) -> None:
    """Raises OwnersOnly or BeyondOwnBots when `by` may not give this role or these bots to anybody."""
    by = session.get(Member, by.id)
    if by.is_owner:
        return
    if role == "owner":
        raise OwnersOnly
    if not by.all_bots and (bots is None or {bot.id for bot in bots} - _own(session, by)):
        raise BeyondOwnBots


def may_change(session: Session, by: Member, member: Member) -> bool:
    """Whether `by` may change `member`."""
    try:
        refuse_change(session, by, member)
    except (OwnersOnly, BeyondOwnBots):
        return False
    return True


def could_make(session: Session, maker_id: int | None, may: Callable[[Member], None]) -> bool:
    """Whether who has made a link could make it now, too: `may(maker)` raises OwnersOnly or BeyondOwnBots.

    Of links that no administrator has made (None) nobody's power is the measure.
    """
    maker = session.get(Member, maker_id) if maker_id else None
    if maker is None:
        return True
    try:
        may(maker)
    except (OwnersOnly, BeyondOwnBots):
        return False
    return maker.is_administrator and not maker.is_disabled


def refuse_change(session: Session, by: Member, member: Member) -> None:
    """Raises OwnersOnly or BeyondOwnBots when `by` may not change `member`."""
    if by.is_owner:
        return
    if member.is_owner:
        raise OwnersOnly
    # Else an admin of one bot could take over the account of another one's.
    if not by.all_bots and (member.all_bots or _own(session, member) - _own(session, by)):
        raise BeyondOwnBots


# How the verbs do it


def _changeable(session: Session, member: Member, by: Member | None) -> Member:
    """The member as they are now, locked until the transaction is over.

    Raises OwnersOnly, BeyondOwnBots or UnknownMember.
    """
    living = select(Member).where(Member.workspace_id == member.workspace_id, Member.removed_at.is_(None))
    # All owners, always in the same order: of two who shut each other out one stays.
    owners = session.scalars(living.where(Member.role == "owner").order_by(Member.id).with_for_update()).all()
    current = next((owner for owner in owners if owner.id == member.id), None)
    current = current or session.scalars(living.where(Member.id == member.id).with_for_update()).first()
    if current is None:
        raise UnknownMember(member.email)
    if by is not None:
        refuse_change(session, session.get(Member, by.id), current)
    return current


def _excludable(session: Session, member: Member, by: Member | None) -> Member:
    current = _changeable(session, member, by)
    if by is not None and by.id == current.id:
        raise NotYourself
    if current.is_owner and not current.is_disabled:
        _refuse_last_owner(session, current)
    return current


def _refuse_last_owner(session: Session, owner: Member) -> None:
    others = select(Member.id).where(Member.workspace_id == owner.workspace_id, Member.role == "owner",
                                     Member.disabled_at.is_(None), Member.id != owner.id)
    if session.scalars(others).first() is None:
        raise LastOwner


def _shut_out(session: Session, member: Member, by: Member | None) -> None:
    session.flush()
    # Else one that was made before would let them in as soon as they are enabled.
    ResetLink.spend(session, ResetLink.member_id == member.id)
    SignIn.revoke_all(session, member)
    hand_back_all(session, member, LOST_ACCESS, by=by)


def _give(session: Session, member: Member, role: str, bots: Sequence[Bot] | None) -> None:
    member.role, member.all_bots = role, bots is None or role == "owner"
    session.execute(delete(BotAccess).where(BotAccess.member_id == member.id))
    grant(session, member, () if member.all_bots else bots)


def grant(session: Session, member: Member, bots: Sequence[Bot]) -> None:
    """Let a new member see `bots`, inside the caller's transaction."""
    session.add_all(BotAccess(member_id=member.id, bot_id=bot.id) for bot in bots)
    session.flush()


def _access(session: Session, member: Member) -> tuple[str, bool, frozenset[int]]:
    """The role, whether they see every bot, and the bots by name of rows."""
    return member.role, member.all_bots, frozenset(_own(session, member))


def _own(session: Session, member: Member) -> set[int]:
    mine = select(BotAccess.bot_id).join(Bot, Bot.id == BotAccess.bot_id).where(BotAccess.member_id == member.id)
    return set(session.scalars(mine.where(Bot.deleted_at.is_(None))))


def _bot_ids(session: Session, all_bots: bool, own: frozenset[int]) -> Sequence[int]:
    return session.scalars(select(Bot.id)).all() if all_bots else own
