"""Every setting of Baton, once: its name, what it accepts, its default and what it does.

A setting is an environment variable; an attribute of `Config` bears its name in lower case. Only the
standard library is used here, so that `bin/serve` can refuse nonsense before anything is installed.

    python -m config                  prints the table of docs/settings.md
    python -m config check [--demo]   refuses what cannot work, else prints the address to be served
"""

import contextlib
import errno
import ipaddress
import os
import re
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent


class ConfigError(Exception):
    """A setting that cannot work. Its text is one sentence for the host, and holds no secret."""


@dataclass(frozen=True)
class Kind:
    """What a setting accepts. `wants` completes "NAME must be …"; `read` raises ValueError for all else."""

    wants: str
    read: Callable[[str], Any]


def re_reader(pattern: str) -> Callable[[str], str]:
    """A reader of texts that match `pattern` as a whole."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError
        return text

    return read


def number(low: int, high: int) -> Kind:
    """Whole numbers from `low` to `high`, written in plain digits."""

    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return Kind(f"a whole number from {low} to {high}", read)


def one_of(*words: str) -> Kind:
    """One of `words`, in any case; read as lower case."""
    in_words = re_reader("|".join(words))
    return Kind(f"one of {', '.join(words)}", lambda text: in_words(text.lower()))


def read_host(text: str) -> str:
    """An address to listen on. Raises ValueError."""
    if re.fullmatch(r"[A-Za-z]([A-Za-z0-9.-]*[A-Za-z0-9])?", text):
        return text
    return str(ipaddress.ip_address(text))


def read_database_url(text: str) -> str:
    """The URL with SQLAlchemy's name of the driver. Raises ValueError."""
    if re.fullmatch(r"sqlite:///[^?]*[^/?:](\?.*)?", text):
        return text
    parts = urlsplit(text)
    if parts.scheme != "postgresql" or not parts.path.strip("/") or parts.port == 0:
        raise ValueError
    return text.replace("postgresql://", "postgresql+psycopg://", 1)


def read_redis_url(text: str) -> str:
    """The URL of a Redis server. Raises ValueError."""
    parts = urlsplit(text)
    if not is_at(parts, "redis", "rediss") and not (parts.scheme == "unix" and parts.path):
        raise ValueError
    return text


def read_public_url(text: str) -> str:
    """An origin as browsers write it: lower case, no path, no slash at the end. Raises ValueError."""
    parts = urlsplit(text.lower())
    if not is_at(parts, "http", "https") or parts.path not in ("", "/"):
        raise ValueError
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError
    usual_port = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual_port)}"


def is_at(parts: Any, *schemes: str) -> bool:
    """Whether a split URL has one of `schemes`, a host, and a port that is none or sane."""
    return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)


MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
MAIL_SECURITIES = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}


def read_smtp_url(text: str) -> dict[str, Any]:
    """Host, port, security, username and password of a mail server. Raises ValueError."""
    parts = urlsplit(text)
    if not is_at(parts, *MAIL_PORTS) or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError
    return {"host": parts.hostname, "port": parts.port or MAIL_PORTS[parts.scheme],
            "security": MAIL_SECURITIES[parts.scheme], "username": unquote(parts.username or ""),
            "password": unquote(parts.password or "")}


def read_hosts(text: str) -> frozenset[str]:
    """Hosts, each with a port or without, as they stand in URLs but for brackets. Raises ValueError."""
    return frozenset(read_host_in_url(host.strip()) for host in text.split(",") if host.strip())


def read_host_in_url(text: str) -> str:
    """HOST or HOST:PORT as `bots.outward` looks it up: lower case, no brackets. Raises ValueError."""
    parts = urlsplit(f"//{text}")
    if parts.netloc != text or not parts.hostname or "@" in text or parts.port == 0:
        raise ValueError
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname


ONE_LIMIT = r"\s*[1-9][0-9]*\s*(/|\s+per\s+)\s*([1-9][0-9]*\s*)?(second|minute|hour|day|month|year)s?\s*"

FOLDER = Kind("a folder that Baton may write in", lambda text: ROOT / text)
HOST = Kind("an IP address or a host name", read_host)
DATABASE = Kind("sqlite:///file or postgresql://user:password@host/name", read_database_url)
REDIS = Kind("redis://host:port, rediss://host:port or unix:///socket", read_redis_url)
HOSTS = Kind("hosts, each with a port or without, and commas between", read_hosts)
ORIGIN = Kind("an address such as https://chat.example.com, without a path", read_public_url)
SMTP = Kind("smtp+starttls://user:password@host, smtps://… or, without encryption, smtp://…", read_smtp_url)
EMAIL = Kind("an e-mail address", re_reader(r"[^@\s]+@[^@\s]+\.[^@\s]+"))
KEY = Kind("at least 32 characters that nobody can guess", re_reader(r"(?s).{32,}"))
LIMITS = Kind(
    'limits such as "10 per second; 120 per minute"', re_reader(rf"(?i){ONE_LIMIT}([;,|]{ONE_LIMIT})*")
)


@dataclass(frozen=True)
class Setting:
    """One row of the table. `default` is written as in the environment; None: made by `load`, or nothing."""

    kind: Kind
    default: str | None
    help: str
    secret: bool = False
    default_shown: str = ""


def setting(*values: Any, **more: Any) -> Any:
    """A field of `Config` that carries its `Setting`. A secret stays out of `repr`, and so out of logs."""
    row = Setting(*values, **more)
    return field(repr=not row.secret, metadata={"setting": row})


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings one deployment runs with, read and checked."""

    port: int = setting(number(1, 65535), "8000", "Port to listen on.")
    host: str = setting(HOST, "127.0.0.1", "Address to listen on; `0.0.0.0` for all of them.")
    data_dir: Path = setting(
        FOLDER, "var", "Folder of the SQLite file, the secret key and uploads; relative to Baton's own.")
    database_url: str = setting(
        DATABASE, None, "Database.", secret=True, default_shown="`baton.sqlite3` in `DATA_DIR`")
    redis_url: str | None = setting(
        REDIS, None, "Redis that carries pushes between workers. One worker needs none.", secret=True)
    web_concurrency: int = setting(
        number(1, 64), "1", "Worker processes. More than one need `REDIS_URL`.")
    public_url: str | None = setting(
        ORIGIN, None, "Address that people see, for links and for checking where a request comes from.",
        default_shown="what the request says")
    trusted_proxies: int = setting(
        number(0, 9), "0", "How many proxies in front set `X-Forwarded-*`; 0 ignores these headers.")
    secret_key: str = setting(
        KEY, None, "Signs sessions, and seals passwords of other services. A new one signs everybody out.", secret=True,
        default_shown="made once, in `DATA_DIR/secret_key`")
    smtp_url: dict[str, Any] | None = setting(
        SMTP, None, "Mail server. Without it owners set one in the settings pages, or pass links on themselves."
        " Needs `MAIL_FROM` and `PUBLIC_URL`.", secret=True)
    mail_from: str | None = setting(EMAIL, None, "Address that mail comes from.")
    session_days: int = setting(number(1, 365), "30", "Days after which a member has to sign in again.")
    message_limit: str = setting(LIMITS, "10 per second; 120 per minute", "Messages one customer may send.")
    sign_in_limit: str = setting(LIMITS, "10 per minute; 50 per hour", "Tries to sign in from one address.")
    chat_limit: str = setting(LIMITS, "30 per minute", "New chats from one address.")
    bot_seconds: int = setting(number(1, 120), "8", "Seconds a bot may take; then a person is offered.")
    engine_hosts: frozenset[str] = setting(
        HOSTS, "", "Servers inside your own network that models and webhooks of bots may run on, such as "
        "`ollama:11434, 10.0.0.5`. All others there are refused.", default_shown="none")
    socket_connections: int = setting(
        number(10, 1000000), "10000", "Open chats one worker holds at most; and as many other connections.")
    metrics_token: str | None = setting(
        KEY, None, "Who sends it (`Authorization: Bearer …`) may read `/metrics` from anywhere.", secret=True,
        default_shown="none: only this machine may")
    log_level: str = setting(
        one_of("debug", "info", "warning", "error", "critical"), "info", "How much is logged.")

    @property
    def mail_server(self) -> dict[str, Any] | None:
        """What a models.mail_server.MailServer is made of, if the environment names one."""
        return self.smtp_url and {**self.smtp_url, "sender": self.mail_from, "address": self.public_url}

    @property
    def bind(self) -> str:
        """HOST:PORT as gunicorn and URLs write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def address(self) -> str:
        """Where to point a browser, without a slash at the end."""
        where = f"{own_address()}:{self.port}" if self.host in EVERYWHERE else self.bind
        return self.public_url or f"http://{where}"


def load(environ: Mapping[str, str] = os.environ) -> Config:
    """The settings in `environ`. Makes DATA_DIR and the secret key where they are missing.

    Raises ConfigError for what cannot work.
    """
    values = {row.name: read(row, environ) for row in fields(Config)}
    if values["web_concurrency"] > 1 and not values["redis_url"]:
        raise ConfigError("WEB_CONCURRENCY above 1 needs REDIS_URL, which carries pushes between them.")
    if values["smtp_url"] and not (values["mail_from"] and values["public_url"]):
        raise ConfigError("SMTP_URL needs MAIL_FROM, and PUBLIC_URL for the links in mail.")
    folder = writable(values["data_dir"])
    values["database_url"] = values["database_url"] or f"sqlite:///{folder / 'baton.sqlite3'}"
    values["secret_key"] = values["secret_key"] or kept_secret(folder / "secret_key")
    return Config(**values)


def read(row: Field, environ: Mapping[str, str]) -> Any:
    """The value of one setting; None when there is neither text nor default. Raises ConfigError."""
    name, its = row.name.upper(), row.metadata["setting"]
    text = given(name, environ) or its.default
    if text is None:
        return None
    try:
        return its.kind.read(text)
    except ValueError:
        but = "" if its.secret else f", not {text!r}"
        raise ConfigError(f"{name} must be {its.kind.wants}{but}.") from None


def given(name: str, environ: Mapping[str, str]) -> str:
    """What the host set: NAME, or the text in the file NAME_FILE; empty is not set. Raises ConfigError."""
    text, file = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if text and file:
        raise ConfigError(f"Set either {name} or {name}_FILE, not both.")
    if not file:
        return text
    text = read_file(f"{name}_FILE", ROOT / file)
    if not text:
        raise ConfigError(f"{name}_FILE names {file!r}, which is empty.")
    return text


def read_file(what: str, path: Path) -> str:
    """The text in a file, without the line's end. Raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{what} {str(path)!r} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{what} {str(path)!r} is not text.") from None


def writable(folder: Path) -> Path:
    """`folder`, made (for its owner only: it holds what customers wrote) and tried. Raises ConfigError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise ConfigError(f"DATA_DIR {str(folder)!r} cannot be written: {error.strerror}.") from None


def kept_secret(path: Path) -> str:
    """The key in `path`, made at the first call. Raises ConfigError."""
    try:
        if not path.exists():
            make_secret(path)
        return KEY.read(read_file("The secret key", path))
    except OSError as error:
        raise ConfigError(f"The secret key {str(path)!r} cannot be made: {error.strerror}.") from None
    except ValueError:
        raise ConfigError(f"The secret key {str(path)!r} must be {KEY.wants}.") from None


def make_secret(path: Path) -> None:
    """Writes a new key that only its owner may read. Of several processes one wins. Raises OSError."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret_key-") as draft:
        draft.write(secrets.token_urlsafe(48))
        draft.flush()
        os.fsync(draft.fileno())
        # A link appears whole, or fails because another worker's key is there already: never half a key.
        with contextlib.suppress(FileExistsError):
            os.link(draft.name, path)


def refuse_taken_port(config: Config) -> None:
    """Raises ConfigError when HOST and PORT cannot be listened on now."""
    try:
        where = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(where[0], where[1]) as probe:
            # As gunicorn does: connections that linger from the last run do not make a port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where[4])
            probe.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f"PORT {config.port} is in use: stop what listens there or set PORT.") from None
        raise ConfigError(f"Baton cannot listen on {config.bind}: {error.strerror}.") from None


def refuse_public_demo(config: Config) -> None:
    """Raises ConfigError unless only this machine can reach HOST: everybody knows the demo's password."""
    if config.host != "localhost" and not is_loopback(config.host):
        raise ConfigError(f"The demo is for this machine only: HOST must be 127.0.0.1, not {config.host!r}.")


def is_loopback(host: str) -> bool:
    """Whether `host` is an IP address that only this machine can reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# Hosts to listen on that no browser can be pointed to.
EVERYWHERE = ("0.0.0.0", "::")


def own_address() -> str:
    """The address by which this machine goes out, where others are likely to reach it; its name if it cannot."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect(("192.0.2.1", 9))  # an address of nobody's; this only chooses the way, and sends nothing
            return way.getsockname()[0]
    except OSError:
        return socket.gethostname()


def as_markdown() -> str:
    """The table of docs/settings.md."""
    head = (
        "# Settings\n\n"
        "Environment variables; a fresh clone runs with none. `NAME_FILE` reads `NAME` from a file.\n"
        "Written by `python -m config > docs/settings.md`: change `config.py`, not this page.\n\n"
        "| Name | Default | Accepts | What it does |\n| --- | --- | --- | --- |\n"
    )
    return head + "".join(as_row(row.name.upper(), row.metadata["setting"]) for row in fields(Config))


def as_row(name: str, its: Setting) -> str:
    """One line of the table."""
    default = its.default_shown or (f"`{its.default}`" if its.default else "none")
    return f"| `{name}` | {default} | {its.kind.wants} | {its.help} |\n"


def main(arguments: Sequence[str]) -> None:
    """The two commands of the module's docstring. Raises ConfigError."""
    if not arguments:
        print(as_markdown(), end="")
        return
    if arguments[0] != "check":
        raise ConfigError(f"python -m config knows the command check, not {arguments[0]!r}.")
    config = load()
    if "--demo" in arguments:
        refuse_public_demo(config)
    refuse_taken_port(config)
    print(config.address)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ConfigError as refusal:
        sys.exit(f"Baton: {refusal}")
