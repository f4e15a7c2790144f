"""What many senders share, and room for the deliveries of many years."""

import sqlalchemy as sa
from alembic import op

from digest.store.tables import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("allowances_pkey")),
    )
    op.create_table(
        "takings",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "at", name=op.f("takings_pkey")),
    )
    op.add_column("senders", sa.Column("space", sa.String(), server_default="", nullable=False))
    op.add_column("senders", sa.Column("missed", Instant(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("deliveries", "id", type_=sa.BigInteger())
        op.execute("ALTER SEQUENCE deliveries_id_seq AS BIGINT")  # it has the type that its column was made with
        # A delivery is written three times on its way. Vacuumed only when a fifth of all editions is dead, as it is set up,
        # the table would hold the remains of several.
        op.execute("ALTER TABLE deliveries SET (autovacuum_vacuum_scale_factor = 0.05)")
