"""mail: the server that sends it, and what is to be sent"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("next_try_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("mail_server", sa.JSON(), nullable=True))
    op.create_table(
        "mails",
        sa.Column("id", ID, nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", ID, nullable=False),
        sa.Column("next_try_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mails")
    )
    op.create_index("ix_mails_waiting", "mails", ["next_try_at"], sqlite_where=WAITING, postgresql_where=WAITING)
