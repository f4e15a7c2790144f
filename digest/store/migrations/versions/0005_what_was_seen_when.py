"""What was seen of article files, and what feeds have held."""

import sqlalchemy as sa
from alembic import op

from digest.store.tables import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sightings",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=True),
        sa.Column("reader", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "path", name=op.f("sightings_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feeds",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("title", sa.String(), server_default="", nullable=False),
        sa.Column("etag", sa.String(), server_default="", nullable=False),
        sa.Column("modified", sa.String(), server_default="", nullable=False),
        sa.Column("asked", Instant(), nullable=True),
        sa.Column("answered", Instant(), nullable=True),
        sa.Column("due", Instant(), nullable=True),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fault", sa.String(), server_default="", nullable=False),
        sa.Column("gone", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("feeds_pkey")),
    )
    op.create_table(
        "entries",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("seen", Instant(), nullable=False),
        sa.Column("kept", Instant(), nullable=False),
        sa.Column("published", Instant(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "key", name=op.f("entries_pkey")),
    )
    op.create_index("entries_published", "entries", ["feed", "published"], unique=False)
    op.create_index("entries_seen", "entries", ["feed", "seen"], unique=False)
