"""All that is given to somebody is found in an index alone."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_grants_subject", "grants")
    op.create_index("ix_grants_subject", "grants", ["subject_kind", "subject", "resource_kind", "resource"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_grants_subject", "grants")
    op.create_index("ix_grants_subject", "grants", ["subject_kind", "subject"])
