"""What customers are asked before their first message: set by administrators, answered once, asked of everybody."""

import html

import pytest

from models import Bot, Customer, State, reading
from tests.models.chats import change
from tests.people import Customer as CustomerClient
from tests.web.edge import assert_refused, be_answered, chat_now, nothing_changes
from tests.web.test_settings_bots import stored

QUESTIONS = [
    {"label": "Your name", "kind": "name", "required": False, "choices": []},
    {"label": "Your e-mail", "kind": "email", "required": True, "choices": []},
    {"label": "What is it about?", "kind": "choice", "required": True, "choices": ["An order", "A return"]},
    {"label": "Order number", "kind": "number", "required": False, "choices": []},
    {"label": "I agree", "kind": "checkbox", "required": True, "choices": []},
    {"label": "Anything else?", "kind": "text", "required": False, "choices": []},
]
ANSWERS = {"answer_0": "Lena", "answer_1": "Lena@example.com", "answer_2": "A return", "answer_3": "4711",
           "answer_4": "1", "answer_5": ""}


def typed(questions=QUESTIONS, **more) -> dict:
    """The form of an administrator."""
    form = dict(more)
    for number, question in enumerate(questions):
        form |= {f"questions-{number}-label": question["label"], f"questions-{number}-kind": question["kind"],
                 f"questions-{number}-choices": "\n".join(question["choices"])}
        form |= {f"questions-{number}-required": "1"} if question["required"] else {}
    return form


@pytest.fixture
def asked(desk, customer) -> CustomerClient:
    """A customer whose bot asks."""
    change(Bot, Bot.id == desk.bot.id, introduction=QUESTIONS)
    return customer


def test_every_question_is_kept_in_its_order(desk, anna):
    assert "Saved." in anna.http.post(f"/settings/bots/{desk.bot.key}/forms", data=typed()).text
    assert stored(desk.bot).introduction == QUESTIONS
    anna.http.post(f"/settings/bots/{desk.bot.key}/forms", data={})
    assert stored(desk.bot).introduction == []


@pytest.mark.parametrize(("do", "order"), [
    ("up-1", [1, 0, 2]), ("down-0", [1, 0, 2]), ("up-0", [0, 1, 2]), ("down-2", [0, 1, 2]), ("remove-1", [0, 2]),
    ("remove-99", [0, 1, 2]), ("up-x", [0, 1, 2]),
])
def test_questions_are_moved_on_the_page_and_saved_later(desk, anna, do, order):
    with nothing_changes():
        page = anna.http.post(f"/settings/bots/{desk.bot.key}/forms", data=typed(QUESTIONS[:3], do=do)).text
    shown = [page.find(f'value="{QUESTIONS[number]["label"]}"') for number in order]
    assert -1 not in shown and shown == sorted(shown)
    assert page.count('<legend>Question') == len(order)


@pytest.mark.parametrize(("number", "change", "field", "sentence"), [
    (0, {"label": ""}, "label", "Please fill this in."),
    (1, {"label": "YOUR NAME"}, "label", "This question is there twice."),
    (0, {"kind": "email"}, "kind", None),
    (2, {"choices": ["An order"]}, "choices", "Please write at least two choices."),
    (3, {"kind": "riddle"}, "kind", "Not a valid choice."),
])
def test_questions_that_cannot_be_are_refused_beside_their_field(desk, anna, number, change, field, sentence):
    questions = [question | (change if each == number else {}) for each, question in enumerate(QUESTIONS)]
    if sentence is None:
        number, sentence = 1, "This is asked twice."
    with nothing_changes():
        answer = anna.http.post(f"/settings/bots/{desk.bot.key}/forms", data=typed(questions))
    assert answer.status_code == 422
    error = f'<span class="field__error" id="questions-{number}-{field}_error">{sentence}</span>'
    assert error in html.unescape(answer.text) and 'value="Anything else?"' in answer.text


@pytest.mark.parametrize("number", ["²", "9" * 4301, "x", ""])
def test_a_field_that_no_page_has_is_refused(desk, anna, number):
    with nothing_changes():
        answer = anna.http.post(f"/settings/bots/{desk.bot.key}/forms", data={f"questions-{number}-label": "Hm?"})
    assert_refused(answer, 400, "This request cannot be read.")


def test_the_first_message_waits_for_the_answers(asked):
    with nothing_changes():
        answer = asked.start("Hello")
    assert answer.status_code == 422
    assert "Please answer the questions first. Your text is kept." in answer.text and "Start the chat" in answer.text


def test_answers_are_the_customers_own_and_members_see_them(desk, asked, maya):
    questions = asked.http.get("/introduction").text
    assert "answer_0" in questions and questions.count(' inputmode="decimal" ') == 1, "digits on a phone"
    answer = asked.http.post("/introduction", data=ANSWERS)
    assert answer.status_code == 200 and "answer_0" not in answer.text
    be_answered(asked, "I want to talk to a human")
    with reading() as session:
        customer = session.get(Customer, chat_now(asked.chat_id).customer_id)
    assert (customer.name, customer.email) == ("Lena", "lena@example.com")
    assert customer.introduction == {"What is it about?": "A return", "Order number": "4711", "I agree": True}
    details = maya.http.get(f"/bots/{desk.bot.key}/chats/{asked.chat_id}").text
    assert "Asked before the chat" in details and "4711" in details


def test_who_has_answered_is_not_asked_again(asked):
    asked.http.post("/introduction", data=ANSWERS)
    assert asked.http.get("/introduction").text.count("answer_") == 0
    again = asked.http.get("/chat")
    assert again.status_code == 404 and "introduction" in again.text and "answer_" not in again.text
    be_answered(asked)
    asked.end()
    assert asked.start("One more thing").status_code == 201


@pytest.mark.parametrize(("number", "answer", "sentence"), [
    (0, "x" * 121, "At most 120 characters."),
    (1, "", "Please fill this in."),
    (1, "lena", "Please write an e-mail address like lena@example.com."),
    (2, "", "Please choose one of these."),
    (2, "A riddle", "Please choose one of these."),
    (3, "seven", "Please write a number."),
    (4, "", "Please tick this box."),
    (5, "a\x07", "This text has characters that cannot be shown."),
    (5, "x" * 201, "At most 200 characters."),
])
def test_an_answer_that_cannot_be_is_refused_beside_its_question(asked, number, answer, sentence):
    with nothing_changes():
        refused = asked.http.post("/introduction", data={**ANSWERS, f"answer_{number}": answer})
    assert refused.status_code == 422
    assert f'<span class="wrong" id="answer_{number}_error">{sentence}</span>' in refused.text
    assert 'value="4711"' in refused.text or number == 3, "what was typed is still there"


def test_a_chat_that_was_begun_before_the_questions_goes_on(desk, chatting):
    change(Bot, Bot.id == desk.bot.id, introduction=QUESTIONS)
    assert chatting.write("And another").status_code == 200


def test_a_person_is_not_reached_around_the_questions(desk, asked):
    change(Bot, Bot.id == desk.bot.id, handoff_after=0)
    with nothing_changes():
        assert asked.http.post("/chats", data={"handoff": "1"}).status_code == 422
    asked.http.post("/introduction", data=ANSWERS)
    asked.chat_id = int(asked.http.post("/chats", data={"handoff": "1"}).headers["Baton-Chat"])
    assert chat_now(asked.chat_id).state == State.LIVE
