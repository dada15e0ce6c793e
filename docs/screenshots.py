"""Takes the pictures of the README from the running app: `make screenshots`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Run the browser script that drives two people and writes docs/images/."""
    environment = {**os.environ, "QUIRE_PYTHON": sys.executable, "QUIRE_IMAGES": str(ROOT / "docs" / "images")}
    return subprocess.run(
        ["npx", "--no-install", "playwright", "test", "--config", "screenshots.config.ts"],  # noqa: S607
        cwd=ROOT / "web",
        env=environment,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
