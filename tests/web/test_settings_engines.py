"""How a bot answers, as administrators set it."""

import html
import re

import pytest

from models import EngineSetup, reading
from tests.bots.servers import Reply, fake_server, says, stream
from tests.web.edge import be_answered, eventually, no_bot_is_busy, nothing_changes
from tests.web.test_settings_bots import stored

MODEL = {"engine": "model", "url": "https://api.example.com/v1", "model": "tiny", "secret": "sesame-sesame",
         "prompt": "", "temperature": "0,5", "seconds": "20", "turns": "30", "chat_tokens": "", "day_tokens": "9000"}
WEBHOOK = {"engine": "webhook", "url": "https://shop.example.com/baton", "secret": "x" * 32, "seconds": "5"}
INSIDE = "This address is inside the server's own network. ENGINE_HOSTS can allow it."
WHOLE = "Please write a whole address, such as https://api.example.com/v1."


@pytest.fixture
def choose(desk, anna):
    """Posts one of the forms."""
    return lambda form, **other: anna.http.post(f"/settings/bots/{desk.bot.key}/engine", data={**form, **other})


@pytest.fixture
def ask(desk, anna):
    """Presses the button that asks once."""
    return lambda text="Where is my order?": html.unescape(
        anna.http.post(f"/settings/bots/{desk.bot.key}/engine/test", data={"ask": text}).text)


def errors(answer) -> list[str]:
    assert answer.status_code == 422
    return [html.unescape(found) for found in re.findall(r'<span class="field__error"[^>]*>(.*?)</span>', answer.text)]


def setup_of(desk, engine: str) -> EngineSetup:
    with reading() as session:
        return EngineSetup.of(session, desk.bot, engine)


def test_an_engine_is_set_up_and_chosen_and_its_key_never_shown(desk, choose):
    answer = choose(MODEL)
    assert "Saved." in answer.text and "One is stored. Leave this empty to keep it." in answer.text
    assert "sesame" not in answer.text and "sesame" not in setup_of(desk, "model").sealed_secret
    assert stored(desk.bot).engine == "model"
    assert setup_of(desk, "model").options == {
        "url": "https://api.example.com/v1", "model": "tiny", "prompt": "", "temperature": 0.5, "seconds": 20,
        "turns": 30, "chat_tokens": None, "day_tokens": 9000}
    choose({"engine": "knowledge"})
    assert stored(desk.bot).engine == "knowledge"
    assert 'value="tiny"' in choose(MODEL, secret="").text, "what was set up is kept"


def test_a_key_goes_to_no_other_server_than_it_was_meant_for(desk, choose):
    choose(MODEL)
    before = setup_of(desk, "model").sealed_secret
    with nothing_changes():
        answer = choose(MODEL, secret="", url="https://evil.example.com/v1")
        assert errors(answer) == ["Please enter it again, for the server is another one."]
    choose(MODEL, secret="", url="https://api.example.com/v2")
    assert setup_of(desk, "model").sealed_secret == before


@pytest.mark.parametrize(("form", "field", "typed", "sentence"), [
    (MODEL, "url", "", "Please fill this in."), (MODEL, "url", "api.example.com", WHOLE),
    (MODEL, "url", "ftp://api.example.com", WHOLE), (MODEL, "url", "https://", WHOLE),
    (MODEL, "url", "http://[", WHOLE), (MODEL, "url", "http://a b/", WHOLE),
    (MODEL, "url", "https://user:password@api.example.com", WHOLE), (MODEL, "url", "http://localhost:11434/v1", INSIDE),
    (MODEL, "url", "http://10.0.0.1/v1", INSIDE), (MODEL, "url", "http://[::1]/v1", INSIDE),
    (MODEL, "url", "http://169.254.169.254/latest", INSIDE), (MODEL, "url", "http://2130706433/v1", INSIDE),
    (MODEL, "model", " ", "Please fill this in."), (MODEL, "prompt", "x" * 4001, "At most 4000 characters."),
    (MODEL, "temperature", "warm", "Please write a number from 0 to 2."),
    (MODEL, "temperature", "NaN", "Please write a number from 0 to 2."),
    (MODEL, "temperature", "2.1", "Please write a number from 0 to 2."),
    (MODEL, "seconds", "", "Please fill this in."), (MODEL, "seconds", "61", "At most 60."),
    (MODEL, "seconds", "0", "At least 1."), (MODEL, "turns", "-1", "Please write a whole number, 0 or more."),
    (MODEL, "day_tokens", "0", "At least 1."), (WEBHOOK, "url", "http://192.168.1.1/", INSIDE),
    (WEBHOOK, "secret", "", "Please fill this in."), (WEBHOOK, "secret", "short", "At least 16 characters."),
])
def test_what_cannot_be_is_refused_beside_its_field(choose, form, field, typed, sentence):
    with nothing_changes():
        answer = choose(form, **{field: typed})
        assert errors(answer) == [sentence]
    assert field == "url" or html.escape(form["url"]) in answer.text, "what was typed is still there"


def test_asking_once_shows_the_answer_or_what_is_wrong(choose, ask):
    assert "It left our shop yesterday." in ask()
    with fake_server(stream("At", " sea."), Reply([b"{}"], status=401), Reply([b"<p>"])) as server:
        choose(MODEL, url=server.url)
        said = ask()
        assert "It answers:" in said and "At sea." in said
        assert "It has no answer. Its server refuses the key." in ask()
        assert "It has no answer. Its answer could not be understood." in ask()
    with fake_server(says(text="In port.", quick_replies=["Which?"])) as server:
        choose(WEBHOOK, url=server.url)
        said = ask()
        assert "In port." in said and "Quick replies: Which?" in said
    assert "It has no answer. Its server cannot be reached." in ask()
    assert "Please fill this in." in ask(" ")


def test_members_read_with_the_chat_why_the_bot_had_no_answer(desk, customer, choose, maya):
    with fake_server(Reply([b"{}"], status=503)) as model:
        choose(MODEL, url=model.url)
        be_answered(customer, "Where is my order?")
    eventually(no_bot_is_busy)
    assert "Its server reports an error" not in customer.entries().text
    customer.hand_off()
    page = maya.http.get(f"/bots/{desk.bot.key}/chats/{customer.chat_id}").text
    assert "The bot had no answer. Its server reports an error." in page
