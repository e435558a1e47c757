"""Words that ask for a person."""

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA


@dataclass(frozen=True)
class HumanWish:
    """How one language asks for a person, in patterns over lower-case words with one space between them.

    `keywords` are also recognised with one slip of the finger; `refusals` are words that turn a wish
    into its opposite when they stand right before it.
    """

    wishes: tuple[re.Pattern[str], ...]
    refusals: re.Pattern[str]
    keywords: tuple[str, ...]


def _english() -> HumanWish:
    real = r"(?:(?:real|live|actual|human|living|another|different) )*"
    service = r"(?:customer |support |service |sales )*"
    role = (
        rf"(?:human being|humans?|persons?|{service}(?:agent|operator|advis[eo]r|rep(?:resentative)?)s?"
        r"|supervisor|manager|colleague|(?:customer|human|live|phone) (?:service|support|care)"
        r"|(?:member of|someone from|somebody from) (?:the |your )?(?:staff|team|crew|support))"
        r"(?! (?:resources?|rights?|body|hair|error|size|number|hours|email|e mail|address|phone)\b)"
    )
    anyone = rf"(?:{role}|(?:some|any)(?:one|body)|people|staff|the (?:team|crew)|your (?:team|crew|boss))"
    article = r"(?:(?:a|an|the|your|one of your|some|any|one) )?"
    talk = r"(?:talk|speak|chat|connect|transfer|forward|escalate|hand|pass|put|switch|write)"
    way = r"(?: (?:me|us|this|it|now|directly|please|through|over|on|to|with))+ "
    want = r"(?:want|need|prefer|like|have|(?:get|bring)(?: me)?|give me|(?:is|are) there|reach|contact|call)"
    wishes = (
        rf"^(?:please |just |a |an |the |i said )*{real}{role}(?: (?:please|now|asap|thanks))*$",
        rf"\b{talk}{way}{article}{real}{anyone}\b",
        rf"\b{want} (?:to (?:talk|speak|chat) (?:to|with) )?{article}{real}{role}\b",
        rf"\b{want} {article}(?:real|live|actual|human) (?:someone|help|people)\b",
        rf"\b(?:real|live|actual) {role} please$",
        r"^(?:is )?any(?:one|body) (?:there|here|real)\b",
    )
    refusals = (
        r"\b(?:don'?t|do not|didn'?t|needn'?t|no|never|rather not)(?: really)?"
        r"(?: (?:want|need|wish|have|like))?(?: to)?$"
    )
    keywords = ("human", "person", "agent", "representative", "operator", "speak", "connect", "transfer")
    return HumanWish(tuple(map(re.compile, wishes)), re.compile(refusals), keywords)


def _english_about_bots() -> HumanWish:
    """Here the refusal is the wish: "I don't want to talk to a bot"."""
    bot = r"(?:a |an |this |the |any |some )?(?:stupid )?(?:chat ?)?(?:bot|robot|machine|computer|ai)s?"
    wishes = (
        rf"\b(?:don'?t|do not) (?:want|like|wish)(?: to (?:talk|speak|chat) (?:to|with))? {bot}\b",
        rf"^no {bot}\b",
    )
    return HumanWish(tuple(map(re.compile, wishes)), re.compile(r"(?!)"), ())


# Every language is tried, whatever the bot's own is: customers write in theirs.
WISHES = (_english(), _english_about_bots())


def asks_for_human(text: str) -> bool:
    """Say whether a customer's words ask for a person rather than for an answer."""
    return any(_wishes(wish, sentence) for sentence in _sentences(text) for wish in WISHES)


def _sentences(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return [" ".join(re.findall(r"[\w']+", sentence)) for sentence in re.split(r"[.,!?;:\n]+", plain)]


def _wishes(wish: HumanWish, sentence: str) -> bool:
    spelt = " ".join(_spelt(word, wish.keywords) for word in sentence.split())
    matches = (match for pattern in wish.wishes for match in pattern.finditer(spelt))
    return any(not wish.refusals.search(_before(match)) for match in matches)


def _before(match: re.Match[str]) -> str:
    # A refusal stands close by; reading on would cost the square of the text's length.
    return match.string[max(0, match.start() - 40) : match.start()].rstrip()


def _spelt(word: str, keywords: tuple[str, ...]) -> str:
    # Shorter words have too many neighbours: "walk" is one letter from "talk".
    if len(word) < 5 or not keywords:
        return word
    nearest = process.extractOne(word, keywords, scorer=OSA.distance, score_cutoff=1)
    return nearest[0] if nearest else word
