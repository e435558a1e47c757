"""Whatever collides in a chat, the database decides once, and the loser is told. Shown with `pytest -s`."""

import sys
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

import models.database
from models import Chat, Customer, Message, State, Visit, now
from models.feedback import AlreadyRated
from models.refusals import AlreadyAssigned, ChatClosed, LateAnswer, NotAssignee
from models.secret import new_token
from tests.conftest import add_member
from tests.models.chats import (
    chat_of,
    chat_with_bot,
    closed_chat,
    fresh,
    held_chat,
    log_of,
    offered_chat,
    rows,
    waiting_chat,
    write_as_customer,
    write_first,
)
from tests.models.racing import Arena, assert_sound, refusals
from tests.people import new_uuid

ROUNDS = 8


@pytest.fixture(params=["one process", "many processes"])
def arena(request, monkeypatch, local_desk):
    """Threads that change places often; as in many processes, where no lock of Python's orders the writers."""
    if request.param == "many processes":
        unordered = replace(models.database._opened(), turn_to_write=nullcontext())
        monkeypatch.setattr(models.database, "_database", unordered)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    arena = Arena()
    yield arena
    sys.setswitchinterval(usual)
    print(f"\n{request.node.name}\n{arena}")


@pytest.fixture
def team(local_desk):
    """Eight members of the bot."""
    more = (add_member(local_desk.bot.workspace_id, f"Member {number}", local_desk.bot) for number in range(6))
    return [local_desk.maya, local_desk.noor, *more]


def saying(chat: Chat, member, said=None):
    return lambda: chat.post_as_member(member, said or f"{member.name} here", new_uuid())


def winners(outcomes: list) -> list:
    return [outcome for outcome in outcomes if not isinstance(outcome, Exception)]


@pytest.mark.parametrize("tabs", [2, 8])
def test_pressing_talk_to_a_human_in_many_tabs_is_one_handoff(arena, local_desk, tabs):
    for _ in range(ROUNDS):
        chat = offered_chat(local_desk)
        outcomes = arena.at_once(*[chat.hand_off] * tabs)
        assert not refusals(outcomes)
        assert {(given.state, given.handed_off_at) for given in outcomes} == {(State.LIVE, fresh(chat).handed_off_at)}
        assert assert_sound(chat, outcomes)[-2:] == ["human_offered", "chat_handed_off"]


def test_handing_off_while_the_other_tab_ends_the_chat(arena, local_desk):
    for _ in range(ROUNDS):
        chat = offered_chat(local_desk)
        outcomes = arena.at_once(chat.hand_off, chat.end)
        log = assert_sound(chat, outcomes)
        # The end always comes through. The handoff came before it, or is refused.
        assert log[-1] == "chat_ended"
        assert ("chat_handed_off" in log) == (not refusals(outcomes, ChatClosed))
        assert not isinstance(outcomes[1], Exception)


def test_the_customer_ends_while_the_assignee_resolves(arena, local_desk):
    for _ in range(ROUNDS):
        chat = held_chat(local_desk)
        outcomes = arena.at_once(chat.end, lambda chat=chat: chat.resolve(local_desk.maya))
        (winner,), (loser,) = winners(outcomes), refusals(outcomes, ChatClosed)
        assert winner.state == loser.chat.state == fresh(chat).state
        assert assert_sound(chat, outcomes)[-1] == f"chat_{winner.state}"


def test_the_loser_of_a_closing_leaves_the_feedback_all_the_same(arena, local_desk):
    for _ in range(ROUNDS):
        chat = held_chat(local_desk)
        outcomes = arena.at_once(lambda chat=chat: chat.end(rating=4), lambda chat=chat: chat.resolve(local_desk.maya))
        refusals(outcomes, ChatClosed)
        assert assert_sound(chat, outcomes)[-1] == "feedback_left"


@pytest.mark.parametrize("windows", [2, 6])
def test_resolving_in_many_windows_is_one_closing(arena, local_desk, windows):
    for _ in range(ROUNDS):
        chat = held_chat(local_desk)
        outcomes = arena.at_once(*[lambda chat=chat: chat.resolve(local_desk.maya)] * windows)
        assert len(winners(outcomes)) == 1
        assert {loser.chat.state for loser in refusals(outcomes, ChatClosed)} == {State.RESOLVED}
        assert assert_sound(chat, outcomes)[-1] == "chat_resolved"


def test_a_colleague_who_resolves_at_the_same_moment_never_wins(arena, local_desk):
    for _ in range(ROUNDS):
        chat = held_chat(local_desk)
        outcomes = arena.at_once(lambda chat=chat: chat.resolve(local_desk.maya),
                                 lambda chat=chat: chat.resolve(local_desk.noor))
        assert len(refusals(outcomes[1:], NotAssignee, ChatClosed)) == 1
        assert outcomes[0].state == State.RESOLVED
        assert_sound(chat, outcomes)


@pytest.mark.parametrize("author", ["customer", "maya"])
@pytest.mark.parametrize("closing", ["resolve", "end"])
def test_a_message_comes_before_the_closing_or_is_refused_whole(arena, local_desk, author, closing):
    for _ in range(ROUNDS):
        chat = held_chat(local_desk)
        write = {"customer": lambda chat=chat: write_as_customer(chat, "One more thing", new_uuid()),
                 "maya": saying(chat, local_desk.maya, "One more thing")}[author]
        close = {"resolve": lambda chat=chat: chat.resolve(local_desk.maya), "end": chat.end}[closing]
        outcomes = arena.at_once(write, close)
        log = assert_sound(chat, outcomes)
        refused = refusals(outcomes, ChatClosed)
        assert not isinstance(outcomes[1], Exception)
        assert [entry.endswith("One more thing") for entry in log].count(True) == 1 - len(refused)


def test_a_first_message_of_a_member_against_the_customers_end(arena, local_desk):
    for _ in range(ROUNDS):
        chat = waiting_chat(local_desk)
        outcomes = arena.at_once(saying(chat, local_desk.maya), chat.end)
        log = assert_sound(chat, outcomes)
        assert ("chat_assigned" in log) == ("member: Maya Okafor here" in log) == (not refusals(outcomes, ChatClosed))
        assert log[-1] == "chat_ended"


@pytest.mark.parametrize("size", [2, 8])
def test_of_many_members_who_write_first_one_gets_the_chat_and_the_others_keep_their_text(arena, local_desk, team,
                                                                                          size):
    for _ in range(ROUNDS):
        chat = waiting_chat(local_desk)
        before = log_of(chat)
        outcomes = arena.at_once(*(saying(chat, member) for member in team[:size]))
        (message,), losers = winners(outcomes), refusals(outcomes, AlreadyAssigned)
        assert {loser.chat.assignee_id for loser in losers} == {message.member_id} == {fresh(chat).assignee_id}
        assert assert_sound(chat, outcomes) == [*before, "chat_assigned", f"member: {message.text}"]


def test_two_windows_of_one_member_that_write_first_are_one_assignment_and_no_refusal(arena, local_desk):
    for _ in range(ROUNDS):
        chat = waiting_chat(local_desk)
        outcomes = arena.at_once(*(saying(chat, local_desk.maya, said) for said in ("one", "two", "three")))
        assert not refusals(outcomes)
        log = assert_sound(chat, outcomes)
        assert (log[-4], sorted(log[-3:])) == ("chat_assigned", ["member: one", "member: three", "member: two"])


@pytest.mark.parametrize("author", ["customer", "maya"])
def test_one_message_sent_many_times_at_once_is_stored_once(arena, local_desk, heard, author):
    for _ in range(ROUNDS // 2):
        chat, uuid = waiting_chat(local_desk), new_uuid()
        before = log_of(chat)
        heard.clear()
        send = {"customer": lambda chat=chat, uuid=uuid: write_as_customer(chat, "Same", uuid),
                "maya": lambda chat=chat, uuid=uuid: chat.post_as_member(local_desk.maya, "Same", uuid)}[author]
        outcomes = arena.at_once(*[send] * 12)
        assert not refusals(outcomes)
        assert len({message.id for message in outcomes}) == len(heard) == 1
        assert assert_sound(chat, outcomes) == before + heard[0]


def test_many_different_messages_at_once_are_numbered_without_a_gap(arena, local_desk):
    for _ in range(ROUNDS // 4):
        chat = held_chat(local_desk)
        said = [f"line {number}" for number in range(16)]
        sends = [lambda chat=chat, text=text: write_as_customer(chat, text, new_uuid()) for text in said[:8]]
        outcomes = arena.at_once(*sends, *(saying(chat, local_desk.maya, text) for text in said[8:]))
        assert not refusals(outcomes)
        log = assert_sound(chat, outcomes)
        assert sorted(log[-16:]) == sorted([*(f"customer: {text}" for text in said[:8]),
                                            *(f"member: {text}" for text in said[8:])])
        assert fresh(chat).last_text == log[-1].split(": ")[1]


@pytest.mark.parametrize("same_id", [True, False])
def test_first_messages_of_one_customer_at_once_share_one_chat(arena, local_desk, same_id):
    for _ in range(ROUNDS):
        token, uuid = new_token(), new_uuid()
        before = rows(Customer), rows(Chat)
        outcomes = arena.at_once(*[lambda token=token, uuid=uuid: write_first(
            local_desk, "Hello", token, uuid if same_id else new_uuid())] * 6)
        assert not refusals(outcomes)
        assert len({message.chat_id for message in outcomes}) == 1
        assert (rows(Customer), rows(Chat)) == (before[0] + 1, before[1] + 1)
        assert assert_sound(chat_of(outcomes[0]), outcomes)[1:] == ["customer: Hello"] * (1 if same_id else 6)


def test_a_returning_customer_starts_one_new_chat_in_two_tabs(arena, local_desk):
    for _ in range(ROUNDS):
        token = new_token()
        old = closed_chat(local_desk, State.ENDED, token)
        outcomes = arena.at_once(*[lambda token=token: write_first(local_desk, "Me again", token)] * 4)
        assert not refusals(outcomes)
        assert len({message.chat_id for message in outcomes} - {old.id}) == 1
        assert rows(Chat, Chat.customer_id == old.customer_id) == 2
        assert_sound(chat_of(outcomes[0]), outcomes)


def test_a_first_message_while_the_other_tab_ends_the_unsaid_chat(arena, local_desk):
    for _ in range(ROUNDS):
        token = new_token()
        chat = Chat.open_unsaid(local_desk.bot, token, Visit())
        outcomes = arena.at_once(lambda token=token: write_first(local_desk, "Hello", token), chat.end)
        assert not refusals(outcomes)
        # Either in the old chat before its end, or in a new one: never lost.
        assert "customer: Hello" in assert_sound(chat_of(outcomes[0]), outcomes[:1])
        assert assert_sound(chat, [])[-1] == "chat_ended"


def test_the_bots_answer_comes_before_the_handoff_or_never(arena, local_desk):
    for _ in range(ROUNDS):
        chat = offered_chat(local_desk)
        question = chat.post_as_customer("And when?", new_uuid())
        outcomes = arena.at_once(lambda chat=chat, asked=question: chat.answer(asked, 0, "Tomorrow."), chat.hand_off)
        log = assert_sound(chat, outcomes)
        assert not isinstance(outcomes[1], Exception)
        assert log[-1] == "chat_handed_off"
        assert ("bot: Tomorrow." in log) == (not refusals(outcomes, LateAnswer))


def test_many_processes_that_answer_one_message_give_one_answer(arena, local_desk):
    for _ in range(ROUNDS):
        chat = chat_with_bot(local_desk)
        question = chat.post_as_customer("And when?", new_uuid())
        outcomes = arena.at_once(*[
            lambda chat=chat, asked=question: chat.answer(asked, 0, "Tomorrow.", offer="asked")] * 6)
        assert (len(winners(outcomes)), len(refusals(outcomes, LateAnswer))) == (1, 5)
        assert assert_sound(chat, outcomes)[-2:] == ["bot: Tomorrow.", "human_offered"]


@pytest.mark.parametrize("tabs", [2, 6])
def test_of_many_ratings_at_once_one_is_kept(arena, local_desk, tabs):
    for _ in range(ROUNDS):
        chat = closed_chat(local_desk, State.RESOLVED)
        outcomes = arena.at_once(*[lambda chat=chat, stars=stars: chat.leave_feedback(stars)
                                   for stars in (1, 2, 3, 4, 5, 1)[:tabs]])
        assert (len(winners(outcomes)), len(refusals(outcomes, AlreadyRated))) == (1, tabs - 1)
        assert assert_sound(chat, outcomes)[-1] == "feedback_left"


def test_ending_with_feedback_in_two_tabs_is_one_end_and_one_rating(arena, local_desk):
    for _ in range(ROUNDS):
        chat = held_chat(local_desk)
        outcomes = arena.at_once(lambda chat=chat: chat.end(1), lambda chat=chat: chat.end(5))
        assert len(refusals(outcomes, ChatClosed)) == 1
        assert assert_sound(chat, outcomes)[-2:] == ["chat_ended", "feedback_left"]


def test_everything_at_once(arena, local_desk, team):
    for _ in range(ROUNDS // 2):
        chat = waiting_chat(local_desk)
        outcomes = arena.at_once(
            *(saying(chat, member) for member in team[:6]), chat.hand_off, chat.hand_off, chat.end,
            lambda chat=chat: chat.end(3), *(lambda chat=chat, by=by: chat.resolve(by) for by in team[:3]),
            *[lambda chat=chat: chat.post_as_customer("Hello?", new_uuid())] * 3)
        refusals(outcomes, AlreadyAssigned, ChatClosed, NotAssignee)
        log = assert_sound(chat, outcomes)
        assert not fresh(chat).is_open
        said = rows(Message, Message.chat_id == chat.id)
        assert said == sum(":" in entry for entry in log) == 3 + len(
            [outcome for outcome in outcomes if isinstance(outcome, Message)])


def test_several_clocks_take_each_step_once(arena, local_desk):
    for _round in range(ROUNDS):
        chat, gone = waiting_chat(local_desk), held_chat(local_desk)
        gone.post_as_customer("Hello?", new_uuid())
        later = now() + timedelta(hours=1)
        arena.at_once(*[lambda chat=chat: chat.admit_delay()] * 4,
                      *[lambda gone=gone, later=later: gone.hand_back("absent", later)] * 4)
        assert log_of(chat).count("chat_delayed") == log_of(gone).count("chat_handed_back") == 1


def test_an_assignee_who_writes_while_the_clock_takes_the_chat_back_handles_it_afterwards(arena, local_desk):
    for _round in range(ROUNDS):
        chat = held_chat(local_desk)
        chat.post_as_customer("Hello?", new_uuid())
        later = now() + timedelta(hours=1)
        outcomes = arena.at_once(saying(chat, local_desk.maya, "Back again"),
                                 lambda chat=chat, later=later: chat.hand_back("absent", later))
        assert refusals(outcomes) == [] and fresh(chat).assignee_id == local_desk.maya.id
        log = log_of(chat)
        assert log.count("member: Back again") == 1
        assert log.count("chat_assigned") == 1 + log.count("chat_handed_back")
