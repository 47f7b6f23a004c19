"""The files of a stack to start from.

They are examples of this repository with another domain in them: `files/stack` is examples/starter, `files/ci` is
examples/policy-in-ci, `files/policies` are the policy packs. A checkout has links there, an installed package copies.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sophia_infra.errors import SophiaError

FILES = Path(__file__).parent / "files"
EXAMPLE, PROJECT = "shop.example", "shop-example"
"""The domain in the examples, and their project's name: another domain takes their place."""
EXTRAS = ("policies", "postgresql", "report")
"""What its commands and workflows need beside the library."""
_CHECKOUT = f"../..[{','.join(EXTRAS)}]"
"""What stands for this library in the example's requirements."""
_NAME = re.compile(r"[a-z0-9_.-]+")
_LONGEST_PROJECT = 100
_PACK, _CONFIG = "policies/blast_radius", "policies/blast_radius/prod.json"
_STACK = "prod"
"""The stack of the workflow, and of `Pulumi.prod.yaml`."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that serves one zone.

    Attributes:
        domain: the zone's name, in lower case and without a dot at its end.
        requirement: how pip gets this library with `EXTRAS`: a line of `requirements.txt`.
        zone: the zone's master file; empty for the example's.
    """

    domain: str
    requirement: str
    zone: str = ""

    def files(self) -> dict[str, str]:
        """Return the texts of all files by their names, with `/` between folders.

        Raises:
            SophiaError: no file can be called after the domain, or this installation came without the examples.
        """
        if not _NAME.fullmatch(self.domain):
            raise SophiaError(
                f"no file can be called after the zone {self.domain}: its name may have letters, digits, - and _; "
                "start from examples/python-import",
                code="init-domain",
                field="domain",
            )
        found = {self._named(name): self._named(text) for name, text in _read("stack", "*.yaml", "*.py", "*.txt")}
        found["requirements.txt"] = found["requirements.txt"].replace(_CHECKOUT, self.requirement)
        [(_, sample)] = _read("stack", f"records/{EXAMPLE}.zone")
        found[f"records/{self.domain}.zone"] = self.zone or self._named(sample)
        found["zones/.gitignore"] = "*\n"  # what is served from there is no source
        found |= dict(_read("ci", "*.sh", ".github/**/*.yaml"))
        return found | {f"policies/{name}": text for name, text in _read("policies", "blast_radius/**/*.*")}

    def _named(self, text: str) -> str:
        project = self.domain.replace(".", "-")[:_LONGEST_PROJECT]
        return text.replace(EXAMPLE, self.domain).replace(PROJECT, project)


def next_steps() -> list[str]:
    """Return the commands that come next, in the stack's folder."""
    return [
        "python -m pip install -r requirements.txt",
        f"pulumi stack init {_STACK}",
        f"./preview.sh {_PACK} {_CONFIG} --stack {_STACK}",
        f"pulumi up --stack {_STACK} --policy-pack {_PACK} --policy-pack-config {_CONFIG}",
    ]


def _read(folder: str, *patterns: str) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of files; each pattern stands for one at least."""
    root = FILES / folder
    for pattern in patterns:
        found = [path for path in sorted(root.glob(pattern)) if path.is_file() and path.suffix != ".pyc"]
        if not found:
            raise SophiaError(
                f"this installation of sophia-infra lacks {root / pattern}; install it anew, and from a checkout with "
                "links in it (git config core.symlinks true)",
                code="init-files",
            )
        yield from ((path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")) for path in found)
