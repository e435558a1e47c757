"""What people may type: one rule for every text that Baton stores."""

import re
import uuid

MESSAGE_LIMIT = 4_000
COMMENT_LIMIT = 2_000

# Controls that no person types; tab and line break stay. Halves of a surrogate pair, which JSON can spell,
# would break every page that shows them: they have no UTF-8.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class InvalidText(ValueError):
    """The text cannot be stored as it is."""


class EmptyText(InvalidText):
    """Nothing but white space."""


class TextTooLong(InvalidText):
    """More characters than the limit, which is `.limit`."""

    def __init__(self, limit: int):
        super().__init__(f"over {limit} characters")
        self.limit = limit


class NotText(InvalidText):
    """Control characters, which no person types."""


class InvalidUuid(ValueError):
    """A client id that is no UUID."""


def clean(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """`text` with outer white space gone and line breaks as \\n.

    Raises EmptyText, TextTooLong (over `limit` characters) or NotText.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise EmptyText
    if len(text) > limit:
        raise TextTooLong(limit)
    if _CONTROLS.search(text):
        raise NotText
    return text


def clean_optional(text: str | None, limit: int) -> str:
    """Like `clean`, but nothing is a fine answer: an empty text comes back as ''."""
    return clean(text, limit) if text and text.strip() else ""


def clipped(text: object, limit: int) -> str:
    """What a browser says of itself, made harmless: controls dropped, cut at `limit` characters."""
    return _CONTROLS.sub("", "" if text is None else str(text)).strip()[:limit]


def clean_uuid(text: str) -> str:
    """`text` as a canonical lower-case UUID; raises InvalidUuid."""
    try:
        canonical = str(uuid.UUID(text))
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidUuid(text) from error
    # uuid.UUID also takes braces, a urn: prefix and bare hex, which a page could not match with its own.
    if canonical != text.lower():
        raise InvalidUuid(text)
    return canonical
