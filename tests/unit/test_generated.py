"""What the browser shares with the server is written once, in Python: its copies are the generated ones."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from conftest import ROOT
from quire.accounts import colors
from quire.content import schema


def test_the_browser_has_the_schema_and_the_colours_of_this_server() -> None:
    copies = {
        "web/src/editor/schema/schema.json": schema.as_json(),
        "web/src/presence/colors.json": colors.as_json(),
    }
    for copy, generated in copies.items():
        assert json.loads((ROOT / copy).read_text()) == json.loads(generated), copy


def problem_codes() -> Iterator[str]:
    """Yield the codes of all problem documents that the server answers with."""
    for module in (ROOT / "src" / "quire").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in ("Problem", "problem_response"):
                continue
            for given in node.keywords:
                if given.arg == "code":
                    yield from (part.value for part in ast.walk(given.value) if isinstance(part, ast.Constant))


def test_the_app_has_words_for_each_code_of_a_problem() -> None:
    codes, catalogue = set(problem_codes()), json.loads((ROOT / "web/src/i18n/en.json").read_text())
    assert len(codes) > 20
    assert codes == {key.removeprefix("problem.") for key in catalogue if key.startswith("problem.")}
