"""Links to a new password as they are stored: good for one use and for an hour, and for who the member was then."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Hash, PrimaryKey, now
from models.secret import digest, new_token

GOOD_FOR = timedelta(hours=1)


class ResetLink(Base):
    """A link with which a member chooses a new password; `made_by_id` is None for one that is mailed to who asks."""

    __tablename__ = "reset_links"

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    token_hash: Mapped[Hash] = mapped_column(unique=True)
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))

    @staticmethod
    def new(session: Session, member_id: int, made_by_id: int | None = None) -> str:
        """The token of a new link, inside the caller's transaction. It replaces those before.

        One that is mailed leaves those that an administrator has passed on: anybody can ask for a mail.
        """
        of_asking = [ResetLink.made_by_id.is_(None)] if made_by_id is None else []
        ResetLink.spend(session, ResetLink.member_id == member_id, *of_asking)
        token = new_token()
        session.add(ResetLink(member_id=member_id, token_hash=digest(token), expires_at=now() + GOOD_FOR,
                              made_by_id=made_by_id))
        return token

    @staticmethod
    def spend(session: Session, *conditions) -> int:
        """Make links of no more use, inside the caller's transaction; how many there were."""
        unused = update(ResetLink).where(*conditions, ResetLink.used_at.is_(None))
        return session.execute(unused.values(used_at=now())).rowcount
