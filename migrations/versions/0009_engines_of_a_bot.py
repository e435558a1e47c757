"""engines of a bot"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "engine_setups",
        sa.Column("bot_id", ID, nullable=False),
        sa.Column("engine", sa.String(length=20), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_engine_setups_bot_id"),
        sa.PrimaryKeyConstraint("bot_id", "engine", name="pk_engine_setups")
    )
    op.create_table(
        "token_use",
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tokens", ID, nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_token_use_chat_id"),
        sa.PrimaryKeyConstraint("chat_id", "day", name="pk_token_use")
    )
    op.create_index("ix_token_use_day", "token_use", ["day"])
