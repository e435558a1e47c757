"""What hosts upload for their bots: documents become passages, tables become entries.

A file from outside is read in a process of its own (documents/__main__.py), with limits on its time and memory:
one that is broken or hostile holds nobody up. Nothing here knows Flask or the database.
"""

import json
import subprocess
import sys
from pathlib import Path, PurePath
from typing import NamedTuple

from documents.formats import FORMATS

ROOT = Path(__file__).resolve().parent.parent

LARGEST_FILE = 5 * 1024 * 1024
PASSAGES_AT_MOST = 1_000
SECONDS = 20


class DocumentError(Exception):
    """A document that cannot be used."""


class UnknownFormat(DocumentError):
    """Neither Markdown, HTML, PDF, Word nor plain text, by its name."""


class FileTooLarge(DocumentError):
    """More bytes than `.limit`."""

    limit = LARGEST_FILE


class Unreadable(DocumentError):
    """Not what its name says, damaged, locked with a password, or too much work to read."""


class NothingInside(DocumentError):
    """No text: an empty file, or pages that are pictures."""


class TooLong(DocumentError):
    """More passages than `.limit`."""

    limit = PASSAGES_AT_MOST


class Passage(NamedTuple):
    """A piece of a document that reads well alone, and the heading above it."""

    heading: str
    text: str


def format_of(name: str) -> str:
    """The format of a file by the end of its name; raises UnknownFormat."""
    ending = PurePath(name).suffix.lower()
    for known, endings in FORMATS.items():
        if ending in endings:
            return known
    raise UnknownFormat(name)


def passages_of(name: str, content: bytes) -> list[Passage]:
    """The passages of a file. Raises DocumentError."""
    if len(content) > LARGEST_FILE:
        raise FileTooLarge(name)
    return _checked(_read_apart(format_of(name), PurePath(name).stem, content))


def passages_in(text: str, title: str) -> list[Passage]:
    """The passages of a text that somebody pasted, in Markdown or plain. Raises DocumentError."""
    return _checked(_read_apart("markdown", title, text.encode()))


def _checked(passages: list[Passage]) -> list[Passage]:
    if not passages:
        raise NothingInside
    if len(passages) > PASSAGES_AT_MOST:
        raise TooLong
    return passages


def _read_apart(kind: str, title: str, content: bytes) -> list[Passage]:
    command = [sys.executable, "-m", "documents", kind, title]
    # Without Baton's own environment, which may hold secrets.
    try:
        done = subprocess.run(command, input=content, capture_output=True, cwd=ROOT, env={}, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(kind) from error
    if done.returncode != 0:
        raise Unreadable(done.stderr.decode(errors="replace")[-500:])
    return [Passage(*pair) for pair in json.loads(done.stdout)]
