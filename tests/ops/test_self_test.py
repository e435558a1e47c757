"""The self-test page: the doctor's findings and the browser's own, for those who run the workspace."""

import re

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from models import Member, transaction
from tests.browser.conftest import CHROMIUM, QUIET
from tests.ops.proxies import without_upgrade
from tests.people import PASSWORD, MemberClient

PAGE = "/settings/self-test"


def test_an_admin_sees_what_the_doctor_finds(admin):
    page = admin.http.get(PAGE)
    assert page.status_code == 200
    names = re.findall(r"<h2>([a-z ]+) <", page.text)
    assert names[:9] == ["database", "migrations", "clock", "relay", "address", "proxy headers", "processes",
                         "websocket", "proxy buffering"]
    assert "Everything is as it should be." in page.text


def test_a_member_may_not(maya):
    assert maya.http.get(PAGE).status_code == 403


def test_who_is_not_signed_in_is_sent_to_the_sign_in(server):
    answer = httpx.get(server.url + PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in?next={PAGE}")


def test_the_menu_leads_an_admin_there_and_no_member(desk, admin, noor):
    for member, is_there in ((admin, True), (noor, False)):
        assert (PAGE in member.http.get(f"/bots/{desk.bot.key}/chats").text) == is_there


def test_an_admin_behind_a_broken_proxy_reads_what_to_change(own_desk, proxy):
    server, desk = own_desk()
    front = proxy(server.port, without_upgrade)
    server.stop()
    server.environ["PUBLIC_URL"] = front.url
    server.start()
    with transaction() as session:
        session.get(Member, desk.maya.id).role = "owner"
    page = MemberClient(server, desk.maya.email).http.get(PAGE)
    assert "The proxy drops the Upgrade header" in page.text
    assert "proxy_set_header Upgrade    $http_upgrade;" in page.text
    assert "Something is to be put right." in page.text


@pytest.mark.browser
@pytest.mark.parametrize("change, sentence", [
    (None, "A WebSocket opens from here, and frames arrive one by one."),
    (without_upgrade, "No WebSocket opens from here. Chats still work: pages ask every 3 seconds instead."),
])
def test_the_browser_tells_whether_a_socket_opens(server, desk, admin, proxy, change, sentence):
    origin = proxy(server.port, change).url if change else server.url
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.goto(f"{origin}/sign-in?next={PAGE}")
        page.get_by_role("textbox", name="E-mail").fill(desk.maya.email)
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("[data-result]").filter(visible=True)).to_contain_text(sentence, timeout=12_000)
        browser.close()
