"""How mail is handed over: encrypted, as one person's letter, with an id that stays the same at each try."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailer import NotSent, hand_over, letter, send_due
from models import Mail, Member, reading, transaction
from models.mail_server import MailServer
from tests.conftest import make_desk
from tests.mailbox import PASSWORD, USER, Mailbox
from tests.models.chats import change
from tests.people import MemberClient
from tests.web.conftest import opened, own_server
from tests.web.edge import nothing_changes


@pytest.fixture
def certificate(tmp_path):
    """The file of a certificate for this machine that nobody has signed, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    today = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(today).not_valid_after(today + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    file = tmp_path / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return file


@pytest.fixture
def mailbox(certificate):
    """A server that takes mail only over STARTTLS, and only from who signs in."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with Mailbox(login=True, tls=context) as mailbox:
        yield mailbox


def through(mailbox: Mailbox, **more) -> MailServer:
    return MailServer(**{"host": "127.0.0.1", "port": mailbox.port, "security": "starttls", "username": USER,
                         "password": PASSWORD, "sender": "chat@example.com", "address": "https://chat.example.com",
                         **more})


def a_mail(**columns) -> Mail:
    return Mail(**{"id": 7, "recipient": "ada@example.com", "subject": "Grüße", "text": "Wörter\nund Zeilen",
                   "created_at": datetime(2026, 11, 22, tzinfo=UTC), **columns})


def test_mail_goes_out_encrypted_to_a_server_that_proves_who_it_is(mailbox, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    hand_over(through(mailbox), letter(through(mailbox), "Harbor Goods", a_mail()), "ada@example.com")
    mail = mailbox.first_to("ada@example.com")
    assert (mail["Subject"], mail.get_content().splitlines()) == ("Grüße", ["Wörter", "und Zeilen"])


def test_a_server_that_does_not_prove_who_it_is_gets_nothing(mailbox):
    with pytest.raises(NotSent, match="^the server's certificate is not trusted: self-signed certificate$"):
        hand_over(through(mailbox), letter(through(mailbox), "Harbor Goods", a_mail()), "ada@example.com")
    assert mailbox.taken == []


@pytest.mark.parametrize(("said", "way"), [
    ("the server does not speak TLS on this port; STARTTLS may be what it wants", {"security": "tls"}),
    ("the server's name was not found: .+", {"host": "smtp.example.invalid"}),
])
def test_what_is_wrong_on_the_way_to_a_server_is_said_in_words(mailbox, said, way):
    with pytest.raises(NotSent, match=f"^{said}$"):
        hand_over(through(mailbox, **way), letter(through(mailbox), "Harbor Goods", a_mail()), "ada@example.com")


def test_each_try_has_the_same_id_and_each_mail_another(mailbox):
    ids = [letter(through(mailbox), "Harbor Goods", mail)["Message-ID"] for mail in (a_mail(), a_mail(), a_mail(id=8))]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@example.com>")


def test_a_server_shows_its_password_in_no_log(mailbox):
    assert PASSWORD not in repr(through(mailbox))


def test_a_server_that_the_environment_names_goes_before_and_cannot_be_changed_here():
    with Mailbox() as mailbox:
        named = {"SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}", "MAIL_FROM": "desk@example.com"}
        with own_server(**named, PUBLIC_URL="http://chat.example.com") as server, opened(server):
            olga = make_desk().olga
            change(Member, Member.id == olga.id, role="owner", all_bots=True)
            owner = MemberClient(server, olga.email)
            assert "mail goes through 127.0.0.1, from desk@example.com" in owner.http.get("/settings/mail").text
            with nothing_changes():
                assert owner.http.post("/settings/mail", data=mailbox.settings()).status_code == 422
            assert owner.http.post("/settings/mail/test").status_code == 200
    (mail,) = mailbox.taken
    assert mail["From"] == "Harbor Goods <desk@example.com>" and "http://chat.example.com" in mail.get_content()


def test_a_mail_that_cannot_be_written_is_given_up_and_keeps_back_no_other(local_desk, caplog):
    with Mailbox() as mailbox:
        MailServer(**mailbox.settings() | {"port": mailbox.port}, address="https://chat.example.com").keep(local_desk.maya)
        with transaction() as session:
            broken, good = (Mail.queue(session, to, "Your chat", "An answer.", "answer")
                            for to in ("a@[b.c", "ada@example.com"))
        send_due()
        assert len(mailbox.to("ada@example.com")) == 1
    with reading() as session:
        broken, good = session.get(Mail, broken.id), session.get(Mail, good.id)
    assert good.sent_at and broken.last_error and broken.next_try_at is None
    assert f"mail {broken.id} (answer) cannot be sent" in caplog.text
