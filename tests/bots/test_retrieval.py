"""The built-in engine finds the entry that a customer means, and says so when there is none."""

import time

import pytest

from bots import BotSettings, Entry, Question, engine_for

REFUND = "When do I get my money back?"
RETURNS = Entry(1, "How do I return something?", ("Send it back",), "You have 60 days.", (REFUND,))
HOURS = Entry(2, "When are you open?", ("Opening hours",), "From ten to six.")
CARDS = Entry(3, "Do you sell gift cards?", (), "From €20.")
WHO = Entry(4, "Who are you?", (), "The bot.")
ENTRIES = (RETURNS, HOURS, CARDS, WHO)
SETTINGS = BotSettings("Bot", fallback="Say that again?")


def answer_to(text, entries=ENTRIES, settings=SETTINGS):
    return engine_for(settings, entries).answer(Question(text))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("How do I return something?", RETURNS),
        ("HOW DO I RETURN SOMETHING", RETURNS),
        ("can I retrun my jacket", RETURNS),
        ("returning an item", RETURNS),
        ("your openning huors", HOURS),
        ("ópening hours…", HOURS),
        ("giftcards", CARDS),
        ("who are you", WHO),
    ],
)
def test_other_wordings_and_typos_find_the_entry(text, entry):
    answer = answer_to(text)
    assert (answer.entry_id, answer.text, answer.understood) == (entry.id, entry.answer, True)
    assert 0 < answer.score <= 1.001


def test_an_answer_brings_its_quick_replies_and_offers_nobody():
    answer = answer_to("return")
    assert answer.quick_replies == (REFUND,)
    assert answer.offer_human is None


@pytest.mark.parametrize("text", ["Does the moon shine?", "", "   ", "???", "🙂", "x" * 4000, "moon " * 800])
def test_what_no_entry_answers_gets_the_fallback(text):
    answer = answer_to(text)
    assert (answer.text, answer.understood, answer.entry_id) == ("Say that again?", False, None)
    assert answer.quick_replies == ()


def test_a_near_miss_offers_the_nearest_entries_to_choose_from():
    answer = answer_to("please tell the opening of chess grandmasters")
    assert not answer.understood
    assert answer.quick_replies == ("When are you open?",)


def test_a_question_in_the_hosts_own_words_finds_its_entry_whatever_resembles_it():
    entries = (Entry(1, "Where is it?", (), "Here."), Entry(2, "Is it where?", (), "There."))
    assert answer_to("is it WHERE", entries).text == "There."
    assert answer_to("where is it", entries).text == "Here."


def test_a_rarer_form_of_a_word_does_not_beat_the_word():
    teas = [Entry(number, f"Order {thing}", (), "Yes.") for number, thing in enumerate(("tea", "rum", "ale"))]
    entries = (*teas, Entry(8, "My order", (), "On its way."), Entry(9, "Ordered", (), "Thanks."))
    assert answer_to("an order", entries).entry_id == 8


def test_a_bot_without_entries_gives_its_fallback():
    assert answer_to("hello", entries=()).text == "Say that again?"
    assert answer_to("hello", entries=(Entry(1, "…", ("!",), "Nothing"),)).text == "Say that again?"


def test_words_that_only_shape_a_sentence_are_taken_from_the_bots_language():
    entries = (
        Entry(1, "Wo ist meine Bestellung?", (), "Unterwegs."),
        Entry(2, "Wann habt ihr geöffnet?", ("Öffnungszeiten",), "Ab zehn."),
    )
    german = BotSettings("Bot", language="de-AT")
    assert answer_to("wo ist denn meine bestelung", entries, german).entry_id == 1
    assert answer_to("eure offnungszeiten bitte", entries, german).entry_id == 2
    assert answer_to("Was ist meine Lieblingsfarbe?", entries, german).entry_id is None


def test_most_calibrated_wordings_are_understood_and_most_off_topic_ones_refused(shop, shop_engine, wordings):
    right, refused = figures(shop, shop_engine, wordings["calibration"], "calibration")
    assert right >= 0.9
    assert refused >= 0.9


def test_most_wordings_that_nothing_was_tuned_for_are_understood(shop, shop_engine, wordings):
    right, refused = figures(shop, shop_engine, wordings["fresh"], "fresh")
    assert right >= 0.75
    assert refused >= 0.9


def figures(shop, engine, table, name):
    questions = {number: entry["question"] for number, entry in enumerate(shop["entries"], start=1)}
    answers = {text: engine.answer(Question(text)) for text in table["means"]}
    right = sum(questions.get(answer.entry_id) == table["means"][text] for text, answer in answers.items())
    missed = {text: answer for text, answer in answers.items() if not answer.understood}
    offered = sum(table["means"][text] in answer.quick_replies for text, answer in missed.items())
    wrong = len(answers) - len(missed) - right
    refused = sum(not engine.answer(Question(text)).understood for text in table["off_topic"])
    print(
        f"\n{name}: of {len(answers)} wordings {right} right, {wrong} wrong, {offered} offered to choose; "
        f"of {len(table['off_topic'])} off-topic questions {refused} refused"
    )
    return right / len(answers), refused / len(table["off_topic"])


def test_every_wording_in_the_tables_differs_from_the_demo_and_names_a_real_entry(shop, wordings):
    told = {plain(text) for entry in shop["entries"] for text in (entry["question"], *entry["alternatives"])}
    questions = {entry["question"] for entry in shop["entries"]}
    for table in wordings.values():
        assert not {text for text in table["means"] if plain(text) in told}
        assert set(table["means"].values()) <= questions


def plain(text):
    return text.casefold().strip(" .!?")


def test_five_hundred_entries_are_all_found(entries_of, shop, wordings):
    small_talk = 5  # "Hello productaaaa" says nothing but its last word
    entries = grown(entries_of(shop)[small_talk:], 500)
    started = time.perf_counter()
    engine = engine_for(SETTINGS, entries)
    built = time.perf_counter() - started
    texts = [*wordings["calibration"]["means"], *wordings["calibration"]["off_topic"]]
    durations = sorted(timed(engine, text) for text in texts)
    median, slowest = durations[len(durations) // 2], durations[-1]
    long = timed(engine, "where is my parcel and the refund " * 120)
    print(
        f"\n500 entries: built in {in_ms(built)}; {len(durations)} answers took {in_ms(median)} (median), "
        f"{in_ms(slowest)} (slowest), {in_ms(long)} for 4,000 characters"
    )
    found = {entry.question: engine.answer(Question(f"{entry.question} please")) for entry in entries}
    assert [entry.question for entry in entries if found[entry.question].entry_id != entry.id] == []


def grown(entries, count):
    """The shop's entries again and again, each time about another product."""
    copies = []
    for number in range(count):
        entry, product = entries[number % len(entries)], f"product{chr(97 + number // len(entries)) * 4}"
        texts = [f"{text} {product}" for text in entry.wordings]
        copies.append(Entry(number + 1, texts[0], tuple(texts[1:]), f"{entry.answer} {product}"))
    return copies


def timed(engine, text):
    started = time.perf_counter()
    engine.answer(Question(text))
    return time.perf_counter() - started


def in_ms(seconds):
    return f"{seconds * 1000:.2f} ms"
