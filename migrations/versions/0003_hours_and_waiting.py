"""hours and waiting"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNMAILED = sa.text("by_mail_at IS NOT NULL AND mailed_seq < seq")


def upgrade() -> None:
    for table, name, kind, default in (
        ("bots", "doors", sa.String(length=10), "hours"),
        ("bots", "hours", sa.JSON(), "{}"),
        ("bots", "when_away", sa.String(length=10), "queue"),
        ("bots", "introduction", sa.JSON(), "[]"),
        ("chats", "mailed_seq", ID, "0"),
        ("customers", "introduction", sa.JSON(), "{}"),
    ):
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
    for name, default in (("alarm", "60"), ("delay", "180"), ("mail", "300"), ("absence", "300")):
        op.add_column("bots", sa.Column(f"{name}_seconds", ID, nullable=True, server_default=default))
    for table, name, kind in (
        ("bots", "idle_bot_hours", ID),
        ("bots", "idle_live_hours", ID),
        ("chats", "handed_back_at", sa.DateTime()),
        ("chats", "delayed_at", sa.DateTime()),
        ("chats", "members_mailed_at", sa.DateTime()),
        ("chats", "by_mail_at", sa.DateTime()),
        ("chats", "left_message_at", sa.DateTime()),
        ("customers", "introduced_at", sa.DateTime()),
        ("members", "last_seen_at", sa.DateTime()),
    ):
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_index("ix_chats_unmailed", "chats", ["id"], sqlite_where=UNMAILED, postgresql_where=UNMAILED)
