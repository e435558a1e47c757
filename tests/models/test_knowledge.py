"""What a bot knows: every change is tracked, all of an import or nothing, and the running bot uses it at once."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
from sqlalchemy import event

import models.knowledge
from bots.runner import Runner
from models import Bot, Event, KnowledgeEntry, UnansweredQuestion, on_commit, reading
from models.database import transaction, writer
from models.knowledge import Draft, TooMuchKnowledge, add_entries, documents_of, remove_document, replace_documents
from models.text import EmptyText, TextTooLong
from tests.models.chats import chat_of, log_of, write_first
from tests.models.test_runner import settle
from tests.people import new_uuid

KEYS = Draft("Where are my keys?", "In the door.", ["Lost keys"], ["Thanks"])


def known(desk) -> dict[str, str]:
    with reading() as session:
        return {entry.question: entry.answer for entry in KnowledgeEntry.of(session, desk.bot)}


def version(desk) -> int:
    with reading() as session:
        return session.get(Bot, desk.bot.id).knowledge_version


def last_event() -> Event:
    with reading() as session:
        return session.query(Event).order_by(Event.id.desc()).first()


def asked_in_vain(desk) -> list[tuple[str, int]]:
    with reading() as session:
        return [(question.text, question.times) for question in UnansweredQuestion.of(session, desk.bot)]


def test_an_entry_is_added_changed_and_removed_each_with_its_event(local_desk):
    entry = KnowledgeEntry.add(local_desk.bot, local_desk.anna, KEYS)
    assert (last_event().action, last_event().particulars["entry"]) == ("entry_added", entry.id)
    entry.change(local_desk.bot, local_desk.anna, Draft(KEYS.question, "On the hook.", KEYS.alternatives))
    assert known(local_desk)[KEYS.question] == "On the hook."
    assert last_event().particulars["changed"] == ["answer", "quick_replies"]
    entry.remove(local_desk.bot, local_desk.anna)
    assert (KEYS.question in known(local_desk), last_event().action) == (False, "entry_removed")
    assert version(local_desk) == 3


def test_what_changes_nothing_is_no_event(local_desk, heard):
    entry = KnowledgeEntry.add(local_desk.bot, local_desk.anna, KEYS)
    entry.change(local_desk.bot, local_desk.anna, KEYS)
    entry.remove(local_desk.bot, local_desk.anna)
    entry.remove(local_desk.bot, local_desk.anna)
    assert heard == [["entry_added"], ["entry_removed"]]


def test_the_running_bot_uses_changed_knowledge_at_once(local_desk):
    on_commit(Runner(1, nullcontext).hear)
    chat = chat_of(write_first(local_desk, "Where is my order?"))
    settle()
    KnowledgeEntry.add(local_desk.bot, local_desk.anna, KEYS)
    chat.post_as_customer("Where are my keys?", new_uuid())
    settle()
    assert [line for line in log_of(chat) if line.startswith("bot")][1:] == [
        "bot: It left our shop yesterday.", "bot: In the door."]


def test_an_import_adds_what_is_new_and_changes_what_is_known(local_desk):
    done = add_entries(local_desk.bot, local_desk.anna, [KEYS, Draft("WHERE is my order", "On the quay.")])
    assert done == (1, 1)
    assert (known(local_desk)["WHERE is my order"], len(known(local_desk))) == ("On the quay.", 4)
    assert last_event().particulars == {"bot": local_desk.bot.id, "added": 1, "changed": 1}


@pytest.mark.parametrize("broken", [Draft("", "No question"), Draft("No answer", " "), Draft("Long", "x" * 2001)])
def test_an_import_with_one_broken_entry_imports_nothing(local_desk, broken):
    before = known(local_desk)
    with pytest.raises((EmptyText, TextTooLong)):
        add_entries(local_desk.bot, local_desk.anna, [KEYS, broken])
    assert (known(local_desk), version(local_desk)) == (before, 0)


def test_a_document_takes_the_place_of_its_earlier_self_and_of_nothing_else(local_desk):
    for text in ("Two days.", "Three days."):
        replace_documents(local_desk.bot, local_desk.anna, {
            "ship.md": [Draft("Norway", text)], "care.md": [Draft("Washing", "By hand.")]})
    assert documents_of(local_desk.bot) == {"care.md": 1, "ship.md": 1}
    assert (known(local_desk)["Norway"], len(known(local_desk))) == ("Three days.", 5)
    assert remove_document(local_desk.bot, local_desk.anna, "ship.md") == 1
    assert documents_of(local_desk.bot) == {"care.md": 1}


def test_a_bot_has_a_bounded_number_of_entries(local_desk, monkeypatch):
    monkeypatch.setattr(models.knowledge, "ENTRIES_AT_MOST", 4)
    before = known(local_desk)
    with pytest.raises(TooMuchKnowledge):
        add_entries(local_desk.bot, local_desk.anna, [KEYS, Draft("One", "more")])
    with pytest.raises(TooMuchKnowledge):
        replace_documents(local_desk.bot, local_desk.anna, {"a.md": [KEYS, Draft("One", "more")]})
    assert known(local_desk) == before
    KnowledgeEntry.add(local_desk.bot, local_desk.anna, KEYS)
    with pytest.raises(TooMuchKnowledge):
        KnowledgeEntry.add(local_desk.bot, local_desk.anna, Draft("One", "more"))


@pytest.fixture
def written(local_desk):
    """What the database is told while it is written to."""
    statements = []
    event.listen(writer(), "before_cursor_execute", lambda _connection, _cursor, said, *_more: statements.append(said))
    return statements


def test_entries_that_are_known_are_changed_together(local_desk, written):
    table = [Draft(f"Question {number}", "Yes.") for number in range(5)]
    add_entries(local_desk.bot, local_desk.anna, table)
    written.clear()
    assert add_entries(local_desk.bot, local_desk.anna, [replace(draft, answer="No.") for draft in table]) == (0, 5)
    assert [known(local_desk)[draft.question] for draft in table] == ["No."] * 5
    assert len([said for said in written if said.startswith("UPDATE knowledge_entries")]) == 1


def test_an_import_may_have_any_number_of_alternatives(local_desk, written):
    with transaction() as session:
        for question in ("Do you sell kites?", "Where is 7 times 7?"):
            UnansweredQuestion.note(session, local_desk.bot.id, question)
    add_entries(local_desk.bot, local_desk.anna, [
        Draft(f"Question {number}", "Yes.", [f"Where is {number} times {times}?" for times in range(50)])
        for number in range(20)])
    assert asked_in_vain(local_desk) == [("Do you sell kites?", 1)]
    assert max(len(said) for said in written if said.startswith("DELETE")) < 1_000


def test_what_is_too_much_is_refused_before_any_of_it_is_written(local_desk, monkeypatch, written):
    monkeypatch.setattr(models.knowledge, "ENTRIES_AT_MOST", 4)
    too_many = [KEYS, Draft("One", "more")]
    with pytest.raises(TooMuchKnowledge):
        add_entries(local_desk.bot, local_desk.anna, too_many)
    with pytest.raises(TooMuchKnowledge):
        replace_documents(local_desk.bot, local_desk.anna, {"a.md": too_many})
    assert written and not [said for said in written if said.startswith(("INSERT", "UPDATE"))]


def test_what_the_bot_cannot_answer_is_collected_once_and_counted(local_desk):
    on_commit(Runner(1, nullcontext).hear)
    chat = chat_of(write_first(local_desk, "Do you sell kites?"))
    for said in ("do you SELL kites", "???", "Where is my order?", "I want to talk to a human", "Repair my boat!"):
        settle()
        chat.post_as_customer(said, new_uuid())
    settle()
    assert asked_in_vain(local_desk) == [("Do you sell kites?", 2), ("Repair my boat!", 1)]


def test_a_bot_that_fails_collects_nothing(local_desk):
    question = write_first(local_desk, "Do you sell kites?")
    chat_of(question).answer(question, 0, "Sorry.", understood=False, offer="failed")
    assert asked_in_vain(local_desk) == []


def test_an_answer_takes_its_question_off_the_list(local_desk):
    ask_in_vain(local_desk, "Do you sell kites?", "Any dragons?", "Boats?")
    KnowledgeEntry.add(local_desk.bot, local_desk.anna, Draft("Kites", "Yes.", ["do you sell KITES", "any dragons"]))
    assert asked_in_vain(local_desk) == [("Boats?", 1)]
    with reading() as session:
        (boats,) = UnansweredQuestion.of(session, local_desk.bot)
    boats.dismiss(local_desk.anna)
    assert (asked_in_vain(local_desk), last_event().action) == ([], "question_dismissed")


def test_only_the_latest_questions_are_kept(local_desk, monkeypatch):
    monkeypatch.setattr(models.knowledge, "UNANSWERED_AT_MOST", 3)
    ask_in_vain(local_desk, *(f"Question {name}?" for name in ("one", "two", "three", "four", "two", "five")))
    assert {text for text, _times in asked_in_vain(local_desk)} == {"Question two?", "Question four?", "Question five?"}


def ask_in_vain(desk, *texts: str) -> None:
    for text in texts:
        question = write_first(desk, text)
        chat_of(question).answer(question, 0, "Pardon?", understood=False)
