"""Invites into the team: a link that is good for one use and for a week. No table holds it but the mail it goes by."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Hash, PrimaryKey, now
from models.bot import Bot
from models.database import transaction
from models.event import Action, track
from models.mail import Mail
from models.member import EmailTaken, Member, UnknownMember, clean_email, hash_password
from models.secret import digest, new_token
from models.team import could_make, grant, refuse_grant
from models.text import clean

GOOD_FOR = timedelta(days=7)

# What a mail with this link says: subject and text. None: it is not mailed.
Letter = Callable[[str], tuple[str, str]] | None


class AlreadyInvited(Exception):
    """Somebody with this e-mail address is invited already."""


class UnknownInvite(LookupError):
    """There is no such invite."""


class InviteOver(Exception):
    """The link is of no more use: it was used, taken back, or is too old (these are subclasses)."""


class InviteUsed(InviteOver):
    """Somebody has joined with it."""


class InviteRevoked(InviteOver):
    """It was taken back, replaced by another link, or who made it could not make it any more."""


class InviteExpired(InviteOver):
    """It is older than a week."""


class Invite(Base):
    """Somebody who may join; the newest link to it counts."""

    __tablename__ = "invites"
    __table_args__ = (
        Index("uq_invites_open", "email", unique=True, sqlite_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
              postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL")),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(10))
    all_bots: Mapped[bool]
    bot_ids: Mapped[list] = mapped_column(default=list)
    token_hash: Mapped[Hash] = mapped_column(unique=True)
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    # Who made the newest link to it; None of those from before this was noted.
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))

    @staticmethod
    def make(by: Member, email: str, role: str, bots: Sequence[Bot] | None,
             letter: Letter = None) -> tuple["Invite", str]:
        """A new invite to `bots` (None: every bot), and the token of its link.

        Raises InvalidEmail, EmailTaken, AlreadyInvited, OwnersOnly or BeyondOwnBots.
        """
        email, token = clean_email(email), new_token()
        invite = Invite(workspace_id=by.workspace_id, email=email, role=role, all_bots=bots is None or role == "owner",
                        bot_ids=[bot.id for bot in bots or ()], token_hash=digest(token), expires_at=now() + GOOD_FOR,
                        made_by_id=by.id)
        try:
            with transaction() as session:
                _refuse_taken(session, email)
                refuse_grant(session, by, role, bots)
                session.add(invite)
                session.flush()
                track(session, Action.MEMBER_INVITED, by=by, email=email, role=role)
                _send(session, invite, token, letter)
        except IntegrityError as error:
            raise AlreadyInvited from error
        return invite, token

    @staticmethod
    def waiting(session: Session, member: Member) -> list["Invite"]:
        """The invites into `member`'s workspace that nobody has used yet, newest first."""
        mine = select(Invite).where(Invite.workspace_id == member.workspace_id, Invite.is_open_condition())
        return list(session.scalars(mine.order_by(Invite.id.desc())))

    @staticmethod
    def is_open_condition():
        """The condition on invites that nobody has used or taken back."""
        return Invite.accepted_at.is_(None) & Invite.revoked_at.is_(None)

    @property
    def is_expired(self) -> bool:
        """Whether its link is too old."""
        return self.expires_at <= now()

    def renew(self, by: Member, letter: Letter = None) -> str:
        """Another link, good for a week from now; earlier ones stop working. Raises like `revoke`."""
        token = new_token()
        with transaction() as session:
            _refuse_foreign(session, self, by)
            _change_open(session, self, token_hash=digest(token), expires_at=now() + GOOD_FOR, made_by_id=by.id)
            track(session, Action.INVITE_RENEWED, by=by, email=self.email)
            _send(session, self, token, letter)
        return token

    def revoke(self, by: Member) -> None:
        """Take the invite back. Raises OwnersOnly, BeyondOwnBots or UnknownInvite."""
        with transaction() as session:
            _refuse_foreign(session, self, by)
            _change_open(session, self, revoked_at=now())
            track(session, Action.INVITE_REVOKED, by=by, email=self.email)

    @staticmethod
    def behind(session: Session, token: str) -> "Invite":
        """The invite behind a link. Raises UnknownInvite or one of InviteOver."""
        invite = session.scalars(select(Invite).where(Invite.token_hash == digest(token))).first()
        if invite is None:
            raise UnknownInvite
        if invite.accepted_at:
            raise InviteUsed
        if invite.revoked_at or not could_make(session, invite.made_by_id,
                                               lambda maker: _refuse_foreign(session, invite, maker)):
            raise InviteRevoked
        if invite.is_expired:
            raise InviteExpired
        return invite

    @staticmethod
    def accept(token: str, name: str, password: str) -> Member:
        """Join with a link. Raises UnknownInvite, InviteOver, EmailTaken, InvalidText or InvalidPassword."""
        # Hashed before the transaction: it takes 50 ms by design.
        member = Member(name=clean(name, 120), password_hash=hash_password(password))
        try:
            with transaction() as session:
                invite = Invite.behind(session, token)
                _refuse_taken(session, invite.email)
                _join(session, invite, member)
        except IntegrityError as error:
            raise EmailTaken from error
        return member


def _refuse_taken(session: Session, email: str) -> None:
    try:
        Member.with_email(session, email)
    except UnknownMember:
        return
    raise EmailTaken(email)


def _refuse_foreign(session: Session, invite: Invite, by: Member) -> None:
    """Who may not make such an invite gets no link to it either."""
    bots = session.scalars(select(Bot).where(Bot.id.in_(invite.bot_ids))).all()
    refuse_grant(session, by, invite.role, None if invite.all_bots else bots)


def _change_open(session: Session, invite: Invite, **values) -> None:
    mine = update(Invite).where(Invite.id == invite.id, Invite.is_open_condition())
    if session.execute(mine.values(**values)).rowcount != 1:
        raise UnknownInvite


def _join(session: Session, invite: Invite, member: Member) -> None:
    mine = update(Invite).where(Invite.id == invite.id, Invite.is_open_condition())
    if session.execute(mine.values(accepted_at=now())).rowcount != 1:  # pressed twice
        raise InviteUsed
    member.workspace_id, member.email = invite.workspace_id, invite.email
    member.role, member.all_bots = invite.role, invite.all_bots
    session.add(member)
    session.flush()
    grant(session, member, session.scalars(select(Bot).where(Bot.id.in_(invite.bot_ids))).all())
    track(session, Action.MEMBER_JOINED, by=member, member=member.id, email=member.email, role=member.role)


def _send(session: Session, invite: Invite, token: str, letter: Letter) -> None:
    if letter:
        Mail.queue(session, invite.email, *letter(token), "invite")
