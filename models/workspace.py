"""The workspace: the one organisation that runs this deployment."""

from sqlalchemy import JSON, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Name, PrimaryKey


class Workspace(Base):
    """The organisation behind this deployment. There is one row at the most."""

    __tablename__ = "workspaces"

    id: Mapped[PrimaryKey]
    name: Mapped[Name]
    created_at: Mapped[Created]
    # Everybody knows the demo's passwords: it is served on this machine only.
    is_demo: Mapped[bool] = mapped_column(default=False)
    # A MailServer (models/mail_server.py) with its password sealed.
    mail_server: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))

    @staticmethod
    def founded(session: Session) -> "Workspace | None":
        """The workspace, or None on an empty database."""
        return session.scalars(select(Workspace).limit(1)).first()
