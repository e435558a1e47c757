"""The demo workspace: a plausible shop, its bots, and three people."""

import json
from pathlib import Path

from documents import passages_of
from models import Bot, Invitation, KnowledgeEntry, Member, SetupLink, UnansweredQuestion, transaction
from models.founding import found
from models.knowledge import Draft, replace_documents

PASSWORD = "demo-password"
KNOWLEDGE = Path(__file__).parent / "knowledge.json"
GUIDE = Path(__file__).parent / "care-guide.md"
ASKED_IN_VAIN = ("Do you rent out kayaks?", "Is the harbour café yours?", "Can you engrave a compass?")
INVITATION = "Not sure what suits your weather? Ask me: I know every jacket here."


def load_demo() -> None:
    """Fill an empty database: Harbor Goods, its two bots, and Maya (owner), Noor and Sam."""
    described = json.loads(KNOWLEDGE.read_text(encoding="utf-8"))["bots"]
    shop, careers = (bot_of(description) for description in described)
    maya = found(SetupLink.issue(), "Harbor Goods", "Maya Okafor", "maya@example.com", PASSWORD, shop,
                 is_demo=True)
    careers.workspace_id = maya.workspace_id
    with transaction() as session:
        session.add(careers)
    for bot, description in zip((shop, careers), described, strict=True):
        teach(bot, description["entries"])
    # Only for who has looked around for a while: whoever tries the demo finds the button first.
    Invitation.add(shop, maya, text=INVITATION, pages="/demo", seconds=20, scroll=60)
    with transaction() as session:
        for question in ASKED_IN_VAIN:
            UnansweredQuestion.note(session, shop.id, question)
    passages = [Draft(*passage) for passage in passages_of(GUIDE.name, GUIDE.read_bytes())]
    replace_documents(shop, maya, {GUIDE.name: passages})
    for name, email in (("Noor Haddad", "noor@example.com"), ("Sam Lindqvist", "sam@example.com")):
        Member.add(maya.workspace_id, name, email, PASSWORD, bots=[shop])


def bot_of(description: dict) -> Bot:
    """A bot as demo/knowledge.json describes it, not stored yet."""
    columns = ("key", "name", "language", "welcome", "fallback", "quick_replies", "accent", "launcher_icon")
    return Bot(**{column: description[column] for column in columns if column in description})


def teach(bot: Bot, entries: list[dict]) -> None:
    """Store what `bot` knows."""
    columns = ("question", "alternatives", "answer", "quick_replies")
    with transaction() as session:
        session.add_all(KnowledgeEntry(bot_id=bot.id, **{column: entry.get(column, []) for column in columns})
                        for entry in entries)
