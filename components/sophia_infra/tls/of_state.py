"""The certificates that a stack's state knows, and what each was last asked for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sophia_infra.dns.importers.state_files import Resource, pulumi
from sophia_infra.dns.reader.problems import Refused
from sophia_infra.engine_run import OURS
from sophia_infra.errors import SophiaError
from sophia_infra.tls.spec import ArgumentError, CertificateSpec
from sophia_infra.tls.state import StoredCertificate
from sophia_infra.values import known_are

CERTIFICATE, KEY = f"{OURS}Certificate", f"{OURS}CertificateKey"


class StateError(SophiaError):
    """A stack's state that can't be read, or that does not know a certificate by a name."""

    code = "state"


@dataclass(frozen=True, slots=True)
class Known:
    """A certificate in a state: its name in the program, the inputs of the last run, the outputs of the last order.

    `csr_pem` is the request of the newest key; empty where the state has none. `stack` is the stack's name, as its
    file has it. `keys` are the newest private key and the one before, as far as the state shows them.
    """

    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    csr_pem: str = ""
    stack: str = ""
    keys: tuple[str, ...] = field(default=(), repr=False)

    @property
    def label(self) -> str:
        """What the journal knows it by."""
        return str(self.inputs.get("label") or self.outputs.get("label") or self.name)

    @property
    def domains(self) -> tuple[str, ...]:
        """The names that are asked for."""
        return tuple(map(str, self.inputs.get("domains") or self.outputs.get("domains") or ()))

    @property
    def stored(self) -> StoredCertificate:
        """What its last order has stored."""
        return StoredCertificate.from_outputs(self.outputs)

    def spec(self) -> CertificateSpec:
        """Return what is asked for.

        Raises:
            ArgumentError: it was written by another release, and can't be read any more.
        """
        try:
            return CertificateSpec.from_inputs({**self.inputs, "csr_pem": self.csr_pem or self.inputs.get("csr_pem")})
        except KeyError as error:
            raise ArgumentError(f"its inputs in the state lack {error}", field=str(error)) from None


def read(text: str, file: str) -> tuple[Known, ...]:
    """Read the certificates of a state, as `pulumi stack export` prints it, with its secrets or without.

    Raises:
        StateError: it is no state of Pulumi.
    """
    return certificates_of(resources_of(text, file))


def certificates_of(resources: Sequence[Resource]) -> tuple[Known, ...]:
    """Return the certificates among the resources of a state."""
    made = {_text(each, "label"): each for each in resources if each.kind == KEY}
    found = (each for each in resources if each.kind == CERTIFICATE)
    return tuple(
        Known(
            each.urn.rpartition("::")[2],
            each.inputs,
            each.fields,
            _text(key, "csr_pem") if key else "",
            each.urn.partition("::")[0].rpartition(":")[2],
            tuple(plain(key.fields.get(name)) for name in ("private_key_pem", "former_key_pem")) if key else (),
        )
        for each in found
        for key in (made.get(_text(each, "label")),)
    )


def resources_of(text: str, file: str) -> list[Resource]:
    """Return the resources of a state, as `pulumi stack export` prints it.

    Raises:
        StateError: it is no state of Pulumi.
    """
    try:
        return list(pulumi(text))
    except Refused as error:
        told = f"{file} is no state: {error.problem.message}; {error.problem.fix}"
        raise StateError(told, code="state-unreadable", subject=file) from None


def pick(known: Iterable[Known], name: str) -> tuple[Known, ...]:
    """Return the certificates that go by a name: in the program, as label, or as one of their domains; empty for all.

    Raises:
        StateError: there is none.
    """
    every = tuple(known)
    found = tuple(each for each in every if not name or name in (each.name, each.label, *each.domains))
    if name and not found:
        way_out = known_are(name, sorted({each.name for each in every})) if every else "it has none"
        raise StateError(f"the state has no certificate {name!r}; {way_out}", code="no-certificate", value=name)
    return found


def _text(resource: Resource, name: str) -> str:
    return text_of(resource.inputs, name) or text_of(resource.fields, name)


def text_of(values: Mapping[str, Any], name: str) -> str:
    """Return a text by its name; empty where there is none."""
    found = values.get(name)
    return found if isinstance(found, str) else ""


def plain(value: Any) -> str:
    """Return a secret text that the engine was asked to show, as it shows it; empty where it is encrypted."""
    if not isinstance(value, Mapping) or not isinstance(value.get("plaintext"), str):
        return ""
    try:
        found = json.loads(value["plaintext"])
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""
