"""Documents that are being made."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "unfinished",
        sa.Column("document", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("document", name=op.f("pk_unfinished")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("unfinished")
