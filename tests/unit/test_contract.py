"""Each promise of the published contract is kept by tests that exist and pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

import pytest

from conftest import PROVE, ROOT


def promised() -> dict[str, list[str]]:
    """Return the promises, each with the tests that the page names for it."""
    rows = re.findall(r"^\| \*\*(.+?)\*\*(.*)$", (ROOT / "docs" / "contract.md").read_text(), re.MULTILINE)
    return {promise: re.findall(r"`(tests/[^`:]+::\w+)`", shown) for promise, shown in rows}


def run(tests: Iterable[str], *options: str) -> str:
    """Run tests at their small size in a pytest of their own, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, *sorted(set(tests))],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "QUIRE_PROVE" and "PYTEST" not in name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.fm("FM-022")
@pytest.mark.timeout(900)
def test_each_of_the_six_promises_names_tests_that_exist_and_pass(tmp_path: Path) -> None:
    promises = promised()
    assert len(promises) == 6
    assert all(promises.values()), promises
    # Pytest fails when one of them is no test that it would run.
    run((test for named in promises.values() for test in named), "--collect-only")
    report = tmp_path / "report.xml"
    run((test for named in promises.values() for test in (named if PROVE else named[:1])), f"--junit-xml={report}")
    passed = {
        f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name'].split('[')[0]}"
        for case in ET.parse(report).iter("testcase")
        if case.find("skipped") is None
    }
    assert {promise for promise, named in promises.items() if named[0] not in passed} == set()
