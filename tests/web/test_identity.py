"""Who a customer is, signed by the host's server: what is believed, what is refused, and whose chats become whose."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest

from models import Bot, Chat, Customer, Pass, now, reading, transaction
from models.customer import REMEMBERED
from models.secret import new_token
from tests.models.chats import change
from tests.people import Customer as CustomerClient
from tests.people import new_uuid
from tests.web.edge import (
    assert_pushed,
    be_answered,
    be_live,
    chat_screen,
    customer_screen,
    customer_socket,
    nothing_changes,
)


def make_secret(anna, bot) -> str:
    """What the settings page shows once."""
    page = anna.http.post(f"/settings/bots/{bot.key}/identity").text
    return html.unescape(re.search(r'<pre id="secret".*?<code>(.*?)</code>', page)[1])


@pytest.fixture
def secret(desk, anna) -> str:
    """The bot's secret, as its host's server has it."""
    return make_secret(anna, desk.bot)


def signed(secret: str, bot, user: str = "17", algorithm: str | None = "HS256", **claims) -> str:
    """A token of the host's server; a claim that is None is left out."""
    claims = {"aud": bot.key, "sub": user, "exp": int(time.time()) + 600, **claims}
    told = {name: value for name, value in claims.items() if value is not None}
    # PyJWT does not sign what it would not read.
    return jwt.api_jws.encode(json.dumps(told).encode(), secret, algorithm)


def tampered(token: str, other: str) -> str:
    """The claims of another token under the signature of this one."""
    return ".".join([*other.split(".")[:2], token.split(".")[2]])


def identify(customer: CustomerClient, token: str, fresh: str | None = None, **headers):
    """As the widget does: the browser goes on with its new token if the server says so."""
    fresh = fresh or new_token()
    answer = customer.http.post("/identity", data={"signed": token, "token": fresh}, headers=headers)
    if answer.status_code == 201:
        customer.token = fresh
        customer.http.headers["Authorization"] = f"Bearer {fresh}"
    return answer


def known_as(bot, user: str) -> Customer:
    with reading() as session:
        return session.query(Customer).filter_by(bot_id=bot.id, user_id=user).one()


def state_of(chat_id: int) -> str:
    with reading() as session:
        return session.get(Chat, chat_id).state


# What is refused


BAD = {
    "garbage": (lambda secret, bot: "garbage", "This is no token."),
    "three parts of nothing": (lambda secret, bot: "..", "This is no token."),
    "no text": (lambda secret, bot: "\x07ä.ö.ü", "This is no token."),
    "empty": (lambda secret, bot: "", "This is no token."),
    "unsigned": (lambda secret, bot: signed("", bot, algorithm="none"), "The token must be signed with HS256."),
    "another algorithm": (lambda secret, bot: signed(secret * 2, bot, algorithm="HS512"),
                          "The token must be signed with HS256."),
    "another secret": (lambda secret, bot: signed(new_token(), bot), "The token was signed with another secret."),
    "another text under it": (lambda secret, bot: tampered(signed(secret, bot), signed(secret, bot, "18")),
                              "The token was signed with another secret."),
    "expired": (lambda secret, bot: signed(secret, bot, exp=int(time.time()) - 120), "The token has expired."),
    "for ever": (lambda secret, bot: signed(secret, bot, exp=None), "The token needs “sub”, “aud” and “exp”."),
    "two days": (lambda secret, bot: signed(secret, bot, exp=int(time.time()) + 2 * 86400),
                 "“exp” must be at most one day ahead."),
    "endless": (lambda secret, bot: signed(secret, bot, exp=float("inf")), "This is no token."),
    "no number": (lambda secret, bot: signed(secret, bot, exp="soon"), "This is no token."),
    "a number in a text": (lambda secret, bot: signed(secret, bot, exp=str(int(time.time()) + 600)),
                           "This is no token."),
    "not yet": (lambda secret, bot: signed(secret, bot, nbf=int(time.time()) + 500),
                "The token is not valid yet: is the clock of your server right?"),
    "another bot": (lambda secret, bot: signed(secret, bot, aud="another"),
                    "The token is for another bot: “aud” must be the key in your tag."),
    "many bots": (lambda secret, bot: signed(secret, bot, aud=[bot.key, "another"]),
                  "The token is for another bot: “aud” must be the key in your tag."),
    "no bot": (lambda secret, bot: signed(secret, bot, aud=None), "The token needs “sub”, “aud” and “exp”."),
    "nobody": (lambda secret, bot: signed(secret, bot, user=None), "The token needs “sub”, “aud” and “exp”."),
    "a number for a user": (lambda secret, bot: signed(secret, bot, user=17), "“sub” must be a text."),
    "a blank user": (lambda secret, bot: signed(secret, bot, user="  "),
                     "“sub” must be a text of 1 to 120 characters."),
    "a long user": (lambda secret, bot: signed(secret, bot, user="x" * 121),
                    "“sub” must be a text of 1 to 120 characters."),
    "a name that is none": (lambda secret, bot: signed(secret, bot, name=["Lena"]),
                            "“name” and “email” must be texts."),
    "attributes in a list": (lambda secret, bot: signed(secret, bot, attributes=["gold"]),
                             "“attributes” must be an object."),
    "too long": (lambda secret, bot: signed(secret, bot, name="x" * 9000), "The token is too long."),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_token_is_refused_and_changes_nothing(desk, customer, secret, bad):
    make, sentence = BAD[bad]
    be_answered(customer)
    with nothing_changes():
        answer = identify(customer, make(secret, desk.bot))
    assert (answer.status_code, answer.text) == (403, sentence)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert customer.write("And the chat goes on").status_code == 200


def test_without_a_secret_nothing_is_believed(desk, customer, anna):
    sentence = "This bot has no secret to check tokens with: make one in its settings."
    assert identify(customer, signed("x" * 43, desk.bot)).text == sentence
    secret = make_secret(anna, desk.bot)
    assert identify(customer, signed(secret, desk.bot)).status_code == 201
    anna.http.post(f"/settings/bots/{desk.bot.key}/identity/removal")
    assert identify(customer, signed(secret, desk.bot)).text == sentence


def test_another_secret_replaces_the_first(desk, customer, anna, secret):
    another = make_secret(anna, desk.bot)
    assert another != secret
    assert identify(customer, signed(secret, desk.bot)).text == "The token was signed with another secret."
    assert identify(customer, signed(another, desk.bot)).status_code == 201
    page = anna.http.get(f"/settings/bots/{desk.bot.key}/identity").text
    assert another not in page and "Your server has a secret." in page


def test_a_browsers_token_has_to_be_one(desk, customer, secret):
    with nothing_changes():
        assert identify(customer, signed(secret, desk.bot), fresh="short").status_code == 403


# Whose chats become whose


def test_chats_become_those_of_the_customer_and_are_found_in_every_browser(server, desk, customer, secret):
    be_answered(customer, "From my desk")
    before = customer.token
    assert identify(customer, signed(secret, desk.bot)).status_code == 201
    elsewhere = CustomerClient(server, desk.bot.key)

    assert identify(elsewhere, signed(secret, desk.bot)).status_code == 201

    assert "From my desk" in elsewhere.http.get("/chat").text
    elsewhere.chat_id = customer.chat_id
    assert elsewhere.write("From my phone").status_code == 200
    assert "From my phone" in customer.http.get("/chat").text
    old = elsewhere.http.get("/chat", headers={"Authorization": f"Bearer {before}"})
    assert old.status_code == 404, "whoever had the browser before must not read along"
    assert identify(elsewhere, signed(secret, desk.bot)).status_code == 204, "it is known already"


def test_nobody_gets_the_chats_of_another_customer(server, desk, customer, stranger, secret):
    be_answered(customer, "The question of 17")
    identify(customer, signed(secret, desk.bot, "17"))
    identify(stranger, signed(secret, desk.bot, "18"))
    assert stranger.http.get("/chat").text.count("The question of 17") == 0
    stranger.chat_id, own = customer.chat_id, stranger.chat_id
    assert stranger.write("Let me in").status_code == 404
    # The same browser, in which another customer signs in without the first having left.
    assert identify(customer, signed(secret, desk.bot, "18")).status_code == 201
    assert "The question of 17" not in customer.http.get("/chat").text
    assert customer.write("Am I still 17?").status_code == 404
    customer.chat_id = own
    assert customer.write("I am 18").status_code == 200
    with reading() as session:
        assert session.get(Chat, stranger.chat_id).customer_id == known_as(desk.bot, "17").id


def test_the_same_user_id_with_another_bot_is_somebody_else(server, desk, customer, secret, anna):
    be_answered(customer, "To the first bot")
    identify(customer, signed(secret, desk.bot))
    elsewhere = CustomerClient(server, desk.other_bot.key)
    answer = elsewhere.http.post("/identity", data={"signed": signed(secret, desk.bot), "token": new_token()})
    assert answer.status_code == 403


def test_of_two_open_chats_the_one_with_people_goes_on(server, desk, customer, stranger, secret):
    be_live(customer)
    identify(customer, signed(secret, desk.bot))
    assert identify(stranger, signed(secret, desk.bot)).status_code == 201
    assert (state_of(customer.chat_id), state_of(stranger.chat_id)) == ("live", "expired")
    assert f'data-chat="{customer.chat_id}"' in stranger.http.get("/chat").text
    old = stranger.entries()
    assert "Closed, because you have another chat" in old.text, "it is still theirs to read"


def test_who_logs_out_is_nobody_again(desk, customer, secret):
    be_answered(customer)
    identify(customer, signed(secret, desk.bot))
    assert customer.http.delete("/identity").status_code == 204
    assert customer.http.get("/chat").status_code == 404
    assert customer.write("Am I still here?").status_code == 404
    assert customer.http.delete("/identity").status_code == 204
    with reading() as session:
        assert session.query(Pass).filter_by(bot_id=desk.bot.id).count() == 0


def socket_status(server, bot, customer: CustomerClient, token: str) -> int:
    """What the handshake with a token is answered."""
    return customer_socket(server, token, f"/widget/{bot.key}/chats/{customer.chat_id}/socket").status


def test_a_socket_hears_nothing_more_when_its_token_does_not_open_the_chat_any_more(server, desk, customer, secret):
    be_live(customer)
    for become in (lambda: identify(customer, signed(secret, desk.bot)),
                   lambda: identify(customer, signed(secret, desk.bot, "18")),
                   lambda: customer.http.delete("/identity")):
        known = customer.token
        eavesdropper = customer_screen(server, customer, desk.bot.key)
        become()
        assert eavesdropper.socket.read_close_code() == 1012
        assert socket_status(server, desk.bot, customer, known) in (403, 404)
        identify(customer, signed(secret, desk.bot))
        assert socket_status(server, desk.bot, customer, customer.token) == 101, "their own page comes back"


def test_a_pass_lasts_30_days_from_the_last_time_it_was_said(desk, customer, secret):
    be_answered(customer)
    identify(customer, signed(secret, desk.bot))

    def said_ago(age: timedelta) -> None:
        with transaction() as session:
            session.query(Pass).filter_by(bot_id=desk.bot.id).update({"renewed_at": now() - age})

    said_ago(REMEMBERED - timedelta(minutes=1))
    assert customer.http.get("/chat").status_code == 200
    said_ago(REMEMBERED + timedelta(minutes=1))
    assert customer.http.get("/chat").status_code == 403
    assert customer.write("Still me").status_code == 403
    assert identify(customer, signed(secret, desk.bot)).status_code == 204
    assert customer.http.get("/chat").status_code == 200


def test_two_browsers_at_once_become_one_customer(server, desk, secret):
    browsers = [CustomerClient(server, desk.bot.key) for _ in range(6)]
    for browser in browsers:
        be_answered(browser)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda browser: identify(browser, signed(secret, desk.bot)).status_code, browsers))
    assert answers == [201] * 6
    shown = {re.search(r'data-chat="(\d+)"', browser.http.get("/chat").text)[1] for browser in browsers}
    assert len(shown) == 1
    with reading() as session:
        assert session.query(Chat).filter(Chat.customer_id == known_as(desk.bot, "17").id).count() == 6


# What members see


def test_what_is_signed_goes_before_what_the_browser_says(server, desk, customer, noor, secret):
    be_live(customer)
    screen = chat_screen(server, noor, desk.bot.key, customer.chat_id)
    identify(customer, signed(secret, desk.bot, name="Lena Brandt", email="lena@example.com",
                              attributes={"plan": "gold"}))
    pushes = screen.pushes()
    details = assert_pushed(pushes, f"#details_chat_{customer.chat_id}", "Lena Brandt")
    assert "Verified" in details.html
    assert_pushed(pushes, f"#conversation_chat_{customer.chat_id}", "The website has said who this is")

    customer.post("visit", name="Mallory", email="m@example.com", attributes='{"plan": "free", "basket": "3"}')

    lena = known_as(desk.bot, "17")
    assert (lena.name, lena.email) == ("Lena Brandt", "lena@example.com")
    assert lena.attributes == {"plan": "gold", "basket": "3"}
    identify(customer, signed(secret, desk.bot, name="Lena Grün"))
    assert known_as(desk.bot, "17").name == "Lena Grün"


def proof_of(noor, bot, chat_id: int) -> str:
    """What stands below a customer's name and e-mail."""
    page = noor.http.get(f"/bots/{bot.key}/chats/{chat_id}").text
    return re.search(r'<p class="details__proof.*?>\s*(?:<svg.*?</svg>)?\s*(.*?)</p>', page, re.DOTALL)[1]


def test_a_name_that_was_not_signed_is_not_called_verified(desk, customer, noor, secret):
    be_live(customer)
    identify(customer, signed(secret, desk.bot))
    assert proof_of(noor, desk.bot, customer.chat_id) == "Verified"
    customer.post("visit", name="Mallory")
    assert proof_of(noor, desk.bot, customer.chat_id) == "Not verified"


def test_who_leaves_a_message_keeps_the_signed_name_and_is_answered_where_they_say(desk, customer, noor, secret):
    change(Bot, Bot.id == desk.bot.id, when_away="form")
    be_answered(customer, "I want to talk to a human")
    identify(customer, signed(secret, desk.bot, name="Lena Brandt", email="lena@example.com"))
    customer.post("offline-message", name="Victor", email="victor@bank.example", text="Send me my things",
                  uuid=new_uuid()).raise_for_status()
    lena = known_as(desk.bot, "17")
    assert (lena.name, lena.email) == ("Lena Brandt", "victor@bank.example")
    assert proof_of(noor, desk.bot, customer.chat_id) == "Not verified"


def test_the_examples_for_servers_make_tokens(desk, customer, anna, secret):
    page = anna.http.get(f"/settings/bots/{desk.bot.key}/identity").text
    code = {name: html.unescape(re.search(rf'<pre id="{name}".*?<code>(.*?)</code>', page, re.DOTALL)[1])
            for name in ("python", "node", "php")}
    user = '{"id": 17, "name": "Lena", "email": "lena@example.com"}'
    php = f"echo chat_token(json_decode('{user}', true));"
    programs = (["python3", "-c", f"{code['python']}\nprint(chat_token({user}))"],
                ["node", "-e", f"{code['node']}\nconsole.log(chatToken({user}))"], ["php", "-r", code["php"] + php])
    made = []
    for command in programs:
        command[0] = sys.executable if command[0] == "python3" else shutil.which(command[0])
        if command[0]:
            made.append(subprocess.run(command, env={**os.environ, "BATON_SECRET": secret}, capture_output=True,
                                       text=True, check=True, timeout=60).stdout.strip())
    assert [identify(customer, token).status_code for token in made][0] == 201
    for token in made:
        assert identify(customer, token).status_code == 204
    assert known_as(desk.bot, "17").name == "Lena"
