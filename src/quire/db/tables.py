"""Every table of the catalogue: one schema, for its rows refer to each other. Times are microseconds, UTC.

A table is written by the capability it is headed with. The text of documents is in the update log.
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# ---------------- accounts: people and their credentials; only hashes of secrets

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("email", sa.String(320), nullable=False),
    sa.Column("email_key", sa.String(320), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("language", sa.String(20), nullable=False, server_default=""),
    sa.Column("password_hash", sa.String(255)),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("deactivated_at", sa.BigInteger),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("device", sa.String(200), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("last_used_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("scopes", sa.String(500), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("last_used_at", sa.BigInteger),
    sa.Column("expires_at", sa.BigInteger),
)

passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

# ---------------- workspaces: members, groups, invitations, audit and jobs

workspaces = sa.Table(
    "workspaces",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

groups = sa.Table(
    "groups",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
)

group_members = sa.Table(
    "group_members",
    metadata,
    sa.Column("group", sa.ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True),
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("inviter", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    sa.Column("email", sa.String(320)),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("accepted_at", sa.BigInteger),
)

audit_events = sa.Table(
    "audit_events",
    metadata,
    sa.Column("workspace", sa.String(36), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.String(100), nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("resource", sa.String(100), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("previous_hash", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("holder", sa.String(100), nullable=False),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("holder", sa.String(100)),
    sa.Column("claimed_until", sa.BigInteger),
)

# ---------------- documents: folders, metadata and attachments

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

# What is being made, from before its first byte is stored until its row is.
unfinished = sa.Table("unfinished", metadata, sa.Column("document", sa.String(36), primary_key=True))

# What was deleted for good: browsers may keep copies under its id, which would go to whoever had the id next.
erased = sa.Table("erased", metadata, sa.Column("document", sa.String(36), primary_key=True))

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

# ---------------- sharing: grants, links, and who opened a document by its link

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
