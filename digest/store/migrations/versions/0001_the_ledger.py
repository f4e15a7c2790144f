"""The ledger: subscribers, editions, renditions, deliveries."""

import sqlalchemy as sa
from alembic import op

from digest.store.tables import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "editions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("starts", Instant(), nullable=False),
        sa.Column("ends", Instant(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("frozen", Instant(), nullable=False),
        sa.Column("stopped", Instant(), nullable=True),
        sa.Column("sender", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("exclusions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("editions_pkey")),
        sa.UniqueConstraint("digest", "number", name=op.f("editions_digest_number_key")),
        sa.UniqueConstraint("digest", "period", name=op.f("editions_digest_period_key")),
    )
    op.create_table(
        "erased",
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("erased", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("erased_pkey")),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("meta_pkey")),
    )
    op.create_table(
        "senders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started", Instant(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("process", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("senders_pkey")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("digests", sa.String(), server_default="", nullable=False),
        sa.Column("selection", sa.String(), server_default="", nullable=False),
        sa.Column("language", sa.String(), server_default="", nullable=False),
        sa.Column("timezone", sa.String(), server_default="", nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("changed", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("subscribers_pkey")),
        sa.UniqueConstraint("address_key", name=op.f("subscribers_address_key_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("subscribers_status", "subscribers", ["status"], unique=False)
    op.create_table(
        "acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("acts_edition_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("acts_pkey")),
    )
    op.create_index(op.f("acts_edition"), "acts", ["edition"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("cid", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("attachments_edition_fkey")),
        sa.PrimaryKeyConstraint("edition", "cid", name=op.f("attachments_pkey")),
    )
    op.create_table(
        "edition_articles",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("included", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("edition_articles_edition_fkey")),
        sa.PrimaryKeyConstraint("edition", "position", name=op.f("edition_articles_pkey")),
    )
    op.create_table(
        "renditions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("selection", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("preheader", sa.String(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("renditions_edition_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("renditions_pkey")),
    )
    op.create_index(op.f("renditions_edition"), "renditions", ["edition"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=True),
        sa.Column("rendition", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_tried", Instant(), nullable=True),
        sa.Column("due", Instant(), nullable=True),
        sa.Column("sender", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("lease", Instant(), nullable=True),
        sa.Column("reply", sa.String(), server_default="", nullable=False),
        sa.Column("server", sa.String(), server_default="", nullable=False),
        sa.Column("changed", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("deliveries_edition_fkey")),
        sa.ForeignKeyConstraint(["rendition"], ["renditions.id"], name=op.f("deliveries_rendition_fkey")),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name=op.f("deliveries_subscriber_fkey"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("deliveries_pkey")),
        sa.UniqueConstraint("edition", "subscriber", name=op.f("deliveries_edition_subscriber_key")),
    )
    op.create_index(
        "deliveries_held",
        "deliveries",
        ["edition", "status"],
        unique=False,
        sqlite_where=sa.text("status IN ('claimed', 'handing')"),
        postgresql_where=sa.text("status IN ('claimed', 'handing')"),
    )
    op.create_index("deliveries_status", "deliveries", ["edition", "status"], unique=False)
    op.create_index("deliveries_subscriber", "deliveries", ["subscriber"], unique=False)
