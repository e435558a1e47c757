"""The languages in which customers read Baton: the catalogues in translations/, and who reads which.

Members read English.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Domain, force_locale, get_locale

from models import Chat

TRANSLATIONS = Path(__file__).parent / "translations"
# Texts are written in it.
SOURCE = "en"
LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "nl": "Nederlands"}


class Catalogues(Domain):
    """Has Flask-Babel read the catalogues as they are kept: there is nothing to compile."""

    def get_translations(self) -> NullTranslations:
        """The texts of the language that is spoken here."""
        locale = get_locale()
        return catalogue(locale.language if locale else SOURCE)


def chosen(*tags: str | None) -> str:
    """The first of the languages `tags` ("de-AT", "fr") that Baton speaks; English if it speaks none."""
    primary = (re.split("[-_]", tag)[0].lower() for tag in tags if tag)
    return next((language for language in primary if language in LANGUAGES), SOURCE)


def of_chat(chat: Chat) -> str:
    """The language in which the customer of a chat reads it."""
    return chosen(chat.language)


def spoken(language: str | None) -> AbstractContextManager:
    """Texts that are made meanwhile are in `language`; None leaves it as it is."""
    return force_locale(_locale(language)) if language else nullcontext()


# Babel looks at the disk for each one that it parses, and every fragment is made in a language.
_locale = cache(Locale.parse)


def translator(tag: str) -> Callable[[str], str]:
    """A gettext for whoever reads `tag`, also outside of requests."""
    return catalogue(chosen(tag)).gettext


@cache
def catalogue(language: str) -> NullTranslations:
    """The texts of a language."""
    file = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as texts:
        write_mo(compiled, read_po(texts, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def load() -> None:
    """Read every catalogue now: the first customer of a language would wait for it."""
    for language in LANGUAGES:
        catalogue(language)
