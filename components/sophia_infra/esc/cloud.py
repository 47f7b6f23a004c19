"""Environments of Pulumi Cloud, by `pulumi-esc-sdk`: what it comes to there, what defines it, and changes of that.

https://www.pulumi.com/docs/reference/cloud-rest-api/environments/ has the calls. Answers are read here: the SDK's own
reading loses which values are secret. A write carries the ETag of what it changes, as the engine's `pulumi env edit`
does, and is read back.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from http import HTTPStatus
from typing import Any, NamedTuple, NoReturn

from sophia_infra.esc import answers, file_edits
from sophia_infra.esc.environment import Environment
from sophia_infra.esc.errors import EscError
from sophia_infra.esc.login import Login, current
from sophia_infra.esc.nodes import bare, read
from sophia_infra.esc.yaml_text import quoted
from sophia_infra.retries import again, within

SECONDS = 60.0
"""How long one thing may take that is asked of Cloud, with all tries and pauses."""
_ONE_TRY, _TRIES, _PAUSE = 20.0, 5, 0.5
_NAME = re.compile(r"(?:(?:([\w-]{3,40})/)?([\w-][\w.-]*)/)?([\w-][\w.-]*)(?:@([\w-][\w.-]*))?", re.ASCII)
_PROJECT = "default"
"""The project of an environment that is named without one."""
_BUSY = (429, 500, 502, 503, 504)
_MOVED = (409, 412)


class Definition(NamedTuple):
    """What defines an environment, and the tag by which a write says what it changes."""

    text: str
    etag: str


class _Answer(NamedTuple):
    status: int
    body: bytes
    etag: str


class _BusyError(Exception):
    """A try without an answer that lasts; `pause` is how many seconds the service asks for."""

    def __init__(self, told: str, pause: float = 0.0) -> None:
        super().__init__(told)
        self.pause = pause


@dataclass(frozen=True)
class Cloud:
    """Environments that Pulumi Cloud keeps and evaluates: `dev`, `sophia/dev`, `acme/sophia/dev`, `sophia/dev@3`."""

    login: Login = field(default_factory=current)
    seconds: float = SECONDS

    def open(self, name: str, *, opens: bool = True, asks: bool = True) -> Environment:
        """Have an environment evaluated, and return its values; those that are secret are marked.

        Raises:
            EscError: there is none, it has an error or leaves something unknown, or Cloud can't be asked.
        """
        api, (*place, version) = self._api, self._place(name)
        call = f"open_environment{'_at_version' if version else ''}_without_preload_content"
        open_ = partial(getattr(api, call), *place, *filter(None, [version]))
        session = str(self._told(name, open_).get("id"))
        found = self._told(name, partial(api.read_open_environment_without_preload_content, *place, session))
        return Environment(name, answers.values(found, name))

    def check(self, name: str) -> tuple[str, ...]:
        """Return what is odd about an environment. No provider is asked.

        Raises:
            EscError: there is none, it has an error, or Cloud can't be asked.
        """
        return self._checked(name, self.definition(name).text)

    def definition(self, name: str, *, decrypted: bool = False) -> Definition:
        """Return what defines an environment; `decrypted` has its secrets as plain texts.

        Raises:
            EscError: there is none, or Cloud can't be asked.
        """
        what = "decrypt" if decrypted else "get"
        get = getattr(self._api, f"{what}_environment_without_preload_content")
        answer = self._asked(name, partial(get, *self._unversioned(name)))
        if not answer.etag:
            raise self._failed(name, "gives no ETag, without which no write is safe")
        return Definition(answer.body.decode("utf-8", "replace"), answer.etag)

    def create(self, name: str) -> None:
        """Make an environment with nothing in it; one that is there already stays as it is.

        Raises:
            EscError: Cloud can't be asked, or takes no such name.
        """
        from pulumi_esc_sdk.models.create_environment import CreateEnvironment

        organization, project, last = self._unversioned(name)
        create = self._api.create_environment_without_preload_content
        self._asked(name, partial(create, organization, CreateEnvironment(project=project, name=last)), fine=_MOVED)

    def refuse_closed(self, name: str, path: str) -> None:
        """Refuse a place that would take no secret; nothing is written.

        Raises:
            EscError: it has no such place, it has an error or would have one, or Cloud can't be asked.
        """
        text = self.definition(name).text
        self._checked(name, file_edits.with_value(text, name, path, "", secret=True, seal=quoted))

    def write(self, name: str, path: str, value: str, *, secret: bool, is_text: bool = True) -> None:
        """Set a value at a path of what defines an environment.

        Raises:
            EscError: it has no such place or an error, somebody else has changed it meanwhile, or Cloud can't be asked.
        """
        held = self.definition(name, decrypted=True)
        made = file_edits.with_value(held.text, name, path, value, secret=secret, is_text=is_text, seal=quoted)
        self.define(name, made, held.etag)

    def define(self, name: str, text: str, etag: str) -> str:
        """Write what defines an environment, if it still is what `etag` says, and return the new tag.

        The text has secrets as plain texts; Cloud encrypts them, and writes the YAML anew. What stands there afterwards
        is read back: so a write whose answer was lost is found to be done, and one that was overwritten not to be.

        Raises:
            EscError: somebody else wrote meanwhile (`esc-moved`), Cloud refuses the text, or can't be asked.
        """
        update = partial(self._api.update_environment_yaml_without_preload_content, *self._unversioned(name), text)
        answer = self._asked(name, lambda **options: update(_headers={"ETag": etag}, **options), fine=_MOVED)
        answers.warnings(answers.read(answer.body) or {}, name)
        held = self.definition(name, decrypted=True)
        if bare(read(held.text, name)) != bare(read(text, name)):
            told = f"{name} was changed at {self.login.host} meanwhile; see: sophia esc diff {name}"
            raise EscError(told, code="esc-moved", field=name, subject=self.login.host)
        return held.etag

    def _checked(self, name: str, text: str) -> tuple[str, ...]:
        check = self._api.check_environment_yaml_without_preload_content
        return answers.warnings(self._told(name, partial(check, self._place(name)[0], text)), name)

    def _place(self, name: str) -> tuple[str, str, str, str]:
        """Organization, project, environment, and the version or an empty text."""
        if not (found := _NAME.fullmatch(name)):
            told = f"{name!r} is no environment of Pulumi Cloud; give project/name, or organization/project/name"
            raise EscError(told, code="esc-name", field=name)
        organization, project, last, version = found.groups()
        return organization or self._organization, project or _PROJECT, last, version or ""

    def _unversioned(self, name: str) -> tuple[str, str, str]:
        *place, version = self._place(name)
        if version:
            raise EscError(f"{name} is a version; leave out @{version}", code="esc-name", field=name)
        return place[0], place[1], place[2]

    @cached_property
    def _api(self) -> Any:
        from pulumi_esc_sdk.configuration import Configuration  # it takes 0.4 s
        from pulumi_esc_sdk.esc_client import EscClient

        settings = Configuration(host=self.login.url, access_token=self.login.token)
        settings.retries = False  # type: ignore[assignment]  # urllib3's word for: follow no redirect either
        if self.login.url.startswith("http:"):
            settings.no_proxy = ["*"]  # that is this machine
        return EscClient(settings).esc_api

    @cached_property
    def _organization(self) -> str:
        """The one that is configured, or else what the service says is this user's."""
        if self.login.organization:
            return self.login.organization
        url = f"{self.login.url}/api/user/organizations/default"  # which the SDK does not know
        headers = {"Authorization": f"token {self.login.token}"}
        ask = partial(self._api.api_client.rest_client.request, "GET", url, headers)
        found = self._told("", lambda **options: ask(**options).response).get("gitHubLogin")
        if not found:
            told = f"{self.login.host} names no organization for environments; run: pulumi org set-default NAME"
            raise EscError(told, code="esc-login", subject=self.login.host)
        return str(found)

    def _told(self, name: str, call: Callable[..., Any]) -> Mapping[str, Any]:
        """Return an answer that is JSON."""
        found = answers.read(self._asked(name, call).body)
        if found is None:
            raise self._failed(name, "answers no JSON")
        answers.warnings(found, name)
        return found

    def _asked(self, name: str, call: Callable[..., Any], fine: tuple[int, ...] = ()) -> _Answer:
        """Return an answer of 2xx, or of a status that is `fine`; it is asked for again while Cloud is busy."""
        ends = time.monotonic() + self.seconds

        def pause(error: Exception) -> bool | float:
            if not isinstance(error, _BusyError) or time.monotonic() + error.pause + _PAUSE > ends:
                return False
            return error.pause or True

        def ask() -> _Answer:
            return _once(call, max(min(_ONE_TRY, ends - time.monotonic()), _PAUSE))

        try:
            answer = again(pause, ask, attempts=_TRIES, pause=_PAUSE)
        except _BusyError as error:
            raise self._failed(name, f"{error}; run it again later") from None
        except ValueError:  # of the SDK, which knows what can be no name
            raise self._failed(name, "has no organization or environment of such a name") from None
        if answer.status not in (*range(200, 300), *fine):
            self._refuse(name, answer)
        return answer

    def _refuse(self, name: str, answer: _Answer) -> NoReturn:
        answers.warnings(answers.read(answer.body) or {}, name)
        host, absent = self.login.host, answer.status == HTTPStatus.NOT_FOUND
        told = {
            401: f"{host} does not know the access token; run: pulumi login {self.login.url}",
            403: f"the access token for {host} does not allow this with {name}",
            404: f"there is no environment {name} at {host}, or not for this token; sophia esc push {name} makes it",
        }.get(answer.status)
        if not told:
            raise self._failed(name, f"answers {answer.status}")
        raise EscError(told, code="esc-missing" if absent else "esc-login", field=name, subject=host)

    def _failed(self, name: str, why: str) -> EscError:
        told = f"{name or 'environments'}: {self.login.host} {why}"
        return EscError(told, code="esc-cloud", field=name, subject=self.login.host)


def _once(call: Callable[..., Any], seconds: float) -> _Answer:
    from pulumi_esc_sdk.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    def ask() -> tuple[_Answer, str]:
        response = call(_request_timeout=seconds)
        answer = _Answer(response.status, response.data, response.headers.get("ETag", ""))
        return answer, response.headers.get("Retry-After", "")

    try:
        answer, pause = within(seconds, ask)
    except (HTTPError, ApiException, TimeoutError) as error:
        raise _BusyError(f"can't be asked: {type(error).__name__}") from None
    if answer.status in _BUSY:
        raise _BusyError(f"answers {answer.status}", float(pause) if pause.isdecimal() else 0.0)
    return answer
