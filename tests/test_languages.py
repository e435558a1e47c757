"""Customers read Baton in their language: every text that they can meet is translated."""

import re

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from languages import LANGUAGES, SOURCE, TRANSLATIONS, catalogue, chosen
from tests.running import ROOT

TRANSLATED = sorted(set(LANGUAGES) - {SOURCE})
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def texts() -> set:
    """Every text in the files that customers read from."""
    with (TRANSLATIONS / "customers.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    return {message for _file, _line, message, _comments, _context in extract_from_dir(ROOT, methods, options)}


def translations(language: str) -> dict:
    """The catalogue of a language, by text."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {message.id: message for message in read_po(file, locale=language) if message.id}


def words(text) -> list[str]:
    """A text, or both numbers of one."""
    return list(text) if isinstance(text, list | tuple) else [text]


def test_the_catalogues_are_those_of_the_languages():
    assert sorted(folder.name for folder in TRANSLATIONS.iterdir() if folder.is_dir()) == TRANSLATED
    assert "Talk to a human" in texts() and ("%(num)d star", "%(num)d stars") in texts()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_that_customers_read_is_translated_and_no_other(language):
    known = translations(language)
    assert set(known) == texts()
    assert [text for text, message in known.items() if message.fuzzy or not all(words(message.string))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_what_is_filled_in(language):
    for text, message in translations(language).items():
        wanted = sorted(PLACEHOLDER.findall(words(text)[-1]))
        assert all(sorted(PLACEHOLDER.findall(string)) == wanted for string in words(message.string)), message.string


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_the_bot_calls_the_button_is_what_stands_on_it(language):
    button = catalogue(language).gettext("Talk to a human")
    sentences = [message.string for text, message in translations(language).items()
                 if "“Talk to a human”" in words(text)[0]]
    assert len(sentences) == 3 and all(button in sentence for sentence in sentences)


def test_the_first_language_that_baton_speaks_is_chosen():
    assert [chosen("de-AT"), chosen("", None, "pt_BR", "FR"), chosen("sv"), chosen()] == ["de", "fr", "en", "en"]
