"""look of a bot"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name, kind, default in (
        ("on_accent", sa.String(length=7), ""),
        ("theme", sa.String(length=5), "auto"),
        ("title", sa.String(length=120), ""),
        ("subtitle", sa.String(length=120), ""),
        ("launcher_icon", sa.String(length=20), "message-circle"),
        ("launcher_side", sa.String(length=5), "right"),
        ("launcher_gap", ID, "20"),
        ("open_label", sa.String(length=60), ""),
        ("close_label", sa.String(length=60), ""),
        ("widget_language", sa.String(length=35), ""),
        ("answers", sa.Boolean(), sa.true()),
    ):
        op.add_column("bots", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("bots", sa.Column("deleted_at", sa.DateTime(), nullable=True))
