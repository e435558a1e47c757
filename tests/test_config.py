"""Settings: what is read, what is refused, and that the page about them tells the truth."""

import socket
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from limits import parse_many

import config
from bots.outward import InsideNetwork, addresses_of

SECRET = "a key of more than thirty-two characters"


@pytest.fixture
def load(tmp_path):
    """Loads settings given by name, with a folder of their own unless DATA_DIR is given."""
    return lambda **environ: config.load({"DATA_DIR": str(tmp_path / "data"), **environ})


def refusal(load, **environ):
    with pytest.raises(config.ConfigError) as caught:
        load(**environ)
    return str(caught.value)


def test_a_fresh_clone_runs_with_no_settings(load, tmp_path):
    settings = load()
    assert (settings.host, settings.port, settings.web_concurrency) == ("127.0.0.1", 8000, 1)
    assert settings.database_url == f"sqlite:///{tmp_path}/data/baton.sqlite3"
    assert settings.redis_url is None
    assert settings.address == "http://127.0.0.1:8000"


def test_the_data_folder_is_the_owners_alone(load):
    assert load().data_dir.stat().st_mode & 0o777 == 0o700


def test_an_empty_setting_counts_as_not_set(load):
    assert load(PORT="", REDIS_URL=" ", SECRET_KEY_FILE="") == load()


def test_a_relative_data_folder_stands_in_batons_own():
    assert config.FOLDER.read("var") == Path(config.__file__).parent / "var"
    assert config.FOLDER.read("/srv/baton") == Path("/srv/baton")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "80a"),
        ("PORT", "8_0"),
        ("PORT", "-1"),
        ("HOST", "300.1.1.1"),
        ("HOST", "http://localhost"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgresql://host"),
        ("DATABASE_URL", "postgresql://host:port/name"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "/var/baton.sqlite3"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "http://localhost"),
        ("WEB_CONCURRENCY", "0"),
        ("WEB_CONCURRENCY", "auto"),
        ("PUBLIC_URL", "chat.example.com"),
        ("PUBLIC_URL", "https://chat.example.com/desk"),
        ("PUBLIC_URL", "https://maya@chat.example.com"),
        ("PUBLIC_URL", "https://chat.example.com?a=b"),
        ("PUBLIC_URL", "https://chat.example.com:web"),
        ("PUBLIC_URL", "ftp://chat.example.com"),
        ("TRUSTED_PROXIES", "yes"),
        ("SECRET_KEY", "too short"),
        ("SESSION_DAYS", "0"),
        ("MESSAGE_LIMIT", "many"),
        ("MESSAGE_LIMIT", "10 per fortnight"),
        ("SIGN_IN_LIMIT", "0 per minute"),
        ("CHAT_LIMIT", "30"),
        ("BOT_SECONDS", "0"),
        ("BOT_SECONDS", "8.5"),
        ("SOCKET_CONNECTIONS", "1"),
        ("LOG_LEVEL", "loud"),
        ("SMTP_URL", "mail.example.com"),
        ("SMTP_URL", "http://mail.example.com"),
        ("SMTP_URL", "smtp://mail.example.com/path"),
        ("MAIL_FROM", "Baton"),
    ],
)
def test_nonsense_is_refused_in_one_sentence_that_names_the_setting(load, name, text):
    said = refusal(load, **{name: text})
    assert said.startswith(f"{name} must be ")
    assert said.endswith(".") and "\n" not in said


def test_a_refusal_shows_what_was_given_but_never_a_secret(load):
    assert "'http'" in refusal(load, PORT="http")
    assert "hunter2" not in refusal(load, DATABASE_URL="mysql://maya:hunter2@host/name")
    assert "hunter2" not in refusal(load, SECRET_KEY="hunter2")


def test_secrets_stay_out_of_logs(load):
    settings = load(SECRET_KEY=SECRET, DATABASE_URL="postgresql://maya:hunter2@host/name")
    assert SECRET not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_postgresql_is_spoken_to_by_psycopg(load):
    assert load(DATABASE_URL="postgresql://maya@host/name").database_url == "postgresql+psycopg://maya@host/name"


def test_a_named_sqlite_file_is_taken_as_it_is(load):
    assert load(DATABASE_URL="sqlite:////srv/chats.db").database_url == "sqlite:////srv/chats.db"


@pytest.mark.parametrize("url", ["redis://cache:6379/1", "rediss://:word@cache", "unix:///run/redis.sock"])
def test_redis_is_reached_by_network_or_by_file(load, url):
    assert load(REDIS_URL=url).redis_url == url


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Chat.Example.com/", "https://chat.example.com"),
        ("https://chat.example.com:443", "https://chat.example.com"),
        ("http://chat.example.com:8080", "http://chat.example.com:8080"),
    ],
)
def test_the_public_address_is_written_as_browsers_write_an_origin(load, text, origin):
    assert load(PUBLIC_URL=text).public_url == load(PUBLIC_URL=text).address == origin


@pytest.mark.parametrize("text", ["10 per second; 120 per minute", "5/minute", "1 per 2 hours, 9 PER DAY"])
def test_limits_are_accepted_when_the_limiter_understands_them(load, text):
    assert parse_many(text)
    assert load(CHAT_LIMIT=text).chat_limit == text


@pytest.mark.parametrize(("url", "host", "port", "security", "username", "password"), [
    ("smtp://mail.example.com", "mail.example.com", 25, "none", "", ""),
    ("smtp+starttls://chat%40example.com:p%3Aw@mail.example.com", "mail.example.com", 587, "starttls",
     "chat@example.com", "p:w"),
    ("smtps://chat:word@mail.example.com:4650", "mail.example.com", 4650, "tls", "chat", "word"),
])
def test_a_mail_server_is_named_by_one_url(load, url, host, port, security, username, password):
    settings = load(SMTP_URL=url, MAIL_FROM="chat@example.com", PUBLIC_URL="https://chat.example.com")
    assert settings.mail_server == {
        "host": host, "port": port, "security": security, "username": username, "password": password,
        "sender": "chat@example.com", "address": "https://chat.example.com"}
    assert not password or password not in repr(settings)


def test_a_mail_server_needs_a_sender_and_an_address_for_links(load):
    assert load().mail_server is None
    url = "smtp://mail.example.com"
    assert "MAIL_FROM" in refusal(load, SMTP_URL=url, PUBLIC_URL="https://chat.example.com")
    assert "PUBLIC_URL" in refusal(load, SMTP_URL=url, MAIL_FROM="chat@example.com")


def test_an_ipv6_host_is_written_in_brackets(load):
    assert load(HOST="::1").bind == "[::1]:8000"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_who_listens_everywhere_points_browsers_to_the_machine(load, monkeypatch, host):
    def no_way_out(*_):
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", lambda *_: None)
    monkeypatch.setattr(socket.socket, "getsockname", lambda _: ("10.0.0.7", 54321))
    assert load(HOST=host).address == "http://10.0.0.7:8000"
    monkeypatch.setattr(socket.socket, "connect", no_way_out)
    assert load(HOST=host).address == f"http://{socket.gethostname()}:8000"
    assert load(HOST=host, PUBLIC_URL="https://chat.example.com").address == "https://chat.example.com"


@pytest.mark.parametrize(("text", "host", "port"), [
    ("[::1]:8080", "::1", 8080), ("[::1]", "::1", 8080), ("127.0.0.1:8080", "127.0.0.1", 8080),
    ("ollama.example, LocalHost", "localhost", 80),
])
def test_engines_may_run_on_hosts_inside_that_are_named(load, text, host, port):
    with pytest.raises(InsideNetwork):
        addresses_of(host, port, load().engine_hosts)
    assert addresses_of(host, port, load(ENGINE_HOSTS=text).engine_hosts)


def test_a_host_inside_that_is_named_with_a_port_has_no_other(load):
    with pytest.raises(InsideNetwork):
        addresses_of("::1", 8081, load(ENGINE_HOSTS="[::1]:8080").engine_hosts)


def test_more_workers_need_redis(load):
    assert "REDIS_URL" in refusal(load, WEB_CONCURRENCY="2")
    assert load(WEB_CONCURRENCY="2", REDIS_URL="redis://cache").web_concurrency == 2


def test_a_secret_can_come_from_a_file(load, tmp_path):
    (tmp_path / "key").write_text(f"{SECRET}\n")
    assert load(SECRET_KEY_FILE=str(tmp_path / "key")).secret_key == SECRET


def test_a_secret_file_that_says_nothing_is_refused(load, tmp_path):
    (tmp_path / "empty").write_text("\n")
    assert "SECRET_KEY_FILE" in refusal(load, SECRET_KEY_FILE=str(tmp_path / "empty"))
    assert "SECRET_KEY_FILE" in refusal(load, SECRET_KEY_FILE=str(tmp_path / "missing"))
    assert "not both" in refusal(load, SECRET_KEY=SECRET, SECRET_KEY_FILE=str(tmp_path / "empty"))


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(load):
    first = load()
    assert len(first.secret_key) >= 32
    assert (first.data_dir / "secret_key").stat().st_mode & 0o777 == 0o600
    assert load().secret_key == first.secret_key
    assert [path.name for path in first.data_dir.iterdir()] == ["secret_key"]


def test_workers_that_start_together_agree_on_the_secret_key(tmp_path):
    with ProcessPoolExecutor(4) as workers:
        for turn in range(20):
            loads = [workers.submit(config.load, {"DATA_DIR": str(tmp_path / str(turn))}) for _ in range(4)]
            assert len({load.result().secret_key for load in loads}) == 1


def test_a_damaged_secret_key_is_refused_and_kept(load):
    key = load().data_dir / "secret_key"
    key.write_text("short")
    assert "secret key" in refusal(load)
    assert key.read_text() == "short"


def test_a_folder_that_cannot_be_written_is_refused(load):
    assert "DATA_DIR '/dev/null/x' cannot be written" in refusal(load, DATA_DIR="/dev/null/x")


def test_the_page_about_settings_is_the_table_in_the_code():
    page = (Path(config.__file__).parent / "docs/settings.md").read_text(encoding="utf-8")
    assert page == config.as_markdown(), "run: python -m config > docs/settings.md"


def test_settings_are_checked_before_any_library_is_installed(tmp_path):
    code = "import sys; sys.path.insert(0, '.'); import config; config.load({'DATA_DIR': sys.argv[1]})"
    subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, tmp_path], cwd=Path(config.__file__).parent, check=True
    )
