"""Links to a new password: good for one use and for an hour."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Hash, PrimaryKey, now
from models.database import transaction
from models.event import Action, track
from models.invite import Letter
from models.mail import Mail
from models.member import Member, UnknownMember, hash_password, set_password
from models.secret import digest, new_token
from models.team import refuse_change

GOOD_FOR = timedelta(hours=1)
# Nobody's mailbox is to be filled by strangers.
MAILED_AFTER = timedelta(minutes=2)


class UnknownResetLink(LookupError):
    """No such link, or one that was used, replaced, or is too old."""


class ResetLink(Base):
    """A link with which a member chooses a new password; the newest one counts."""

    __tablename__ = "reset_links"

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    token_hash: Mapped[Hash] = mapped_column(unique=True)
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @staticmethod
    def mail(email: str, letter: Letter) -> None:
        """Mail a link to the member with this address. What happens for an unknown one looks the same: nothing."""
        with transaction() as session:
            try:
                member = Member.with_email(session, email)
            except UnknownMember:
                return
            if member.is_disabled or _mailed_just_now(session, member):
                return
            Mail.queue(session, member.email, *letter(_new(session, member)), "password")

    @staticmethod
    def make(member: Member, by: Member) -> str:
        """The token of a link for an administrator to pass on. Raises OwnersOnly or BeyondOwnBots."""
        with transaction() as session:
            refuse_change(session, session.get(Member, by.id), session.get(Member, member.id))
            token = _new(session, member)
            track(session, Action.RESET_LINK_MADE, by=by, member=member.id)
        return token

    @staticmethod
    def holder(session: Session, token: str) -> Member:
        """Who may choose a new password with this link; raises UnknownResetLink."""
        good = (ResetLink.token_hash == digest(token), ResetLink.used_at.is_(None), ResetLink.expires_at > now())
        found = select(Member).join(ResetLink, ResetLink.member_id == Member.id)
        member = session.scalars(found.where(*good, Member.disabled_at.is_(None))).first()
        if member is None:
            raise UnknownResetLink
        return member

    @staticmethod
    def use(token: str, password: str) -> Member:
        """Spend the link on a new password: every sign-in ends. Raises UnknownResetLink or InvalidPassword."""
        hashed = hash_password(password)
        with transaction() as session:
            member = ResetLink.holder(session, token)
            if _spend(session, ResetLink.token_hash == digest(token)) != 1:  # pressed twice
                raise UnknownResetLink
            set_password(session, member, hashed, by=member)
        member.password_hash = hashed
        return member


def _new(session: Session, member: Member) -> str:
    _spend(session, ResetLink.member_id == member.id)
    token = new_token()
    session.add(ResetLink(member_id=member.id, token_hash=digest(token), expires_at=now() + GOOD_FOR))
    return token


def _spend(session: Session, *conditions) -> int:
    unused = update(ResetLink).where(*conditions, ResetLink.used_at.is_(None))
    return session.execute(unused.values(used_at=now())).rowcount


def _mailed_just_now(session: Session, member: Member) -> bool:
    mine = select(ResetLink.id).where(ResetLink.member_id == member.id, ResetLink.created_at > now() - MAILED_AFTER)
    return session.scalars(mine).first() is not None
