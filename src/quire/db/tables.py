"""Every table of the catalogue on one `MetaData`, for migrations. Import tables from their capability instead."""

import quire.accounts.tables
import quire.documents.tables
import quire.sharing.tables
import quire.workspaces.tables  # noqa: F401
from quire.db.engine import metadata

__all__ = ["metadata"]
