"""sightings"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sightings",
        sa.Column("id", ID, nullable=False),
        sa.Column("bot_id", ID, nullable=True),
        sa.Column("origin", sa.String(length=220), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_sightings_bot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sightings")
    )
    op.create_index("ix_sightings_bot_id", "sightings", ["bot_id"])
