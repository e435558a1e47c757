"""What a bot knows, as administrators see and change it."""

import html
import re

import pytest

from models import KnowledgeEntry, UnansweredQuestion, reading
from tests.documents.files import word
from tests.web.edge import be_answered, eventually, no_bot_is_busy, nothing_changes

GOOD = {"question": "Where are my keys?", "alternatives": "Lost keys\nKeys", "answer": "In the door.",
        "quick_replies": "Thanks"}


@pytest.fixture
def pages(desk, anna):
    """Asks for the pages of the bot's knowledge."""

    def ask(path: str = "", **form):
        answer = anna.http.request("POST" if form else "GET", f"/settings/bots/{desk.bot.key}/knowledge{path}", **form,
                                   follow_redirects=False)
        # As browsers do: the library would go on with the type of what was uploaded.
        return anna.http.get(answer.headers["Location"]) if answer.status_code == 303 else answer

    return ask


def known(desk) -> dict[str, KnowledgeEntry]:
    with reading() as session:
        return {entry.question: entry for entry in KnowledgeEntry.of(session, desk.bot)}


def errors(answer) -> list[str]:
    """What stands beside the fields."""
    assert answer.status_code == 422
    shown = re.findall(r'<span class="field__error"[^>]*>(.*?)</span>', answer.text)
    return [html.unescape(line) for lines in shown for line in lines.split("<br>")]


def test_an_entry_is_made_changed_found_and_deleted(desk, pages):
    assert "Saved." in pages("/new", data=GOOD).text
    entry = known(desk)["Where are my keys?"]
    assert (entry.alternatives, entry.quick_replies) == (["Lost keys", "Keys"], ["Thanks"])
    assert "Saved." in pages(f"/{entry.id}", data={**GOOD, "answer": "On the hook."}).text
    found = pages("?q=HOOK").text
    assert "Where are my keys?" in found and "Where is my order?" not in found
    assert "Saved." in pages(f"/{entry.id}/removal", data={"x": ""}).text
    assert "Where are my keys?" not in known(desk)


@pytest.mark.parametrize(("field", "typed", "sentence"), [
    ("question", " ", "Please fill this in."), ("question", "x" * 301, "At most 300 characters."),
    ("answer", "", "Please fill this in."), ("answer", "a\x07b", "This text has characters that cannot be shown."),
    ("alternatives", "x" * 301, "At most 300 characters in a line."),
    ("quick_replies", "\n".join("abcdefg"), "At most 6 lines."),
])
def test_what_is_no_entry_is_refused_beside_its_field(desk, pages, field, typed, sentence):
    entry = known(desk)["Where is my order?"]
    with nothing_changes():
        for path in ("/new", f"/{entry.id}"):
            answer = pages(path, data={**GOOD, field: typed})
            assert errors(answer) == [sentence]
            assert "In the door." in answer.text or field == "answer", "what was typed is still there"


def test_the_box_says_which_entry_answers_and_with_what_score(pages):
    tried = pages("?ask=where+is+my+ordre").text
    assert "The bot answers:" in tried and "It left our shop yesterday." in tried
    assert re.search(r"data-answers>\s*<a[^>]*>Where is my order\?</a>\s*<span[^>]*>\d\d %", tried)
    assert "No entry answers this. The bot says:" in pages("?ask=kites").text
    assert "the bot offers one" in pages("?ask=agent").text


def test_a_question_asked_in_vain_becomes_an_entry_or_is_dismissed(desk, customer, anna, pages):
    be_answered(customer, "Do you sell kites?")
    customer.write("And dragons?")
    eventually(no_bot_is_busy)
    with reading() as session:
        kites, dragons = sorted(UnansweredQuestion.of(session, desk.bot), key=lambda question: question.id)
    assert "Do you sell kites?" in pages().text
    assert 'value="Do you sell kites?"' in pages(f"/new?unanswered={kites.id}").text
    pages("/new", data={**GOOD, "question": "Do you sell kites?"})
    anna.http.post(f"/settings/bots/{desk.bot.key}/unanswered/{dragons.id}/removal")
    assert "Questions that the bot cannot answer are collected here." in pages().text


def test_a_table_is_imported(desk, pages):
    table = b"question;answer;alternatives\nKites?;Yes.;Kite|Dragons\nWhere is my order?;At sea.;\n"
    said = pages("/import", data={"kind": "table"}, files={"table": ("a.csv", table)}).text
    assert "1 entries added, 1 changed." in said
    assert (known(desk)["Kites?"].alternatives, known(desk)["Where is my order?"].answer) == (
        ["Kite", "Dragons"], "At sea.")


@pytest.mark.parametrize(("table", "sentences"), [
    (b"question,answer\nFine?,Yes.\n,No.\nWhy?,\n" + b"x" * 301 + b",y\n",
     ["Row 3: the question is missing.", "Row 4: the answer is missing.",
      "Row 5: a text has more than 300 characters."]),
    (b"question,answer,quick replies\nWhy?,So.,1|2|3|4|5|6|7\n",
     ["Row 2: at most 50 alternatives and 6 quick replies."]),
    (b"question,answer\n" + b"?,\n" * 13, [f"Row {number}: the answer is missing." for number in range(2, 12)]
     + ["… and 3 more rows."]),
    (b"frage,antwort\na,b\n", ["The first line has no column “question”."]),
    (b"question,answer\n", ["There is no text in it."]), (b"\x00", ["This file cannot be read. Is it damaged, or "
                                                                   "locked with a password?"]),
    (b"x" * 2_100_000, ["This file is too large."]),
    (b"question,answer\n" + b"?,\n" * 220_000, ["A bot can have at most 2000 entries."]),
])
def test_a_table_with_broken_rows_is_refused_as_a_whole(pages, table, sentences):
    with nothing_changes():
        assert errors(pages("/import", data={"kind": "table"}, files={"table": ("a.csv", table)})) == sentences


def test_documents_and_pasted_text_are_imported_and_customers_read_the_source(desk, customer, pages):
    files = [("files", ("care.docx", word(("Heading1", "Washing oilskin"), ("", "Only by hand.")))),
             ("files", ("ship.md", b"# Norway\n\nParcels to Norway take nine days."))]
    assert "2 passages imported." in pages("/import", data={"kind": "files"}, files=files).text
    text = {"kind": "text", "title": "Letter", "text": "Do you rent boats?\n\nIn summer."}
    assert "1 passage imported." in pages("/import", files={name: (None, value) for name, value in text.items()}).text
    assert {entry.source for entry in known(desk).values()} == {"", "care.docx", "ship.md", "Letter"}

    be_answered(customer, "how long do parcels to Norway take?")
    said = customer.entries().text
    assert "Parcels to Norway take nine days." in said and "Source: ship.md, Norway" in said

    assert "ship.md" in pages("/import").text
    assert "Saved." in pages("/documents/removal", data={"source": "ship.md"}).text
    assert "Norway" not in known(desk)


def test_documents_that_cannot_be_read_are_named_and_nothing_is_imported(pages):
    files = [("files", ("fine.md", b"Text.")), ("files", ("broken.pdf", b"%PDF-1.7")), ("files", ("a.exe", b"MZ")),
             ("files", ("big.md", b"x" * (5 * 1024**2 + 1))), ("files", ("empty.md", b""))]
    with nothing_changes():
        assert errors(pages("/import", data={"kind": "files"}, files=files)) == [
            "broken.pdf: This file cannot be read. Is it damaged, or locked with a password?",
            "a.exe: Baton cannot read this kind of file.", "big.md: This file is too large.",
            "empty.md: There is no text in it."]


@pytest.mark.parametrize(("kind", "form", "sentence"), [
    ("files", {}, "Please choose a file."), ("table", {}, "Please choose a file."),
    ("text", {"title": "", "text": "Some"}, "Please fill this in."),
    ("text", {"title": "Letter", "text": ""}, "Please fill this in."),
    ("text", {"title": "Letter", "text": "###"}, "There is no text in it."),
    ("", {"title": "Letter", "text": "\x07"}, "This text has characters that cannot be shown."),
])
def test_an_import_of_nothing_is_refused(pages, kind, form, sentence):
    fields = {"kind": kind, **form}
    with nothing_changes():
        answer = pages("/import", files={name: (None, value) for name, value in fields.items()})
        assert errors(answer) == [sentence]
        assert kind != "text" or form["title"] in answer.text


def test_an_upload_beyond_all_limits_is_not_even_read(pages):
    with nothing_changes():
        answer = pages("/import", data={"kind": "files"}, files={"files": ("a.md", b"x" * 27_000_000)})
    assert answer.status_code == 413
