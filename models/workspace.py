"""The workspace: the one organisation that runs this deployment."""

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session

from models.base import Base, Created, Name, PrimaryKey


class Workspace(Base):
    """The organisation behind this deployment. There is one row at the most."""

    __tablename__ = "workspaces"

    id: Mapped[PrimaryKey]
    name: Mapped[Name]
    created_at: Mapped[Created]

    @staticmethod
    def founded(session: Session) -> "Workspace | None":
        """The workspace, or None on an empty database."""
        return session.scalars(select(Workspace).limit(1)).first()
