"""What environments say of credentials that come from there by reference: docs/environments.md. Never a value."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sophia_infra.credentials.references import opened, place_in_environment

if TYPE_CHECKING:
    from sophia_infra.esc.about import About


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a credential.

    Attributes:
        setting: what refers to it, such as `server`.
        reference: such as `esc://shop/prod/db.url`.
        about: what its environment says of it; empty where that speaks of other values alone.
    """

    setting: str
    reference: str
    about: "About"

    def __str__(self) -> str:
        about = self.about
        told = {"exposure": about.exposure, "owner": about.owner, "rotated after": about.max_age}
        told |= {"purpose": about.purpose, "consumers": ", ".join(about.consumers)}
        listed = "; ".join(f"{name} {text}" for name, text in told.items() if text)
        return f"{self.setting} is {self.reference}: {listed or 'nothing is said of it'}"


def said(settings: Mapping[str, str]) -> Iterator[Said]:
    """Yield what is said of those settings that refer to an environment in which anything is said of values.

    Of an environment that can't be read nothing is said: who looks the credential up is told.
    """
    for setting, text in settings.items():
        if not (place := place_in_environment(text)):
            continue
        from sophia_infra.esc import EscError  # few stacks refer to one, and it takes long to load
        from sophia_infra.esc.about import at

        environment, path = place
        with suppress(EscError):  # of a path that is none, too
            if known := opened(environment, whole=False).about:
                yield Said(setting, text, at(known, path))
