"""What can be wrong with asking something of a chat, by name. web/refusals.py says each in a sentence."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.chat import Chat


class ChatRefusal(Exception):
    """What was asked cannot be done with the chat as it is. `.chat` is the chat as it is now."""

    def __init__(self, chat: "Chat"):
        super().__init__(f"{type(self).__name__}: chat {chat.id} is {chat.state}")
        self.chat = chat


class ChatClosed(ChatRefusal):
    """The chat is resolved, ended or expired."""


class AlreadyAssigned(ChatRefusal):
    """Another member handles this chat."""


class NotAssignee(ChatRefusal):
    """Only the assignee may do this."""


class NotHandedOff(ChatRefusal):
    """The chat is still with the bot."""


class NotOffered(ChatRefusal):
    """The customer cannot ask for a person yet."""


class NobodyAvailable(ChatRefusal):
    """No person is there, and the bot's host does not let customers wait for one."""


class NothingSaid(Exception):
    """The customer asks for a person before the first message, and the bot does not offer one so early."""


class NoAccess(Exception):
    """The member may no longer see the chat's bot."""


class StillOpen(ChatRefusal):
    """Only a chat that is over can be rated."""


class LateAnswer(ChatRefusal):
    """A bot's answer that came after the handoff, the closing, or another answer to the same message."""
