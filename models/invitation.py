"""Invitations: what a bot says first, to visitors to whom a rule applies."""

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, PrimaryKey, Prose
from models.bot import Bot
from models.database import transaction
from models.event import Action, track

if TYPE_CHECKING:
    from models.member import Member

MOST = 20


class TooMany(Exception):
    """A bot has as many invitations as it may have."""


class Invitation(Base):
    """A text, and the rule by which it shows beside the launcher: every condition has to hold."""

    __tablename__ = "invitations"

    id: Mapped[PrimaryKey]
    bot_id: Mapped[int] = mapped_column(ForeignKey("bots.id"), index=True)
    # The first that applies shows.
    place: Mapped[int]
    text: Mapped[Prose]
    # A path on the website, in which * stands for anything; empty: every page.
    pages: Mapped[str] = mapped_column(String(300), default="")
    seconds: Mapped[int] = mapped_column(default=0)
    # How far down the page was seen, in percent.
    scroll: Mapped[int] = mapped_column(default=0)
    # Only for customers who have written before.
    returning_only: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Created]

    @staticmethod
    def of(session: Session, bot: Bot) -> list["Invitation"]:
        """The invitations of `bot`, in the order in which they are tried."""
        mine = select(Invitation).where(Invitation.bot_id == bot.id)
        return list(session.scalars(mine.order_by(Invitation.place, Invitation.id)))

    @staticmethod
    def find(session: Session, bot: Bot, invitation_id: int) -> "Invitation | None":
        """An invitation of `bot`."""
        mine = select(Invitation).where(Invitation.bot_id == bot.id, Invitation.id == invitation_id)
        return session.scalars(mine).first()

    def said_by(self, bot: Bot) -> Bot:
        """`bot` as it greets whoever has come by this invitation; it belongs to no session."""
        return bot.copy_with(welcome=self.text)

    @staticmethod
    def add(bot: Bot, by: "Member", **values) -> "Invitation":
        """A new one, behind those that are there. Raises TooMany."""
        with transaction() as session:
            mine = select(func.count(), func.max(Invitation.place)).where(Invitation.bot_id == bot.id)
            count, last = session.execute(mine).one()
            if count >= MOST:
                raise TooMany
            invitation = Invitation(bot_id=bot.id, place=(last or 0) + 1, **values)
            session.add(invitation)
            session.flush()
            track(session, Action.INVITATION_ADDED, by=by, bot=bot.id, invitation=invitation.id)
            return invitation

    def change(self, by: "Member", **values) -> None:
        """Another text or rule; a removed one stays removed."""
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        with transaction() as session:
            mine = update(Invitation).where(Invitation.id == self.id)
            if changed and session.execute(mine.values({name: values[name] for name in changed})).rowcount:
                track(session, Action.INVITATION_CHANGED, by=by, bot=self.bot_id, invitation=self.id, changed=changed)

    def remove(self, by: "Member") -> None:
        """Show it no more. Removing it again changes nothing."""
        with transaction() as session:
            if session.execute(delete(Invitation).where(Invitation.id == self.id)).rowcount:
                track(session, Action.INVITATION_REMOVED, by=by, bot=self.bot_id, invitation=self.id)

    def move_up(self, by: "Member") -> None:
        """Try it before the one that stands before it; the first one stays where it is."""
        with transaction() as session:
            mine = select(Invitation).where(Invitation.bot_id == self.bot_id)
            in_order = session.scalars(mine.order_by(Invitation.place, Invitation.id).with_for_update()).all()
            ids = [each.id for each in in_order]
            here = ids.index(self.id) if self.id in ids else 0
            if here == 0:
                return
            ids.insert(here - 1, ids.pop(here))
            for place, invitation_id in enumerate(ids, 1):
                session.execute(update(Invitation).where(Invitation.id == invitation_id).values(place=place))
            track(session, Action.INVITATION_MOVED, by=by, bot=self.bot_id, invitation=self.id)
