"""Links without a role, and who opened a document by its link."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.alter_column("role", existing_type=sa.String(length=20), nullable=True)
    op.create_table(
        "visits",
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("document", sa.String(length=36), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_visits_account"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_visits_document"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account", "document", name=op.f("pk_visits")),
    )
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visits_document"), ["document"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("visits")
    op.execute("DELETE FROM links WHERE role IS NULL")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.alter_column("role", existing_type=sa.String(length=20), nullable=False)
