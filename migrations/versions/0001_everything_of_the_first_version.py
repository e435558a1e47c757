"""everything of the first version"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state IN ('bot', 'live')")
LIVE = sa.text("state = 'live'")
UNANSWERED = sa.text("state = 'bot' AND last_customer_seq > answered_seq")


def upgrade() -> None:
    op.create_table(
        "setup_links",
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_setup_links")
    )
    op.create_table(
        "workspaces",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces")
    )
    op.create_table(
        "bots",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("accent", sa.String(length=7), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("engine", sa.String(length=20), nullable=False),
        sa.Column("welcome", sa.Text(), nullable=False),
        sa.Column("fallback", sa.Text(), nullable=False),
        sa.Column("quick_replies", sa.JSON(), nullable=False),
        sa.Column("handoff_after", ID, nullable=True),
        sa.Column("allowed_origins", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("switched_off_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_bots_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bots"),
        sa.UniqueConstraint("key", name="uq_bots_key")
    )
    op.create_index("ix_bots_workspace_id", "bots", ["workspace_id"])

    op.create_table(
        "members",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("all_bots", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_members_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint("email", name="uq_members_email")
    )
    op.create_index("ix_members_workspace_id", "members", ["workspace_id"])

    op.create_table(
        "bot_access",
        sa.Column("member_id", ID, nullable=False),
        sa.Column("bot_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_bot_access_bot_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_bot_access_member_id"),
        sa.PrimaryKeyConstraint("member_id", "bot_id", name="pk_bot_access")
    )
    op.create_table(
        "customers",
        sa.Column("id", ID, nullable=False),
        sa.Column("bot_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=False),
        sa.Column("page_title", sa.Text(), nullable=False),
        sa.Column("referrer", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_customers_bot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("bot_id", "token_hash", name="uq_customers_bot_id_token_hash")
    )
    op.create_table(
        "knowledge_entries",
        sa.Column("id", ID, nullable=False),
        sa.Column("bot_id", ID, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("quick_replies", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_knowledge_entries_bot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_knowledge_entries")
    )
    op.create_index("ix_knowledge_entries_bot_id", "knowledge_entries", ["bot_id"])

    op.create_table(
        "sign_ins",
        sa.Column("id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_sign_ins_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
        sa.UniqueConstraint("token_hash", name="uq_sign_ins_token_hash")
    )
    op.create_index("ix_sign_ins_member_id", "sign_ins", ["member_id"])

    op.create_table(
        "chats",
        sa.Column("id", ID, nullable=False),
        sa.Column("bot_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("epoch", ID, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("assignee_id", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("offered_at", sa.DateTime(), nullable=True),
        sa.Column("handed_off_at", sa.DateTime(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("last_text", sa.Text(), nullable=False),
        sa.Column("last_author", sa.String(length=10), nullable=False),
        sa.Column("last_message_at", sa.DateTime(), nullable=False),
        sa.Column("last_customer_seq", ID, nullable=False),
        sa.Column("answered_seq", ID, nullable=False),
        sa.Column("answered", ID, nullable=False),
        sa.Column("misses", ID, nullable=False),
        sa.ForeignKeyConstraint(["assignee_id"], ["members.id"], name="fk_chats_assignee_id"),
        sa.ForeignKeyConstraint(["bot_id"], ["bots.id"], name="fk_chats_bot_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_chats_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chats")
    )
    op.create_index("ix_chats_customer_id", "chats", ["customer_id"])
    op.create_index("ix_chats_live", "chats", ["bot_id", "handed_off_at"],
                    sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_index("ix_chats_unanswered", "chats", ["id"],
                    sqlite_where=UNANSWERED, postgresql_where=UNANSWERED)
    op.create_index("uq_chats_open", "chats", ["customer_id"], unique=True,
                    sqlite_where=OPEN, postgresql_where=OPEN)

    op.create_table(
        "events",
        sa.Column("id", ID, nullable=False),
        sa.Column("chat_id", ID, nullable=True),
        sa.Column("seq", ID, nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("particulars", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_events_chat_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_events_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("chat_id", "seq", name="uq_events_chat_id_seq")
    )
    op.create_table(
        "feedback",
        sa.Column("id", ID, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("rating", ID, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="ck_feedback_rating"),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_feedback_chat_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_feedback_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("chat_id", name="uq_feedback_chat_id")
    )
    op.create_table(
        "messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("client_uuid", sa.String(length=36), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("particulars", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_messages_chat_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_messages_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("client_uuid", "chat_id", name="uq_messages_client_uuid_chat_id"),
        sa.UniqueConstraint("chat_id", "seq", name="uq_messages_chat_id_seq")
    )
    op.create_table(
        "seen_marks",
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_seen_marks_chat_id"),
        sa.PrimaryKeyConstraint("chat_id", "side", name="pk_seen_marks")
    )
