"""The page on failure modes and the tests agree."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from conftest import ROOT

ROW = re.compile(r"^\| (FM-\d{3}) \|.*\|([^|]+)\|$", re.MULTILINE)
ID = re.compile(r"FM-\d{3}")
TITLE = re.compile(
    r"^ *test(?:\.describe|\.each\([^\n]*?\))?\(\s*(['\"`])((?:(?!\1).)*)\1|^ *describe\(\s*'([^'\n]*)'", re.MULTILINE
)
SCENARIOS = ("Workload", "repeated")
"""What makes a scenario of the bench; its name is one of the arguments."""


def carried(path: str, source: str) -> Iterator[str]:
    """Yield the ids that a test carries in a mark, in its title or in the name of its scenario; no others count."""
    if path.endswith(".ts"):
        for found in TITLE.finditer(source):
            yield from ID.findall(found[2] or found[3])
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called == "pytest.mark.fm" or (path.startswith("bench/") and called in SCENARIOS):
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield from ID.findall(argument.value)


def test_every_row_names_the_tests_that_carry_its_id_and_every_id_has_a_row() -> None:
    page = {
        row: set(re.findall(r"`([^`]+)`", shown))
        for row, shown in ROW.findall((ROOT / "docs" / "failure-modes.md").read_text())
    }
    marked: dict[str, set[str]] = defaultdict(set)
    for folder, pattern in (("tests", "**/*.py"), ("web/tests", "**/*.ts"), ("bench", "*.py")):
        for path in (ROOT / folder).glob(pattern):
            name = path.relative_to(ROOT).as_posix()
            for row in carried(name, path.read_text()):
                marked[row].add(name)
    assert page == dict(marked)


@pytest.mark.parametrize(
    ("path", "source", "ids"),
    [
        ("tests/a.py", "# FM-001\nNOTE = 'FM-002'\n", []),
        ("tests/a.py", "@pytest.mark.fm('FM-003', 'FM-004')\ndef test_it(): 'FM-005'\n", ["FM-003", "FM-004"]),
        ("tests/a.py", "Workload('W', 'FM-006 many')", []),
        ("bench/a.py", "Workload('W', 'FM-007 many')  # FM-008", ["FM-007"]),
        ("web/tests/a.ts", "// FM-009\ntest('it works [FM-010]', async () => { say('FM-011') })", ["FM-010"]),
        ("web/tests/a.ts", "describe('[FM-012] it', () => {\n  test(`its ${part} [FM-013]`, f)", ["FM-012", "FM-013"]),
        ("web/tests/a.ts", "test.each(['v1'])('FM-014 a document', (v) => f(v))", ["FM-014"]),
    ],
)
def test_an_id_counts_only_where_it_says_what_a_test_proves(path: str, source: str, ids: list[str]) -> None:
    assert list(carried(path, source)) == ids
