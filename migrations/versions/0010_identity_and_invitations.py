"""identity and invitations"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("bots", sa.Column("identity_secret", sa.Text(), nullable=False, server_default=""))
    op.add_column("customers", sa.Column("user_id", sa.String(length=120), nullable=True))
    op.add_column("customers", sa.Column("verified", sa.JSON(), nullable=False, server_default="{}"))
    op.create_index("uq_customers_user_id", "customers", ["bot_id", "user_id"], unique=True)
    op.create_table(
        "passes",
        sa.Column("id", ID, nullable=False),
        sa.Column("bot_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("renewed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_passes_bot_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_passes_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_passes"),
        sa.UniqueConstraint("bot_id", "token_hash", name="uq_passes_bot_id_token_hash"),
    )
    op.create_index("ix_passes_customer_id", "passes", ["customer_id"])
    op.create_table(
        "invitations",
        sa.Column("id", ID, nullable=False),
        sa.Column("bot_id", ID, nullable=False),
        sa.Column("place", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("pages", sa.String(length=300), nullable=False),
        sa.Column("seconds", ID, nullable=False),
        sa.Column("scroll", ID, nullable=False),
        sa.Column("returning_only", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_invitations_bot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
    )
    op.create_index("ix_invitations_bot_id", "invitations", ["bot_id"])
