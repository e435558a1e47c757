"""What every engine takes, gives and promises."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

HumanOffer = Literal["asked", "not_understood", "failed"]
# Why an engine has no answer; members read it with the chat (templates/chat/_trouble.html).
Trouble = Literal[
    "slow", "unreachable", "inside", "redirected", "refused", "missing", "busy", "failing", "cut", "nonsense", "sealed",
    "turns", "chat_tokens", "day_tokens", "crashed",
]


class EngineFailed(Exception):
    """An engine has no answer; `.trouble` says why."""

    def __init__(self, trouble: Trouble):
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True)
class BotSettings:
    """What an engine must know of its bot. `language` is a code such as "en" or "de-AT".

    `options` is how this engine is set up, `secret` its key. Of the host's own network it may reach `internal_hosts`
    ("host" or "host:port", in lower case) alone. An answer may take `limit_seconds`.
    """

    name: str
    engine: str = "knowledge"
    fallback: str = "I'm not sure I understood that. Could you put it another way?"
    language: str = "en"
    options: tuple[tuple[str, Any], ...] = ()
    secret: str = field(default="", repr=False)
    internal_hosts: frozenset[str] = frozenset()
    limit_seconds: float = 8

    def option(self, name: str) -> Any:
        """One of the options; None where it is not set."""
        return dict(self.options).get(name)


@dataclass(frozen=True)
class Entry:
    """One question the host answered, with other wordings of it; or a passage of `source`, under its heading."""

    id: int
    question: str
    alternatives: tuple[str, ...]
    answer: str
    quick_replies: tuple[str, ...] = ()
    source: str = ""

    @property
    def wordings(self) -> tuple[str, ...]:
        """The question and its alternatives."""
        return (self.question, *self.alternatives)

    @property
    def place(self) -> str:
        """Where a passage stands, as people read it; empty for what the host wrote."""
        return f"{self.source}, {self.question}" if self.source else ""


@dataclass(frozen=True)
class Knowledge:
    """Entries that are told apart by their version, and loaded when an engine is built from them."""

    version: Hashable
    load: Callable[[], Iterable[Entry]] = field(compare=False)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.load())


@dataclass(frozen=True)
class Spent:
    """What a bot has spent so far: answers in this chat, tokens in this chat, tokens in all of today's chats."""

    turns: int = 0
    in_chat: int = 0
    today: int = 0


@dataclass
class Meter:
    """What an answer costs, in tokens; an engine that pays for them keeps it up while it works."""

    tokens: int = 0


def keep_quiet(text: str) -> None:
    """The default for `Question.tell`: nobody reads along."""


@dataclass(frozen=True)
class Question:
    """What the customer wrote.

    `history` holds what was said before as (author, text), oldest first; `previous_misses` counts how many
    of the bot's latest answers in a row were fallbacks. `about` is what a host's own bot is told besides. An engine
    may `tell` what it has of its answer so far.
    """

    text: str
    history: tuple[tuple[str, str], ...] = ()
    previous_misses: int = 0
    about: Mapping[str, Any] = field(default_factory=dict)
    spent: Spent = Spent()
    meter: Meter = field(default_factory=Meter)
    tell: Callable[[str], None] = keep_quiet


@dataclass(frozen=True)
class Answer:
    """What the bot says.

    `score` runs from 0 (nothing in common) to 1. `source` names the document that it was taken from. `understood`
    is False for a fallback. `offer_human` is the reason to offer a person, None where there is none; `hands_over`
    gives the chat to the people without being asked again. `trouble` is why an engine has failed.
    """

    text: str
    quick_replies: tuple[str, ...] = ()
    entry_id: int | None = None
    score: float = 0.0
    source: str = ""
    understood: bool = True
    offer_human: HumanOffer | None = None
    hands_over: bool = False
    trouble: Trouble | None = None


class Engine(Protocol):
    """Finds answers; knows nothing of chats or people. May raise or be slow: `bots.ask` stands in front."""

    def answer(self, question: Question) -> Answer:
        """Answer one question, with `understood=False` where there is no answer."""
        ...


class EngineMaker(Protocol):
    """Builds an engine from what the host wrote."""

    def __call__(self, settings: BotSettings, entries: Sequence[Entry]) -> Engine:
        """Build the engine; may take tens of milliseconds."""
        ...
