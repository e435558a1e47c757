"""Links to a new password as they are stored: good for one use and for an hour, and for who the member was then."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Hash, PrimaryKey, now
from models.secret import digest, new_token

GOOD_FOR = timedelta(hours=1)


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
    def new(session: Session, member_id: int) -> str:
        """The token of a new link, inside the caller's transaction; it replaces those before."""
        ResetLink.spend(session, ResetLink.member_id == member_id)
        token = new_token()
        session.add(ResetLink(member_id=member_id, token_hash=digest(token), expires_at=now() + GOOD_FOR))
        return token

    @staticmethod
    def spend(session: Session, *conditions) -> int:
        """Make links of no more use, inside the caller's transaction; how many there were."""
        unused = update(ResetLink).where(*conditions, ResetLink.used_at.is_(None))
        return session.execute(unused.values(used_at=now())).rowcount
