"""Each promise of the published contract is kept by tests of this suite, which fails when one of them does."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from conftest import ROOT


def promised() -> dict[str, list[str]]:
    """Return the promises, each with the tests that the page names for it."""
    rows = re.findall(r"^\| \*\*(.+?)\*\*(.*)$", (ROOT / "docs" / "contract.md").read_text(), re.MULTILINE)
    return {promise: re.findall(r"`(tests/[^`:]+::\w+)`", shown) for promise, shown in rows}


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest from the root of the repository."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.fm("FM-022")
def test_each_of_the_six_promises_names_tests_that_exist_and_must_pass() -> None:
    promises = promised()
    assert len(promises) == 6
    assert all(promises.values()), promises
    named = {test for tests in promises.values() for test in tests}
    # Pytest fails when one of them is no test that it would run.
    found = run("--collect-only", *named)
    assert found.returncode == 0, found.stdout[-3000:]
    # One that may be left out shows nothing where it is.
    assert [promise for promise, tests in promises.items() if all(map(may_be_skipped, tests))] == []


def may_be_skipped(test: str) -> bool:
    """Whether the file of a test knows conditions under which tests are left out."""
    return re.search(r"mark\.(skip|xfail)|pytest\.skip", (ROOT / test.split("::")[0]).read_text()) is not None
