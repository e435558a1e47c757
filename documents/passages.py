"""Blocks become passages: pieces that read well alone, each under the heading that it stands below."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from documents.formats import Block

# As much as a customer reads in a chat, and a model takes in among others.
PASSAGE_LENGTH = 700
HEADING_LENGTH = 200


def passages(blocks: Iterable[Block], title: str) -> list[tuple[str, str]]:
    """(heading, text) of each passage; what comes before the first heading stands under `title`."""
    found: list[tuple[str, str]] = []
    heading, texts = title, []
    for block in blocks:
        if block.is_heading or _is_question(block.text):
            found += [(heading, text) for text in _joined(texts)]
            heading, texts = block.text[:HEADING_LENGTH], []
        else:
            texts.append(block.text)
    return found + [(heading, text) for text in _joined(texts)]


def _is_question(text: str) -> bool:
    """Whether a paragraph is a question alone, as in pages of frequent ones: what follows is its answer."""
    return len(text) <= HEADING_LENGTH and text.endswith("?") and not re.search(r"[.!?]\s", text)


def _joined(texts: Iterable[str]) -> Iterator[str]:
    """Paragraphs put together up to the length of a passage."""
    passage = ""
    for text in chain.from_iterable(map(_pieces, texts)):
        if passage and len(passage) + len(text) > PASSAGE_LENGTH:
            yield passage
            passage = ""
        passage = f"{passage}\n{text}" if passage else text
    if passage:
        yield passage


def _pieces(text: str) -> Iterator[str]:
    """A paragraph; a long one cut behind sentences, or else between words."""
    while len(text) > PASSAGE_LENGTH:
        ends = [match.end() for match in re.finditer(r"[.!?…]\s", text[:PASSAGE_LENGTH])]
        cut = (ends or [text.rfind(" ", 0, PASSAGE_LENGTH)])[-1]
        cut = cut if cut > 0 else PASSAGE_LENGTH
        yield text[:cut].strip()
        text = text[cut:].strip()
    yield text
