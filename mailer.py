"""Sends mail: one greenlet of each process takes what is due from the outbox (models/mail.py) and hands it over."""

import logging
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate

from gevent.event import Event as Signal

from models import Notice, Workspace, reading
from models.mail import Mail
from models.mail_server import MailServer
from models.secret import digest

log = logging.getLogger(__name__)

ANSWER_SECONDS = 20
LOOK_EVERY_SECONDS = 15
FORGET_EVERY_SECONDS = 3600
# The server has understood, and will say the same tomorrow.
FOR_GOOD = range(500, 600)


class NotSent(Exception):
    """The server did not take the mail. Its text is what the server, or the way to it, said."""

    def __init__(self, said: str, for_good: bool = False):
        super().__init__(said)
        self.for_good = for_good


class Mailer:
    """Sends in the background of one process."""

    def __init__(self):
        self._queued = Signal()
        self._forget_at = 0.0

    def hear(self, facts: list) -> None:
        """Take note of what was committed: mail is sent at once."""
        if any(isinstance(fact, Notice) and fact.kind == "mail_queued" for fact in facts):
            self._queued.set()

    def run(self) -> None:
        """Send what is due, for ever: run it in a greenlet of its own."""
        while True:
            try:
                self._forget_now_and_then()
                send_due()
            except Exception:
                log.exception("sending mail failed")
            self._queued.wait(LOOK_EVERY_SECONDS)
            self._queued.clear()

    def _forget_now_and_then(self) -> None:
        if time.monotonic() >= self._forget_at:
            Mail.forget_old()
            self._forget_at = time.monotonic() + FORGET_EVERY_SECONDS


def send_due() -> None:
    """Send everything that is due, unless there is no server to send it."""
    with reading() as session:
        server, workspace = MailServer.current(session), Workspace.founded(session)
    while server and (mail := Mail.claim()):
        try:
            hand_over(server, letter(server, workspace.name, mail), mail.recipient)
        except NotSent as error:
            log.warning("mail %s (%s) was not sent: %s", mail.id, mail.why, error)
            mail.note_failed(str(error), error.for_good)
        except Exception as error:  # one that cannot be written must not keep back the others
            log.exception("mail %s (%s) cannot be sent", mail.id, mail.why)
            mail.note_failed(_reason(error), for_good=True)
        else:
            mail.note_sent()


def letter(server: MailServer, sender_name: str, mail: Mail) -> EmailMessage:
    """`mail` as it travels. Its id is the same at each try: who gets it twice can tell."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = mail.subject
    message["From"] = formataddr((sender_name, server.sender))
    message["To"] = mail.recipient
    message["Date"] = formatdate()
    unique = digest(f"{mail.id} {mail.created_at} {mail.recipient}")[:32]
    message["Message-ID"] = f"<{unique}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def hand_over(server: MailServer, message: EmailMessage, recipient: str) -> None:
    """Give a message to the server; raises NotSent."""
    try:
        with _connected(server) as smtp:
            if server.username:
                smtp.login(server.username, server.password)
            smtp.send_message(message, server.sender, [recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = error.recipients[recipient]
        raise NotSent(_in_words(code, said), code in FOR_GOOD) from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(_in_words(error.smtp_code, error.smtp_error)) from error
    except (smtplib.SMTPException, OSError, UnicodeError, ValueError) as error:
        raise NotSent(_reason(error)) from error


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    # Else it would look its own full name up, which may take longer than all the rest.
    options = {"timeout": ANSWER_SECONDS, "local_hostname": socket.gethostname()}
    kind, options = (smtplib.SMTP_SSL, {**options, "context": context}) if server.security == "tls" else (
        smtplib.SMTP, options)
    smtp = kind(server.host, server.port, **options)
    try:
        if server.security == "starttls":
            smtp.starttls(context=context)
        yield smtp
        smtp.quit()
    finally:
        smtp.close()


def _in_words(code: int, said: bytes | str) -> str:
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(said.split())}"[:300]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return f"the server's name was not found: {error.strerror}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return "the server does not speak TLS on this port; STARTTLS may be what it wants"
    said = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return " ".join(said.split())[:300]
