"""The domain: tables, invariants, verbs, queries. SQLAlchemy and the standard library; never Flask."""

from models.base import Base, now
from models.bot import Bot
from models.chat import Chat, State
from models.customer import Customer, Pass, Visit
from models.database import (
    announce,
    asking,
    close_database,
    connected,
    forget_listeners,
    on_commit,
    open_database,
    reading,
    transaction,
)
from models.engine_setup import EngineSetup, TokenUse
from models.event import Action, Event, Notice
from models.feedback import Feedback
from models.founding import SetupLink
from models.invitation import Invitation
from models.invite import Invite
from models.knowledge import KnowledgeEntry, UnansweredQuestion
from models.logo import Logo
from models.mail import Mail
from models.member import BotAccess, Member, SignIn
from models.message import Author, Message
from models.reset_link import ResetLink
from models.seen import SeenMark, Side
from models.sighting import Sighting
from models.workspace import Workspace

__all__ = [
    "Action", "Author", "Base", "Bot", "BotAccess", "Chat", "Customer", "EngineSetup", "Event", "Feedback",
    "Invitation", "Invite", "KnowledgeEntry", "Logo", "Mail", "Member", "Message", "Notice", "Pass", "ResetLink",
    "SeenMark", "SetupLink", "Side", "Sighting", "SignIn", "State", "TokenUse", "UnansweredQuestion", "Visit",
    "Workspace", "announce", "asking", "close_database", "connected", "forget_listeners", "now", "on_commit",
    "open_database", "reading", "transaction",
]
