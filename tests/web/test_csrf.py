"""Every write of a member names the CSRF token of their page."""

import pytest

from tests.people import new_uuid
from tests.web.edge import GOOD_FORM, assert_refused, edge, filled, nothing_changes, rules
from web import introduction, reach, widget_chats, widget_identity

SENTENCE = "This page is out of date: please reload it. Your text is kept."
OF_CUSTOMERS = (widget_chats.bp, widget_identity.bp, reach.bp, introduction.bp)
WRITES = [rule for rule in rules("POST") if not rule.endpoint.startswith(tuple(f"{bp.name}." for bp in OF_CUSTOMERS))]


def test_the_writes_are_known():
    """A new write appears here by itself; this says that the list is not empty by mistake."""
    assert {"chats.post_message", "chats.resolve", "chats.note_seen", "sessions.create", "sessions.destroy",
            "setup.create"} <= {rule.endpoint for rule in WRITES}


@pytest.mark.parametrize("rule", WRITES, ids=lambda rule: rule.endpoint)
def test_a_members_write_without_the_token_is_refused(desk, waiting, maya, rule):
    maya.write(desk.bot.key, waiting.chat_id, "I am here")
    form = {**GOOD_FORM, "uuid": new_uuid(), "email": desk.maya.email, "password": "correct horse battery"}
    path = filled(rule, desk.bot.key, waiting.chat_id)
    del maya.http.headers["X-CSRFToken"]
    with nothing_changes():
        assert_refused(maya.http.post(path, data=form), 400, SENTENCE)
        assert_refused(maya.http.post(path, data={**form, "csrf_token": "x"}), 400, SENTENCE)
        assert_refused(maya.http.post(path, data=form, headers={"X-CSRFToken": "x"}), 400, SENTENCE)


def test_another_members_token_is_refused(desk, waiting, maya, noor):
    with nothing_changes():
        maya.http.headers["X-CSRFToken"] = noor.csrf
        assert_refused(maya.write(desk.bot.key, waiting.chat_id, "Hello"), 400, SENTENCE)


def test_only_customers_who_hold_no_cookie_are_exempt():
    assert edge().extensions["csrf"]._exempt_blueprints == set(OF_CUSTOMERS)
    assert not edge().extensions["csrf"]._exempt_views


def test_a_customers_write_reads_no_cookie(desk, maya):
    """A foreign page that rides on a member's cookie is nobody here."""
    with nothing_changes():
        answer = maya.http.post(f"/widget/{desk.bot.key}/chats", data={"text": "Hello", "uuid": new_uuid()})
        assert answer.status_code == 403
