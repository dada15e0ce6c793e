"""The published contract names tests that exist."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT


@pytest.mark.fm("FM-022")
def test_each_of_the_six_promises_names_tests_that_exist() -> None:
    rows = re.findall(r"^\| \*\*.*$", (ROOT / "docs" / "contract.md").read_text(), re.MULTILINE)
    assert len(rows) == 6
    for row in rows:
        named = re.findall(r"`(tests/[^`:]+)::(\w+)`", row)
        assert named, row
        for file, test in named:
            assert re.search(rf"^(async )?def {test}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file}::{test}"
