"""What every table shares: the declarative base, the house column types, and the clock."""

from datetime import UTC, datetime
from typing import Annotated, Self

from sqlalchemy import JSON, BigInteger, DateTime, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

# Constraints carry names, so that a migration can find them on SQLite and PostgreSQL alike.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


class Instant(TypeDecorator):
    """An instant: aware UTC in Python, a naive UTC timestamp in the database (SQLite has no zones)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value, dialect):
        return value and value.replace(tzinfo=UTC)


# SQLite numbers rows by itself only where the key is plain INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")

PrimaryKey = Annotated[int, mapped_column(Id, primary_key=True)]
Name = Annotated[str, mapped_column(String(120))]
Prose = Annotated[str, mapped_column(Text)]
Hash = Annotated[str, mapped_column(String(64))]
Created = Annotated[datetime, mapped_column(Instant, default=now)]


class Base(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Instant, dict: JSON, list: JSON, int: Id}

    @classmethod
    def known_as(cls, values: dict) -> Self:
        """A row that is known to have these values, loaded relationships included; it belongs to no session.

        For the path of every message, where the ORM's own loading would cost more than all the rest.
        """
        known = cls.__mapper__.class_manager.new_instance()
        known.__dict__.update(values)
        return known

    def copy_with(self, **values) -> Self:
        """A copy with other values; it belongs to no session."""
        return self.known_as({name: value for name, value in self.__dict__.items() if name[0] != "_"} | values)
