"""The server that sends Baton's mail: of the environment, else as owners set it in the workspace."""

from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import update
from sqlalchemy.orm import Session

from models.database import transaction
from models.event import Action, track
from models.member import Member
from models.sealing import WrongSeal, seal, unseal
from models.workspace import Workspace

_of_environment: "MailServer | None" = None
_public_url: str | None = None


@dataclass(frozen=True)
class MailServer:
    """How to hand mail over, from whom it is, and the address that links in it begin with."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    sender: str
    address: str

    @staticmethod
    def current(session: Session) -> "MailServer | None":
        """The server in use. None: Baton sends no mail, and administrators pass links on by themselves."""
        if _of_environment:
            return _of_environment
        stored = MailServer.stored(session)
        try:
            return stored and replace(stored, password=unseal(stored.password), address=_public_url or stored.address)
        except WrongSeal:
            return None

    @staticmethod
    def stored(session: Session) -> "MailServer | None":
        """What owners have set, its password still sealed."""
        workspace = Workspace.founded(session)
        return MailServer(**workspace.mail_server) if workspace and workspace.mail_server else None

    def keep(self, by: Member) -> None:
        """Use this server from now on; also for mail that waits."""
        values = asdict(self) | {"password": seal(self.password)}
        with transaction() as session:
            session.execute(update(Workspace).where(Workspace.id == by.workspace_id).values(mail_server=values))
            track(session, Action.MAIL_SERVER_CHANGED, by=by, host=self.host, sender=self.sender)


def of_environment() -> MailServer | None:
    """The server that the environment names, which goes before any that is stored."""
    return _of_environment


def given(server: MailServer | None, public_url: str | None) -> None:
    """What the environment says: a server, and the address that people see."""
    global _of_environment, _public_url
    _of_environment, _public_url = server, public_url


def stop_mail(by: Member) -> None:
    """Forget the stored server: from now on links are shown instead of sent."""
    with transaction() as session:
        session.execute(update(Workspace).where(Workspace.id == by.workspace_id).values(mail_server=None))
        track(session, Action.MAIL_SERVER_REMOVED, by=by)
