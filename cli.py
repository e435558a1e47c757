"""`bin/baton`: administration from the command line. Each command calls the same verbs as the pages."""

import os
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

import config
import doctor
from demo import load_demo
from models import Bot, Member, SetupLink, Workspace, open_database, reading, team
from models.backup import BackupError, back_up, restore
from models.founding import AlreadyFounded
from models.member import ROLES, EmailTaken, InvalidEmail, InvalidPassword, UnknownMember
from models.schema import SchemaError, bring_up_to_date
from models.sealing import seal_with
from models.text import InvalidText

SENTENCES = {
    EmailTaken: "Another member has this e-mail address.",
    InvalidEmail: "This is no e-mail address.",
    InvalidPassword: "A password has 10 to 200 characters.",
    InvalidText: "A name has 1 to 120 characters.",
    team.LastOwner: "This is the only owner: make another one first.",
    UnknownMember: "No member has this e-mail address.",
    AlreadyFounded: "This deployment is set up already: bin/baton member add adds people.",
}


@contextmanager
def plain_refusals():
    """Turn refusals into one sentence on standard error and exit code 1."""
    try:
        yield
    except (config.ConfigError, SchemaError, BackupError) as refusal:
        raise click.ClickException(str(refusal)) from refusal
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database refuses: {doctor.reason(error)}.") from error
    except tuple(SENTENCES) as refusal:
        kind = next(kind for kind in SENTENCES if isinstance(refusal, kind))
        raise click.ClickException(SENTENCES[kind]) from refusal


@click.group()
def baton():
    """Administration of a Baton deployment."""


@baton.command()
@click.option("--demo", is_flag=True, help="Load the demo workspace into an empty database.")
def prepare(demo: bool) -> None:
    """Bring the database up to date; on a first start, print the set-up link."""
    with plain_refusals():
        settings = open_settings()
        away = doctor.unreachable(settings)
        if away:
            raise click.ClickException(away.sentence)
        bring_up_to_date()
        with reading() as session:
            founded = Workspace.founded(session)
        if demo and not founded:
            load_demo()
        elif founded and founded.is_demo:
            config.refuse_public_demo(settings)
        elif not founded:
            click.echo(f"Baton: set everything up at {settings.address}/setup/{SetupLink.issue()}")


@baton.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def write_backup(file: Path) -> None:
    """Write everything in the database to FILE, while Baton goes on.

    The file is for its owner only. The secret key is not in it: keep DATA_DIR/secret_key (or SECRET_KEY) apart.
    """
    with plain_refusals():
        open_settings()
        click.echo(f"{file} holds {in_words(back_up(here(file)))}. Not in it: the secret key, in DATA_DIR/secret_key.")


@baton.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Delete what the database holds. Stop Baton first.")
def restore_backup(file: Path, replace: bool) -> None:
    """Fill an empty database, SQLite or PostgreSQL, with what `backup` wrote to FILE.

    The whole file is checked first. Anything that goes wrong leaves the database as it was.
    """
    with plain_refusals():
        open_settings()
        click.echo(f"Restored {in_words(restore(here(file), replace))}.")


@baton.command("doctor")
def run_doctor() -> None:
    """Look for what is wrong: database, migrations, relay, clock, address, proxy, WebSocket."""
    with plain_refusals():
        findings = doctor.examine(open_settings())
    for found in findings:
        mark = click.style("ok  ", fg="green") if found.ok else click.style("FAIL", fg="red", bold=True)
        click.echo(f"{mark}  {found.name}: {found.sentence}")
        if not found.ok and found.lines:
            click.echo("".join(f"          {line}\n" for line in found.lines.splitlines()), nl=False)
    if not all(found.ok for found in findings):
        sys.exit(1)


@baton.command("setup-link")
def setup_link() -> None:
    """Print a new set-up link; earlier ones stop working."""
    with plain_refusals():
        settings = open_settings()
        click.echo(f"{settings.address}/setup/{SetupLink.issue()}")


@baton.group()
def member():
    """The people of the team."""


@member.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True)
@click.option("--bot", "keys", multiple=True, help="Key of a bot this member may see; repeat it. Default: every bot.")
@click.password_option(help="10 to 200 characters; asked for when it is not given.")
def add_member(email: str, name: str, role: str, keys: tuple[str, ...], password: str) -> None:
    """Add a member."""
    with plain_refusals():
        open_settings()
        with reading() as session:
            workspace = Workspace.founded(session)
            bots = [Bot.with_key(session, key) for key in keys] if keys else None
        if workspace is None:
            raise click.ClickException("This deployment is not set up yet: bin/baton setup-link prints the link.")
        if bots and None in bots:
            raise click.ClickException(f"There is no bot {keys[bots.index(None)]!r}.")
        added = Member.add(workspace.id, name, email, password, role, bots)
        click.echo(f"{added.email} can sign in now.")


@member.command("list")
def list_members() -> None:
    """List the members: e-mail, role, name, bots."""
    with plain_refusals():
        open_settings()
        with reading() as session:
            for one in session.query(Member).filter(Member.removed_at.is_(None)).order_by(Member.email):
                bots = "every bot" if one.all_bots else ", ".join(bot.key for bot in one.bots(session)) or "no bot"
                disabled = "  (disabled)" if one.is_disabled else ""
                click.echo(f"{one.email}  {one.role}  {one.name}  {bots}{disabled}")


@member.command("disable")
@click.argument("email")
def disable_member(email: str) -> None:
    """Keep a member out, and sign them out everywhere."""
    with plain_refusals():
        open_settings()
        team.disable(find(email))
        click.echo(f"{email} is disabled and signed out. Open pages of theirs stop at their next request.")


@member.command("password")
@click.argument("email")
@click.password_option(help="10 to 200 characters; asked for when it is not given.")
def change_password(email: str, password: str) -> None:
    """Set a new password, and sign the member out everywhere."""
    with plain_refusals():
        open_settings()
        find(email).change_password(password)
        click.echo(f"{email} has a new password.")


def open_settings() -> config.Config:
    """Read the settings and open their database."""
    settings = config.load()
    seal_with(settings.secret_key)
    open_database(settings.database_url)
    return settings


def here(file: Path) -> Path:
    """`file` as the person sees it who called bin/baton, which works in Baton's own folder."""
    return Path(os.environ.get("CALLED_FROM", "")) / file


def in_words(rows: Counter) -> str:
    """What a backup holds: "42 chats, 980 messages and 12 members"."""
    return f"{rows['chats']} chats, {rows['messages']} messages and {rows['members']} members"


def find(email: str) -> Member:
    """The member with this address; raises UnknownMember."""
    with reading() as session:
        return Member.with_email(session, email)


if __name__ == "__main__":
    sys.exit(baton(prog_name="bin/baton"))
