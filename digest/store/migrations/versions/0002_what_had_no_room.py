"""What each rendition had no room for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renditions", sa.Column("trimmed", sa.JSON(), nullable=False, server_default="[]"))
