"""RotatingSecret: a credential that is replaced on a plain `pulumi up`, once its consumers have moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict
from weakref import WeakKeyDictionary

import pulumi

from sophia_infra.component import (
    HIDDEN,
    Choice,
    note,
    once_applied,
    opening,
    refuse_foreign,
    refuse_unfit,
    refuse_unknown_arguments,
)
from sophia_infra.secrets.kinds import with_login
from sophia_infra.secrets.lifecycle_resource import SecretLifecycle
from sophia_infra.secrets.material_resource import SecretMaterial
from sophia_infra.secrets.phases import SLOTS
from sophia_infra.secrets.spec import CREDENTIALS, ArgumentError, SecretKind
from sophia_infra.tls.identity import identity

_PLACES: "WeakKeyDictionary[pulumi.Resource, dict[tuple[str, str], str]]" = WeakKeyDictionary()
"""Which secret of a program is published where, by field and place."""


class PublishArgs(TypedDict):
    """Where a secret is put, each place whole and read back."""

    file: NotRequired[pulumi.Input[str]]
    """A file on this machine."""
    esc: NotRequired[pulumi.Input[str]]
    """An ESC environment and a path in it: `sophia/prod:db`."""
    content: NotRequired[pulumi.Input[str]]
    """`url` (default where there is one), `password` (default elsewhere), or `json` for all of it."""
    owner: NotRequired[pulumi.Input[str]]
    """Whose the file is, by name or number. Default: whoever runs this."""
    group: NotRequired[pulumi.Input[str]]
    """The group of the file. Default: that of whoever runs this."""
    mode: NotRequired[pulumi.Input[str]]
    """Its mode: `0600` (default), `0640` or `0660`."""


class KeyFileArgs(TypedDict):
    """The file with both TSIG keys of a secret."""

    path: pulumi.Input[str]
    """Where it is."""
    reload: pulumi.Input[list[pulumi.Input[str]]]
    """The command that has the server read it, as its words: `["knotc", "reload"]`."""
    log: NotRequired[pulumi.Input[str]]
    """The server's log, at the level `debug`. Without it nobody is seen using a key."""
    owner: NotRequired[pulumi.Input[str]]
    """Whose the file is, by name or number. Default: whoever runs this."""
    group: NotRequired[pulumi.Input[str]]
    """The group of the file. Default: that of whoever runs this."""
    mode: NotRequired[pulumi.Input[str]]
    """Its mode: `0600` (default), `0640` or `0660`."""


class RotatingSecretArgs(TypedDict):
    """What a secret should be; docs/secrets.md has the limits of every field."""

    kind: Choice[SecretKind]
    """Where it is checked: `postgres`, `redis`, `tsig`, `cloudflare`, `webhook`, or by those who use it: `password`."""
    server: NotRequired[pulumi.Input[str]]
    """The URL by which its logins are made, secret: `postgresql://admin:password@db.example/shop`."""
    group: NotRequired[pulumi.Input[str]]
    """The role that both logins are in; they are called `<group>_a` and `<group>_b`."""
    key: NotRequired[pulumi.Input[str]]
    """By what `server` lets one in, secret: of `cloudflare` an API token, of `webhook` an RSA key in PEM."""
    policies: NotRequired[pulumi.Input[list[pulumi.Input[dict[str, Any]]]]]
    """Of `cloudflare`, what the tokens may do, as its API has policies of tokens."""
    key_file: NotRequired[pulumi.Input[KeyFileArgs]]
    """Of `tsig`, the file that the name server includes."""
    publish: NotRequired[pulumi.Input[PublishArgs]]
    """Where consumers find it beside the outputs. Default: nowhere."""
    standbys: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """The URLs of the instances that follow the server, secret. Default: none."""
    poolers: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Of PostgreSQL, the URLs of the consoles of PgBouncers before it, secret: `postgresql://me:pw@host:6432/pgbouncer`."""
    max_age: NotRequired[pulumi.Input[str]]
    """How old a value gets before the next one is made: `30d` (default), `36h`."""
    soak: NotRequired[pulumi.Input[str]]
    """How long the login of before stays refused before it is ended: `2d` (default)."""
    consumers: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Who uses it, by the `application_name` of their sessions. Without any, no login of before is ever ended."""
    acl: NotRequired[pulumi.Input[list[pulumi.Input[str]]]]
    """Of Redis, what both users may do, as rules of `ACL SETUSER`. Default: all but what administers the server."""
    length: NotRequired[pulumi.Input[int]]
    """Of a value, in characters of `[A-Za-z0-9_-]`. Default: 40."""


@dataclass(frozen=True, slots=True)
class CurrentSecret:
    """What consumers are given."""

    username: pulumi.Output[str]
    """The login."""
    password: pulumi.Output[str]
    """Its password, secret."""
    url: pulumi.Output[str]
    """Both and the server's address, secret."""
    generation: pulumi.Output[int]
    """Which one of the secret it is, counted from 1."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return an output by its name: the SDK, where it serves the component to other languages, asks so."""
        return getattr(self, name, default)


class RotatingSecret(pulumi.ComponentResource):
    """A credential whose next one is made beside it, and which is ended once nobody uses it any more."""

    current: CurrentSecret
    """What consumers are given."""
    accepted: pulumi.Output[list[str]]
    """The values that are good now, secret: what a program that checks them itself has to take."""
    phase: pulumi.Output[str]
    """Where its rotation stands: `steady`, `staged`, `adopting` or `suspended`."""
    changes: pulumi.Output[dict[str, Any]]
    """What the last apply changed, and how much hangs on it; not known at a preview that plans a step."""
    advice: pulumi.Output[dict[str, Any]]
    """The advice on it."""

    def __init__(self, name: str, args: RotatingSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Open both slots and the steps between them.

        :param str name: The name of the secret in the stack.
        :param RotatingSecretArgs args: What it should be.
        :param Optional[pulumi.ResourceOptions] opts: Options of the component.
        """
        super().__init__("sophia:index:RotatingSecret", name, {}, opts)
        with opening("RotatingSecret", name):
            refuse_unfit(opts)
            refuse_unknown_arguments(args, RotatingSecretArgs, ArgumentError)
            refuse_foreign("", args, ArgumentError)
            _refuse_taken(name, args.get("publish"))
        note("secret", name)
        urn: pulumi.Output[Any] = pulumi.Output.from_input(self.urn.future())
        shared: dict[str, Any] = {**args, "name": name, "label": urn.apply(lambda found: identity(str(found)))}
        shared |= {field: pulumi.Output.secret(shared[field]) for field in CREDENTIALS if shared.get(field) is not None}
        inside = pulumi.ResourceOptions(parent=self)
        made = {slot: SecretMaterial(f"{name}-{slot}", {**shared, "slot": slot}, inside) for slot in SLOTS}
        of_slots: dict[str, Any] = {f"generation_{slot}": made[slot].generation for slot in SLOTS}
        of_slots |= {f"value_{slot}": made[slot].value for slot in SLOTS}
        lifecycle = SecretLifecycle(name, {**shared, **of_slots, "label": made[SLOTS[0]].label}, inside)
        picked: pulumi.Output[str] = lifecycle.slot.apply(lambda slot: made[slot].value)
        password: pulumi.Output[str] = pulumi.Output.secret(picked)
        url = pulumi.Output.all(lifecycle.username, password, lifecycle.address).apply(_url)
        self.current = CurrentSecret(lifecycle.username, password, url, lifecycle.published)
        taken: Any = lifecycle.accepted.apply(lambda slots: [made[slot].value for slot in slots])
        self.accepted = pulumi.Output.secret(taken)
        self.phase = lifecycle.phase
        self.changes, self.advice = (once_applied(getattr(lifecycle, name), lifecycle.id) for name in HIDDEN)
        outputs: dict[str, Any] = {
            "username": lifecycle.username,
            "password": password,
            "url": url,
            "accepted": self.accepted,
            "phase": lifecycle.phase,
        }
        outputs |= {"generation": lifecycle.published, "changes": self.changes, "advice": self.advice}
        self.register_outputs(outputs)


def _refuse_taken(name: str, publish: Any) -> None:
    """Refuse a place that another secret of this program is published to: each run would write over the other."""
    program = pulumi.runtime.get_root_resource()
    if program is None or not isinstance(publish, Mapping):
        return
    taken = _PLACES.setdefault(program, {})
    for field in ("file", "esc"):
        place = publish.get(field)
        if isinstance(place, str) and (first := taken.setdefault((field, place), name)) != name:
            told = f"publish.{field} {place!r} is where the secret {first!r} is published; give each a place of its own"
            raise ArgumentError(told, field=f"publish.{field}", value=place)


def _url(known: Sequence[Any]) -> str:
    username, password, address = map(str, known)
    return with_login(address, username, password)
