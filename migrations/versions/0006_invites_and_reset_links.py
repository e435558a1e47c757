"""invites, reset links, and members that were removed"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("accepted_at IS NULL AND revoked_at IS NULL")
THERE = sa.text("removed_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("members") as table:
        table.add_column(sa.Column("removed_at", sa.DateTime(), nullable=True))
        table.drop_constraint("uq_members_email", type_="unique")
    op.create_index("uq_members_email", "members", ["email"], unique=True, sqlite_where=THERE, postgresql_where=THERE)
    op.create_table(
        "invites",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("all_bots", sa.Boolean(), nullable=False),
        sa.Column("bot_ids", sa.JSON(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_invites_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
        sa.UniqueConstraint("token_hash", name="uq_invites_token_hash")
    )
    op.create_index("ix_invites_workspace_id", "invites", ["workspace_id"])
    op.create_index("uq_invites_open", "invites", ["email"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "reset_links",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_reset_links_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reset_links"),
        sa.UniqueConstraint("token_hash", name="uq_reset_links_token_hash")
    )
    op.create_index("ix_reset_links_member_id", "reset_links", ["member_id"])
    # The audit page asks for these, and a busy desk has a thousand events of chats to each of them.
    op.create_index("ix_events_of_no_chat", "events", ["id"], sqlite_where=sa.text("chat_id IS NULL"),
                    postgresql_where=sa.text("chat_id IS NULL"))
