"""What no issuer keeps of a certificate: with what profile it was ordered, and whether a person has asked for another.

The key's inputs remember it, since the key is checked and stored first; its certificate is told.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

INPUT = "remembered"
RENEW = "SOPHIA_RENEW"
"""The variable that names certificates, by first name or label, which a person wants renewed now, and once."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Facts about the certificate of a generation.

    `profiles` are those that it was ordered with, by directory. `asked` is the generation that a person wants replaced,
    None for none: it is kept as long as the variable is set, so that a variable which stays set renews once.
    """

    generation: int = 0
    profiles: Mapping[str, str] = field(default_factory=dict)
    asked: int | None = None

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Self:
        """Read what `as_input` gave; nothing where that can't be read."""
        found: Any = inputs.get(INPUT)
        if not isinstance(found, Mapping) or not isinstance(found.get("profiles"), Mapping):
            return cls()
        asked = found.get("asked")
        return cls(int(found.get("generation") or 0), found["profiles"], None if asked is None else int(asked))

    def next(self, generation: int, profiles: Mapping[str, str], named: Collection[int | None] = ()) -> "Remembered":
        """Return what is known of the certificate of a generation, which stands now.

        `profiles` were asked for last; `named` are the generations that a person wants replaced, as `asked_by` has it.
        """
        known = self.profiles if self.generation == generation else profiles
        kept = generation if self.asked is None else self.asked
        asked = max((kept if each is None else each for each in named), default=None)
        return Remembered(generation, known, asked)

    def as_input(self) -> dict[str, Any]:
        """Return it as the input that the state keeps."""
        told: dict[str, Any] = {"generation": self.generation, "profiles": dict(self.profiles)}
        return told if self.asked is None else {**told, "asked": self.asked}


NOTHING = Remembered()
