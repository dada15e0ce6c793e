"""Every table of the catalogue: one schema, for its rows refer to each other. Times are microseconds, UTC.

A table is written by the capability it is headed with. The text of documents is in the update log.
"""

import sqlalchemy as sa

from quire.db.columns import Bytes, LargeNumber, Moment, Number, Words, require

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
    sa.Column("id", Words(36), primary_key=True),
    sa.Column("email", Words(320), nullable=False),
    sa.Column("email_key", Words(320), nullable=False, unique=True),
    sa.Column("name", Words(200), nullable=False),
    sa.Column("language", Words(20), nullable=False, server_default=""),
    sa.Column("password_hash", Words(255)),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("deactivated_at", Moment),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("hash", Words(64), primary_key=True),
    sa.Column("id", Words(36), nullable=False, unique=True),
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("device", Words(200), nullable=False),
    sa.Column("address", Words(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("hash", Words(64), primary_key=True),
    sa.Column("id", Words(36), nullable=False, unique=True),
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", Words(200), nullable=False),
    sa.Column("scopes", Words(500), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment),
    sa.Column("expires_at", Moment),
)

passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("id", Words(255), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("public_key", Bytes, nullable=False),
    sa.Column("sign_count", LargeNumber, nullable=False),
    sa.Column("name", Words(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

# ---------------- workspaces: members, groups, invitations, audit and jobs

workspaces = sa.Table(
    "workspaces",
    metadata,
    sa.Column("id", Words(36), primary_key=True),
    sa.Column("name", Words(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True),
    sa.Column("role", Words(20), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

groups = sa.Table(
    "groups",
    metadata,
    sa.Column("id", Words(36), primary_key=True),
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", Words(200), nullable=False),
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
    sa.Column("hash", Words(64), primary_key=True),
    sa.Column("id", Words(36), nullable=False, unique=True),
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("inviter", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    sa.Column("email", Words(320)),
    sa.Column("role", Words(20), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("accepted_at", Moment),
)

audit_events = sa.Table(
    "audit_events",
    metadata,
    sa.Column("workspace", Words(36), primary_key=True),
    sa.Column("seq", LargeNumber, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Words(100), nullable=False),
    sa.Column("action", Words(60), nullable=False),
    sa.Column("resource", Words(100), nullable=False),
    sa.Column("address", Words(64), nullable=False),
    sa.Column("previous_hash", Bytes, nullable=False),
    sa.Column("hash", Bytes, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", Words(200), primary_key=True),
    sa.Column("holder", Words(100), nullable=False),
    sa.Column("token", LargeNumber, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", Words(36), primary_key=True),
    sa.Column("kind", Words(60), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("due_at", Moment, nullable=False, index=True),
    sa.Column("attempts", Number, nullable=False, server_default="0"),
    sa.Column("holder", Words(100)),
    sa.Column("claimed_until", LargeNumber),
)

# ---------------- documents: folders, metadata and attachments

folders = sa.Table(
    "folders",
    metadata,
    sa.Column("id", Words(36), primary_key=True),
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("parent", sa.ForeignKey("folders.id", ondelete="CASCADE")),
    sa.Column("name", Words(300), nullable=False),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", Words(36), primary_key=True),
    sa.Column("workspace", sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    sa.Column("folder", sa.ForeignKey("folders.id", ondelete="SET NULL")),
    sa.Column("owner", sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("title", Words(500), nullable=False),
    sa.Column("title_key", Words(500), nullable=False),
    sa.Column("version", Number, nullable=False),
    sa.Column("schema_version", Number, nullable=False),
    sa.Column("size_bytes", LargeNumber, nullable=False, server_default="0"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("trashed_at", Moment),
    sa.Index("ix_documents_workspace_updated_at", "workspace", "updated_at"),
)

# What is being made, from before its first byte is stored until its row is.
unfinished = sa.Table("unfinished", metadata, sa.Column("document", Words(36), primary_key=True))

# What was deleted for good: browsers may keep copies under its id, which would go to whoever had the id next.
erased = sa.Table("erased", metadata, sa.Column("document", Words(36), primary_key=True))

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("document", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("digest", Words(64), primary_key=True),
    sa.Column("kind", Words(100), nullable=False),
    sa.Column("name", Words(255), nullable=False),
    sa.Column("size", LargeNumber, nullable=False),
    sa.Column("width", Number),
    sa.Column("height", Number),
    sa.Column("created_at", Moment, nullable=False),
)

# ---------------- sharing: grants, links, and who opened a document by its link

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("resource_kind", Words(20), primary_key=True),
    sa.Column("resource", Words(36), primary_key=True),
    sa.Column("subject_kind", Words(20), primary_key=True),
    sa.Column("subject", Words(64), primary_key=True),
    sa.Column("role", Words(20), nullable=False),
    sa.Column("expires_at", Moment),
    # All columns of the question: of a shorter index and the key a database may take the key, and read every grant.
    sa.Index("ix_grants_subject", "subject_kind", "subject", "resource_kind", "resource"),
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("document", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("hash", Words(64), primary_key=True, index=True),
    sa.Column("nonce", Bytes, nullable=False),
    # Without a role the link does nothing, and can be given one again.
    sa.Column("role", Words(20)),
    sa.Column("password_hash", Words(255)),
    sa.Column("expires_at", Moment),
    sa.Column("sign_in_required", sa.Boolean, nullable=False, server_default=sa.false()),
)

visits = sa.Table(
    "visits",
    metadata,
    sa.Column("account", sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("document", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True),
    # Another link has another hash: visits by the old one give nothing any more.
    sa.Column("link", Words(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
)

require(metadata)
