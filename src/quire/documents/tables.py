"""Tables of folders, document metadata and attachments. The text itself is in the update log."""

import sqlalchemy as sa

from quire.db.engine import metadata

folders = sa.Table(
    "folders",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("parent", sa.ForeignKey("folders.id", ondelete="CASCADE")),
    sa.Column("name", sa.String(300), nullable=False),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    sa.Column("folder", sa.ForeignKey("folders.id", ondelete="SET NULL")),
    sa.Column("owner", sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("title", sa.String(500), nullable=False),
    sa.Column("title_key", sa.String(500), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("schema_version", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("trashed_at", sa.BigInteger),
    sa.Index("ix_documents_workspace_updated_at", "workspace", "updated_at"),
)

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("document", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(100), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)
