"""What kind of picture some bytes are: decided by decoding them, within bounds; large ones in a child process."""

from __future__ import annotations

import asyncio
import io
import signal
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, UnidentifiedImageError

from quire.limits.overload import Overloaded
from quire.ops.children import Child

KINDS: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
MAX_PIXELS: Final = 60_000_000
"""A picture of this size takes 240 MB decoded; only its header is decoded here."""
SMALL: Final = 64 * 1024
"""Bytes up to which any content is read in a few milliseconds."""
MOST_SECONDS: Final = 1.0
"""Of processor time, for a large one."""
MOST_WAITING: Final = 16
"""Large pictures that may be read, or wait for it."""


class NotAPicture(ValueError):
    """The content is not a PNG, JPEG, GIF or WebP picture of a usable size."""


class TooManyPixels(NotAPicture):
    """A picture that takes too much memory to show."""

    def __init__(self) -> None:
        super().__init__(f"the picture has more than {MAX_PIXELS} pixels; make it smaller")

    def __reduce__(self) -> tuple[type[TooManyPixels], tuple[()]]:
        return type(self), ()


@dataclass(frozen=True, slots=True)
class Picture:
    """Kind (media type) and size in pixels."""

    kind: str
    width: int
    height: int


def identify_in_time(content: bytes) -> Picture:
    """Do what `identify` does within a bound of processor time; for the main thread of a process of its own.

    Pillow walks through what stands before a picture's size byte by byte, and through millions of empty parts.
    """

    def stop(*_: object) -> None:
        raise NotAPicture("the picture takes too long to read; save it anew as PNG or JPEG")

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        return identify(content)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def identify(content: bytes) -> Picture:
    """Return what `content` is; raises `NotAPicture`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(KINDS)) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise TooManyPixels
                image.verify()
                return Picture(KINDS[str(image.format)], width, height)
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels from None
    except UnidentifiedImageError as error:
        raise NotAPicture("only PNG, JPEG, GIF and WebP pictures can be attached") from error
    except Exception as error:
        raise NotAPicture("the picture is damaged; save it anew as PNG or JPEG") from error


class PictureReader:
    """Says what comes in; raises `Overloaded` or `ChildDied` when that cannot be read now."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._identifying = 0
        """Large pictures that are being read, or wait for it; each holds its bytes."""

    async def identify(self, content: bytes) -> Picture:
        """Return what `content` is; raises `NotAPicture`, and `Overloaded` when too many wait."""
        if len(content) <= SMALL:
            return await asyncio.to_thread(identify, content)
        if self._identifying >= MOST_WAITING:
            raise Overloaded("Too many pictures are coming in at once", retry_after=2)
        self._identifying += 1
        try:
            return await self._child.run(identify_in_time, content)
        finally:
            self._identifying -= 1
