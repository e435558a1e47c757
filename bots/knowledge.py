"""The built-in engine: finds the entry that a question means, whatever its wording and spelling.

BM25 ranks the wordings; each word of the question stands for the known words that are spelt like it, which
covers typos and inflections in any language that puts spaces between words.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from os.path import commonprefix

import numpy as np
from bm25s import BM25, stopwords
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from bots.engine import Answer, BotSettings, Entry, Question

# Calibrated on the demo's entries by tests/bots/test_retrieval.py, which prints what they achieve.
UNDERSTOOD_FROM = 0.45
GUESSED_FROM = 0.25
ALIKE_FROM, MOST_ALIKE = 0.88, 6
LIKENESS_BY_SLIPS = {1: 0.9, 2: 0.6}
OTHER_FORM = 0.9
SHORTEST_ALIKE, LONGEST_ENDING = 4, 3
SHORTEST_UNKNOWN = 3
UNKNOWN_WORD_WEIGHT = 0.85

GUESSES = 3
# Bounds the time that a long text takes; a question says what it is about within these.
LONGEST_QUESTION, LONGEST_WORD = 40, 30

LITTLE_WORDS = {
    "de": stopwords.STOPWORDS_GERMAN,
    "en": stopwords.STOPWORDS_EN_PLUS,
    "es": stopwords.STOPWORDS_SPANISH,
    "fr": stopwords.STOPWORDS_FRENCH,
    "it": stopwords.STOPWORDS_ITALIAN,
    "nl": stopwords.STOPWORDS_DUTCH,
    "no": stopwords.STOPWORDS_NORWEGIAN,
    "pt": stopwords.STOPWORDS_PORTUGUESE,
    "ru": stopwords.STOPWORDS_RUSSIAN,
    "sv": stopwords.STOPWORDS_SWEDISH,
}
# Politeness and wishing say nothing of what is asked for, unless they are all that is said.
ENGLISH_COURTESIES = """
    hi hello hey thanks thank thx please pls help ok okay u ur want need would could like get got tell
    know may might also just really let many much still yet anything something possible possibly able
    actually maybe try tried use using i'd i'm i've i'll id im ive ill us there's where's when's what's
    whats how's hows
""".split()


class KnowledgeEngine:
    """Answers from entries. Built once per version of a bot's knowledge; safe to share between greenlets."""

    def __init__(self, settings: BotSettings, entries: Sequence[Entry]) -> None:
        self._fallback = settings.fallback
        self._little_words = _little_words(settings.language)
        self._entries, self._starts, wordings = self._wordings(entries)
        self._known = sorted({word for words in wordings for word in words})
        self._verbatim = _verbatim(self._entries)
        self._index = _index(wordings) if wordings else None
        self._weights = {word: float(self._index.get_scores([word]).max()) for word in self._known}
        self._unknown_weight = UNKNOWN_WORD_WEIGHT * max(self._weights.values(), default=1.0)

    def answer(self, question: Question) -> Answer:
        """Return the nearest entry's answer, or the fallback with the nearest entries to choose from."""
        ranking = self._ranking(question.text)
        if not ranking or ranking[0][1] < UNDERSTOOD_FROM:
            guesses = tuple(entry.question for entry, score in ranking if score >= GUESSED_FROM)
            return Answer(self._fallback, guesses, understood=False)
        entry, score = ranking[0]
        return Answer(entry.answer, entry.quick_replies, entry.id, score)

    def _wordings(self, entries: Sequence[Entry]) -> tuple[list[Entry], list[int], list[list[str]]]:
        """The entries that say anything, where each one's wordings start, and the words of all wordings."""
        told: list[Entry] = []
        starts: list[int] = []
        wordings: list[list[str]] = []
        for entry in entries:
            split = [words for text in entry.wordings if (words := _words(text, self._little_words))]
            if split:
                told.append(entry)
                starts.append(len(wordings))
                wordings.extend(split)
        return told, starts, wordings

    def _ranking(self, text: str) -> list[tuple[Entry, float]]:
        """The nearest entries with their scores from 0 to 1, best first."""
        if verbatim := self._verbatim.get(_all_words(text)):
            return [(verbatim, 1.0)]
        words = self._question_words(text)
        if self._index is None or not words:
            return []
        scores = self._scores(words)
        best = np.argsort(-scores, kind="stable")[:GUESSES]
        return [(self._entries[place], float(scores[place])) for place in best]

    def _question_words(self, text: str) -> list[str]:
        words = _words(text, self._little_words)[:LONGEST_QUESTION]
        return list(dict.fromkeys(part for word in words for part in self._parts(word)))

    def _parts(self, word: str) -> tuple[str, ...]:
        """Split "giftcard" into "gift" and "card", where only those are known."""
        if word not in self._weights:
            for cut in range(3, len(word) - 2):
                if word[:cut] in self._weights and word[cut:] in self._weights:
                    return word[:cut], word[cut:]
        return (word,)

    def _scores(self, words: list[str]) -> np.ndarray:
        """How much of the question each entry covers, rare words counting most.

        Half of it for what one wording covers alone, half for what all the entry's wordings cover together.
        """
        alone = np.zeros(self._index.scores["num_docs"])
        together = np.zeros(len(self._entries))
        asked = 0.0
        for word in words:
            alike = self._alike(word)
            worth = self._worth(word, alike)
            asked += worth
            if alike:
                found = self._found(alike, worth)
                alone += found
                together += np.maximum.reduceat(found, self._starts)
        return (np.maximum.reduceat(alone, self._starts) + together) / (2 * asked or 1.0)

    def _found(self, alike: dict[str, float], worth: float) -> np.ndarray:
        """What each wording gains by one word of the question."""
        # A rarer form of the word must not count more than the word itself.
        gains = (like * np.minimum(self._index.get_scores([known]), worth) for known, like in alike.items())
        return np.max(list(gains), axis=0)

    def _worth(self, word: str, alike: dict[str, float]) -> float:
        if word in alike or not alike:
            return self._weights.get(word, self._weight_of_unknown(word))
        return max(self._weights[known] for known in alike)

    def _weight_of_unknown(self, word: str) -> float:
        short = len(word) < SHORTEST_UNKNOWN and word.isalpha()
        return 0.0 if short or word in self._little_words else self._unknown_weight

    def _alike(self, word: str) -> dict[str, float]:
        """Known words that this one may be meant to be, with their likeness up to 1."""
        if len(word) < SHORTEST_ALIKE:
            return {word: 1.0} if word in self._weights else {}
        spelling = JaroWinkler.similarity
        near = process.extract(word, self._known, scorer=spelling, score_cutoff=ALIKE_FROM, limit=MOST_ALIKE)
        misspelt = word not in self._weights
        return {known: likeness for known, _, _ in near if (likeness := _likeness(word, known, misspelt))}


def _likeness(word: str, known: str, misspelt: bool) -> float:
    """1 for the same word, less for another form of it or, where it may be misspelt, for slips of the pen."""
    if word == known:
        return 1.0
    if min(len(word), len(known)) < SHORTEST_ALIKE:
        return 0.0
    stem = len(commonprefix((word, known)))
    if stem >= SHORTEST_ALIKE and max(len(word), len(known)) - stem <= LONGEST_ENDING:
        return OTHER_FORM
    # The first letter is seldom wrong, and few words change their meaning as much as "arrived" and "married".
    if not misspelt or known[0] not in word[:2]:
        return 0.0
    return LIKENESS_BY_SLIPS.get(OSA.distance(word, known), 0.0)


def _verbatim(entries: Sequence[Entry]) -> dict[tuple[str, ...], Entry]:
    """Quick replies repeat a question word for word, and must find it whatever else resembles it."""
    told = [(_all_words(text), entry) for entry in reversed(entries) for text in entry.wordings]
    return {words: entry for words, entry in told if words}


def _index(wordings: list[list[str]]) -> BM25:
    index = BM25()
    index.index(wordings, show_progress=False)
    return index


def _little_words(language: str) -> frozenset[str]:
    code = re.split("[-_]", language)[0].lower()
    words: Iterable[str] = LITTLE_WORDS.get(code, ())
    return frozenset(map(_plain, [*words, *(ENGLISH_COURTESIES if code == "en" else ())]))


def _words(text: str, little_words: frozenset[str]) -> list[str]:
    """Split a text into plain words, without the little ones as long as others remain ("Who are you?")."""
    words = [word[:LONGEST_WORD] for word in _all_words(text)]
    return [word for word in words if word not in little_words] or words


def _all_words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", _plain(text)))


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"['’`]", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))
