"""The same in two browsers: a customer and a member write on while things die, and read what becomes of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import CHROMIUM, QUIET, CustomerPage, MemberPage
from tests.crash.breakable import away, frozen

pytestmark = pytest.mark.browser

TOLD_SECONDS, MENDED_SECONDS = 15, 30


@pytest.fixture
def services(breakable):
    """The stack that there is to break, before anybody opens a browser for it."""
    if not breakable.has_services:
        pytest.skip("there is no service to lose")
    return breakable.stack


@pytest.fixture
def pages(breakable) -> Iterator[tuple[CustomerPage, MemberPage]]:
    """A customer of the demo shop and Maya, who handles their chat, each in a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        customer = CustomerPage(page_of(browser, f"{breakable.server.public_url}/demo")).open()
        customer.write("I want to speak to a human")
        customer.button("Talk to a human").click()
        maya = MemberPage(page_of(browser, f"{breakable.server.public_url}/"))
        sign_in(maya.page)
        maya.open_chat("Visitor")
        maya.write("Maya here")
        expect(customer.log.get_by_text("Maya here")).to_be_visible()
        yield customer, maya
        customer.button("End chat").click()
        customer.button("Skip").click()
        browser.close()


def page_of(browser: Browser, url: str) -> Page:
    """A page in a browser of its own."""
    page = browser.new_context().new_page()
    page.goto(url)
    return page


def sign_in(page: Page) -> None:
    page.get_by_label("E-mail").fill("maya@example.com")
    page.get_by_label("Password").fill("demo-password")
    page.get_by_role("button", name="Sign in").click()


@contextmanager
def killed(server) -> Iterator[None]:
    """A while without the server."""
    server.kill()
    try:
        yield
    finally:
        server.start()


def test_what_is_written_while_the_server_is_dead_arrives_once(breakable, pages):
    with killed(breakable.server):
        write_on(*pages)
        expect_told(*pages)
    expect_all_arrives(*pages)


def test_what_is_written_while_the_database_is_dead_arrives_once(services, pages):
    with away(services.postgres):
        write_on(*pages)
        expect_told(*pages)
    expect_all_arrives(*pages)


def test_without_redis_everything_arrives_all_the_same(services, pages):
    with frozen(services.redis):
        write_on(*pages)
        expect_all_acknowledged(*pages)
    expect_all_arrives(*pages)


def write_on(customer: CustomerPage, maya: MemberPage) -> None:
    """Two messages from each side."""
    for text in ("Are you there?", "Hello?"):
        customer.write(text)
    for text in ("One moment.", "I am looking."):
        maya.write(text)


def expect_told(customer: CustomerPage, maya: MemberPage) -> None:
    """Both read that there is no connection, and that nothing is lost."""
    for place, line in ((customer.frame, "What you write is kept"), (maya.page, "Your text is kept")):
        expect(place.locator("#line")).to_be_visible(timeout=TOLD_SECONDS * 1000)
        expect(place.locator("#line")).to_contain_text(line)


def expect_all_acknowledged(customer: CustomerPage, maya: MemberPage) -> None:
    """Whoever wrote something reads that it was sent."""
    for page, text in ((customer, "Hello?"), (maya, "I am looking.")):
        expect(page.entry(text).locator("[data-status=sent]")).to_have_count(1, timeout=MENDED_SECONDS * 1000)


def expect_all_arrives(customer: CustomerPage, maya: MemberPage) -> None:
    """Both read every message once, in the order in which its author wrote it, and no warning any more."""
    for page, place in ((customer, customer.frame), (maya, maya.page)):
        for text in ("Are you there?", "Hello?", "One moment.", "I am looking."):
            numbered = page.entry(text).and_(page.log.locator("[data-seq]"))
            expect(numbered).to_have_count(1, timeout=MENDED_SECONDS * 1000)
        expect(page.said_by("customer")).to_have_text(["I want to speak to a human", "Are you there?", "Hello?"])
        expect(page.said_by("member")).to_have_text(["Maya here", "One moment.", "I am looking."])
        numbers = page.numbers()
        assert numbers == list(range(1, len(numbers) + 1))
        expect(place.locator("#line")).to_be_hidden(timeout=MENDED_SECONDS * 1000)
