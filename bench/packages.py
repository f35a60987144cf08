"""npm's packages of the peers, installed into build/rivals."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def install(name, wanted):
    """Returns the folder that has the packages; it needs the npm registry only if they are not there yet."""
    folder = ROOT / "build" / "rivals" / name
    folder.mkdir(parents=True, exist_ok=True)
    installed = folder / "installed"
    if not installed.exists() or installed.read_text() != " ".join(wanted):
        (folder / "package.json").write_text('{"name": "rival", "private": true}')
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *wanted], cwd=folder, check=True)
        installed.write_text(" ".join(wanted))
    return folder
