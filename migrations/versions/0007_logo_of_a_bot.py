"""logo of a bot"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("bots", sa.Column("logo", sa.String(length=12), nullable=False, server_default=""))
    op.create_table(
        "logos",
        sa.Column("bot_id", ID, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_logos_bot_id"),
        sa.PrimaryKeyConstraint("bot_id", name="pk_logos")
    )
