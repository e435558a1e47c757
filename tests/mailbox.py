"""A mail server of the tests' own: it speaks SMTP on a free port, and keeps what it takes."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.running import eventually, free_port

USER, PASSWORD = "baton", "hunter2"
REFUSED = "gone@example.com"


class Mailbox:
    """SMTP on `port`. `tls` is an SSL context for STARTTLS; with `login`, only USER with PASSWORD may send."""

    def __init__(self, port: int | None = None, login: bool = False, tls=None):
        self.port = port or free_port()
        self.taken: list[EmailMessage] = []
        options = {"tls_context": tls, "require_starttls": tls is not None}
        if login:
            options |= {"authenticator": self._check, "auth_required": True, "auth_require_tls": tls is not None}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

    def __enter__(self) -> "Mailbox":
        self._controller.start()
        return self

    def __exit__(self, *_error) -> None:
        self._controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == REFUSED:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    def first_to(self, address: str) -> EmailMessage:
        """The first mail to `address`, once it is there."""
        return eventually(lambda: next(iter(self.to(address)), None), what=f"a mail to {address}")

    def to(self, address: str) -> list[EmailMessage]:
        """What came for `address`."""
        return [mail for mail in self.taken if mail["To"] == address]

    def settings(self, **more: str) -> dict[str, str]:
        """The form of the settings page that leads here."""
        return {"host": "127.0.0.1", "port": str(self.port), "security": "none", "username": "", "password": "",
                "sender": "chat@example.com", **more}

    def _check(self, server, session, envelope, mechanism, auth_data) -> AuthResult:
        is_right = isinstance(auth_data, LoginPassword) and auth_data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=False)
