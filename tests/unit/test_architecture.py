"""Packages depend on each other in one direction only, so that each can be read without those above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import quire

ROOT = Path(quire.__file__).parent


def imported(module: Path) -> Iterator[str]:
    """Yield the full names of what a module imports, for its types only too."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def part(name: str) -> str:
    """Return the package, or the module beside the packages, that a name belongs to."""
    return name.split(".")[1]


def dependencies() -> dict[str, set[str]]:
    """Return {package: packages that it imports}."""
    found: dict[str, set[str]] = {}
    for module in ROOT.rglob("*.py"):
        own = module.relative_to(ROOT).parts[0].removesuffix(".py")
        names = {part(name) for name in imported(module) if name.startswith("quire.")}
        found.setdefault(own, set()).update(names - {own, "__version__"})
    return found


def test_packages_have_no_cycles() -> None:
    TopologicalSorter(dependencies()).prepare()


def test_the_core_knows_nothing_of_http_or_sql() -> None:
    assert not dependencies()["sync"] & {"http", "db", "accounts", "documents", "sharing", "workspaces", "server"}


def test_only_one_package_imports_the_library_of_the_documents() -> None:
    users = {
        module for module in ROOT.rglob("*.py") if any(name.split(".")[0] == "pycrdt" for name in imported(module))
    }
    assert {module.relative_to(ROOT).parts[0] for module in users} == {"crdt"}
