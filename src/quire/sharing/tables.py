"""Tables of access: grants to people, groups and workspaces, links, and who opened a document by its link."""

import sqlalchemy as sa

from quire.db.engine import metadata

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("resource_kind", sa.String(20), primary_key=True),
    sa.Column("resource", sa.String(36), primary_key=True),
    sa.Column("subject_kind", sa.String(20), primary_key=True),
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("expires_at", sa.BigInteger),
    sa.Index("ix_grants_subject", "subject_kind", "subject"),
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("document", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("hash", sa.String(64), primary_key=True, index=True),
    sa.Column("nonce", sa.LargeBinary, nullable=False),
    # Without a role the link does nothing, and can be given one again.
    sa.Column("role", sa.String(20)),
    sa.Column("password_hash", sa.String(255)),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("sign_in_required", sa.Boolean, nullable=False, server_default=sa.false()),
)

visits = sa.Table(
    "visits",
    metadata,
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("document", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True),
    # Another link has another hash: visits by the old one give nothing any more.
    sa.Column("link", sa.String(64), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)
