"""The pack's entry: every policy of `rules`, mandatory unless a stack's configuration says otherwise."""

import sys
from pathlib import Path

try:
    from rules import POLICIES  # type: ignore[import-not-found]  # a pack is run in its own directory

    from sophia_policy_kit import serve
except ImportError as error:
    if error.name not in ("sophia_policy_kit", "pulumi_policy"):
        raise
    kit = Path(__file__).resolve().parents[1] / "kit"
    sys.exit(
        f"The policy pack needs {error.name}, which {sys.executable} does not have, or an older one. Install the kit "
        f"by its folder: {sys.executable} -m pip install {kit}"
    )

serve("sophia-secrets", POLICIES)
