"""What every engine takes, gives and promises."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

HumanOffer = Literal["asked", "not_understood", "failed"]


@dataclass(frozen=True)
class BotSettings:
    """What an engine must know of its bot. `language` is a code such as "en" or "de-AT"."""

    name: str
    engine: str = "knowledge"
    fallback: str = "I'm not sure I understood that. Could you put it another way?"
    language: str = "en"


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
class Question:
    """What the customer wrote.

    `history` holds what was said before as (author, text), oldest first; `previous_misses` counts how many
    of the bot's latest answers in a row were fallbacks.
    """

    text: str
    history: tuple[tuple[str, str], ...] = ()
    previous_misses: int = 0


@dataclass(frozen=True)
class Answer:
    """What the bot says.

    `score` runs from 0 (nothing in common) to 1. `source` names the document that it was taken from. `understood`
    is False for a fallback. `offer_human` is the reason to offer a person, None where there is none.
    """

    text: str
    quick_replies: tuple[str, ...] = ()
    entry_id: int | None = None
    score: float = 0.0
    source: str = ""
    understood: bool = True
    offer_human: HumanOffer | None = None


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
