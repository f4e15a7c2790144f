"""When each delivery is due, and what comes back by mail."""

import sqlalchemy as sa
from alembic import op

from digest.store.tables import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("deliveries_status", table_name="deliveries")
    op.create_index("deliveries_status", "deliveries", ["edition", "status", "due"], unique=False)
    op.create_table(
        "moments",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("slice", sa.Integer(), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("moments_edition_fkey")),
        sa.PrimaryKeyConstraint("edition", "timezone", "slice", name=op.f("moments_pkey")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), server_default="", nullable=False),
        sa.Column("text", sa.String(), server_default="", nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("notices_edition_fkey")),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name=op.f("notices_subscriber_fkey"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("notices_pkey")),
        sa.UniqueConstraint("key", name=op.f("notices_key_key")),
    )
    op.create_index(op.f("notices_subscriber"), "notices", ["subscriber"], unique=False)
    op.create_table(
        "proofs",
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("report", sa.String(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("proof", name=op.f("proofs_pkey")),
    )
    op.create_index(op.f("proofs_until"), "proofs", ["until"], unique=False)
