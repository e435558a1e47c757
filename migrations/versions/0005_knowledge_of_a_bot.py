"""knowledge of a bot"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("bots", sa.Column("knowledge_version", ID, nullable=False, server_default="0"))
    op.add_column("knowledge_entries", sa.Column("source", sa.String(length=120), nullable=False, server_default=""))
    op.create_table(
        "unanswered_questions",
        sa.Column("id", ID, nullable=False),
        sa.Column("bot_id", ID, nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("times", ID, nullable=False),
        sa.Column("last_asked_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_unanswered_questions_bot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unanswered_questions"),
        sa.UniqueConstraint("bot_id", "words", name="uq_unanswered_questions_bot_id_words")
    )
