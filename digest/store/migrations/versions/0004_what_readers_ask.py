"""What readers ask for on pages, how often they are mailed, and in which language."""

import sqlalchemy as sa
from alembic import op

from digest.store.tables import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("inbox", sa.String(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=True),
        sa.Column("former", sa.String(), server_default="", nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("page", sa.String(), server_default="", nullable=False),
        sa.Column("wording", sa.String(), server_default="", nullable=False),
        sa.Column("client", sa.String(), server_default="", nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("due", Instant(), nullable=True),
        sa.Column("mailed", Instant(), nullable=True),
        sa.Column("reply", sa.String(), server_default="", nullable=False),
        sa.Column("confirmed", Instant(), nullable=True),
        sa.Column("confirmed_client", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name=op.f("requests_subscriber_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("requests_pkey")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("requests_address_key"), "requests", ["address_key"], unique=False)
    op.create_index(op.f("requests_subscriber"), "requests", ["subscriber"], unique=False)
    op.create_index("requests_inbox", "requests", ["inbox", "created"], unique=False)
    op.create_index("requests_client", "requests", ["client", "created"], unique=False)
    op.create_index("requests_due", "requests", ["due"], unique=False)
    op.add_column("subscribers", sa.Column("every", sa.Integer(), server_default="1", nullable=False))
    op.add_column("subscribers", sa.Column("paused", Instant(), nullable=True))
    op.add_column("renditions", sa.Column("language", sa.String(), server_default="", nullable=False))
