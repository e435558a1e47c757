"""who has made an invite or a link to a new password"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("invites", "reset_links"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("made_by_id", ID, nullable=True))
            table.create_foreign_key(f"fk_{name}_made_by_id", "members", ["made_by_id"], ["id"])
