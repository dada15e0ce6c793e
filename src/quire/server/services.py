"""Storage and the services on it: what the server and the commands share."""

from __future__ import annotations

from quire.accounts.passwords import Passwords
from quire.accounts.service import AccountService
from quire.blobs.folder import FolderBlobs
from quire.db.engine import Database
from quire.ops.folder import BLOBS, CATALOGUE, DataFolder
from quire.settings import Settings
from quire.sharing.service import Announcements, SharingAccess
from quire.workspaces.service import WorkspaceService


class Services:
    """Storage and the services on it, without any network."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = DataFolder(settings.data)
        self.key = self.folder.key()
        self.blobs = FolderBlobs(settings.data / BLOBS)
        self.database = Database.embedded(settings.data / CATALOGUE)
        self.announcements = Announcements()
        self.people = AccountService(self.database, Passwords(waiting=settings.password_queue), self.announcements)
        self.spaces = WorkspaceService(self.database, self.people)
        self.access = SharingAccess(self.database, self.people, self.announcements, self.key)
