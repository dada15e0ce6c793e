"""Listing the files of blobs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from quire.blobs.folder import FolderBlobs


@pytest.mark.parametrize(("error", "told"), [(errno.EIO, True), (errno.EACCES, True), (errno.ENOENT, False)])
def test_a_folder_that_cannot_be_read_is_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, told: bool
) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.write("archive/one/1-2.qseg", b"past")
    blobs.write("snapshots/two/3.zst", b"text")
    scan = os.scandir

    def failing(path: str) -> os.ScandirIterator[str]:
        if str(path).endswith("one"):
            raise OSError(error, os.strerror(error), path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", failing)
    if told:
        with pytest.raises(OSError, match="one"):
            list(blobs.keys(""))
    else:
        assert list(blobs.keys("")) == ["snapshots/two/3.zst"]
