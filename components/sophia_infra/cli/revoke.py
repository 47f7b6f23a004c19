"""`sophia cert revoke`: a certificate of a stack, at the CA that signed it."""

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.state import Certificates, of_certificates
from sophia_infra.cli.terminal import GREEN, RED, agreed, print_json, say
from sophia_infra.tls.revocation import REASONS


@click.command(cls=Command)
@of_certificates("--show-secrets", one=True)
@click.option("--reason", type=click.Choice(list(REASONS)), default="unspecified", help="Why (default unspecified).")
@options.yes
@options.as_json
def revoke(found: Certificates, reason: str, yes: bool, as_json: bool) -> int:
    """Revoke a certificate at the CA that signed it; the next `pulumi up` replaces it, with a new key. NAME is one in
    the program, a label, or a name in the certificate. It asks before, and can't be undone.

    An ACME CA revokes for the account that has ordered: the state is read with its secrets, and none of them is
    printed. Run it in the project's folder, where journal and embedded CA are.

    exit codes: 0 revoked, 1 not agreed to, 2 the CA refuses, no such certificate, or no state or journal

    examples:
      sophia cert revoke shop --reason keyCompromise
      sophia cert revoke shop.example --stack prod --reason superseded --yes --json
      pulumi stack export --show-secrets | sophia cert revoke shop --yes --state -
    """
    from sophia_infra.cli.certificates import accounts, revocation

    (known,) = found.known
    by, serial = revocation.signer(known).issuer, known.outputs["serial_number"]
    issuer = by.directory or str(by.kind)
    told = f"{known.name} ({', '.join(known.domains)}), serial {serial}, by {issuer}"
    question = f"Revoke {told}, for {reason}? Clients refuse it until `pulumi up` has replaced it."
    is_agreed = yes or agreed(question, "there is no terminal to ask on; say --yes to revoke from a script")
    if is_agreed:
        revocation.revoke(known, accounts.read(*found.state), reason, found.journal)
    if as_json:
        named = {"name": known.name, "label": known.label, "serial_number": serial, "issuer": issuer}
        print_json(**named, reason=reason, revoked=is_agreed)
    elif is_agreed:
        say(f"revoked: {told}; replace it with `pulumi up`", GREEN)
    else:
        say("not revoked; nothing was changed", RED)
    return int(not is_agreed)
