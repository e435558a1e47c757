"""Finds the entries that a question means, whatever its wording and spelling.

BM25 ranks the wordings; each word of the question stands for the known words that are spelt like it, which
covers typos and inflections in any language that puts spaces between words. Passages of documents stand on a shelf
of their own: beside them, a question of a few words would be lost.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from os.path import commonprefix

import gevent
import numpy as np
from bm25s import BM25, stopwords
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from bots.engine import Entry

# Calibrated on the demo's entries by tests/bots/test_retrieval.py, which prints what they achieve.
ALIKE_FROM, MOST_ALIKE = 0.88, 6
LIKENESS_BY_SLIPS = {1: 0.9, 2: 0.6}
OTHER_FORM = 0.9
SHORTEST_ALIKE, LONGEST_ENDING = 4, 3
SHORTEST_UNKNOWN = 3
UNKNOWN_WORD_WEIGHT = 0.85

# A passage has many words, and meets a question by chance more often than an entry does.
PASSAGE_WORTH = 0.85
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


# With more entries, building takes so long that nobody else in the process should have to wait for it.
BUILT_HERE_UP_TO = 100

Nearest = list[tuple[Entry, float]]


def library_of(entries: Sequence[Entry], language: str) -> "Library":
    """Everything a bot knows, ready to be searched."""
    if len(entries) <= BUILT_HERE_UP_TO:
        return Library(entries, language)
    return gevent.get_hub().threadpool.apply(Library, (entries, language))


class Library:
    """Everything a bot knows, ready to be searched. Built once per version; safe to share between greenlets."""

    def __init__(self, entries: Sequence[Entry], language: str) -> None:
        little_words = _little_words(language)
        written = [entry for entry in entries if not entry.source]
        passages = [entry for entry in entries if entry.source]
        self._written = Shelf(written, little_words, lambda entry: entry.wordings)
        self._passages = Shelf(passages, little_words, lambda entry: (f"{entry.question}\n{entry.answer}",),
                               length_matters=False)

    def nearest(self, text: str, most: int) -> Nearest:
        """The `most` nearest entries with their scores from 0 to 1, best first."""
        passages = [(entry, score * PASSAGE_WORTH) for entry, score in self._passages.nearest(text, most)]
        return sorted([*self._written.nearest(text, most), *passages], key=lambda found: -found[1])[:most]


class Shelf:
    """Entries of one kind, found by the wordings that `texts_of` names."""

    def __init__(self, entries: Sequence[Entry], little_words: frozenset[str],
                 texts_of: Callable[[Entry], tuple[str, ...]], length_matters: bool = True) -> None:
        self._texts_of = texts_of
        self._little_words = little_words
        self._entries, self._starts, wordings = self._wordings(entries)
        self._known = sorted({word for words in wordings for word in words})
        self._verbatim = _verbatim(self._entries, texts_of)
        self._index = _index(wordings, length_matters) if wordings else None
        self._weights = _weights(self._index) if wordings else {}
        self._unknown_weight = UNKNOWN_WORD_WEIGHT * max(self._weights.values(), default=1.0)

    def nearest(self, text: str, most: int) -> Nearest:
        """The `most` nearest entries with their scores from 0 to 1, best first."""
        if verbatim := self._verbatim.get(_all_words(text)):
            return [(verbatim, 1.0)]
        words = self._question_words(text)
        if self._index is None or not words:
            return []
        scores = self._scores(words)
        best = np.argsort(-scores, kind="stable")[:most]
        return [(self._entries[place], float(scores[place])) for place in best]

    def _wordings(self, entries: Sequence[Entry]) -> tuple[list[Entry], list[int], list[list[str]]]:
        """The entries that say anything, where each one's wordings start, and the words of all wordings."""
        told: list[Entry] = []
        starts: list[int] = []
        wordings: list[list[str]] = []
        for entry in entries:
            split = [words for text in self._texts_of(entry)
                     if (words := _words(text, self._little_words))]
            if split:
                told.append(entry)
                starts.append(len(wordings))
                wordings.extend(split)
        return told, starts, wordings

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


def _verbatim(entries: Sequence[Entry], texts_of: Callable[[Entry], tuple[str, ...]]) -> dict[tuple[str, ...], Entry]:
    """Quick replies repeat a question word for word, and must find it whatever else resembles it."""
    told = [(_all_words(text), entry) for entry in reversed(entries) for text in texts_of(entry)]
    return {words: entry for words, entry in told if words}


def _index(wordings: list[list[str]], length_matters: bool) -> BM25:
    index = BM25() if length_matters else BM25(b=0)
    index.index(wordings, show_progress=False)
    return index


def _weights(index: BM25) -> dict[str, float]:
    """What each known word is worth: its best score, read from the index's columns (one for each word)."""
    best = np.maximum.reduceat(index.scores["data"], index.scores["indptr"][:-1])
    return {word: float(best[column]) for word, column in index.vocab_dict.items() if word}


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
