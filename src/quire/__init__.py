"""Quire: a real-time collaborative document editor that a team runs itself."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

try:
    __version__ = version("quire")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0.0.0"

BROWSER_APP = Path(__file__).parent / "static"
"""The browser app as it was built."""
