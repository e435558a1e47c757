"""Members: the people of the team, what they may see, and the sign-ins that prove who they are."""

import re
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, ForeignKey, Index, String, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Hash, Name, PrimaryKey, now
from models.bot import Bot
from models.database import announce, reading, transaction
from models.event import Action, Notice, track
from models.reset_link import ResetLink
from models.secret import digest, is_token, new_token
from models.text import clean, clipped

ROLES = ("owner", "admin", "member")
ADMINISTRATORS = ("owner", "admin")
PASSWORD_LIMITS = (10, 200)

# The characters that only quotes allow, and "=?", which begins encoded words, are more than Python's own mail bears.
_PART = r"[^@\s\x00-\x1f\[\]()<>,:;\"\\]+"
_EMAIL = re.compile(rf"(?!.*=\?){_PART}@{_PART}\.{_PART}")
_hasher = PasswordHasher()


class InvalidEmail(ValueError):
    """Not an e-mail address."""


class InvalidPassword(ValueError):
    """Too short or too long."""


class EmailTaken(Exception):
    """Another member has this e-mail address."""


class UnknownMember(LookupError):
    """No member has this e-mail address."""


class WrongCredentials(Exception):
    """The e-mail, the password, or both are wrong, or the member is disabled."""


class Member(Base):
    """A person of the team."""

    __tablename__ = "members"
    __table_args__ = (
        # Who was removed stays for the sake of transcripts; the address may come back with somebody new.
        Index("uq_members_email", "email", unique=True, sqlite_where=text("removed_at IS NULL"),
              postgresql_where=text("removed_at IS NULL")),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[Name]
    role: Mapped[str] = mapped_column(String(10), default="member")
    all_bots: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[Created]
    # Who is removed is disabled, too.
    disabled_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    # Renewed while one of their pages is open (models/presence.py).
    last_seen_at: Mapped[datetime | None]

    @staticmethod
    def add(workspace_id: int, name: str, email: str, password: str, role="member", bots=None, by=None) -> "Member":
        """A new member who sees `bots` (None: every bot).

        Raises InvalidText, InvalidEmail, InvalidPassword or EmailTaken.
        """
        member = Member.new(workspace_id, name, email, password, role, all_bots=bots is None)
        try:
            with transaction() as session:
                session.add(member)
                session.flush()
                session.add_all(BotAccess(member_id=member.id, bot_id=bot.id) for bot in bots or ())
                track(session, Action.MEMBER_ADDED, by=by, member=member.id, email=member.email)
        except IntegrityError as error:
            raise EmailTaken(member.email) from error
        return member

    @staticmethod
    def new(workspace_id: int | None, name: str, email: str, password: str, role: str, all_bots: bool) -> "Member":
        """A member that is checked but not stored yet; raises like `add`."""
        if role not in ROLES:
            raise ValueError(f"no such role: {role}")
        return Member(workspace_id=workspace_id, name=clean(name, 120), email=clean_email(email), role=role,
                      all_bots=all_bots, password_hash=hash_password(password))

    @staticmethod
    def with_email(session: Session, email: str) -> "Member":
        """The member with this address in any spelling; raises UnknownMember."""
        known = select(Member).where(Member.email == email.strip().lower(), Member.removed_at.is_(None))
        member = session.scalars(known).first()
        if member is None:
            raise UnknownMember(email)
        return member

    @staticmethod
    def not_seen_since(since: datetime) -> ColumnElement[bool]:
        """The condition on members who were not there after `since`."""
        return or_(Member.last_seen_at.is_(None), Member.last_seen_at < since)

    @property
    def first_name(self) -> str:
        """What customers read."""
        return self.name.split()[0]

    @property
    def is_disabled(self) -> bool:
        """Whether this member may no longer sign in."""
        return self.disabled_at is not None

    @property
    def is_owner(self) -> bool:
        """Whether this member may change everybody."""
        return self.role == "owner"

    @property
    def is_administrator(self) -> bool:
        """Whether this member may change settings."""
        return self.role in ADMINISTRATORS

    def bots(self, session: Session, switched_off: bool = False) -> list[Bot]:
        """The bots this member may see, by name; those switched off only if asked for."""
        mine = select(BotAccess.bot_id).where(BotAccess.member_id == self.id)
        bots = select(Bot).where(Bot.workspace_id == self.workspace_id, Bot.deleted_at.is_(None))
        if not switched_off:
            bots = bots.where(Bot.switched_off_at.is_(None))
        if not self.all_bots:
            bots = bots.where(Bot.id.in_(mine))
        return list(session.scalars(bots.order_by(Bot.name, Bot.id)))

    def bot(self, session: Session, key: str, switched_off: bool = False) -> Bot | None:
        """The bot with this key, if this member may see it."""
        return next((bot for bot in self.bots(session, switched_off) if bot.key == key), None)

    @staticmethod
    def who_see(session: Session, bot: Bot) -> "list[Member]":
        """The members who may see `bot`, be it on or off."""
        allowed = select(BotAccess.member_id).where(BotAccess.bot_id == bot.id)
        members = select(Member).where(Member.workspace_id == bot.workspace_id, Member.disabled_at.is_(None))
        return list(session.scalars(members.where(Member.all_bots | Member.id.in_(allowed))))

    def add_bot(self, bot: Bot) -> Bot:
        """Store a new bot, which this member and those with access to every bot may see."""
        bot.workspace_id = self.workspace_id
        with transaction() as session:
            session.add(bot)
            session.flush()
            if not self.all_bots:
                session.add(BotAccess(member_id=self.id, bot_id=bot.id))
            track(session, Action.BOT_CREATED, by=self, bot=bot.id, name=bot.name)
            announce(session, Notice("bot_changed", bot_id=bot.id))
        return bot

    def rename(self, name: str) -> None:
        """Take another name; raises InvalidText."""
        name = clean(name, 120)
        if name == self.name:
            return
        with transaction() as session:
            session.execute(update(Member).where(Member.id == self.id).values(name=name))
            track(session, Action.MEMBER_RENAMED, by=self, member=self.id, name=name, before=self.name)
            announce(session, Notice("member_renamed", member_id=self.id))

    def change_password(self, password: str, by: "Member | None" = None) -> None:
        """Set a new password and end every sign-in made with the old one; raises InvalidPassword."""
        hashed = hash_password(password)
        with transaction() as session:
            set_password(session, self, hashed, by)

    def change_own_password(self, old: str, new: str, sign_in: "SignIn") -> None:
        """The same for who knows the old one; `sign_in` lives on. Raises WrongCredentials or InvalidPassword."""
        if not password_matches(old, self.password_hash):
            raise WrongCredentials
        hashed = hash_password(new)
        with transaction() as session:
            mine = update(Member).where(Member.id == self.id, Member.password_hash == self.password_hash)
            if session.execute(mine.values(password_hash=hashed)).rowcount != 1:  # changed meanwhile
                raise WrongCredentials
            track(session, Action.PASSWORD_CHANGED, by=self, member=self.id)
            ResetLink.spend(session, ResetLink.member_id == self.id)
            SignIn.revoke_others(session, self, sign_in)


class BotAccess(Base):
    """That a member may see a bot. Members with `all_bots` need no row."""

    __tablename__ = "bot_access"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"), primary_key=True)


class SignIn(Base):
    """A browser in which a member signed in. It can be revoked at any time."""

    __tablename__ = "sign_ins"

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    token_hash: Mapped[Hash] = mapped_column(unique=True)
    browser: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    @staticmethod
    def begin(email: str, password: str, browser: str, days: int) -> str:
        """Check the credentials and return a token that stands for this browser for `days` days.

        Raises WrongCredentials. The hash is checked outside the transaction: it takes 50 ms by design.
        """
        with reading() as session:
            try:
                member = Member.with_email(session, email)
            except UnknownMember:
                member = None
        correct = password_matches(password, member.password_hash if member else _hash_of_nobody())
        if not member or not correct or member.is_disabled:
            raise WrongCredentials
        return SignIn.begin_as(member, browser, days)

    @staticmethod
    def begin_as(member: Member, browser: str, days: int) -> str:
        """Sign `member` in, who has just proved who they are; returns the token.

        Raises WrongCredentials when the password has changed since `member` was loaded, or they were disabled.
        """
        token = new_token()
        with transaction() as session:
            # Who changes the password, or disables the member, holds this row until then, and ends every sign-in:
            # either they find this one, or this finds what they did.
            same = select(Member.id).where(Member.id == member.id, Member.password_hash == member.password_hash,
                                           Member.disabled_at.is_(None))
            if session.scalar(same.with_for_update(read=True)) is None:
                raise WrongCredentials
            session.add(SignIn(member_id=member.id, token_hash=digest(token), browser=clipped(browser, 300),
                               expires_at=now() + timedelta(days=days)))
            track(session, Action.SIGNED_IN, by=member)
        return token

    @staticmethod
    def holder(session: Session, token: str) -> "tuple[SignIn, Member] | None":
        """The living sign-in behind `token`, with its member."""
        if not is_token(token):
            return None
        living = (SignIn.token_hash == digest(token), SignIn.revoked_at.is_(None), SignIn.expires_at > now())
        found = select(SignIn, Member).join(Member, Member.id == SignIn.member_id)
        row = session.execute(found.where(*living, Member.disabled_at.is_(None))).first()
        return row and (row[0], row[1])

    @staticmethod
    def ended(session: Session, ids: list[int]) -> list[int]:
        """Those of the sign-ins `ids` that are revoked, expired, or of a disabled member."""
        over = or_(SignIn.revoked_at.is_not(None), SignIn.expires_at <= now(), Member.disabled_at.is_not(None))
        found = select(SignIn.id).join(Member, Member.id == SignIn.member_id)
        return list(session.scalars(found.where(SignIn.id.in_(ids), over)))

    @staticmethod
    def living_of(session: Session, member: Member) -> "list[SignIn]":
        """Where `member` is signed in, newest first."""
        mine = (SignIn.member_id == member.id, SignIn.revoked_at.is_(None), SignIn.expires_at > now())
        return list(session.scalars(select(SignIn).where(*mine).order_by(SignIn.id.desc())))

    def revoke(self, by: Member) -> None:
        """Sign this browser out; its sockets are closed at once."""
        with transaction() as session:
            session.execute(update(SignIn).where(SignIn.id == self.id).values(revoked_at=now()))
            track(session, Action.SIGNED_OUT, by=by)
            announce(session, Notice("sign_in_revoked", sign_in_id=self.id))

    @staticmethod
    def revoke_all(session: Session, member: Member) -> None:
        """Sign every browser of `member` out, inside the caller's transaction."""
        living = update(SignIn).where(SignIn.member_id == member.id, SignIn.revoked_at.is_(None))
        session.execute(living.values(revoked_at=now()))
        announce(session, Notice("member_signed_out", member_id=member.id))


    @staticmethod
    def revoke_others(session: Session, member: Member, but: "SignIn") -> None:
        """Sign every other browser of `member` out, inside the caller's transaction."""
        others = update(SignIn).where(SignIn.member_id == member.id, SignIn.id != but.id, SignIn.revoked_at.is_(None))
        for sign_in_id in session.scalars(others.values(revoked_at=now()).returning(SignIn.id)).all():
            announce(session, Notice("sign_in_revoked", sign_in_id=sign_in_id))

    def revoke_all_others(self, by: Member) -> None:
        """Sign every other browser of this sign-in's member out; their sockets are closed at once."""
        with transaction() as session:
            SignIn.revoke_others(session, by, self)
            track(session, Action.OTHERS_SIGNED_OUT, by=by)


def set_password(session: Session, member: Member, hashed: str, by: Member | None) -> None:
    """Give `member` a new password inside the caller's transaction; what the old one led to ends: sign-ins, links."""
    session.execute(update(Member).where(Member.id == member.id).values(password_hash=hashed))
    track(session, Action.PASSWORD_CHANGED, by=by, member=member.id)
    ResetLink.spend(session, ResetLink.member_id == member.id)
    SignIn.revoke_all(session, member)


def clean_email(email: str) -> str:
    """`email` trimmed and in lower case; raises InvalidEmail."""
    email = email.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise InvalidEmail(email)
    return email


def hash_password(password: str) -> str:
    """An argon2id hash of `password`; raises InvalidPassword."""
    check_password(password)
    return _hasher.hash(password)


def check_password(password: str) -> None:
    """Raises InvalidPassword unless it has 10 to 200 characters."""
    shortest, longest = PASSWORD_LIMITS
    if not shortest <= len(password) <= longest:
        raise InvalidPassword


def password_matches(password: str, hashed: str) -> bool:
    """Whether `password` is the one behind `hashed`."""
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hash_of_nobody() -> str:
    # Checked when the e-mail is unknown, so that the time of an answer does not tell which e-mails exist.
    return _hasher.hash(new_token())
