"""Feedback: what a customer thought of a chat, given once."""

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Created, PrimaryKey, Prose
from models.text import COMMENT_LIMIT, clean_optional

if TYPE_CHECKING:
    from models.chat import Chat

RATINGS = range(1, 6)


class InvalidRating(ValueError):
    """Not a number of stars from 1 to 5."""


class AlreadyRated(Exception):
    """The chat with the id `.chat_id` has its feedback."""

    def __init__(self, chat_id: int):
        super().__init__(f"chat {chat_id} is rated")
        self.chat_id = chat_id


class Feedback(Base):
    """A rating from 1 to 5, a comment, and the member it speaks of: frozen, however the chat moves later."""

    __tablename__ = "feedback"
    __table_args__ = (CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),)

    id: Mapped[PrimaryKey]
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"), unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    rating: Mapped[int]
    comment: Mapped[Prose]
    created_at: Mapped[Created]


def check_feedback(rating: int | None, comment: str, optional: bool = False) -> str:
    """The cleaned comment; raises InvalidRating or InvalidText. Without a rating there can be no comment."""
    comment = clean_optional(comment, COMMENT_LIMIT)
    if rating is None and optional and not comment:
        return comment
    if rating not in RATINGS:
        raise InvalidRating(rating)
    return comment


def add_feedback(session: Session, chat: "Chat", rating: int, comment: str) -> Feedback:
    """Store the feedback inside the caller's transaction; raises AlreadyRated when there is one."""
    feedback = Feedback(chat_id=chat.id, member_id=chat.assignee_id, rating=rating,
                        comment=check_feedback(rating, comment))
    session.add(feedback)
    try:
        session.flush()
    except IntegrityError as error:  # two tabs, or a second press
        raise AlreadyRated(feedback.chat_id) from error
    return feedback
