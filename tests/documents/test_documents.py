"""Documents become passages that read well alone; what cannot be read is refused, and holds nobody up."""

import io
import time
import zipfile

import pytest

import documents
from documents import FileTooLarge, NothingInside, TooLong, UnknownFormat, Unreadable, passages_in, passages_of
from tests.documents.files import pdf, word

CARE = "# Care\n\nWax it once a year.\n\n## Washing\n\nBy hand.\n\n- cold\n- no soap\n"


def test_markdown_is_split_at_its_headings():
    assert passages_of("care.md", CARE.encode()) == [
        ("Care", "Wax it once a year."), ("Washing", "By hand.\ncold\nno soap")]


def test_what_comes_before_the_first_heading_stands_under_the_files_name():
    assert passages_of("Jackets.txt", b"They are warm.") == [("Jackets", "They are warm.")]


def test_a_paragraph_that_is_a_question_is_a_heading():
    text = "Do you ship abroad?\n\nYes.\n\nIs it dear? It depends.\n\nHow long does it take?\n\nTwo days."
    assert passages_in(text, "FAQ") == [
        ("Do you ship abroad?", "Yes.\nIs it dear? It depends."), ("How long does it take?", "Two days.")]


def test_a_page_is_read_without_what_stands_around_its_text():
    page = b"""<html><head><title>Shop<style>p{}</style></title><body><nav><a>Home</a></nav><script>alert(1)</script>
        <h1>Shipping &amp; more</h1><div>To <b>Norway</b>: <p>5 days</p></div>
        <table><tr><td>Oslo</td><td>9 EUR</td></tr></table><footer>Imprint</footer>"""
    assert passages_of("page.html", page) == [("Shipping & more", "To Norway:\n5 days\nOslo 9 EUR")]


def test_a_word_file_is_read_with_its_headings():
    assert passages_of("care.docx", word(("Heading1", "Washing"), ("", "By hand, cold."))) == [
        ("Washing", "By hand, cold.")]


def test_each_page_of_a_pdf_stands_under_its_number():
    assert passages_of("care.pdf", pdf("Wash by hand.", "Dry in the wind.")) == [
        ("page 1", "Wash by hand."), ("page 2", "Dry in the wind.")]


def test_text_as_windows_writes_it_is_read():
    assert passages_of("a.txt", "Größe".encode("cp1252"))[0].text == "Größe"
    assert passages_of("a.txt", "Größe".encode("utf-16"))[0].text == "Größe"


def test_a_long_text_is_cut_behind_sentences():
    text = "This is one more sentence about jackets. " * 100
    passages = passages_in(text, "Long")
    assert len(passages) > 5
    assert all(len(passage.text) <= 700 and passage.text.endswith(".") for passage in passages)
    assert " ".join(passage.text for passage in passages) == text.strip()
    assert {len(passage.text) for passage in passages_in("x" * 1500, "Word")} == {700, 100}


@pytest.mark.parametrize(("name", "content"), [
    ("a.pdf", b"%PDF-1.7 nonsense"), ("a.pdf", b""), ("a.docx", b"PK nonsense"), ("a.docx", b""),
    ("a.md", b"\x00\x01\x02"), ("a.html", b"\x89PNG\r\n\x00\x00"),
])
def test_what_is_broken_is_unreadable(name, content):
    with pytest.raises(Unreadable):
        passages_of(name, content)


def test_a_letter_that_the_font_of_a_pdf_does_not_name_costs_no_other():
    assert [passage.text for passage in passages_of("a.pdf", pdf("Wash\\000by hand."))] == ["Wash by hand."]


def test_a_locked_pdf_is_unreadable():
    with pytest.raises(Unreadable):
        passages_of("a.pdf", pdf("Secret", password="sesame"))


def test_a_word_file_that_would_fill_the_memory_is_unreadable():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b" " * 100_000_000)
    with pytest.raises(Unreadable):
        passages_of("a.docx", packed.getvalue())


def test_a_file_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(documents, "SECONDS", 0.01)
    began = time.monotonic()
    with pytest.raises(Unreadable):
        passages_of("a.md", b"slow")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("name", "content", "error"), [
    ("a.exe", b"MZ", UnknownFormat), ("noending", b"x", UnknownFormat),
    ("a.md", b"x" * (5 * 1024**2 + 1), FileTooLarge),
    ("a.md", b" \n ", NothingInside), ("a.html", b"<script>only()</script>", NothingInside),
    ("a.md", b"# One\n\ntext\n\n" * 1_001, TooLong),
])
def test_what_is_no_document_is_refused(name, content, error):
    with pytest.raises(error):
        passages_of(name, content)
