"""A bot: an assistant with a name, a look, knowledge and a public key."""

import secrets
import zlib
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, Name, PrimaryKey, Prose, now
from models.database import announce, transaction
from models.event import Action, Notice, track
from models.hours import Doors, Hours, WhenAway

if TYPE_CHECKING:
    from models.member import Member

HANDOFF_AFTER = 2

ACCENT = "#0f766e"
SIDES = ("right", "left")
THEMES = ("auto", "light", "dark")
LAUNCHER_ICONS = ("message-circle", "messages-square", "headset", "circle-help", "sparkles")
GAP = 20
# What the loader draws by itself (static/widget.js).
LAUNCHER = {"color": ACCENT, "on": "", "side": SIDES[0], "offset": GAP, "icon": LAUNCHER_ICONS[0], "openLabel": "",
            "closeLabel": "", "theme": THEMES[0]}


def new_key() -> str:
    """A public key for a bot: 12 random characters that a URL takes as they are."""
    return secrets.token_hex(6)


class BotOff(Exception):
    """The bot is switched off: nobody would read what a customer writes."""


class Bot(Base):
    """An assistant on a website, with a dashboard of its own."""

    __tablename__ = "bots"

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"), index=True)
    key: Mapped[str] = mapped_column(String(40), unique=True, default=new_key)
    name: Mapped[Name]
    accent: Mapped[str] = mapped_column(String(7), default=ACCENT)
    # Text on the accent; empty: white or black, whichever reads better.
    on_accent: Mapped[str] = mapped_column(String(7), default="")
    theme: Mapped[str] = mapped_column(String(5), default=THEMES[0])
    # What stands at the top of the chat; empty: the bot's name, and a line that Baton writes.
    title: Mapped[Name] = mapped_column(default="")
    subtitle: Mapped[Name] = mapped_column(default="")
    # The version of its logo (models/logo.py); empty: it has none, and its first letter stands there.
    logo: Mapped[str] = mapped_column(String(12), default="")
    launcher_icon: Mapped[str] = mapped_column(String(20), default=LAUNCHER_ICONS[0])
    launcher_side: Mapped[str] = mapped_column(String(5), default=SIDES[0])
    launcher_gap: Mapped[int] = mapped_column(default=GAP)
    # What the launcher is called; empty: "Open chat", "Close chat" in the customer's language.
    open_label: Mapped[str] = mapped_column(String(60), default="")
    close_label: Mapped[str] = mapped_column(String(60), default="")
    # The language of Baton's own words in the widget; empty: the customer's browser chooses.
    widget_language: Mapped[str] = mapped_column(String(35), default="")
    language: Mapped[str] = mapped_column(String(35), default="en")
    engine: Mapped[str] = mapped_column(String(20), default="knowledge")
    welcome: Mapped[Prose]
    fallback: Mapped[Prose]
    quick_replies: Mapped[list] = mapped_column(default=list)
    # Rises with every change of what the bot knows (models/knowledge.py).
    knowledge_version: Mapped[int] = mapped_column(default=0)
    # Off: every chat goes straight to the people.
    answers: Mapped[bool] = mapped_column(default=True)
    handoff_after: Mapped[int | None] = mapped_column(default=HANDOFF_AFTER)
    # When people are there (models/hours.py), and what the button does when nobody is.
    doors: Mapped[str] = mapped_column(String(10), default=Doors.HOURS)
    hours: Mapped[dict] = mapped_column(default=dict)
    when_away: Mapped[str] = mapped_column(String(10), default=WhenAway.QUEUE)
    # What customers are asked before their first message (models/introduction.py).
    introduction: Mapped[list] = mapped_column(default=list)
    # The steps of waiting, in seconds; None: never (models/waiting.py).
    alarm_seconds: Mapped[int | None] = mapped_column(default=60)
    delay_seconds: Mapped[int | None] = mapped_column(default=180)
    mail_seconds: Mapped[int | None] = mapped_column(default=300)
    absence_seconds: Mapped[int | None] = mapped_column(default=300)
    idle_bot_hours: Mapped[int | None]
    idle_live_hours: Mapped[int | None]
    allowed_origins: Mapped[list] = mapped_column(default=list)
    # With which the host's server signs who a customer is, sealed; empty: nobody can (models/identity.py).
    identity_secret: Mapped[Prose] = mapped_column(default="")
    created_at: Mapped[Created]
    switched_off_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    @staticmethod
    def with_key(session: Session, key: str, switched_off: bool = False) -> "Bot | None":
        """The bot that answers on websites under `key`; one that is switched off only if asked for."""
        bots = select(Bot).where(Bot.key == key, Bot.deleted_at.is_(None))
        if not switched_off:
            bots = bots.where(Bot.switched_off_at.is_(None))
        return session.scalars(bots).first()

    @property
    def heading(self) -> str:
        """What stands at the top of the chat."""
        return self.title or self.name

    @property
    def beginning(self) -> str:
        """Tells the way in which a chat begins from how it began before the host changed that."""
        shown = (self.heading, self.subtitle, self.logo, self.widget_language, self.welcome, self.quick_replies,
                 self.introduction, self.answers, self.handoff_after)
        return f"{zlib.crc32(repr(shown).encode()):08x}"

    @property
    def is_on(self) -> bool:
        """Whether customers can write to it, and members see it."""
        return self.switched_off_at is None

    def change(self, by: "Member", **values) -> None:
        """Set columns of this bot; what differs is tracked, and every open screen is told."""
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        if not changed:
            return
        with transaction() as session:
            session.execute(update(Bot).where(Bot.id == self.id).values({name: values[name] for name in changed}))
            self.note_change(session, by, changed)

    def note_change(self, session: Session, by: "Member", changed: list[str]) -> None:
        """Track that these columns were changed, inside the caller's transaction."""
        self._tell(session, Action.BOT_CHANGED, by, changed=changed)

    def switch_off(self, by: "Member") -> None:
        """Take this bot off its websites and off every dashboard; its chats stay as they are. Twice changes nothing."""
        with transaction() as session:
            on = update(Bot).where(Bot.id == self.id, Bot.switched_off_at.is_(None))
            if session.execute(on.values(switched_off_at=now())).rowcount == 1:
                self._tell(session, Action.BOT_SWITCHED_OFF, by)

    def switch_on(self, by: "Member") -> None:
        """Bring this bot back, with its chats as they are. Twice changes nothing."""
        with transaction() as session:
            off = update(Bot).where(Bot.id == self.id, Bot.switched_off_at.is_not(None), Bot.deleted_at.is_(None))
            if session.execute(off.values(switched_off_at=None)).rowcount == 1:
                self._tell(session, Action.BOT_SWITCHED_ON, by)

    def delete(self, by: "Member") -> bool:
        """Take this bot away for good; False when it was. Its rows stay: events, chats and messages refer to them.

        Its open chats are closed by `Chat.close_all_of`.
        """
        with transaction() as session:
            there = update(Bot).where(Bot.id == self.id, Bot.deleted_at.is_(None))
            deleted = session.execute(there.values(deleted_at=now(), switched_off_at=now())).rowcount == 1
            if deleted:
                self._tell(session, Action.BOT_DELETED, by)
            return deleted

    def _tell(self, session: Session, action: Action, by: "Member", **particulars) -> None:
        track(session, action, by=by, bot=self.id, name=self.name, **particulars)
        announce(session, Notice("bot_changed", bot_id=self.id))

    def launcher(self) -> dict:
        """How the launcher on the host's page differs from one that nobody has changed; lengths in pixels."""
        chosen = {"color": self.accent, "on": self.on_accent, "side": self.launcher_side, "offset": self.launcher_gap,
                  "icon": self.launcher_icon, "openLabel": self.open_label, "closeLabel": self.close_label,
                  "theme": self.theme}
        return {name: value for name, value in chosen.items() if value != LAUNCHER[name]}

    @property
    def weekly(self) -> Hours:
        """The hours as the host has set them."""
        return Hours(**self.hours)

    def is_open(self, at: datetime) -> bool:
        """Whether people are expected to be there at the instant `at`."""
        return self.doors == Doors.OPEN or (self.doors == Doors.HOURS and self.weekly.is_open(at))

    def opens_at(self, at: datetime) -> datetime | None:
        """When people are back; None when they are there, or nobody can say."""
        if self.doors != Doors.HOURS or self.weekly.is_open(at):
            return None
        return self.weekly.next_opening(at)

    def offers_human(self, answered: int) -> bool:
        """Whether **Talk to a human** shows after `answered` answered customer messages.

        Not where every chat goes to the people anyway.
        """
        return self.answers and self.handoff_after is not None and answered >= self.handoff_after
