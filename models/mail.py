"""Mail: a row in the transaction of what it is about; a sender beside the requests claims it and tries until it is out.

    Mail.queue(session, "ada@example.com", _("Subject"), _("Text"), "invite")

It is for callers to ask first whether mail is sent at all: `MailServer.current(session)`.
"""

from datetime import datetime, timedelta

from sqlalchemy import Index, String, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, PrimaryKey, Prose, now
from models.database import announce, reading, transaction
from models.event import Notice
from models.text import clipped

# From one try to the next; after the last one Baton gives up.
WAITS = [timedelta(seconds=30), *(timedelta(minutes=minutes) for minutes in (2, 10, 30)),
         *(timedelta(hours=hours) for hours in (1, 3, 6, 12, 24, 24))]
# Longer than any try takes: only then a process that died while it sent leaves its mail to another.
CLAIMED = timedelta(minutes=10)
KEPT = timedelta(days=30)


class Mail(Base):
    """One mail to one person. `next_try_at` is None once it is sent or given up."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_waiting", "next_try_at", sqlite_where=text("next_try_at IS NOT NULL"),
                            postgresql_where=text("next_try_at IS NOT NULL")),)

    id: Mapped[PrimaryKey]
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[Prose]
    why: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[Created]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[Prose] = mapped_column(default="")

    @staticmethod
    def queue(session: Session, to: str, subject: str, text: str, why: str) -> "Mail":
        """Have a mail sent once the caller's transaction is committed; `why` is one word for logs and lists."""
        mail = Mail(recipient=to, subject=" ".join(clipped(subject, 200).split()), text=text, why=why,
                    next_try_at=now())
        session.add(mail)
        announce(session, Notice("mail_queued"))
        return mail

    @staticmethod
    def claim() -> "Mail | None":
        """A mail that is due, now this process's to send; None when there is none.

        Of several processes one gets it. Whoever claims it says how it went: `note_sent` or `note_failed`.
        """
        with reading() as session:
            due = select(Mail).where(Mail.next_try_at <= now()).order_by(Mail.next_try_at, Mail.id)
            waiting = session.scalars(due.limit(20)).all()
        return next((mail for mail in waiting if mail._claimed()), None)

    def _claimed(self) -> bool:
        mine = update(Mail).where(Mail.id == self.id, Mail.attempts == self.attempts, Mail.next_try_at <= now())
        with transaction() as session:
            claimed = session.execute(mine.values(attempts=Mail.attempts + 1, next_try_at=now() + CLAIMED,
                                                  last_error=""))
        self.attempts += 1
        return claimed.rowcount == 1

    def note_sent(self) -> None:
        """It is out. Its text goes: it may hold a link that is good for one use."""
        self._note(sent_at=now(), next_try_at=None, text="", last_error="")

    def note_failed(self, error: str, for_good: bool = False) -> None:
        """It was refused, or the server is away: it is tried again later, unless `for_good`."""
        over = for_good or self.attempts > len(WAITS)
        self._note(last_error=error, next_try_at=None if over else now() + WAITS[self.attempts - 1])

    def _note(self, **values) -> None:
        with transaction() as session:
            session.execute(update(Mail).where(Mail.id == self.id).values(**values))

    @staticmethod
    def not_sent(session: Session, limit: int = 50) -> list["Mail"]:
        """What waits, and what was given up; newest first."""
        return list(session.scalars(select(Mail).where(Mail.sent_at.is_(None)).order_by(Mail.id.desc()).limit(limit)))

    @staticmethod
    def try_again() -> None:
        """Have everything that is not sent tried now, also what was given up."""
        with transaction() as session:
            # What a process is sending at this moment has no error yet.
            idle = update(Mail).where(Mail.sent_at.is_(None), Mail.last_error != "")
            session.execute(idle.values(next_try_at=now(), attempts=0))
            announce(session, Notice("mail_queued"))

    @staticmethod
    def forget_old() -> None:
        """Delete what is older than 30 days: the addresses are of no more use here."""
        with transaction() as session:
            session.execute(delete(Mail).where(Mail.created_at < now() - KEPT))
