"""Who hears what: each verb reaches the right screens, at the right place, and no others."""

import time

import pytest

from models import BotAccess, transaction
from tests.people import new_uuid
from tests.running import eventually
from tests.web.edge import (
    assert_pushed,
    be_live,
    chat_now,
    chat_screen,
    customer_screen,
    inbox_screen,
    no_bot_is_busy,
    words_of,
)


class House:
    """Everybody who could hear of one chat, each before their screen."""

    def __init__(self, server, desk, customer, stranger, maya, noor, olga):
        key, chat_id = desk.bot.key, customer.chat_id
        with transaction() as session:  # Noor has both bots, and the other one's dashboard open too
            session.add(BotAccess(member_id=desk.noor.id, bot_id=desk.other_bot.id))
        self.customer = customer_screen(server, customer, key)
        self.stranger = customer_screen(server, stranger, key)
        self.reader = chat_screen(server, maya, key, chat_id)
        self.others_reader = chat_screen(server, noor, key, stranger.chat_id)
        self.inbox = inbox_screen(server, maya, key)
        self.other_bots_inbox = inbox_screen(server, noor, desk.other_bot.key)
        self.outsider = inbox_screen(server, olga, desk.other_bot.key)

    def heard(self, *who: str) -> dict[str, list]:
        """What each of `who` was pushed; fails when anybody else was pushed anything."""
        time.sleep(self.customer.patience)
        pushes = {name: screen.pushes(patient=False) for name, screen in vars(self).items()}
        too_many = {name: pushes[name] for name in pushes.keys() - set(who) if pushes[name]}
        assert not too_many
        return {name: pushes[name] for name in who}

    def rows(self) -> list:
        """What the inbox is pushed next: a row that was just drawn rests a moment."""
        pushes = []
        eventually(lambda: pushes.extend(self.inbox.pushes()) or pushes, what="a row is drawn")
        return pushes


@pytest.fixture
def house(server, desk, chatting, stranger, maya, noor, olga):
    """The customer's chat is still with the bot."""
    return House(server, desk, chatting, stranger, maya, noor, olga)


@pytest.fixture
def live(house, desk, chatting):
    """The same, with the customer waiting; what led there was heard."""
    be_live(chatting)
    house.heard("customer", "reader", "inbox", "other_bots_inbox")
    return house


@pytest.fixture
def taken(live, desk, chatting, maya):
    """The same, with Maya handling the chat."""
    maya.write(desk.bot.key, chatting.chat_id, "I am here")
    live.heard("customer", "reader", "inbox", "other_bots_inbox")
    return live


def at(prefix: str, chat) -> str:
    """The selector of a part of the chat."""
    return f"#{prefix}_chat_{chat.chat_id}"


def mine(desk) -> str:
    return f'body[data-member="{desk.maya.id}"] '


def others(desk) -> str:
    return f'body:not([data-member="{desk.maya.id}"]) '


def assert_numbered(push, chat, entries: int = 1) -> None:
    """That the frame holds the last `entries` entries of the log."""
    seq = chat_now(chat.chat_id).seq
    numbers = {name: push.frame[name] for name in ("chat", "after", "seq")}
    assert numbers == {"chat": chat.chat_id, "after": seq - entries, "seq": seq}
    assert [f'data-seq="{number}"' in push.html for number in range(seq - entries + 1, seq + 1)] == [True] * entries


def drawn_in(frame: dict) -> dict[str, int]:
    """The rows of a frame by chat, each with the number it is of."""
    return {chat: row["version"] for chat, row in frame["rows"].items()}


def versions(chat) -> dict[str, int]:
    """What a frame with the chat's row tells, if it shows the chat as it is."""
    return {str(chat.chat_id): chat_now(chat.chat_id).seq}


def test_a_message_to_the_bot_and_its_answer_reach_the_chat_and_no_list(house, chatting):
    uuid = new_uuid()
    chatting.write("Do you ship abroad?", uuid=uuid)
    eventually(no_bot_is_busy)
    for pushes in house.heard("customer", "reader").values():
        asked = assert_pushed(pushes, at("conversation", chatting), "Do you ship abroad?", "place")
        assert f'id="message_{uuid}"' in asked.html
        answered = assert_pushed(pushes, at("conversation", chatting), "Yes, all over Europe.", "place")
        assert asked.frame["seq"] == answered.frame["after"]


def test_the_offer_of_a_person_brings_the_button(house, chatting):
    chatting.write("Where is my order?")
    eventually(no_bot_is_busy)
    heard = house.heard("customer", "reader")
    assert_pushed(heard["customer"], at("header", chatting), "Talk to a human", "outerHTML")
    assert_numbered(assert_pushed(heard["customer"], at("conversation", chatting), "It left our shop"), chatting, 2)


def test_a_handoff_shows_on_every_dashboard_of_the_bot_and_on_no_other(house, chatting):
    chatting.write("agent please")
    eventually(no_bot_is_busy)
    house.heard("customer", "reader")
    chatting.hand_off()
    heard = house.heard("customer", "reader", "inbox", "other_bots_inbox")
    seen_by_customer = assert_pushed(heard["customer"], at("conversation", chatting), "You asked for a person", "place")
    assert_numbered(seen_by_customer, chatting)
    header = assert_pushed(heard["customer"], at("header", chatting), "Waiting for a person")
    assert "Talk to a human" not in words_of(header)
    assert_pushed(heard["customer"], at("status", chatting), "You are next")
    assert_numbered(assert_pushed(heard["reader"], at("conversation", chatting), "Handed over", "place"), chatting)
    assert_pushed(heard["reader"], at("head", chatting), "Waiting")
    row = assert_pushed(heard["inbox"], "#unassigned_chats", "Visitor", "place")
    assert drawn_in(row.frame) == versions(chatting)
    assert f'id="row_chat_{chatting.chat_id}"' in row.html


def test_dashboards_of_a_members_other_bots_hear_only_the_count(house, desk, chatting):
    chatting.write("agent please")
    eventually(no_bot_is_busy)
    house.heard("customer", "reader")
    chatting.hand_off()
    heard = house.heard("customer", "reader", "inbox", "other_bots_inbox")
    assert [push.target for push in heard["other_bots_inbox"]] == [f"#waiting_bot_{desk.bot.id}"]
    for inbox in ("inbox", "other_bots_inbox"):
        assert_pushed(heard[inbox], f"#waiting_bot_{desk.bot.id}", "1 waiting")


def test_a_customers_message_reaches_who_reads_and_every_list(live, chatting):
    chatting.write("Anybody there?")
    rows, heard = live.rows(), live.heard("customer", "reader")
    for screen in ("customer", "reader"):
        assert_numbered(assert_pushed(heard[screen], at("conversation", chatting), "Anybody there?", "place"), chatting)
    row = assert_pushed(rows, "#unassigned_chats", "Anybody there?", "place")
    assert drawn_in(row.frame) == versions(chatting)
    assert "unread" in words_of(row)


def test_many_messages_at_once_draw_the_row_less_often_and_in_the_end_as_it_is(live, chatting):
    for number in range(10):
        chatting.write(f"Message {number}")
    drawn = live.rows()
    while "Message 9" not in words_of(drawn[-1]):
        drawn += live.rows()
    assert drawn_in(drawn[-1].frame) == versions(chatting)
    assert len(drawn) < 10


def test_a_move_is_shown_at_once_while_the_row_rests(live, desk, chatting, maya):
    for words in ("One", "Two"):
        chatting.write(words)
    maya.write(desk.bot.key, chatting.chat_id, "I am here")
    heard = live.heard("customer", "reader", "inbox", "other_bots_inbox")
    assert_pushed(heard["inbox"], mine(desk) + "#my_chats", "I am here", "place")


def test_the_first_message_of_a_member_moves_the_chat_for_everybody(live, desk, chatting, maya):
    maya.write(desk.bot.key, chatting.chat_id, "I am here")
    heard = live.heard("customer", "reader", "inbox", "other_bots_inbox")
    for screen in ("customer", "reader"):
        joined = assert_pushed(heard[screen], at("conversation", chatting), "Maya joined", "place")
        assert "I am here" in words_of(joined)
        assert_numbered(joined, chatting, 2)
    assert_pushed(heard["customer"], at("header", chatting), "Maya")
    assert words_of(assert_pushed(heard["customer"], at("status", chatting), "")) == ""
    assert_pushed(heard["reader"], mine(desk) + at("actions", chatting), "Resolve Chat")
    not_theirs = assert_pushed(heard["reader"], others(desk) + at("actions", chatting), "")
    assert "Resolve" not in not_theirs.html
    assert_pushed(heard["reader"], mine(desk) + at("composer_state", chatting), "Send")
    held = assert_pushed(heard["reader"], others(desk) + at("composer_state", chatting), "Maya is handling this chat.")
    assert "Send" not in words_of(held)
    assert_pushed(heard["inbox"], mine(desk) + "#my_chats", "I am here", "place")
    assert_pushed(heard["inbox"], others(desk) + "#assigned_chats", "I am here", "place")
    assert "#unassigned_chats" not in [push.target for push in heard["inbox"]]
    for inbox in ("inbox", "other_bots_inbox"):
        assert_pushed(heard[inbox], f"#waiting_bot_{desk.bot.id}", "0 waiting")


def test_who_waits_behind_moves_up(live, desk, stranger, maya, chatting):
    be_live(stranger)
    told = live.stranger.pushes()
    assert_pushed(told, at("status", stranger), "1 customer before you")
    maya.write(desk.bot.key, chatting.chat_id, "I am here")
    moved_up = live.stranger.pushes()
    push = assert_pushed(moved_up, at("status", stranger), "You are next")
    assert [push.target for push in moved_up] == [at("status", stranger)]
    assert "seq" not in push.frame, "a place in the queue is no entry of the log"


@pytest.mark.parametrize("state", ["live", "taken"])
def test_an_end_takes_the_chat_from_every_screen(request, state, desk, chatting):
    house = request.getfixturevalue(state)
    chatting.end()
    heard = house.heard("customer", "reader", "inbox", "other_bots_inbox")
    assert_numbered(assert_pushed(heard["customer"], at("conversation", chatting), "You ended this chat"), chatting)
    assert_pushed(heard["customer"], at("closing", chatting), "Start a new chat")
    assert_numbered(assert_pushed(heard["reader"], at("conversation", chatting), "The customer ended this chat"),
                    chatting)
    for half in (mine(desk), others(desk)):
        if state == "taken":
            closed = assert_pushed(heard["reader"], half + at("composer_state", chatting), "ended this chat.")
            assert "Your text" in words_of(closed)
            assert "Resolve" not in assert_pushed(heard["reader"], half + at("actions", chatting), "").html
    gone = assert_pushed(heard["inbox"], at("row", chatting), "", "delete")
    assert drawn_in(gone.frame) == versions(chatting)
    assert_pushed(heard["other_bots_inbox"], f"#waiting_bot_{desk.bot.id}", "0 waiting")


def test_an_end_of_a_chat_with_the_bot_reaches_no_list(house, chatting):
    chatting.end()
    heard = house.heard("customer", "reader", "inbox", "other_bots_inbox")
    assert {push.target.split("_")[0] for name in ("inbox", "other_bots_inbox") for push in heard[name]} <= {"#waiting"}


def test_resolving_tells_the_customer_who_did_it_and_empties_the_lists(taken, desk, chatting, maya):
    maya.resolve(desk.bot.key, chatting.chat_id)
    heard = taken.heard("customer", "reader", "inbox", "other_bots_inbox")
    for screen in ("customer", "reader"):
        line = assert_pushed(heard[screen], at("conversation", chatting), "Maya has resolved this chat", "place")
        assert_numbered(line, chatting)
    closing = assert_pushed(heard["customer"], at("closing", chatting), "How was this chat?")
    assert "Start a new chat" in words_of(closing)
    assert_pushed(heard["reader"], at("head", chatting), "Resolved by Maya")
    assert_pushed(heard["inbox"], at("row", chatting), "", "delete")


def test_feedback_reaches_who_has_the_chat_open(taken, desk, chatting, maya):
    maya.resolve(desk.bot.key, chatting.chat_id)
    taken.heard("customer", "reader", "inbox", "other_bots_inbox")
    chatting.post("feedback", rating="4", comment="Quick and kind")
    heard = taken.heard("customer", "reader", "inbox")
    assert_pushed(heard["customer"], at("conversation", chatting), "Thank you for your feedback")
    assert "How was this chat?" not in words_of(assert_pushed(heard["customer"], at("closing", chatting), ""))
    assert_pushed(heard["reader"], at("conversation", chatting), "The customer rated this chat 4 of 5")
    assert_pushed(heard["reader"], at("details", chatting), "Quick and kind")
    assert {push.swap for push in heard["inbox"]} <= {"delete"}


def test_what_a_member_has_read_is_seen_by_the_customer_and_leaves_no_unread(live, desk, chatting, maya):
    seq = chat_now(chatting.chat_id).seq
    maya.http.post(f"/bots/{desk.bot.key}/chats/{chatting.chat_id}/seen", data={"seq": str(seq)})
    rows, heard = live.rows(), live.heard("customer")
    mark = assert_pushed(heard["customer"], at("seen", chatting), "", "outerHTML")
    assert f'data-seen="{seq}"' in mark.html and "seq" not in mark.frame
    assert "unread" not in words_of(assert_pushed(rows, "#unassigned_chats", ""))


def test_what_the_customer_has_read_is_seen_by_who_has_the_chat_open(live, chatting):
    chatting.post("seen", seq="2")
    mark = assert_pushed(live.heard("reader")["reader"], at("seen", chatting), "")
    assert 'data-seen="2"' in mark.html


def test_the_page_that_a_customer_is_on_reaches_who_has_the_chat_open(live, chatting):
    chatting.post("visit", page_url="https://shop.example/boots", page_title="Boots")
    assert_pushed(live.heard("reader")["reader"], at("details", chatting), "Boots", "outerHTML")


def test_a_customers_typing_reaches_members_and_not_the_customer(live, desk, chatting):
    live.customer.say(typing=True)
    live.customer.hear()
    heard = live.heard("reader", "inbox")
    typing = assert_pushed(heard["reader"], 'body:not([data-member="None"]) ' + at("typing", chatting), "is typing")
    assert "seq" not in typing.frame
    assert_pushed(heard["inbox"], at("row_typing", chatting), "is typing")
    live.customer.say(typing=False)
    live.customer.hear()
    heard = live.heard("reader", "inbox")
    assert all("is typing" not in words_of(push) for pushes in heard.values() for push in pushes)


def test_the_assignees_typing_reaches_the_customer_and_never_the_assignee(taken, desk, chatting):
    taken.reader.say(typing=True)
    pushed = taken.reader.pushes()
    assert_pushed(pushed, others(desk) + at("typing", chatting), "Maya is typing")
    assert_pushed(taken.heard("customer")["customer"], at("typing", chatting), "Maya is typing")


def test_typing_in_somebody_elses_chat_does_not_reach_the_customer(server, desk, taken, chatting, noor):
    beside = chat_screen(server, noor, desk.bot.key, chatting.chat_id)
    for screen in (beside, taken.reader):
        screen.say(typing=True)
        screen.hear()
    told = [words_of(push) for push in taken.heard("customer", "reader")["customer"]]
    assert told == ["Maya is typing"]


def test_typing_to_a_bot_reaches_nobody_until_a_person_is_asked_for(house, chatting):
    house.customer.say(typing=True)
    house.customer.hear()
    nobody = dict.fromkeys(vars(house), [])
    assert house.heard(*nobody) == nobody
    be_live(chatting)
    house.heard(*nobody)
    house.customer.say(typing=True)
    house.customer.hear()
    assert_pushed(house.inbox, at("row_typing", chatting), "is typing")


def test_the_answer_to_a_write_is_what_is_pushed(live, chatting):
    answer = chatting.write("One and the same")
    push = assert_pushed(live.customer, at("conversation", chatting), "One and the same")
    assert push.html in answer.text
    assert answer.headers["Baton-After"] == str(push.frame["after"])
    assert answer.headers["Baton-Seq"] == str(push.frame["seq"])


def test_what_was_missed_is_what_was_pushed(live, chatting):
    before = chat_now(chatting.chat_id).seq
    for text in ("First", "Second"):
        chatting.write(text)
    pushed = [push.html for push in live.customer.pushes() if push.target == at("conversation", chatting)]
    missed = chatting.entries(after=before)
    assert (missed.headers["Baton-After"], missed.headers["Baton-Seq"]) == (str(before), str(before + 2))
    assert "".join(pushed) in missed.text
