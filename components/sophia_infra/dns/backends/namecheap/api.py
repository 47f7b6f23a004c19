"""The commands of the Namecheap API that concern a zone, each within the account's limits.

Source: https://www.namecheap.com/support/api/methods/domains-dns/ and, for the limits, the API's FAQ.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from xml.etree import ElementTree

import requests

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.budget import Budget
from sophia_infra.dns.backends.namecheap.hosts import Host, HostList
from sophia_infra.reporter import printable
from sophia_infra.retries import Result, again

LARGEST_ANSWER = 4 * 2**20
_PIECE = 2**16
TRIES = 4
_PAUSE = 0.5
THROTTLED_PAUSE = 10.0
"""Seconds to wait first when Namecheap takes no more requests; `retries.again` says how long then."""
_SHOWN = 300
_SHORT = 3

_ACCESS = "look at Profile > Tools > API Access in the panel"
_NOT_OURS = "give the registered domain itself (shop.example, not www.shop.example) and the account that holds it"
_LATER = "that is trouble at Namecheap; run it again later"
WAYS_OUT = {
    "1010101": "set backend.api_user",
    "1010102": f"set sophia:namecheapApiKey; {_ACCESS}",
    "1011102": f"sophia:namecheapApiKey is wrong, or API access is off; {_ACCESS}",
    **dict.fromkeys(("1010105", "1011105"), "set backend.client_ip"),
    "1011150": f"the public IPv4 address that requests come from must stand on the whitelist; {_ACCESS}",
    "1016103": "backend.api_user may not act for backend.username",
    "1017101": f"backend.api_user is locked; {_ACCESS}",
    "1017103": "backend.username is locked; ask Namecheap's support",
    "1017105": f"backend.client_ip is locked; {_ACCESS}",
    "1017150": f"the address that requests come from is locked; {_ACCESS}",
    "1017411": "too many logins failed; wait, and check sophia:namecheapApiKey",
    "1019103": "there is no such account; check backend.username",
    **dict.fromkeys(("2011170", "2050900"), "a value of the request is not valid; look at the record that is named"),
    **dict.fromkeys(("2016166", "2019166"), _NOT_OURS),
    "2030166": "the account may not edit this domain; it may be expired, locked or shared for reading only",
    "2030288": "the domain is served elsewhere; choose Namecheap BasicDNS as its name servers in the panel first",
    **dict.fromkeys(("3013288", "4013288"), "the domain would hold too many records"),
    **dict.fromkeys(("3031510", "3050900", "4022288", "5050900"), _LATER),
}
_THROTTLED = "500000"


class UnansweredError(BackendError):
    """A request whose answer was lost: it may have been carried out, or not."""

    code = "unanswered"


class NoDomainError(BackendError):
    """The account holds no such domain."""

    code = "no-domain"


class ThrottledError(BackendError):
    """Too many requests: this one was not carried out."""

    code = "throttled"


_KINDS = {_NOT_OURS: NoDomainError, _LATER: UnansweredError}
"""The errors that are more than a refusal, by the way out of them."""


@dataclass(frozen=True, slots=True)
class Api:
    """One domain's commands. `key` is looked up with the first request and stands in no message."""

    domain: str
    username: str
    api_user: str
    client_ip: str
    endpoint: str
    timeout: float
    budget: Budget
    key: Callable[[], str] = field(repr=False)

    def host_list(self, *, to_write: bool = False) -> HostList:
        """Return the domain's hosts; `to_write` waits for the write's turn as well, so that it can follow at once.

        Raises:
            NoDomainError: the account holds no such domain.
            BackendError: they can't be read whole, or Namecheap does not serve them.
        """
        found = self._asked("getHosts", "DomainDNSGetHostsResult", 2 if to_write else 1)
        if found.get("IsUsingOurDNS", "true").lower() != "true":
            message = f"Namecheap does not serve {self.domain}: {WAYS_OUT['2030288']}"
            raise BackendError(message, code="no-zone", subject=self.domain)
        hosts = tuple(_host(element) for element in found if _tag(element).lower() == "host")
        return HostList(found.get("EmailType", "").upper(), hosts)

    def name_servers(self) -> tuple[str, ...]:
        """Return the domain's name servers, as absolute names."""
        found = self._asked("getList", "DomainDNSGetListResult")
        names = [(name.text or "").strip().lower().rstrip(".") for name in found if _tag(name) == "Nameserver"]
        if not all(names) or not names:
            message = f"Namecheap tells no name servers of {self.domain}; {_LATER}"
            raise BackendError(message, code="unreadable", subject="name servers")
        return tuple(sorted(f"{name}." for name in names))

    def set_hosts(self, wanted: HostList) -> None:
        """Replace the domain's hosts, which were read `to_write`: whatever is left out is deleted.

        Raises:
            UnansweredError: the answer was lost, or tells of trouble, so it may have been done.
            ThrottledError: it came too soon.
            BackendError: it was refused.
        """
        values = {"EmailType": wanted.email}
        for number, host in enumerate(wanted.hosts, 1):
            values |= {
                f"HostName{number}": host.name,
                f"RecordType{number}": host.type,
                f"Address{number}": host.address,
                f"MXPref{number}": host.preference,
                f"TTL{number}": str(host.ttl),
            }
        found = self._sent("setHosts", "DomainDNSSetHostsResult", values, 0)
        if found.get("IsSuccess", "").lower() != "true":
            message = f"Namecheap did not take the hosts of {self.domain}, and says no more; {_LATER}"
            raise BackendError(message, code="refused", subject=self.domain)

    def _asked(self, command: str, result: str, places: int = 1) -> ElementTree.Element:
        """Ask for something that changes nothing, and again where the answer is lost."""
        ask = partial(self._sent, command, result, {}, places)
        return again(UnansweredError, partial(admitted, ask), attempts=TRIES, pause=_PAUSE)

    def _sent(self, command: str, result: str, values: Mapping[str, str], places: int) -> ElementTree.Element:
        """Send one request, for which so many places of the budget are taken; 0 where an earlier one took them."""
        key = self.key()
        # The API acts on registered domains only: what follows the first label is the TLD, co.uk as well.
        name, _, suffix = self.domain.partition(".")
        form = {
            "ApiUser": self.api_user,
            "ApiKey": key,
            "UserName": self.username,
            "ClientIp": self.client_ip,
            "Command": f"namecheap.domains.dns.{command}",
            "SLD": name,
            "TLD": suffix,
            **values,
        }
        if places:
            self.budget.spend(places)
        answer = _root(self._posted(form))
        if answer.get("Status", "").upper() != "OK":
            raise self._refusal(answer, {key: "***", **_addresses(values)})
        for element in answer.iter():
            if _tag(element) == result:
                return element
        raise UnansweredError(f"Namecheap's answer to {command} holds no {result}; {_LATER}", subject=result)

    def _posted(self, form: Mapping[str, str]) -> bytes:
        # By POST alone: the key never stands in an address, and no list is too long for one.
        try:
            with requests.post(
                self.endpoint, data=form, timeout=self.timeout, allow_redirects=False, stream=True
            ) as answer:
                content = b"".join(islice(answer.iter_content(_PIECE), LARGEST_ANSWER // _PIECE + 1))
        except requests.RequestException as error:
            reason = type(error).__name__  # its text may quote the request
            message = f"{self.endpoint} gave no answer ({reason}); look at the network"
            raise UnansweredError(message, subject=self.endpoint, value=reason) from None
        if answer.status_code == requests.codes.method_not_allowed:
            raise self._throttled()
        if answer.status_code >= requests.codes.server_error:
            message = f"{self.endpoint} answered with HTTP {answer.status_code}; {_LATER}"
            raise UnansweredError(message, subject=self.endpoint, value=answer.status_code)
        if answer.status_code != requests.codes.ok or len(content) > LARGEST_ANSWER:
            raise BackendError(
                f"{self.endpoint} answered with HTTP {answer.status_code}; check backend.endpoint",
                code="unreadable",
                field="backend.endpoint",
                subject=self.endpoint,
                value=answer.status_code,
            )
        return content

    def _throttled(self) -> ThrottledError:
        message = f"Namecheap takes no more requests of {self.api_user} for now; run it again later"
        return ThrottledError(message, subject=self.api_user)

    def _refusal(self, answer: ElementTree.Element, hidden: Mapping[str, str]) -> BackendError:
        error = next((element for element in answer.iter() if _tag(element) == "Error"), None)
        number, text = ("", "no reason is given") if error is None else (error.get("Number", ""), error.text or "")
        if number == _THROTTLED:
            return self._throttled()
        for value, shown in hidden.items():
            text = text.replace(value, shown)
        said = printable(text.strip())[:_SHOWN]
        way_out = WAYS_OUT.get(number, "https://www.namecheap.com/support/api/error-codes/ lists the numbers")
        message = f"Namecheap refused {self.domain}: {said} ({number}); {way_out}"
        kind = _KINDS.get(way_out)
        if kind:
            return kind(message, subject=self.domain, value=number)
        return BackendError(message, code="refused", subject=self.domain, value=number)


def admitted(call: Callable[[], Result]) -> Result:
    """Return what a call returns, made again where Namecheap takes no more requests for now."""
    return again(ThrottledError, call, attempts=TRIES, pause=THROTTLED_PAUSE)


def _addresses(form: Mapping[str, str]) -> dict[str, str]:
    """The values of the records sent, longest first, with what a message says in place of each: it may be a secret.

    Shorter ones stand in every message.
    """
    numbers = [name.removeprefix("Address") for name in form if name.startswith("Address")]
    sent = {form[f"Address{n}"]: f"(value of {form[f'HostName{n}']} {form[f'RecordType{n}']})" for n in numbers}
    return {value: sent[value] for value in sorted(sent, key=len, reverse=True) if len(value) > _SHORT}


def _root(content: bytes) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  # expat bounds entities, and the answer is bounded above
    except ElementTree.ParseError:
        root = None
    if root is None or _tag(root) != "ApiResponse":
        raise UnansweredError(f"what came is no answer of Namecheap's API; {_LATER}", subject="ApiResponse")
    return root


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _host(found: ElementTree.Element) -> Host:
    try:
        return Host(
            name=found.attrib["Name"],
            type=found.attrib["Type"].upper(),
            address=found.attrib["Address"],
            preference=found.get("MXPref") or "10",
            ttl=int(found.attrib["TTL"]),
            active=found.get("IsActive", "true").lower() == "true",
            dynamic=found.get("IsDDNSEnabled", "false").lower() == "true",
        )
    except (KeyError, ValueError):
        message = f"Namecheap tells of a host without name, type, value or TTL; {_LATER}"
        raise BackendError(message, code="unreadable", subject="host") from None
