"""Nobody reads or writes a chat that is not theirs, by page, by write or by socket."""

import pytest

from tests.people import Customer, new_uuid
from tests.web.edge import (
    GOOD_FORM,
    assert_refused,
    be_answered,
    customer_socket,
    filled,
    member_socket,
    nothing_changes,
    rules,
)
from tests.web.test_customer_refusals import NOTHING_HERE, UNKNOWN

TO_MEMBERS = [rule for rule in rules(within="/bots/")]
SOCKETS_TO_MEMBERS = rules(websocket=True, within="/bots/")
TO_CUSTOMERS = [rule for rule in rules(within="/widget/<key>/chat") if rule.endpoint != "widget_chats.create"]
SOCKETS_TO_CUSTOMERS = rules(websocket=True, within="/widget/<key>/chats/")


def name(rule) -> str:
    return rule.endpoint


def ask(client, rule, path: str):
    """The request of a rule, with a form that it would take."""
    if "POST" in rule.methods:
        return client.post(path, data={**GOOD_FORM, "uuid": new_uuid()})
    return client.get(path)


def test_the_map_is_known():
    """New addresses appear here by themselves; this says that the lists hold what they should."""
    assert {rule.endpoint for rule in TO_MEMBERS} >= {
        "chats.index", "chats.show", "chats.inbox", "chats.entries", "chats.post_message", "chats.resolve",
        "chats.note_seen", "install.show", "install.preview", "install.sightings"}
    assert {rule.endpoint for rule in TO_CUSTOMERS} >= {
        "widget_chats.show", "widget_chats.entries", "widget_chats.post_message", "widget_chats.hand_off",
        "widget_chats.end", "widget_chats.leave_feedback", "widget_chats.note_seen", "widget_chats.visit"}
    assert {rule.endpoint for rule in SOCKETS_TO_MEMBERS} == {"sockets.inbox", "sockets.chat"}
    assert {rule.endpoint for rule in SOCKETS_TO_CUSTOMERS} == {"sockets.customer"}
    assert {rule.endpoint for rule in rules(websocket=True, within="/widget/")} == {
        "sockets.customer", "sockets.visitor"}


@pytest.mark.parametrize("rule", TO_MEMBERS, ids=name)
def test_a_member_of_another_bot_finds_nothing(desk, waiting, maya, olga, rule):
    path = filled(rule, desk.bot.key, waiting.chat_id)
    with nothing_changes():
        assert_refused(ask(olga.http, rule, path), 404, NOTHING_HERE)
        if "chat_id" in rule.arguments:
            under_her_own_bot = filled(rule, desk.other_bot.key, waiting.chat_id)
            assert_refused(ask(olga.http, rule, under_her_own_bot), 404, NOTHING_HERE)
    assert ask(maya.http, rule, path).status_code in (200, 204, 403), "the address is right, and hers alone"


@pytest.mark.parametrize("rule", SOCKETS_TO_MEMBERS, ids=name)
def test_a_member_of_another_bot_hears_nothing(server, desk, waiting, maya, olga, rule):
    path = filled(rule, desk.bot.key, waiting.chat_id)
    with nothing_changes():
        assert member_socket(server, olga, path).status == 404
        if "chat_id" in rule.arguments:
            assert member_socket(server, olga, filled(rule, desk.other_bot.key, waiting.chat_id)).status == 404
    assert member_socket(server, maya, path).status == 101


@pytest.mark.parametrize("rule", TO_MEMBERS, ids=name)
def test_who_is_not_signed_in_finds_nothing(server, desk, waiting, maya, rule):
    path = filled(rule, desk.bot.key, waiting.chat_id)
    del maya.http.cookies["baton"]
    with nothing_changes():
        if "POST" in rule.methods:
            assert ask(maya.http, rule, path).status_code == 400  # there is no session that a token could be of
            return
        assert_refused(ask(maya.http, rule, path), 401, "You are signed out. Your text is kept: sign in again.")
        to_sign_in = maya.http.get(path, headers={"HX-Request": ""}, follow_redirects=False)
        assert (to_sign_in.status_code, to_sign_in.headers["Location"]) == (302, f"/sign-in?next={path}")


@pytest.mark.parametrize("rule", SOCKETS_TO_MEMBERS, ids=name)
def test_who_is_not_signed_in_hears_nothing(server, desk, waiting, maya, rule):
    path = filled(rule, desk.bot.key, waiting.chat_id)
    assert member_socket(server, maya, path, Cookie=None).status == 401
    assert member_socket(server, maya, path, Cookie="baton=forged").status == 401
    assert customer_socket(server, waiting.token, path).status == 401


@pytest.mark.parametrize("rule", TO_CUSTOMERS, ids=name)
def test_another_customers_token_finds_nothing(server, desk, chatting, stranger, rule):
    path = filled(rule, desk.bot.key, chatting.chat_id).removeprefix(f"/widget/{desk.bot.key}")
    unknown, of_another_bot = Customer(server, desk.bot.key), Customer(server, desk.other_bot.key)
    be_answered(of_another_bot)
    with nothing_changes():
        if "chat_id" in rule.arguments:
            assert_refused(ask(stranger.http, rule, path), 404, NOTHING_HERE)
        assert_refused(ask(unknown.http, rule, path), 404, UNKNOWN)
        here = str(chatting.http.base_url.join(path.lstrip("/")))
        assert_refused(ask(of_another_bot.http, rule, here), 404, UNKNOWN)
    assert ask(chatting.http, rule, path).status_code in (200, 204, 409), "the address is right, and theirs alone"


@pytest.mark.parametrize("rule", SOCKETS_TO_CUSTOMERS, ids=name)
def test_another_customers_token_hears_nothing(server, desk, chatting, stranger, rule):
    path = filled(rule, desk.bot.key, chatting.chat_id)
    unknown = Customer(server, desk.bot.key)
    with nothing_changes():
        assert customer_socket(server, stranger.token, path).status == 404
        assert customer_socket(server, unknown.token, path).status == 404
        assert customer_socket(server, "x", path).status == 403
        assert customer_socket(server, chatting.token, filled(rule, desk.other_bot.key, chatting.chat_id)).status == 404
        assert customer_socket(server, "", path, **{"Sec-WebSocket-Protocol": None}).status == 403
    assert customer_socket(server, chatting.token, path).status == 101


def test_a_member_is_no_customer(server, desk, chatting, maya):
    path = f"/widget/{desk.bot.key}/chats/{chatting.chat_id}"
    assert member_socket(server, maya, f"{path}/socket").status == 403
    assert maya.http.get(f"{path}/entries").status_code == 403


def test_a_customer_reads_only_their_own_last_chat(chatting, stranger):
    assert stranger.http.get("/chat").headers["Baton-Chat"] == str(stranger.chat_id) != str(chatting.chat_id)
