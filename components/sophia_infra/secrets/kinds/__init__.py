"""The contract of the kinds of secrets, and which one a secret is of. A kind does and sees; `phases` decides."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, runtime_checkable
from urllib.parse import quote, urlsplit

from sophia_infra.credentials.references import resolve
from sophia_infra.credentials.urls import is_readable
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.secrets.phases import Block, Seen, Slot, SlotState
from sophia_infra.secrets.spec import SecretKind, SecretSpec

REFUSED = "secret-refused"
"""The code of a login that its server has refused, since the password is wrong."""


class SecretError(SophiaError):
    """A step of a secret that can't be taken, or its server that can't be asked. What serves goes on serving."""

    code = "secret"


@dataclass(frozen=True, slots=True)
class Login:
    """What a consumer needs beside the password: who it is, and where; `address` is `host:port/database`.

    Scheme and address are empty where no URL leads to it.
    """

    scheme: str
    username: str
    address: str

    @property
    def place(self) -> str:
        """The URL without credentials, empty where there is none."""
        return f"{self.scheme}://{self.address}" if self.scheme else ""

    def url(self, value: str) -> str:
        """Return the URL with the login and its value, empty where there is none."""
        return with_login(self.place, self.username, value)


def with_login(place: str, username: str, value: str) -> str:
    """Return a URL with a login and its value, which may have characters that need quoting; empty where it is."""
    return place.replace("://", f"://{username}:{quote(value, safe='')}@", 1)


def said_no(place: str, why: object, *, is_refused: bool = False) -> SecretError:
    """Return the error of a server that can't be asked, or says no; `is_refused` where a password is wrong."""
    return SecretError(f"{place}: {why}", code="secret-refused" if is_refused else "secret-server", subject=place)


class Kind(Protocol):
    """A kind of secret at one server. Every method takes bounded time, and raises SecretError where it fails.

    Each write MUST be all or nothing, MUST leave the same where it is made again, and MUST note the generation on the
    server itself, so that after a crash the server says what was done. No value may stand in an error, a log or the
    server's log.
    """

    def login(self, slot: str) -> Login:
        """Return the login of a slot; no server is asked."""

    def observe(self) -> Seen:
        """Return both slots, and who uses them on every instance. What can't be seen MUST be among the gaps."""

    def issue(self, slot: str, value: str, generation: int) -> None:
        """Let the login of a slot take a value. A slot that holds a later generation MUST be refused."""

    def verify(self, slot: str, value: str) -> tuple[Block, ...]:
        """Log in by a slot on every instance; return where that fails, or where a wrong value passes as well."""

    def suspend(self, slot: str, *, force: bool = False) -> None:
        """Refuse further logins by a slot, unless somebody is connected by it; `resume` undoes it.

        With `force`, in an emergency, who is connected is cut off.
        """

    def resume(self, slot: str) -> None:
        """Take logins by a slot again."""

    def revoke(self, slot: str, *, force: bool = False) -> None:
        """End a slot's value for good, unless somebody is connected by it; its login waits for its next turn.

        With `force`, in an emergency, who is connected is cut off.
        """


@runtime_checkable
class Minting(Protocol):
    """A kind whose values are not any text: it makes them itself."""

    def mint(self, slot: str, generation: int) -> str:
        """Return a new value for a slot that is free. Where a server makes it, nothing may take it before `issue`.

        Made again after a kill it MUST return one that works, whatever became of the one before.
        """


@runtime_checkable
class Comparing(Protocol):
    """A kind that shows at any time, and at little cost, whether a login takes its value still."""

    def cut_off(self, slot: str, value: str) -> tuple[Block, ...]:
        """Return why a login that was issued takes its value no more, by `changed`; what can't be told is no reason."""


def changed(place: str, login: str) -> tuple[Block, ...]:
    """Return that consumers are refused by a login whose password was changed: whoever did so may have had a reason."""
    told = f"{place} takes another password for {login} than the one that consumers have, and refuses them"
    fix = "nothing is set back: the next `pulumi up` publishes another login, or the one of before while that is there"
    return (Block("cut-off", "", told, fix),)


def server_url(given: str, field: str) -> str:
    """Return the URL of a server, or the one that a reference leads to.

    Raises:
        SecretError: it can't be told where its credentials end; the message shows nothing of it.
        CredentialError: the reference leads to no credential.
    """
    url = resolve(given, field)
    if not is_readable(url):
        told = f"{field} is no URL that can be read; write what is no letter or digit in its user and password as %XX"
        raise SecretError(told, code="secret-url", field=field)
    return url


def place_of(url: str) -> str:
    """Return the host and port of a URL, which people may see."""
    return urlsplit(url).netloc.rpartition("@")[2]


def unverified(login: Callable[[str], str], name: str, value: str, place: str, fix: str) -> Iterator[Block]:
    """Yield why a login is not shown to work at a place: it has to be taken with its value, and with no other one.

    `login` takes a password to whom the server makes of it. Where the server says that the password is wrong it MUST
    raise a SecretError of the code `REFUSED`, and of another one for all else, such as a connection that is lost: that
    shows nothing. `fix` is what has a server check passwords that checks none.
    """
    try:
        found = login(value)
    except SecretError as error:
        fix = "wait for one that is behind; else see its log, and what it allows by host (pg_hba.conf)"
        why = str(error).removeprefix(f"{place}: ")
        yield Block("login-refused", place, f"{place} does not take the new login yet: {why}", fix)
        return
    if found != name:
        fix = "take out what maps logins there, such as pg_ident.conf"
        yield Block("login-other", place, f"{place} makes {found} of the login {name}", fix)
    try:
        login(f"{value}-not")
    except SecretError as error:
        if error.code != REFUSED:
            told = f"{place} was not seen to refuse a wrong password: {error}"
            yield Block("login-untried", place, told, "the next `pulumi up` tries again; see what cuts connections")
    else:
        yield Block("login-unchecked", place, f"{place} takes any password for {name}: it checks none", fix)


def published_text(spec: SecretSpec, login: Login, value: str, generation: int) -> str:
    """Return what stands where consumers look: one text, so that nobody reads one login with another one's password."""
    url = login.url(value)
    if spec.publish.content == "json":
        held = {"username": login.username, "password": value, "url": url, "generation": generation}
        return json.dumps(held)
    return url if url and spec.publish.content != "password" else value


def moved(secret: str, login: str, stands: int, planned: int) -> SecretError:
    """Return the error where a login has a later generation than the one that is to be set."""
    told = f"{login} has generation {stands} already, and {planned} was planned; run the preview again"
    return SecretError(told, code="secret-moved", subject=secret)


def unread(place: str, error: SecretError) -> Block:
    """Return that an instance can't be asked, so that nobody knows who uses it."""
    told = f"{place} can't be asked: {str(error).removeprefix(f'{place}: ')}"
    return Block("instance-unread", place, told, "start it; once it is gone, leave it out")


def unsure(slots: Mapping[str, Slot], why: str, fix: str) -> tuple[Block, ...]:
    """Return that nobody can see who still tries a login that is suspended, where one is."""
    told = f"whether somebody still tries the login of before is unknown: {why}"
    is_soaking = any(slot.state is SlotState.SUSPENDED for slot in slots.values())
    return (Block("refusals-unseen", "", told, fix),) if is_soaking else ()


def in_use(login: str, who: object) -> SecretError:
    """Return the error where somebody uses a login that is to be suspended or ended."""
    told = f"{login} is in use again ({who}), so it stays as it is; the next `pulumi up` looks again"
    return SecretError(told, code="secret-in-use", subject=login)


def refuse_used(kind: Kind, slot: str) -> None:
    """Refuse to suspend or end a login that somebody is seen to use, or may be where that can't be seen.

    Raises:
        SecretError: somebody is.
    """
    seen = kind.observe()
    if late := (*seen.using(slot), *(gap.message for gap in seen.gaps)):
        raise in_use(kind.login(slot).username, late[0])


def open_kind(spec: SecretSpec, journal: Journal | None = None) -> Kind:
    """Return the kind that a secret is of; one that no server knows is kept by the journal."""
    if spec.kind is SecretKind.PASSWORD:
        from sophia_infra.secrets.kinds.password import Password

        return Password(spec, journal or Journal.open())
    module = import_module(f"sophia_infra.secrets.kinds.{spec.kind}")  # each loads the client of its server
    made: Kind = getattr(module, str(spec.kind).capitalize())(spec)
    return made
