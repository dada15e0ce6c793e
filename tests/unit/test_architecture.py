"""Packages depend on each other in one direction only, so that each can be read without those above it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from os.path import normpath
from pathlib import Path

import quire
from conftest import ROOT

SOURCE = Path(quire.__file__).parent


def imported(module: Path) -> Iterator[str]:
    """Yield the full names of what a module imports, also inside functions and for types only."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def imported_in_browser(module: Path) -> Iterator[Path]:
    """Yield the modules of the browser app that one of them imports, also while it runs and for types only."""
    for name in re.findall(r"""(?:from|import\()\s*'(\.[^']+)'""", module.read_text()):
        place = Path(normpath(module.parent / name))
        candidates = (place.with_name(f"{place.name}.ts"), place.with_name(f"{place.name}.tsx"), place / "index.ts")
        yield from (candidate for candidate in candidates if candidate.is_file())


def part(name: str) -> str:
    """Return the package, or the module beside the packages, that a name belongs to."""
    return name.split(".")[1]


def dependencies() -> dict[str, set[str]]:
    """Return {package: packages that it imports}."""
    found: dict[str, set[str]] = {}
    for module in SOURCE.rglob("*.py"):
        own = module.relative_to(SOURCE).parts[0].removesuffix(".py")
        names = {part(name) for name in imported(module) if name.startswith("quire.")}
        found.setdefault(own, set()).update(names - {own, "__version__", "BROWSER_APP"})
    return found


def layers(top: str) -> dict[str, int]:
    """Return {package: its line in the picture of ARCHITECTURE.md that begins so}; a dash leads one line down."""
    picture = re.search(rf"^{top}.*?(?=^```)", (ROOT / "ARCHITECTURE.md").read_text(), re.DOTALL | re.MULTILINE)
    assert picture is not None
    lines = [part for line in picture[0].splitlines() for part in line.split("─")]
    return {name: at for at, line in enumerate(lines) for name in re.findall(r"\w+", line)}


def test_every_package_depends_only_on_those_below_it_in_the_picture() -> None:
    level = layers("cli ─")
    upwards = {
        (package, used)
        for package, uses in dependencies().items()
        for used in uses
        if package != "__init__" and level[used] <= level[package]
    }
    assert upwards == set()


def test_no_module_imports_itself_through_others() -> None:
    modules = {
        ".".join(module.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"): module
        for module in SOURCE.rglob("*.py")
    }
    graph = {
        name: {
            used if used in modules else used.rpartition(".")[0]
            for used in imported(module)
            if used.startswith("quire.")
        }
        for name, module in modules.items()
    }
    TopologicalSorter(graph).prepare()


def test_no_module_of_the_browser_app_imports_itself_through_others() -> None:
    graph = {
        module: set(imported_in_browser(module))
        for suffix in ("*.ts", "*.tsx")
        for module in (ROOT / "web/src").rglob(suffix)
    }
    assert sum(map(len, graph.values())) > len(graph)
    TopologicalSorter(graph).prepare()


def test_every_folder_of_the_browser_app_imports_only_from_those_below_it_in_the_picture() -> None:
    level, source = layers("features$"), ROOT / "web/src"
    upwards = {
        (str(module.relative_to(source)), name)
        for module in source.rglob("*/*.ts*")
        for name in re.findall(r"""from\s*'(\.[^']+)'""", module.read_text())
        # The description of the documents is everybody's.
        if not name.endswith(".json")
        and (own := module.relative_to(source).parts[0])
        != (used := Path(normpath(module.parent / name)).relative_to(source).parts[0])
        and level[used] <= level[own]
    }
    assert upwards == set()


def test_the_core_knows_nothing_of_http_or_sql() -> None:
    assert not dependencies()["sync"] & {"http", "db", "accounts", "documents", "sharing", "workspaces", "server"}


def test_only_what_speaks_http_knows_of_its_problems() -> None:
    capabilities = ("accounts", "documents", "sharing", "workspaces", "content", "log", "ops")
    users = {
        module.stem
        for package in capabilities
        for module in (SOURCE / package).rglob("*.py")
        if any(name.startswith("quire.http") for name in imported(module))
    }
    assert {name for name in users if not name.endswith("routes")} == {"guessing", "exchange", "problems"}


def test_only_one_package_imports_the_library_of_the_documents() -> None:
    users = {
        module for module in SOURCE.rglob("*.py") if any(name.split(".")[0] == "pycrdt" for name in imported(module))
    }
    assert {module.relative_to(SOURCE).parts[0] for module in users} == {"crdt"}
