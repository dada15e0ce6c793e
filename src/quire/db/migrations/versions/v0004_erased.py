"""Ids of documents that were deleted for good."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "erased",
        sa.Column("document", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("document", name=op.f("pk_erased")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("erased")
