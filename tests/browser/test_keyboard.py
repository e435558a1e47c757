"""By keyboard, by ear and without motion: the whole process, and where the focus goes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import ElementHandle, Locator, Page, expect

from tests.browser.conftest import HAS_FOCUS, CustomerPage, MemberPage, ask_of, eager
from tests.people import PASSWORD
from tests.running import eventually

pytestmark = pytest.mark.browser

# What has the focus, inside of shadow roots too.
ACTIVE = """() => {
    let element = document.activeElement;
    while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element;
}"""

# An outline; or, where the field is drawn by what is around it, an outline or a ring there.
HAS_RING = """element => {
    const outlined = ({ outlineStyle, outlineWidth }) =>
        outlineStyle === "auto" || (outlineStyle === "solid" && parseFloat(outlineWidth) >= 2);
    const around = getComputedStyle(element.parentElement ?? element);
    return element.matches(":focus-visible") && (outlined(getComputedStyle(element)) || outlined(around)
        || element.matches("textarea") && / 0px 0px 0px 1px$/.test(around.boxShadow));
}"""

# The longest animation or transition of anything that is on the page, in seconds.
LONGEST_MOTION = """root => {
    const inside = (place) => [...place.querySelectorAll("*")].flatMap((one) =>
        [one, ...(one.shadowRoot ? inside(one.shadowRoot) : [])]);
    const longest = (list) => Math.max(...list.split(", ").map(parseFloat));
    const motion = ({ animationName, animationDuration, transitionProperty, transitionDuration }) => Math.max(
        animationName === "none" ? 0 : longest(animationDuration),
        transitionProperty === "none" ? 0 : longest(transitionDuration));
    return Math.max(...inside(document).flatMap((element) =>
        [null, "::before", "::after", "::backdrop"].map((part) => motion(getComputedStyle(element, part)))));
}"""


# What a busy machine does: timers that are due run late. runTimers() runs them, and says how many there were.
PUT_OFF_TIMERS = """() => {
    const due = [];
    const { setTimeout } = self;
    self.setTimeout = (run, ms) => ms ? setTimeout(run, ms) : due.push(run);
    self.runTimers = () => due.splice(0).map((run) => run()).length;
}"""


class Keyboard:
    """All that a person has who cannot use a mouse. Every stop must be visible."""

    def __init__(self, page: Page):
        self.page = page
        self.press = page.keyboard.press
        self.type = page.keyboard.type

    def focused(self) -> ElementHandle:
        """What has the focus, in the page or in the widget's frame."""
        element = self.page.evaluate_handle(ACTIVE).as_element()
        frame = element.content_frame()
        return frame.evaluate_handle(ACTIVE).as_element() if frame else element

    def go_to(self, target: Locator, key: str = "Tab") -> None:
        """Press `key` until `target` has the focus; at each stop one sees where one is."""
        for _step in range(30):
            self.press(key)
            eventually(lambda: self.focused().evaluate(HAS_RING), 2, f"a ring around the stop after {key}")
            if ask_of(target, HAS_FOCUS):
                return
        raise AssertionError(f"{target} is out of reach")

    def use(self, target: Locator, key: str = "Tab") -> None:
        """Go to a button or a link, and press Enter."""
        self.go_to(target, key)
        self.press("Enter")

    def say(self, text: str) -> None:
        """Write where one is, and send it."""
        self.type(text)
        self.press("Enter")


def sign_in(contexts, server, member) -> MemberPage:
    """A member signs in by keyboard."""
    screen = MemberPage(contexts().new_page())
    keyboard = Keyboard(screen.page)
    screen.page.goto(f"{server.public_url}/sign-in")
    expect(screen.page.get_by_role("textbox", name="E-mail")).to_be_focused()
    keyboard.type(member.email)
    keyboard.go_to(screen.page.get_by_role("textbox", name="Password"))
    keyboard.type(PASSWORD)
    keyboard.use(screen.button("Sign in"))
    expect(screen.list("My Chats")).to_be_visible()
    return screen


def ask_the_bot(customer: CustomerPage, keyboard: Keyboard) -> None:
    """Open the chat, and ask until a person is offered."""
    keyboard.use(customer.launcher("Open chat"))
    expect(customer.box).to_be_focused()
    for text, answer in (("Where is my order?", "It left our shop"), ("Do you ship abroad?", "Yes, all over Europe")):
        keyboard.say(text)
        expect(customer.log.get_by_text(answer)).to_be_visible()
        expect(customer.box).to_be_focused()


def ask_to_end(customer: CustomerPage) -> Keyboard:
    """Open the chat, ask the bot, and press End chat: its dialog has the focus."""
    keyboard = Keyboard(customer.page)
    ask_the_bot(customer, keyboard)
    keyboard.use(customer.button("End chat"), "Shift+Tab")
    expect(customer.dialog.locator(":focus")).to_have_count(1)
    return keyboard


# By keyboard


def test_the_whole_process_needs_no_mouse(contexts, server, desk, customer_page):
    maya, customer = sign_in(contexts, server, desk.maya), customer_page()
    hers, theirs = Keyboard(maya.page), Keyboard(customer.page)
    ask_the_bot(customer, theirs)
    theirs.use(customer.button("Talk to a human"), "Shift+Tab")
    expect(customer.box).to_be_focused()

    hers.use(maya.rows("Unassigned Chats").first)
    expect(maya.box).to_be_focused()
    hers.say("Hello, Maya here")
    expect(customer.log.get_by_text("Hello, Maya here")).to_be_visible()
    expect(maya.rows("My Chats")).to_have_count(1)
    theirs.say("Thank you, that is all")
    expect(maya.log.get_by_text("Thank you, that is all")).to_be_visible()
    expect(maya.box).to_be_focused()

    hers.use(maya.button("Resolve Chat"), "Shift+Tab")
    expect(maya.dialog.locator(":focus")).to_have_count(1)
    hers.press("Escape")
    expect(maya.button("Resolve Chat")).to_be_focused()
    hers.press("Enter")
    hers.use(maya.dialog.get_by_role("button", name="Resolve", exact=True))
    expect(maya.log).to_be_focused()

    # Not a button: the next Enter of whoever was writing would press it.
    expect(customer.log).to_be_focused()
    theirs.go_to(customer.frame.get_by_role("radio", name="1 star"))
    for _star in range(3):
        theirs.press("ArrowRight")
    theirs.go_to(customer.frame.get_by_role("textbox", name="Comment"))
    theirs.type("Quick")
    theirs.use(customer.button("Send feedback"))
    expect(maya.log.get_by_text("The customer rated this chat 4 of 5")).to_be_visible()
    expect(customer.button("Start a new chat")).to_be_focused()
    theirs.press("Enter")
    expect(customer.box).to_be_focused()


def test_a_customer_ends_the_chat_by_keyboard(customer_page):
    customer = customer_page()
    keyboard = ask_to_end(customer)

    keyboard.press("Escape")
    expect(customer.dialog).to_be_hidden()
    expect(customer.button("End chat")).to_be_focused()
    keyboard.press("Escape")
    expect(customer.launcher("Open chat")).to_be_focused()
    keyboard.press("Enter")
    expect(customer.box).to_be_focused()

    keyboard.use(customer.button("End chat"), "Shift+Tab")
    keyboard.use(customer.dialog.get_by_role("button", name="Skip"))
    expect(customer.button("Start a new chat")).to_be_focused()


def test_closing_the_chat_right_after_a_dialog_leaves_the_focus_on_the_launcher(customer_page):
    customer = customer_page()
    keyboard = ask_to_end(customer)
    frame = customer.frame.locator("html")
    frame.evaluate(PUT_OFF_TIMERS)

    keyboard.press("Escape")
    expect(customer.button("End chat")).to_be_focused()
    keyboard.press("Escape")
    expect(customer.launcher("Open chat")).to_be_focused()
    eventually(lambda: frame.evaluate("self.runTimers()"), what="what was put off has run")

    expect(customer.launcher("Open chat")).to_be_focused()
    keyboard.press("Enter")
    expect(customer.box).to_be_focused()


def test_sending_with_the_button_leaves_one_in_the_box(customer_page, member_page, desk):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    maya.open_first("Unassigned Chats")
    for side, text in ((maya, "Hello, Maya here"), (customer, "Hello Maya")):
        side.box.focus()
        keyboard = Keyboard(side.page)
        keyboard.type(text)
        keyboard.use(side.button("Send"))
        expect(side.status(text)).to_have_text("Sent")
        expect(side.box).to_be_focused()


def test_who_was_writing_when_the_chat_went_to_somebody_else_goes_on_in_the_transcript(
        member_page, desk, waiting_customer):
    waiting_customer(eager(desk).bot, "Hello")
    maya, noor = member_page(desk.maya), member_page(desk.noor)
    for member in (maya, noor):
        Keyboard(member.page).use(member.rows("Unassigned Chats").first)
        expect(member.box).to_be_focused()

    Keyboard(maya.page).say("Hello, Maya here")

    expect(noor.page.get_by_text("Maya is handling this chat")).to_be_visible()
    expect(noor.log).to_be_focused()
    expect(maya.box).to_be_focused()


def test_menus_rows_and_details_are_reached_by_keyboard(member_page, desk, waiting_customer):
    bot = eager(desk).bot
    for text in ("First in the queue", "Second in the queue"):
        waiting_customer(bot, text)
    maya = member_page(desk.maya, viewport={"width": 1000, "height": 700})
    keyboard, page = Keyboard(maya.page), maya.page
    keyboard.use(page.get_by_role("link", name="Skip to the open chat"))
    expect(page.get_by_role("main")).to_be_focused()

    for text in ("First", "Second"):
        keyboard.press("Alt+ArrowDown")
        expect(maya.log.get_by_text(f"{text} in the queue")).to_be_visible()
        expect(maya.box).to_be_focused()

    details = page.get_by_role("button", name="Customer details")
    keyboard.use(details, "Shift+Tab")
    expect(page.get_by_role("region", name="Customer details")).to_be_focused()
    keyboard.press("Escape")
    expect(details).to_be_focused()

    you = page.get_by_role("button", name="You: Maya Okafor")
    keyboard.use(you, "Shift+Tab")
    keyboard.go_to(maya.button("Sign out"))
    keyboard.press("Escape")
    expect(maya.button("Sign out")).to_be_hidden()
    expect(you).to_be_focused()


# By ear


def heard(region: Locator) -> Callable[[], str]:
    """Begin to listen to a live region that is on the page already; what it is told is read out."""
    expect(region).to_have_count(1)
    element = region.element_handle()
    assert element.evaluate("""element => ["alert", "log", "status"].includes(element.role) || element.ariaLive""")
    return lambda: element.inner_text() if element.evaluate("element => element.isConnected") else "(gone)"


def test_a_message_of_ones_own_is_read_out_once(customer_page, member_page, desk):
    """When it is there: not while it is on its way, nor when it has been seen."""
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    maya.open_first("Unassigned Chats")
    for side in (customer, maya):
        side.page.context.set_offline(True)
        side.write("Anybody there?")
        expect(side.status("Anybody there?")).to_contain_text("Not sent")
        expect(side.entry("Anybody there?").last).to_have_attribute("aria-live", "off")
        side.page.context.set_offline(False)
        expect(side.status("Anybody there?").last).to_have_text(re.compile("Sent|Seen"))
        expect(side.entry("Anybody there?").last).not_to_have_attribute("aria-live", "off")
        expect(side.log).to_have_attribute("aria-relevant", "additions")


def test_a_screen_reader_is_told_what_happens(customer_page, member_page, desk):
    first, customer = customer_page().open(), customer_page().open()
    maya = member_page(desk.maya)
    first.talk_to_human()
    customer.ask("Where is my order?", "It left our shop yesterday.")
    customer.ask("How long does delivery take?", "Two days.")
    log = heard(customer.log)
    queue = heard(customer.frame.locator("[aria-live]").filter(has=customer.frame.locator(".status")))

    customer.button("Talk to a human").click()
    expect(customer.frame.get_by_text("1 customer before you")).to_be_visible()
    assert queue() == "1 customer before you"
    maya.open_first("Unassigned Chats")
    transcript, typing = heard(maya.log), maya.page.locator(".typing")
    maya.write("Hello, Maya here")
    expect(customer.frame.get_by_text("You are next")).to_be_visible()
    assert queue() == "You are next"
    first.write("Hello Maya")
    expect(maya.log.get_by_text("Hello Maya")).to_be_visible()
    assert "Hello, Maya here" in transcript() and "Hello Maya" in transcript()
    expect(typing).to_have_attribute("aria-live", "polite")

    maya.open_first("Unassigned Chats")
    expect(maya.log.get_by_text("Maya joined")).to_have_count(0)
    notice = heard(maya.notice)
    maya.write("Hello to you too")
    expect(customer.log.get_by_text("Hello to you too")).to_be_visible()
    assert "Maya joined" in log() and "Hello to you too" in log()

    refusal = heard(customer.frame.locator("#notice"))
    customer.write("x" * 4001)
    expect(customer.notice).to_have_text("This is too long: at most 4000 characters.")
    assert refusal() == "This is too long: at most 4000 characters."
    maya.write("x" * 4001)
    expect(maya.notice).to_have_text("This is too long: at most 4000 characters.")
    assert notice() == "This is too long: at most 4000 characters."


# Without motion


@pytest.mark.parametrize("reduced", [False, True], ids=["motion", "reduced motion"])
def test_who_asks_for_no_motion_gets_none(customer_page, member_page, desk, reduced):
    options = {"reduced_motion": "reduce" if reduced else "no-preference"}
    customer, maya = customer_page(**options), member_page(desk.maya, **options)
    motions = []

    def look(where) -> None:
        motions.append(where.evaluate(LONGEST_MOTION))

    expect(customer.launcher("Open chat")).to_be_visible()
    look(customer.page)
    customer.open().talk_to_human()
    look(customer.page.frames[1])
    expect(maya.page.locator(".row.is-new")).to_have_count(1)
    look(maya.page)
    maya.open_first("Unassigned Chats")
    maya.write("Hello, Maya here")
    maya.button("Resolve Chat").click()
    look(maya.page)
    customer.button("End chat").click()
    look(customer.page.frames[1])

    # Without the wish there is some everywhere, or this would show nothing.
    assert max(motions) <= 0.01 if reduced else min(motions) > 0.1


def test_scrolling_back_to_the_newest_message_takes_no_time_without_motion(member_page, desk, waiting_customer):
    customer = waiting_customer(eager(desk).bot, "Hello")
    for number in range(40):
        customer.write(f"Line {number}")
    maya = member_page(desk.maya, reduced_motion="reduce")
    maya.open_first("Unassigned Chats")
    scroller = maya.page.locator(".transcript__scroller")
    scroller.evaluate("element => element.scrollTo(0, -800)")
    expect(maya.log.get_by_text("Line 39")).not_to_be_in_viewport()
    customer.write("And one more thing")

    maya.button("New messages").evaluate("button => button.click()")

    expect(maya.log).to_be_focused()
    assert scroller.evaluate("element => element.scrollTop") == 0


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_a_chat_takes_no_focus_from_the_website_around_it(customer_page, member_page, desk, is_open):
    customer, maya = customer_page().open(), member_page(desk.maya)
    customer.talk_to_human()
    maya.open_first("Unassigned Chats")
    maya.write("Ahoy")
    expect(customer.log.get_by_text("Ahoy", exact=True)).to_be_visible()
    customer.box.focus()
    if not is_open:
        customer.page.keyboard.press("Escape")
        expect(customer.launcher("Open chat")).to_be_focused()
    customer.page.evaluate("document.body.prepend(Object.assign(document.createElement('input'), { id: 'news' }))")
    field = customer.page.locator("#news")
    field.focus()

    maya.box.press_sequentially("Hel")
    expect(customer.frame.locator("[data-typing]")).to_contain_text("Maya")
    maya.write("Hello there")
    expect(customer.log.get_by_text("Hello there")).to_have_count(1)
    maya.button("Resolve Chat").click()
    maya.dialog.get_by_role("button", name="Resolve", exact=True).click()
    expect(customer.frame.locator("[data-closed]")).to_have_count(1)

    expect(field).to_be_focused()
    customer.page.keyboard.type("lena@example.com")
    expect(field).to_have_value("lena@example.com")
