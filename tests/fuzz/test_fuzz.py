"""A few seconds of each fuzz target, from the seeds in corpus/; `make fuzz` runs them for longer."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PROVE, ROOT

SECONDS = 900 if PROVE else 5
TARGETS = Path(__file__).parent / "targets.py"


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this platform")
@pytest.mark.fm("FM-172", size="15 minutes each")
@pytest.mark.parametrize("target", ["codec", "presence", "state", "update"])
def test_whatever_a_client_sends_is_refused_by_name_or_taken_whole(target: str, tmp_path: Path, seed: int) -> None:
    found = tmp_path / "found"
    found.mkdir()
    done = subprocess.run(
        [
            sys.executable,
            str(TARGETS),
            target,
            f"-max_total_time={SECONDS}",
            f"-seed={seed}",
            "-rss_limit_mb=2048",
            "-timeout=20",
            "-max_len=4096",
            f"-artifact_prefix={tmp_path}/",
            str(found),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=SECONDS + 120,
        check=False,
    )
    # libFuzzer's last lines hold the input, in hex and base64.
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done" in done.stderr
