"""The page on failure modes and the tests agree."""

from __future__ import annotations

import re
from collections import defaultdict

from conftest import ROOT

ROW = re.compile(r"^\| (FM-\d{3}) \|.*\|([^|]+)\|$", re.MULTILINE)


def test_every_row_names_the_tests_that_carry_its_id_and_every_id_has_a_row() -> None:
    page = {
        row: set(re.findall(r"`([^`]+)`", shown))
        for row, shown in ROW.findall((ROOT / "docs" / "failure-modes.md").read_text())
    }
    marked: dict[str, set[str]] = defaultdict(set)
    for folder, pattern in (("tests", "**/*.py"), ("web/tests", "**/*.ts"), ("bench", "*.py")):
        for path in (ROOT / folder).glob(pattern):
            if path.name != "test_failure_modes.py":
                for row in re.findall(r"FM-\d{3}", path.read_text()):
                    marked[row].add(path.relative_to(ROOT).as_posix())
    assert page == dict(marked)
