"""How a bot answers: `ask(engine_for(settings, entries), question, limit_seconds)`.

One engine per file; to add one, write it and name it in `ENGINES`. What is imported here knows neither Flask
nor the database.
"""

from collections.abc import Iterable
from functools import lru_cache

from bots.asking import ENGLISH, NOBODY_HERE, Sentences, ask
from bots.engine import (
    Answer,
    BotSettings,
    Engine,
    EngineFailed,
    EngineMaker,
    Entry,
    HumanOffer,
    Knowledge,
    Meter,
    Question,
    Spent,
)
from bots.handoff import asks_for_human
from bots.knowledge import KnowledgeEngine
from bots.model import ModelEngine
from bots.webhook import WebhookEngine

__all__ = [
    "ENGINES", "ENGLISH", "NOBODY_HERE", "Answer", "BotSettings", "Engine", "EngineFailed", "Entry", "HumanOffer",
    "Knowledge", "Meter", "Question", "Sentences", "Spent", "ask", "asks_for_human", "engine_for",
]

ENGINES: dict[str, EngineMaker] = {"knowledge": KnowledgeEngine, "model": ModelEngine, "webhook": WebhookEngine}

# Costs about 2 MB for a bot with 500 entries; an edited bot's old engine stays until 32 others were used.
KEPT_ENGINES = 32


def engine_for(bot_settings: BotSettings, entries: Iterable[Entry]) -> Engine:
    """Return the bot's engine, built once and kept for as long as its settings and entries are the same.

    An edit takes effect with the next question, in every process: `Knowledge` is told apart by its version, any
    other entries by what they say. Raises ValueError for an engine that does not exist.
    """
    return _engine(bot_settings, entries if isinstance(entries, Knowledge) else tuple(entries))


@lru_cache(maxsize=KEPT_ENGINES)
def _engine(bot_settings: BotSettings, entries: Knowledge | tuple[Entry, ...]) -> Engine:
    if bot_settings.engine not in ENGINES:
        raise ValueError(f"There is no engine {bot_settings.engine!r}; choose one of {', '.join(ENGINES)}.")
    return ENGINES[bot_settings.engine](bot_settings, tuple(entries))
