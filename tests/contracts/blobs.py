"""What every blob store must do."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from quire.blobs.contract import BlobMissing, BlobStore


class BlobsContract:
    """Subclasses give a fixture `blobs` with an empty store."""

    async def test_what_was_written_is_read_from_threads_and_from_the_event_loop(self, blobs: BlobStore) -> None:
        await asyncio.to_thread(blobs.write, "a/b/one.bin", b"one")
        await blobs.put("a/two.bin", b"")
        assert await blobs.get("a/b/one.bin") == b"one"
        assert await asyncio.to_thread(blobs.read, "a/two.bin") == b""

    async def test_a_large_blob_comes_back_whole(self, blobs: BlobStore) -> None:
        content = bytes(range(256)) * 40_000
        await blobs.put("large", content)
        assert await blobs.get("large") == content
        assert await blobs.part("large", 0, 10) == content[:10]
        assert await blobs.part("large", 5_000_000, 70_000) == content[5_000_000:5_070_000]
        assert await blobs.part("large", len(content) - 3, 10) == content[-3:]
        assert await blobs.part("large", len(content), 10) == b""

    async def test_writing_again_is_harmless_and_the_last_content_counts(self, blobs: BlobStore) -> None:
        await blobs.put("k", b"first")
        await blobs.put("k", b"first")
        await blobs.put("k", b"second, longer")
        assert await blobs.get("k") == b"second, longer"
        assert await asyncio.to_thread(lambda: list(blobs.keys(""))) == ["k"]

    async def test_what_is_not_there_is_said_to_be_missing(self, blobs: BlobStore) -> None:
        with pytest.raises(BlobMissing):
            await blobs.get("nowhere/nothing")
        with pytest.raises(BlobMissing):
            await asyncio.to_thread(blobs.read, "nothing")
        with pytest.raises(BlobMissing):
            await blobs.part("nothing", 0, 10)

    async def test_deleting_takes_one_away_and_a_missing_one_is_no_error(self, blobs: BlobStore) -> None:
        await blobs.put("f/kept", b"1")
        await blobs.put("f/gone", b"2")
        await blobs.delete("f/gone")
        await blobs.delete("f/gone")
        await blobs.delete("never/there")
        with pytest.raises(BlobMissing):
            await blobs.get("f/gone")
        assert await blobs.get("f/kept") == b"1"

    async def test_keys_are_listed_below_a_prefix(self, blobs: BlobStore) -> None:
        names = ["archive/d1/1-9.qseg", "archive/d1/10-19.qseg", "archive/d2/1-9.qseg", "snapshots/d1/9.zst"]
        for name in names:
            await blobs.put(name, name.encode())

        def below(prefix: str) -> set[str]:
            return set(blobs.keys(prefix))

        assert await asyncio.to_thread(below, "") == set(names)
        assert await asyncio.to_thread(below, "archive") == set(names[:3])
        assert await asyncio.to_thread(below, "archive/d1") == set(names[:2])
        assert await asyncio.to_thread(below, "nowhere") == set()

    @pytest.mark.parametrize("key", ["../outside", "/absolute", "a//b", "a/../../b", "", "a/.hidden", "a\0b", "a\\b"])
    async def test_a_key_that_could_leave_the_store_is_refused(self, blobs: BlobStore, key: str) -> None:
        with pytest.raises(ValueError, match="key"):
            await blobs.put(key, b"x")
        with pytest.raises(ValueError, match="key"):
            await blobs.get(key)

    async def test_many_writers_at_once_leave_one_whole_blob(self, blobs: BlobStore) -> None:
        contents = [bytes([number]) * 300_000 for number in range(8)]

        def write_all() -> None:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda content: blobs.write("same/key", content), contents))

        await asyncio.to_thread(write_all)
        assert await blobs.get("same/key") in contents
