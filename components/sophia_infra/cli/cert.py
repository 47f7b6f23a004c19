"""`sophia cert show|plan|preflight|probe`: the certificates of a stack, by state and journal, and what is served."""

from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group
from sophia_infra.cli.state import Certificates, of_certificates
from sophia_infra.cli.terminal import GREEN, RED, YELLOW, print_json, say, tell

if TYPE_CHECKING:
    from sophia_infra.cli.certificates.trial import Trial
    from sophia_infra.tls.standing import Planned, Standing

_NONE = "the state has no certificate"


@click.group(cls=Group)
def cert() -> None:
    """Look at the certificates of a stack and at what is served, and revoke."""


@cert.command()
@of_certificates()
@options.as_json
def show(found: Certificates, as_json: bool) -> int:
    """How certificates stand: issuer, names, until when, the next renewal, what was last done. NAME is one in the
    program, a label, or a name in the certificate; all are shown without one.

    exit codes: 0 all are good, 1 one has ended, waits or failed, 2 no such certificate, or no state or journal to read

    examples:
      sophia cert show
      sophia cert show shop --stack prod --json
      pulumi stack export | sophia cert show shop.example --state -
    """
    from sophia_infra import clock
    from sophia_infra.tls.standing import standing

    told = [standing(each, found.journal, clock.now()) for each in found.known]
    tell("certificates", told, _show, _NONE, as_json=as_json)
    return int(not all(each.is_good for each in told))


@cert.command()
@of_certificates()
@options.as_json
def plan(found: Certificates, as_json: bool) -> int:
    """What the next `pulumi up` does to certificates, and why. Run it in the project's folder, whose CA it looks at.

    It goes by what the last run was asked for: what the program says since then, a preview tells. An ACME CA is asked
    when it suggests to renew, as often as it wants to be asked, and nothing is ordered.

    exit codes: 0 told, 1 an order is held back or nothing can be told, 2 no such certificate, or no state to read

    examples:
      sophia cert plan
      sophia cert plan shop --json
      SOPHIA_NOW=2027-02-01T00:00:00+00:00 sophia cert plan        as of a later day
    """
    from sophia_infra import clock
    from sophia_infra.tls.standing import planned

    told = [planned(each, found.journal, clock.now()) for each in found.known]
    tell("certificates", told, _show_plan, _NONE, as_json=as_json)
    return int(any(each.waits or each.unknown for each in told))


@cert.command()
@of_certificates()
@options.as_json
def preflight(found: Certificates, as_json: bool) -> int:
    """What an order of certificates would meet now, at each of their issuers. Nothing is ordered.

    Run it in the project's folder, whose Pulumi.STACK.yaml says what a preview goes by: `sophia:probe`,
    `sophia:resolver`, and credentials, as references. What is secret there comes from the environment.

    exit codes: 0 an issuer takes each, 1 none does or nothing can be told, 2 nothing to look at, or it can't be read

    examples:
      sophia cert preflight
      sophia cert preflight shop --json
      pulumi stack export --stack prod | sophia cert preflight shop.example --state -
    """
    from sophia_infra.cli.certificates.trial import trial
    from sophia_infra.credentials import Credentials

    settings, credentials = found.settings, Credentials(found.files.get)
    told = [trial(each, settings, found.journal, credentials) for each in found.known]
    tell("certificates", told, _show_trial, _NONE, as_json=as_json)
    return int(not all(each.is_clear for each in told))


@cert.command()
@click.argument("place", metavar="HOST:PORT[#NAME]")
@click.option(
    "--trust", type=click.Path(), metavar="FILE", help="A PEM file of roots to trust; default: this machine's."
)
@options.as_json
def probe(place: str, trust: str | None, as_json: bool) -> int:
    """What a server serves: its certificate and chain, until when, and what is wrong. NAME is what it is asked for
    where that is not HOST; the port is 443 where it is left out.

    exit codes: 0 all is well, 1 something is wrong or nobody answers, 2 wrong usage

    examples:
      sophia cert probe shop.example
      sophia cert probe '10.0.0.4:8443#shop.example' --trust .sophia/ca/root.pem --json
    """
    from sophia_infra import clock
    from sophia_infra.cli.show import show_finding
    from sophia_infra.codec import encode
    from sophia_infra.tls.probe import probe as look

    found = look(place, clock.now(), trust or "")
    if as_json:
        print_json(**encode(found))
        return int(not found.is_well)
    if found.chain:
        say(f"{found.place}  asked for {found.name}, {found.protocol} {found.cipher}")
    for link in found.chain:
        say(
            f"  {link.subject or '(no subject)'}  until {link.not_after}, serial {link.serial_number}, by {link.issuer}"
        )
    for finding in found.findings:
        show_finding(finding)
    return int(not found.is_well)


def _show(found: "Standing") -> None:
    ends = f"until {found.not_after}" if found.not_after else "no certificate yet"
    say(f"{found.name}  {', '.join(found.domains)}  {ends}", GREEN if found.is_good else RED)
    say(f"  label {found.label}, serial {found.serial_number or 'none'}, by {found.issuer or 'nobody'}")
    if found.next_renewal:
        say(f"  next renewal {found.next_renewal}")
    if found.waits:
        say(f"  waits: {found.waits}", YELLOW)
    for event in found.events:
        say(f"  {event.time.isoformat()[:19]}  {event.what}{f'  {event.why}' if event.why else ''}")


def _show_plan(found: "Planned") -> None:
    if found.unknown:
        say(f"{found.name}: not known: {found.unknown}", RED)
        return
    for reason in found.reasons:
        say(f"{found.name}: {reason}", YELLOW)
    if found.refused:
        say(f"{found.name}: `up` fails: {found.refused}", RED)
    elif found.waits:
        say(f"{found.name}: waits: {found.waits}", YELLOW)
    if not found.reasons and not found.waits:
        say(f"{found.name}: stays; renewed from {found.next_renewal or 'a time unknown'} on", GREEN)


def _show_trial(found: "Trial") -> None:
    from sophia_infra.cli.show import show_finding

    if found.unknown:
        say(f"{found.name}: not known: {found.unknown}", RED)
    for asked in found.issuers:
        told = "takes it" if asked.takes_it else f"refuses: {asked.refused}" if asked.refused else "would not sign"
        say(f"{found.name}: {asked.issuer} {told}", GREEN if asked.takes_it else RED)
        for finding in asked.findings:
            show_finding(finding, "  ")
