"""Founding: the one-time link of a first start, and what it makes: workspace, owner and first bot."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, Session

from models.base import Base, Created, Hash, PrimaryKey, now
from models.bot import Bot
from models.database import keep_others_from, transaction
from models.event import Action, track
from models.member import Member
from models.secret import digest, new_token
from models.text import clean
from models.workspace import Workspace


class AlreadyFounded(Exception):
    """This deployment has a workspace; a set-up link can no longer make one."""


class UnknownSetupLink(Exception):
    """No set-up link, or one that was used or replaced."""


class SetupLink(Base):
    """The one-time link that a first start prints; the newest one counts."""

    __tablename__ = "setup_links"

    id: Mapped[PrimaryKey]
    token_hash: Mapped[Hash]
    created_at: Mapped[Created]
    used_at: Mapped[datetime | None]

    @staticmethod
    def issue() -> str:
        """A new token for the set-up link; every earlier one stops working.

        Raises AlreadyFounded when there is a workspace.
        """
        token = new_token()
        with transaction() as session:
            keep_others_from(session, SetupLink.__tablename__)
            if Workspace.founded(session):
                raise AlreadyFounded
            session.execute(update(SetupLink).where(SetupLink.used_at.is_(None)).values(used_at=now()))
            session.add(SetupLink(token_hash=digest(token)))
        return token

    @staticmethod
    def is_open(session: Session, token: str) -> bool:
        """Whether `token` can still found the workspace."""
        link = SetupLink.token_hash == digest(token)
        return session.scalars(select(SetupLink.id).where(link, SetupLink.used_at.is_(None))).first() is not None

    @staticmethod
    def use(session: Session, token: str) -> None:
        """Spend the link inside the caller's transaction; raises UnknownSetupLink when it is spent.

        Of several links that are used at once, one founds the workspace.
        """
        keep_others_from(session, SetupLink.__tablename__)
        if Workspace.founded(session):
            raise UnknownSetupLink
        link = SetupLink.token_hash == digest(token)
        spent = session.execute(update(SetupLink).where(link, SetupLink.used_at.is_(None)).values(used_at=now()))
        if spent.rowcount != 1:  # two people opened the link; the other one pressed first
            raise UnknownSetupLink


def found(token: str, workspace: str, name: str, email: str, password: str, bot: Bot,
          is_demo: bool = False) -> Member:
    """Spend the set-up link: store the workspace, its owner and its first `bot`; return the owner.

    Raises UnknownSetupLink, InvalidText, InvalidEmail or InvalidPassword; nothing is stored then.
    """
    # Checked, and hashed, before the transaction: a hash takes 50 ms by design.
    owner = Member.new(None, name, email, password, "owner", all_bots=True)
    workspace = Workspace(name=clean(workspace, 120), is_demo=is_demo)
    with transaction() as session:
        SetupLink.use(session, token)
        session.add(workspace)
        session.flush()
        owner.workspace_id = bot.workspace_id = workspace.id
        session.add_all([owner, bot])
        session.flush()
        track(session, Action.WORKSPACE_FOUNDED, by=owner, workspace=workspace.name)
    return owner
