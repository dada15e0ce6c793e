"""What the server says of its troubles, in the languages of the app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quire.storage import failure
from quire.storage.hang import SILENT
from quire.sync.rooms.sender import Refusal

CATALOGUES = Path(__file__).parents[2] / "web/src/i18n"
TOLD_BY_THE_APP = {Refusal.READ_ONLY, Refusal.TOO_BIG, Refusal.UNSTORABLE}
"""These have words of their own, also in English."""


@pytest.mark.parametrize("language", ["de", "ar"])
def test_every_reason_why_something_is_not_saved_is_in_the_catalogue(language: str) -> None:
    catalogue = json.loads((CATALOGUES / f"{language}.json").read_text())
    reasons = {*failure.NO_ROOM, failure.READ_ONLY, failure.FORBIDDEN, failure.DAMAGED, SILENT}
    codes = {refusal.value for refusal in set(Refusal) - TOLD_BY_THE_APP}
    assert {reason for reason in reasons | codes if f"reason.{reason}" not in catalogue} == set()
