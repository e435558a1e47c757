"""A language model answers from what the bot knows, and every way in which it fails offers a person."""

import json

import pytest

from bots import BotSettings, Entry, Meter, Question, Spent, ask, engine_for
from tests.bots.servers import Reply, event, fake_server, refuses, stream

ENTRIES = (
    Entry(1, "When are you open?", (), "From ten to six."),
    Entry(2, "Shipping", (), "Parcels to Norway take nine days.", source="ship.md"),
)


def settings_for(url: str, **options) -> BotSettings:
    options = {"url": f"{url}/v1", "model": "tiny", "temperature": 0.5, **options}
    return BotSettings("Harbor bot", "model", "Pardon?", options=tuple(sorted(options.items())), secret="sesame",
                       internal_hosts=frozenset({"127.0.0.1"}), limit_seconds=3)


def answer_of(server, text="how long do parcels to Norway take?", **more):
    question = more.pop("question", None) or Question(text)
    return ask(engine_for(settings_for(server.url, **more), ENTRIES), question, 3)


def test_it_is_asked_with_the_passages_found_and_what_was_said_before():
    history = (("bot", "Ahoy!"), ("customer", "Do you ship to Norway?"), ("bot", "Yes."))
    with fake_server(stream("Nine ", "days", " [1].")) as server:
        answer = answer_of(server, question=Question("how many days?", history))
    (asked,) = server.asked
    system, *said, last = asked.json["messages"]
    assert (asked.path, asked.headers["authorization"]) == ("/v1/chat/completions", "Bearer sesame")
    assert (asked.json["model"], asked.json["temperature"], asked.json["stream"]) == ("tiny", 0.5, True)
    assert "You are Harbor bot" in system["content"]
    assert "[1] Shipping\nParcels to Norway take nine days." in system["content"]
    assert [message["role"] for message in said] == ["assistant", "user", "assistant"]
    assert last == {"role": "user", "content": "how many days?"}
    assert (answer.text, answer.source, answer.understood) == ("Nine days.", "ship.md, Shipping", True)


def test_what_it_says_is_told_while_it_grows_without_the_numbers_of_passages():
    told, meter = [], Meter()
    with fake_server(stream("Nine", " days [", "1", "], I think.")) as server:
        answer_of(server, question=Question("parcels to Norway?", tell=told.append, meter=meter))
    assert told == ["Nine", "Nine days", "Nine days", "Nine days, I think."]
    assert meter.tokens == 321


def test_no_answer_is_the_fallback_and_not_a_letter_of_it_is_told():
    told = []
    with fake_server(stream("NO", "_ANS", "WER")) as server:
        answer = answer_of(server, question=Question("Do you sell kites?", tell=told.append))
    assert (answer.text, answer.understood, answer.trouble, told) == ("Pardon?", False, None, [])


@pytest.mark.parametrize("words", [
    ("I am not sure. NO_", "ANSWER"), ("I am not sure. ", *"NO_ANSWER", " Sorry."), ("I am not sure. NO_ANSWER.",)])
def test_no_answer_after_other_words_is_the_fallback_and_not_told_either(words):
    told = []
    with fake_server(stream(*words)) as server:
        answer = answer_of(server, question=Question("Do you sell kites?", tell=told.append))
    assert (answer.text, set(told) - {"I am not sure."}) == ("Pardon?", set())


def test_what_only_began_like_no_answer_is_told():
    told = []
    with fake_server(stream("NO", "RWAY: N", "ine days.")) as server:
        answer = answer_of(server, question=Question("parcels to Norway?", tell=told.append))
    assert (told, answer.text) == (["NORWAY:", "NORWAY: Nine days."], "NORWAY: Nine days.")


def test_an_endpoint_that_does_not_stream_is_understood():
    said = {"choices": [{"message": {"content": "Nine days."}}], "usage": {"total_tokens": 9}}
    with fake_server(Reply([json.dumps(said).encode()])) as server:
        assert answer_of(server).text == "Nine days."


def whole(content: str | None, finish: str) -> Reply:
    return Reply([json.dumps({"choices": [{"message": {"content": content}, "finish_reason": finish}]}).encode()])


@pytest.mark.parametrize("reply", [lambda said: stream(said, finish="length"), lambda said: whole(said, "length")],
                         ids=["streamed", "whole"])
@pytest.mark.parametrize(("said", "kept", "trouble"), [
    ("Nine days [2]. To Oslo it ta", "Nine days.", None),
    ("Nine “days.” [1]\n\n1. Pay 4.50 and wa", "Nine “days.”", None),
    ("Nine days! It costs 4.", "Nine days!", None),
    ("需要九天。运费是", "需要九天。", None),
    ("Sorry. NO_ANSWER, for nothing he", "Pardon?", None),
    ("It takes, as far as I can", None, "cut"),
    ("", None, "cut"),
])
def test_an_answer_out_of_tokens_ends_with_its_last_sentence_or_is_none(reply, said, kept, trouble):
    with fake_server(reply(said)) as server:
        answer = answer_of(server)
    assert answer.trouble == trouble
    assert trouble or answer.text == kept


def test_what_an_answer_out_of_tokens_names_is_its_source():
    with fake_server(stream("Nine days. [1] To Oslo it ta", finish="length")) as server:
        assert answer_of(server).source == "ship.md, Shipping"


def test_an_end_that_adds_nothing_spoils_nothing():
    end = b'data: {"choices": [{"delta": null, "finish_reason": "stop"}]}\n\n'
    with fake_server(Reply([event("Nine days."), end], type=STREAM)) as server:
        assert answer_of(server).text == "Nine days."


def test_the_hosts_own_instructions_take_the_place_of_ours():
    with fake_server(stream("Arr.")) as server:
        answer_of(server, prompt="You are a pirate.", temperature=None)
    assert server.asked[0].json["messages"][0]["content"].startswith("You are a pirate.\n")
    assert "temperature" not in server.asked[0].json


def test_one_that_thinks_is_asked_once_more_in_its_own_words_with_room_for_its_thoughts():
    with fake_server(refuses("max_tokens"), stream("Nine days.")) as server:
        assert answer_of(server).text == "Nine days."
    first, second = (asked.json for asked in server.asked)
    assert second["max_completion_tokens"] > first["max_tokens"]
    assert second.keys() & {"max_tokens", "temperature"} == set()
    assert second["messages"] == first["messages"]


def test_one_that_takes_neither_is_asked_no_third_time_and_all_within_the_limit():
    with fake_server(refuses("max_tokens")) as server:
        assert answer_of(server).trouble == "failing"
        assert len(server.asked) == 2
    with fake_server(refuses("max_tokens"), Reply([None])) as server:
        answer = ask(engine_for(settings_for(server.url), ENTRIES), Question("Norway?"), 0.3)
        assert (answer.trouble, len(server.asked)) == ("slow", 2)


@pytest.mark.parametrize(("spent", "trouble"), [
    (Spent(turns=30), "turns"), (Spent(in_chat=900), "chat_tokens"), (Spent(today=5_000), "day_tokens")])
def test_beyond_a_limit_it_is_not_asked(spent, trouble):
    limits = {"turns": 30, "chat_tokens": 900, "day_tokens": 5_000}
    with fake_server(stream("Nine days.")) as server:
        answer = answer_of(server, question=Question("Norway?", spent=spent), **limits)
        assert (answer.trouble, answer.offer_human, server.asked) == (trouble, "failed", [])
        below = Spent(29, 899, 4_999)
        assert answer_of(server, question=Question("Norway?", spent=below), **limits).trouble is None


STREAM = "text/event-stream"
BROKEN = {
    "an error": (Reply([b"{}"], status=500), "failing"),
    "a wrong key": (Reply([b"{}"], status=401), "refused"),
    "an unknown model": (Reply([b"{}"], status=404), "missing"),
    "too many questions": (Reply([b"{}"], status=429), "busy"),
    "a redirect": (Reply([b""], status=302, headers={"Location": "http://127.0.0.1:1/"}), "redirected"),
    "a cut stream": (Reply([event("Nine")], type=STREAM, cut=True), "cut"),
    "a stream without an end": (Reply([event("Nine")], type=STREAM), "cut"),
    "an error in the stream": (Reply([event("Nine"), event(error={"message": "sorry"})], type=STREAM), "failing"),
    "no JSON": (Reply([b"data: {nine\n\n"], type=STREAM), "nonsense"),
    "JSON of another kind": (Reply([b'data: ["nine"]\n\n'], type=STREAM), "nonsense"),
    "a number for a text": (Reply([b'data: {"choices": [{"delta": {"content": 9}}]}\n\n'], type=STREAM), "nonsense"),
    "HTML": (Reply([b"<h1>Welcome</h1>"], type="text/html"), "cut"),
    "an empty answer": (stream(""), "nonsense"),
    "JSON without an answer": (Reply([b'{"choices": []}']), "nonsense"),
    "very deep JSON": (Reply([b"[" * 100_000]), "nonsense"),
    "a line without an end": (Reply([b"x" * 100_000] * 30, type=STREAM), "nonsense"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_whatever_it_breaks_a_person_is_offered_and_the_team_can_read_why(broken):
    reply, trouble = BROKEN[broken]
    with fake_server(reply) as server:
        answer = answer_of(server)
    assert (answer.understood, answer.offer_human, answer.trouble) == (False, "failed", trouble)
    assert "Talk to a human" in answer.text


def test_one_that_is_slow_is_given_up_and_what_it_began_is_paid_for():
    meter = Meter()
    with fake_server(Reply([event("Nine"), None], type=STREAM)) as server:
        answer = ask(engine_for(settings_for(server.url), ENTRIES), Question("Norway?", meter=meter), 0.3)
    assert (answer.trouble, answer.offer_human) == ("slow", "failed")
    assert meter.tokens > 100


def test_one_that_breaks_off_is_paid_for():
    meter = Meter()
    with fake_server(Reply([event("Nine")], type=STREAM, cut=True)) as server:
        assert answer_of(server, question=Question("Norway?", meter=meter)).trouble == "cut"
    assert meter.tokens > 100


@pytest.mark.parametrize(("reply", "trouble"), [
    (None, "unreachable"), (Reply([b"{}"], status=401), "refused"), (Reply([b"{}"], status=500), "failing"),
    (refuses("messages"), "failing")])
def test_a_question_that_was_not_taken_costs_nothing(reply, trouble):
    meter = Meter()
    with fake_server(reply) as server:
        url = server.url if reply else "http://127.0.0.1:1"
        answer = ask(engine_for(settings_for(url), ENTRIES), Question("Norway?", meter=meter), 3)
    assert (answer.trouble, meter.tokens) == (trouble, 0)


def test_an_endless_answer_is_cut_at_what_a_message_holds():
    with fake_server(Reply([event("Nine days. " * 100)] * 100, type=STREAM)) as server:
        assert len(answer_of(server).text) == 4_000


def test_what_cannot_be_stored_is_left_out():
    with fake_server(stream("Nine\x00 \ud800days")) as server:
        assert answer_of(server).text == "Nine days"


def test_a_model_that_stutters_line_breaks_holds_nobody_up():
    """What it says is read anew with each piece: were that dear, the answer would not come within its time."""
    with fake_server(stream("Yes", *["\n" * 5] * 750, ".")) as server:
        answer = answer_of(server)
    assert answer.text.split() == ["Yes", "."]
