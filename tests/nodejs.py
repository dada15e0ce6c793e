"""Node processes that answer questions: each question and each answer is one line of JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from conftest import ROOT

Ask = Callable[[object], dict[str, Any]]


@contextmanager
def nodejs(script: str) -> Iterator[Ask]:
    """Start a script of web/tests/node; the process ends with the block."""
    with subprocess.Popen(
        ["node", str(ROOT / "web" / "tests" / "node" / script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        questions, answers = process.stdin, process.stdout

        def ask(question: object) -> dict[str, Any]:
            questions.write(json.dumps(question) + "\n")
            questions.flush()
            line = answers.readline()
            assert line, f"Node ended with {process.wait()}"
            answer: dict[str, Any] = json.loads(line)
            return answer

        try:
            yield ask
        finally:
            process.kill()
