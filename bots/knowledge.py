"""The built-in engine: answers with the entry that is nearest to the question. It needs no key and no network."""

from collections.abc import Sequence

from bots.engine import Answer, BotSettings, Entry, Question
from bots.retrieval import Nearest, library_of

# Calibrated on the demo's entries by tests/bots/test_retrieval.py, which prints what they achieve.
UNDERSTOOD_FROM = 0.45
GUESSED_FROM = 0.25
GUESSES = 3


class KnowledgeEngine:
    """Answers from entries. Built once per version of a bot's knowledge; safe to share between greenlets."""

    def __init__(self, settings: BotSettings, entries: Sequence[Entry]) -> None:
        self._fallback = settings.fallback
        self._library = library_of(entries, settings.language)

    def answer(self, question: Question) -> Answer:
        """Return the nearest entry's answer, or the fallback with the nearest entries to choose from."""
        nearest = self.nearest(question.text)
        if not nearest or nearest[0][1] < UNDERSTOOD_FROM:
            guesses = (entry.question for entry, score in nearest if score >= GUESSED_FROM and not entry.source)
            return Answer(self._fallback, tuple(guesses), understood=False)
        entry, score = nearest[0]
        return Answer(entry.answer, entry.quick_replies, entry.id, score, entry.place)

    def nearest(self, text: str) -> Nearest:
        """The nearest entries with their scores from 0 to 1, best first."""
        return self._library.nearest(text, GUESSES)
