"""Every event of a chat reads like something, and is on the push map; or is left out knowingly."""

import pytest

from models import Action, Event, Member, now
from realtime.broadcasts import CHANGES_QUEUE, CHANGES_STATE
from tests.web.edge import edge

OF_A_CHAT = {action for action in Action
             if action.startswith(("chat_", "human_", "feedback_", "email_", "members_", "customer_"))}
# The button says it; whom the team calls, and what the website says, is no matter of the customer's.
WITHOUT_SENTENCE = {(Action.HUMAN_OFFERED, "customer"), (Action.HUMAN_OFFERED, "members"),
                    (Action.MEMBERS_CALLED, "customer"), (Action.CUSTOMER_IDENTIFIED, "customer")}
LEAVES_THE_QUEUE_ALONE = {Action.HUMAN_OFFERED, Action.FEEDBACK_LEFT, Action.CHAT_DELAYED, Action.EMAIL_LEFT,
                          Action.CUSTOMER_IDENTIFIED}

SENTENCES = {
    (Action.CHAT_HANDED_OFF, "customer"): "You asked for a person",
    (Action.CHAT_HANDED_OFF, "members"): "Handed over",
    (Action.CHAT_ASSIGNED, "customer"): "Maya joined",
    (Action.CHAT_ASSIGNED, "members"): "Maya joined",
    (Action.CHAT_HANDED_BACK, "customer"): "Maya had to leave. Somebody else will take over",
    (Action.CHAT_HANDED_BACK, "members"): "Maya is away: back to Unassigned",
    (Action.CHAT_DELAYED, "customer"): "Sorry, this takes longer than usual. You keep your place",
    (Action.CHAT_DELAYED, "members"): "The customer was told that it takes longer",
    (Action.MEMBERS_CALLED, "members"): "Nobody answered yet: Noor, Sam got an e-mail",
    (Action.EMAIL_LEFT, "customer"): "You left your e-mail address",
    (Action.EMAIL_LEFT, "members"): "The customer left an e-mail address",
    (Action.CHAT_RESOLVED, "customer"): "Maya has resolved this chat",
    (Action.CHAT_RESOLVED, "members"): "Maya has resolved this chat",
    (Action.CHAT_ENDED, "customer"): "You ended this chat",
    (Action.CHAT_ENDED, "members"): "The customer ended this chat",
    (Action.CHAT_EXPIRED, "customer"): "Closed, because nobody wrote for a while",
    (Action.CHAT_EXPIRED, "members"): "Closed, because nobody wrote for a while",
    (Action.CUSTOMER_IDENTIFIED, "members"): "The website has said who this is",
    (Action.FEEDBACK_LEFT, "customer"): "Thank you for your feedback",
    (Action.FEEDBACK_LEFT, "members"): "The customer rated this chat 4 of 5",
}


def entry_of(action: Action, audience: str) -> str:
    """The line of the log, as an audience gets it."""
    particulars = {"rating": 4, "name": "Maya", "names": ["Noor", "Sam"], "reason": "absent"}
    event = Event(chat_id=1, seq=7, action=action, particulars=particulars, created_at=now())
    event.member = Member(name="Maya Okafor") if action in (Action.CHAT_ASSIGNED, Action.CHAT_RESOLVED) else None
    with edge().test_request_context():
        return edge().jinja_env.get_template("chat/_entry.html").render(entry=event, audience=audience)


@pytest.mark.parametrize("audience", ["customer", "members"])
@pytest.mark.parametrize("action", sorted(OF_A_CHAT))
def test_every_event_of_a_chat_reads_like_something(action, audience):
    line = entry_of(action, audience)
    assert 'id="entry_1_7"' in line and 'data-seq="7"' in line
    if (action, audience) in WITHOUT_SENTENCE:
        assert " hidden>" in line and "entry__line" not in line
    else:
        assert f'<p class="entry__line"><span>{SENTENCES[action, audience]} · <time' in line and " hidden>" not in line


def test_every_event_of_a_chat_is_on_the_push_map():
    assert OF_A_CHAT - {Action.MEMBERS_CALLED} == CHANGES_STATE
    assert CHANGES_QUEUE == CHANGES_STATE - LEAVES_THE_QUEUE_ALONE
