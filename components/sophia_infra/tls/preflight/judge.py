"""The rules for what an order will meet. Pure; docs/rules.md explains every code, with those of `lint`."""

from collections.abc import Iterator
from datetime import timedelta

from sophia_infra.advice.model import Finding, Level
from sophia_infra.dns.renewals import CONNECTING
from sophia_infra.dns.renewals.foretold import NOT_YET
from sophia_infra.dns.rr.caa import Order, refusal, relevant
from sophia_infra.dns.rr.reach import are_public
from sophia_infra.probes.addresses import TYPES, Answer, Question
from sophia_infra.tls.names import base, within
from sophia_infra.tls.preflight.look import CAA, OFF, PROOF, Seen
from sophia_infra.values import listed

_QUIET = (NOT_YET, OFF)


class _UntoldError(Exception):
    """What a name answers is not known; the argument says why."""


def judge(seen: Seen) -> list[Finding]:
    """Return what stands in the way of an order, sorted by code."""
    found = [finding for topic in (_caa, _reach, _delegation, _proofs, _limits) for finding in topic(seen)]
    return sorted(found, key=lambda finding: finding.code)


def _caa(seen: Seen) -> Iterator[Finding]:
    for name in seen.names if seen.issuers else ():
        try:
            at, properties = relevant(base(name), lambda above: _told(seen.at(above, CAA)))
        except _UntoldError as error:
            if str(error):
                told = f"whether CAA records let the CA sign is not known ({error}), and a CA that can't look refuses"
                yield Finding("caa-unknown", Level.WARNING, name, told, "see that its name servers answer for CAA")
            continue
        order = Order(seen.issuers, seen.method, seen.account)
        if found := refusal(properties, order, is_wildcard=name.startswith("*.")):
            whose = ", as this program has them," if Question(f"{at}.", CAA) in seen.foretold else ""
            told = f"the CAA records of {at}{whose} {found.why}"
            way_out = f"write CAA of {at} {found.instead}, or take another issuer"
            if found.is_sure:
                yield Finding("caa-forbids-issuer", Level.ERROR, name, told, way_out)
            else:
                yield Finding("caa-account", Level.WARNING, name, told, way_out)


def _told(answer: Answer) -> tuple[str, ...]:
    if not answer.is_told:
        raise _UntoldError("" if answer in _QUIET else answer.why)
    return answer.addresses


def _reach(seen: Seen) -> Iterator[Finding]:
    """Where the CA connects to a name, that has to lead somewhere it can get to."""
    for name in map(base, seen.names if seen.method in CONNECTING else ()):
        answers = [seen.at(name, rtype) for rtype in TYPES]
        addresses = [address for answer in answers for address in answer.addresses]
        failed = [answer for answer in answers if not answer.is_told]
        if addresses:
            if seen.public and not are_public(addresses):
                told = f"it leads to {addresses[0]}, and no public CA can connect there to look by {seen.method}"
                yield Finding("name-private", Level.ERROR, name, told, "show it by dns-01, or give a public address")
        elif not failed:
            ours = any(Question(f"{name}.", rtype) in seen.foretold for rtype in TYPES)
            where = "this program gives it no address" if ours else "it has no address"
            told = f"{where}, so the CA can't connect to look by {seen.method}"
            yield Finding("name-unresolved", Level.ERROR, name, told, "give it an address first, or show it by dns-01")
        elif failed[0] not in _QUIET:
            told = f"its address is not known ({failed[0].why}), and the CA may not find it either"
            yield Finding("name-unknown", Level.WARNING, name, told, "see that its name servers answer")


def _delegation(seen: Seen) -> Iterator[Finding]:
    """A CA looks for proofs where the public DNS leads, and that has to be the zone that they are written to."""
    answer = seen.at(seen.zone, "NS")
    if seen.servers and answer.is_told and not set(seen.servers) & {host.lower() for host in answer.addresses}:
        there = f"has it at {listed(answer.addresses, 2)}" if answer.addresses else "knows no such zone"
        told = f"proofs go to {seen.zone} at {listed(seen.servers, 2)}, but the public DNS {there}"
        told += ": no CA would find them"
        way_out = "delegate the zone to these servers first, or show the names by another challenge"
        yield Finding("zone-elsewhere", Level.ERROR, seen.subject, told, way_out)


def _proofs(seen: Seen) -> Iterator[Finding]:
    if seen.unready:
        way_out = "mend it before the order goes out"
        yield Finding("challenge-unready", Level.ERROR, seen.subject, seen.unready, way_out)

    for at, to in seen.leads.items():
        answer = seen.at(at, PROOF)
        end = (answer.chain[-1] if answer.chain else to).rstrip(".")
        if any(within(end, zone) for zone in seen.zones):
            continue
        if answer.is_told:
            told = f"{at} leads to {end}, which lies in no zone that proofs are written to"
            way_out = "give that zone in challenge.zones, or take the alias out"
            yield Finding("challenge-unready", Level.ERROR, seen.subject, told, way_out)
        else:
            told = f"{at} leads to {end}, and whether that leads on to where proofs are written is not known"
            way_out = "see that its name servers answer, and that sophia:probe is on"
            yield Finding("challenge-unknown", Level.WARNING, seen.subject, f"{told} ({answer.why})", way_out)


def _limits(seen: Seen) -> Iterator[Finding]:
    for met in seen.reached:
        room = (met.possible + timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M UTC")
        counted = f"{met.limit.most} {met.what} for {met.subject} in {met.limit}"
        told = f"the CA takes {counted}: one more is possible from {room}"
        yield Finding("rate-limited", Level.ERROR, seen.subject, told, "wait until then, or take another issuer")
