"""`python language_host --use-executor FILE [ENGINE ADDRESS]`: serves until the engine is done."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

sys.path[0] = str(Path(__file__).resolve().parents[2])

# The engine starts a host for every command, and it needs the protocol alone: the SDK around that is not loaded, which
# would take as long again as all the rest.
for name in ("pulumi", "pulumi.runtime"):
    parent, _, own = name.rpartition(".")
    found = PathFinder.find_spec(name, sys.modules[parent].__path__ if parent else None)
    if found is not None and found.submodule_search_locations is not None:
        sys.modules[name] = ModuleType(own or name)
        sys.modules[name].__path__ = list(found.submodule_search_locations)

from engine.language_host.server import main  # noqa: E402 - needs the path above

if __name__ == "__main__":
    sys.exit(main())
