"""Mail: the server that owners set, a test of it, and that what is queued goes out once, sooner or later."""

import html
import re

import pytest

from models import Event, Mail, reading, transaction
from models.mail_server import MailServer
from tests.mailbox import PASSWORD, REFUSED, USER, Mailbox
from tests.running import eventually, free_port
from tests.web.edge import nothing_changes

PAGE = "/settings/mail"
ELSEWHERE = {"host": "smtp.example.com", "port": "587", "security": "starttls", "username": "baton",
             "password": "hunter2", "sender": "chat@example.com"}


@pytest.fixture
def mailbox():
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture(autouse=True)
def no_mail_afterwards(desk, owner):
    """The server is that of other tests, too."""
    yield
    owner.http.post(f"{PAGE}/removal")
    with transaction() as session:
        session.query(Mail).delete()


def write_to(email: str) -> int:
    """Queue a mail; its id. The server hears of it with its next look, or when it is told to try again."""
    with transaction() as session:
        mail = Mail.queue(session, email, "Your chat", "We have an answer.\nSee https://chat.example.com/", "answer")
    return mail.id


def stored(mail_id: int) -> Mail:
    with reading() as session:
        return session.get(Mail, mail_id)


def failure_in(page: str) -> str:
    """What the mail server said."""
    return html.unescape(re.search(r'role="alert" id="mail_failure".*?<code>(.*?)</code>', page, re.DOTALL)[1])


def beside(field: str, sentence: str) -> str:
    return f'<span class="field__error" id="{field}_error">{sentence}</span>'


def test_a_test_mail_arrives_at_who_asks(desk, olivia, owner, mailbox):
    assert "Saved." in owner.http.post(PAGE, data=mailbox.settings()).text
    answer = owner.http.post(f"{PAGE}/test")
    assert f"The server has taken a test mail to {olivia.email}." in answer.text
    mail = mailbox.first_to(olivia.email)
    assert (mail["From"], mail["Subject"]) == ("Harbor Goods <chat@example.com>", "A test from Baton")
    assert str(owner.http.base_url).rstrip("/") in mail.get_content()


def test_what_is_queued_goes_out_by_itself_and_leaves_no_text_behind(desk, owner, mailbox):
    owner.http.post(PAGE, data=mailbox.settings())
    queued = write_to("ada@example.com")
    owner.http.post(f"{PAGE}/attempt")
    mail = mailbox.first_to("ada@example.com")
    assert mail.get_content().splitlines()[0] == "We have an answer."
    assert mail["Auto-Submitted"] == "auto-generated"
    eventually(lambda: stored(queued).sent_at)
    assert (stored(queued).text, stored(queued).next_try_at) == ("", None)


def test_a_server_that_is_away_gets_the_mail_later_and_once(desk, owner):
    port = free_port()
    owner.http.post(PAGE, data=Mailbox(port).settings())
    queued = write_to("ada@example.com")
    owner.http.post(f"{PAGE}/attempt")
    eventually(lambda: "refused" in stored(queued).last_error.lower(), what=stored(queued).last_error)
    page = owner.http.get(PAGE).text
    assert "Not sent yet" in page and "tried once" in page and "ada@example.com" in page
    with Mailbox(port) as mailbox:
        for _press in range(3):
            owner.http.post(f"{PAGE}/attempt")
        eventually(lambda: stored(queued).sent_at)
        owner.http.post(f"{PAGE}/attempt")
        last = write_to("last@example.com")
        owner.http.post(f"{PAGE}/attempt")
        eventually(lambda: stored(last).sent_at)
        assert len(mailbox.to("ada@example.com")) == 1
    assert "Not sent yet" not in owner.http.get(PAGE).text


def test_a_refused_login_shows_the_servers_own_words(desk, olivia, owner):
    with Mailbox(login=True) as mailbox:
        owner.http.post(PAGE, data=mailbox.settings(username=USER, password="wrong"))
        answer = owner.http.post(f"{PAGE}/test")
        assert answer.status_code == 422 and failure_in(answer.text).startswith("535 ")
        assert "wrong" not in answer.text
        owner.http.post(PAGE, data=mailbox.settings(username=USER, password=PASSWORD))
        assert owner.http.post(f"{PAGE}/test").status_code == 200
        assert mailbox.first_to(olivia.email)


def test_a_server_that_is_away_is_said_to_be(desk, owner):
    owner.http.post(PAGE, data=Mailbox().settings())
    answer = owner.http.post(f"{PAGE}/test")
    assert (answer.status_code, failure_in(answer.text)) == (422, "Connection refused")


def test_a_server_without_the_encryption_that_was_asked_for_gets_no_password(desk, owner, mailbox):
    owner.http.post(PAGE, data=mailbox.settings(security="starttls", username=USER, password=PASSWORD))
    answer = owner.http.post(f"{PAGE}/test")
    assert "STARTTLS extension not supported" in failure_in(answer.text)
    assert mailbox.taken == []


def test_a_mailbox_that_does_not_exist_is_given_up_at_once(desk, owner, mailbox):
    owner.http.post(PAGE, data=mailbox.settings())
    queued = write_to(REFUSED)
    owner.http.post(f"{PAGE}/attempt")
    eventually(lambda: stored(queued).last_error)
    assert (stored(queued).last_error, stored(queued).next_try_at) == ("550 no such mailbox", None)
    assert "given up: 550 no such mailbox" in owner.http.get(PAGE).text


def test_without_a_server_mail_waits(desk, owner):
    queued = write_to("ada@example.com")
    assert owner.http.post(f"{PAGE}/attempt").status_code == 200
    answer = owner.http.post(f"{PAGE}/test")
    assert (answer.status_code, failure_in(answer.text)) == (422, "There is no mail server yet.")
    assert stored(queued).attempts == 0


@pytest.mark.parametrize(("field", "typed", "sentence"), [
    ("host", "", "Please fill this in."),
    ("host", "smtp.example.com/x", "This is no name of a server."),
    ("port", "", "Please fill this in."),
    ("port", "65536", "At most 65535."),
    ("port", "smtp", "Please write a whole number, 0 or more."),
    ("security", "rot13", "Not a valid choice."),
    ("sender", "Baton", "This is no e-mail address."),
    ("sender", "a@example.com\r\nBcc: b@example.com", "This is no e-mail address."),
])
def test_what_cannot_be_is_refused_beside_its_field(desk, owner, field, typed, sentence):
    with nothing_changes():
        answer = owner.http.post(PAGE, data={**ELSEWHERE, field: typed})
    assert answer.status_code == 422 and beside(field, sentence) in answer.text
    assert "chat@example.com" in answer.text or field == "sender", "what was typed is still there"


def test_the_password_is_sealed_and_never_shown_again(desk, owner):
    owner.http.post(PAGE, data=ELSEWHERE)
    with reading() as session:
        sealed = MailServer.stored(session).password
        events = repr([event.particulars for event in session.query(Event)])
    assert sealed and "hunter2" not in sealed + events + owner.http.get(PAGE).text


def test_a_password_left_empty_is_kept_but_goes_to_no_other_server(desk, owner):
    with Mailbox(login=True) as mailbox:
        owner.http.post(PAGE, data=mailbox.settings(username=USER, password=PASSWORD))
        owner.http.post(PAGE, data=mailbox.settings(username=USER, sender="desk@example.com"))
        assert owner.http.post(f"{PAGE}/test").status_code == 200
        with nothing_changes():
            for other in ({"host": "mail.thief.example"}, {"port": "2525"}, {"security": "tls"}, {"username": "root"}):
                answer = owner.http.post(PAGE, data=mailbox.settings(**{"username": USER, **other}))
                assert answer.status_code == 422
                assert beside("password", "Please enter the password again, for this is another way to the "
                                          "server.") in answer.text


def test_sending_no_more_mail_forgets_the_server(desk, owner, mailbox):
    owner.http.post(PAGE, data=mailbox.settings())
    assert "Saved." in owner.http.post(f"{PAGE}/removal").text
    with reading() as session:
        assert MailServer.current(session) is None
