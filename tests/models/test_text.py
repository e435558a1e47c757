"""What people may type, and what is refused."""

import pytest

from models.text import (
    EmptyText,
    InvalidText,
    InvalidUuid,
    NotText,
    TextTooLong,
    clean,
    clean_optional,
    clean_uuid,
    clipped,
)

UUID = "6f1c0a52-3f0e-4b7e-9d5c-8a2f0c1d2e3f"


@pytest.mark.parametrize("typed, stored", [
    ("Hello", "Hello"), ("  Hello \n", "Hello"), ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
    ("a\tb", "a\tb"), ("🙂 né שלום", "🙂 né שלום"), ("<b>&amp;", "<b>&amp;"), ("x" * 4000, "x" * 4000),
    ("🙂" * 4000, "🙂" * 4000), (" " + "x" * 4000 + " ", "x" * 4000),
])
def test_text_is_kept_as_it_was_meant(typed, stored):
    assert clean(typed) == stored


@pytest.mark.parametrize("typed", ["", " ", "\n\t\r\n", "\u00a0\u2003\u3000"])
def test_nothing_but_white_space_is_no_text(typed):
    with pytest.raises(EmptyText):
        clean(typed)
    assert clean_optional(typed, 10) == ""


@pytest.mark.parametrize("limit", [1, 10, 4000])
def test_a_text_over_the_limit_is_refused_with_the_limit(limit):
    assert clean("x" * limit, limit)
    with pytest.raises(TextTooLong) as refusal:
        clean("x" * (limit + 1), limit)
    assert refusal.value.limit == limit


@pytest.mark.parametrize("code", [*range(0x00, 0x09), 0x0b, 0x0c, *range(0x0e, 0x20), 0x7f, 0xd800, 0xdfff])
def test_characters_that_nobody_types_are_refused(code):
    with pytest.raises(NotText):
        clean(f"a{chr(code)}b")
    assert clipped(f"a{chr(code)}b", 10) == "ab"


def test_every_refusal_of_a_text_is_one_kind():
    assert all(issubclass(refusal, InvalidText) for refusal in (EmptyText, TextTooLong, NotText))


@pytest.mark.parametrize("said, kept", [
    (None, ""), ("", ""), (0, "0"), (False, "False"), (1.5, "1.5"), (" a\0b ", "ab"), ("x" * 20, "x" * 10),
])
def test_what_a_browser_says_is_made_harmless(said, kept):
    assert clipped(said, 10) == kept


@pytest.mark.parametrize("comment, kept", [(None, ""), ("", ""), (" fine ", "fine")])
def test_an_optional_text_may_be_missing(comment, kept):
    assert clean_optional(comment, 10) == kept


def test_an_optional_text_obeys_the_same_rules():
    for typed, refusal in (("x" * 11, TextTooLong), ("a\0", NotText)):
        with pytest.raises(refusal):
            clean_optional(typed, 10)


@pytest.mark.parametrize("typed", [UUID, UUID.upper()])
def test_a_uuid_is_kept_in_lower_case(typed):
    assert clean_uuid(typed) == UUID


@pytest.mark.parametrize("typed", ["", "1", "x" * 36, UUID + "0", UUID.replace("-", ""), f"{{{UUID}}}",
                                   f"urn:uuid:{UUID}", f" {UUID}", f"{UUID}\n", None, 7])
def test_what_is_no_canonical_uuid_is_refused(typed):
    with pytest.raises(InvalidUuid):
        clean_uuid(typed)
