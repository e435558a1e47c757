"""The settings are for owners and admins, mail for owners alone; of bots, only for those that they may see."""

import httpx
import pytest

from tests.web.edge import GOOD_FORM, assert_refused, filled, nothing_changes, rules
from tests.web.test_customer_refusals import NOTHING_HERE

# The self-test's socket asks for a ticket instead (tests/ops/test_self_test.py); a profile is each member's own.
SETTINGS = [rule for rule in rules(within="/settings/")
            if not rule.endpoint.startswith(("self_test.", "settings_profile."))]
OF_OWNERS = [rule for rule in SETTINGS if rule.endpoint.startswith("settings_mail.")]
OF_A_BOT = [rule for rule in SETTINGS if "key" in rule.arguments]


def ask(http, rule, path: str):
    """The request of a rule."""
    return http.post(path, data=GOOD_FORM) if "POST" in rule.methods else http.get(path)


@pytest.mark.parametrize("rule", SETTINGS, ids=lambda rule: rule.endpoint)
def test_a_plain_member_is_refused(desk, noor, rule):
    with nothing_changes():
        assert_refused(ask(noor.http, rule, filled(rule, desk.bot.key, 1)), 403, "This is not allowed.")


@pytest.mark.parametrize("rule", OF_OWNERS, ids=lambda rule: rule.endpoint)
def test_an_admin_is_refused_what_would_lead_to_owners(desk, anna, rule):
    with nothing_changes():
        assert_refused(ask(anna.http, rule, rule.rule), 403, "This is not allowed.")
    assert "/settings/mail" not in anna.http.get("/settings/bots").text


def test_an_owner_finds_the_mail_server(owner):
    assert 'href="/settings/mail"' in owner.http.get("/settings/bots").text


@pytest.mark.parametrize("rule", OF_A_BOT, ids=lambda rule: rule.endpoint)
def test_a_bot_that_the_administrator_may_not_see_is_not_found(desk, anna, rule):
    with nothing_changes():
        assert_refused(ask(anna.http, rule, filled(rule, "nobodys", 1)), 404, NOTHING_HERE)


def test_a_stranger_signs_in_first(server):
    answer = httpx.get(f"{server.url}/settings/bots", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/sign-in?next=/settings/bots")
