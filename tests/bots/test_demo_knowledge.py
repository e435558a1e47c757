"""The demo's bots know enough to be convincing, and never lead into a dead end."""

from collections import Counter

from bots import Question, ask, asks_for_human


def test_the_shop_knows_a_shop(shop):
    assert shop["key"] == "demo"
    assert len(shop["entries"]) >= 30


def test_every_bot_has_its_manners(demo_bot):
    assert demo_bot["name"] and demo_bot["welcome"] and demo_bot["fallback"]
    assert 1 <= len(demo_bot["quick_replies"]) <= 4
    assert len(demo_bot["entries"]) >= 5


def test_every_wording_finds_its_own_entry(demo_bot, engine_of, entries_of):
    engine = engine_of(demo_bot)
    lost = {
        text: answer.text
        for entry in entries_of(demo_bot)
        for text in entry.wordings
        if (answer := engine.answer(Question(text))).entry_id != entry.id
    }
    assert lost == {}


def test_no_wording_of_an_entry_is_taken_for_a_wish_for_a_person(demo_bot, entries_of):
    assert [text for entry in entries_of(demo_bot) for text in entry.wordings if asks_for_human(text)] == []


def test_no_wording_stands_in_two_entries(demo_bot, entries_of):
    counts = Counter(text.casefold() for entry in entries_of(demo_bot) for text in entry.wordings)
    assert [text for text, count in counts.items() if count > 1] == []


def test_every_quick_reply_is_understood(demo_bot, engine_of):
    engine = engine_of(demo_bot)
    replies = set(demo_bot["quick_replies"]).union(*(entry["quick_replies"] for entry in demo_bot["entries"]))
    answers = {reply: ask(engine, Question(reply), 1) for reply in replies}
    assert {reply for reply, answer in answers.items() if not answer.understood} == set()
    assert {reply for reply, answer in answers.items() if answer.offer_human} <= {"Talk to a person"}


def test_answers_are_short_and_quick_replies_few(demo_bot):
    for entry in demo_bot["entries"]:
        assert len(entry["answer"]) <= 260, entry["question"]
        assert len(entry["quick_replies"]) <= 4, entry["question"]
