"""What each event of the audit reads like. Those of chats stand in templates/chat/_sentence.html."""

from collections.abc import Callable

from flask_babel import gettext as _

from models import Action, Event
from models.audit import Audit

# Texts are made when they are needed, in the reader's language.
SENTENCES: dict[Action, Callable[[dict], str]] = {
    Action.BOT_CREATED: lambda of: _("%(who)s made the bot %(name)s", **of),
    Action.BOT_CHANGED: lambda of: _("%(who)s changed %(bot)s: %(changed)s", **of),
    Action.BOT_SWITCHED_OFF: lambda of: _("%(who)s switched %(bot)s off", **of),
    Action.BOT_SWITCHED_ON: lambda of: _("%(who)s switched %(bot)s on", **of),
    Action.BOT_DELETED: lambda of: _("%(who)s deleted the bot %(bot)s", **of),
    Action.ENTRY_ADDED: lambda of: _("%(who)s taught %(bot)s “%(question)s”", **of),
    Action.ENTRY_CHANGED: lambda of: _("%(who)s changed what %(bot)s knows of “%(question)s”", **of),
    Action.ENTRY_REMOVED: lambda of: _("%(who)s took “%(question)s” from what %(bot)s knows", **of),
    Action.KNOWLEDGE_IMPORTED: lambda of: _("%(who)s imported knowledge for %(bot)s", **of),
    Action.DOCUMENT_REMOVED: lambda of: _("%(who)s took %(source)s from what %(bot)s knows", **of),
    Action.QUESTION_DISMISSED: lambda of: _("%(who)s put “%(question)s” aside, which %(bot)s could not answer", **of),
    Action.ENGINE_CHANGED: lambda of: _("%(who)s changed how %(bot)s answers: %(engine)s", **of),
    Action.INVITATION_ADDED: lambda of: _("%(who)s wrote an invitation for %(bot)s", **of),
    Action.INVITATION_CHANGED: lambda of: _("%(who)s changed an invitation of %(bot)s: %(changed)s", **of),
    Action.INVITATION_MOVED: lambda of: _("%(who)s put the invitations of %(bot)s in another order", **of),
    Action.INVITATION_REMOVED: lambda of: _("%(who)s deleted an invitation of %(bot)s", **of),
    Action.MAIL_SERVER_CHANGED: lambda of: _("%(who)s set the mail server: %(host)s, from %(sender)s", **of),
    Action.MAIL_SERVER_REMOVED: lambda of: _("%(who)s stopped sending mail", **of),
    Action.WORKSPACE_FOUNDED: lambda of: _("%(who)s set up %(workspace)s", **of),
    Action.MEMBER_INVITED: lambda of: _("%(who)s invited %(email)s as %(role)s", **of),
    Action.INVITE_RENEWED: lambda of: _("%(who)s made a new link for %(email)s", **of),
    Action.INVITE_REVOKED: lambda of: _("%(who)s took back the invite of %(email)s", **of),
    Action.MEMBER_JOINED: lambda of: _("%(who)s joined as %(role)s", **of),
    Action.MEMBER_ADDED: lambda of: _("%(who)s added %(whom)s (%(email)s)", **of),
    Action.MEMBER_CHANGED: lambda of: _("%(who)s changed the access of %(whom)s: %(role)s, %(bots)s", **of),
    Action.MEMBER_RENAMED: lambda of: _("%(before)s is called %(name)s now", **of),
    Action.MEMBER_DISABLED: lambda of: _("%(who)s disabled %(whom)s", **of),
    Action.MEMBER_ENABLED: lambda of: _("%(who)s enabled %(whom)s", **of),
    Action.MEMBER_REMOVED: lambda of: _("%(who)s removed %(whom)s (%(email)s)", **of),
    Action.RESET_LINK_MADE: lambda of: _("%(who)s made a password link for %(whom)s", **of),
    Action.PASSWORD_CHANGED: lambda of: _("%(who)s changed the password of %(whom)s", **of),
    Action.SIGNED_IN: lambda of: _("%(who)s signed in", **of),
    Action.SIGNED_OUT: lambda of: _("%(who)s signed out", **of),
    Action.OTHERS_SIGNED_OUT: lambda of: _("%(who)s signed other browsers out", **of),
}

WORDS = ("name", "before", "question", "source", "engine", "host", "sender", "workspace", "email")


def sentence(event: Event, audit: Audit) -> str:
    """An event in words; one that this version does not know by its name."""
    in_words = SENTENCES.get(event.action, lambda of: f"{of['who']}: {event.action.replace('_', ' ')}")
    return in_words(_words_of(event, audit))


def _words_of(event: Event, audit: Audit) -> dict[str, str]:
    told = event.particulars
    return {word: str(told.get(word, "")) for word in WORDS} | {
        "who": event.member.name if event.member else _("The server"),
        "whom": audit.members.get(told.get("member"), _("somebody")),
        "bot": audit.bots.get(told.get("bot"), _("a bot")),
        "role": _role(told.get("role")),
        "bots": _bots(told, audit),
        "changed": ", ".join(str(name).replace("_", " ") for name in told.get("changed", ())),
    }


def _role(role: str | None) -> str:
    return {"owner": _("owner"), "admin": _("admin")}.get(role, _("member"))


def _bots(told: dict, audit: Audit) -> str:
    if told.get("all_bots"):
        return _("every bot")
    return ", ".join(audit.bots.get(bot, _("a bot")) for bot in told.get("bots", ())) or _("no bot")
