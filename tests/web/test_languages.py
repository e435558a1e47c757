"""Who reads which language: customers their own, members English, whoever has caused a push."""

import httpx
import pytest

from models import Bot, transaction
from tests.people import Customer, new_uuid
from tests.running import eventually
from tests.web.edge import assert_pushed, customer_screen, inbox_screen, said_in, words_of

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}


@pytest.fixture
def lena(server, desk) -> Customer:
    """A customer whose browser speaks German, with an answered chat."""
    lena = Customer(server, desk.bot.key)
    lena.http.headers.update(GERMAN)
    assert lena.start("Hallo", language="de-AT").status_code == 201
    return lena


def page(server, desk, **headers) -> str:
    """The widget's page for a browser."""
    return httpx.get(f"{server.url}/widget/{desk.bot.key}", headers=headers).text


@pytest.mark.parametrize(("accepted", "language", "button"), [
    ("de-AT,de;q=0.9", "de", "Chat beenden"), ("fr", "fr", "Terminer le chat"), ("es-MX", "es", "Terminar el chat"),
    ("nl", "nl", "Chat beëindigen"), ("sv,de", "en", "End chat"), ("", "en", "End chat"), ("%%%", "en", "End chat")])
def test_the_widget_speaks_the_language_of_the_browser(server, desk, accepted, language, button):
    shown = page(server, desk, **{"Accept-Language": accepted})
    assert f'<html lang="{language}"' in shown and f'aria-label="{button}"' in shown


def test_a_bot_may_speak_one_language_to_all(server, desk):
    with transaction() as session:
        session.get(Bot, desk.bot.id).widget_language = "fr"
    assert 'aria-label="Terminer le chat"' in page(server, desk, **GERMAN)
    customer = Customer(server, desk.bot.key)
    assert "Mettre fin" in customer.start(language="de").text or "Terminer le chat" in customer.entries().text


def test_the_button_on_the_website_speaks_it_too(server, desk):
    with transaction() as session:
        session.get(Bot, desk.other_bot.id).widget_language = "nl"
    script = eventually(lambda: "Chat openen" in (text := loader_for(server, **GERMAN)) and text)
    assert '"Chat öffnen"' in script and '"Open chat"' not in script
    assert '"Open chat"' in loader_for(server)


def loader_for(server, **headers) -> str:
    """The script that websites include."""
    answer = httpx.get(f"{server.url}/widget.js", headers=headers)
    assert "Accept-Language" in answer.headers["Vary"]
    return answer.text


def test_a_website_may_ask_for_a_language(server, desk):
    shown = httpx.get(f"{server.url}/widget/{desk.bot.key}?language=es", headers=GERMAN).text
    assert '<html lang="es" data-language="es"' in shown


def test_what_a_member_does_reads_german_to_the_customer_and_english_to_members(server, desk, maya, noor, lena):
    lena.write("Ich möchte mit einem Menschen sprechen")
    be_answered_again(lena)
    assert "Sie haben nach einem Menschen gefragt" in lena.hand_off().text
    customer, members = customer_screen(server, lena, desk.bot.key), inbox_screen(server, noor, desk.bot.key)
    maya.write(desk.bot.key, lena.chat_id, "Guten Tag")
    assert_pushed(customer, f"#conversation_chat_{lena.chat_id}", "Maya ist jetzt dabei")
    assert not any("dabei" in words_of(push) for push in members.pushes())
    assert "Maya joined" in maya.http.get(f"/bots/{desk.bot.key}/chats/{lena.chat_id}/entries").text


def be_answered_again(customer: Customer) -> None:
    """Wait until the bot has offered a person."""
    eventually(lambda: "Mit einem Menschen sprechen" in customer.entries().text)


def test_what_a_customer_does_reads_english_to_members(server, desk, noor, lena):
    members = inbox_screen(server, noor, desk.bot.key)
    lena.write("Ich möchte mit einem Menschen sprechen")
    be_answered_again(lena)
    lena.hand_off()
    said = " ".join(words_of(push) for push in members.pushes())
    assert "Visitor" in said and "waiting" in said


def test_a_refusal_reads_german_to_the_customer_also_without_a_header(server, lena):
    del lena.http.headers["Accept-Language"]
    refused = lena.http.post(f"/chats/{lena.chat_id}/messages", data={"text": " ", "uuid": new_uuid()})
    assert (refused.status_code, said_in(refused)) == (422, "Es gibt noch nichts zu senden.")
