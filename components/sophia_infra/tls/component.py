"""SelfHealingCert: a private key and a certificate that renew themselves on a plain `pulumi up`."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from inspect import get_annotations
from typing import Any

import pulumi
from pulumi.runtime.resource import all_aliases

from sophia_infra.component import (
    HIDDEN,
    if_known,
    note,
    once_applied,
    opening,
    refuse_foreign,
    refuse_unfit,
    refuse_unknown_arguments,
)
from sophia_infra.dns.renewals import LABELS
from sophia_infra.tls import names
from sophia_infra.tls.account_resource import access_to, asked, shown
from sophia_infra.tls.arguments import SelfHealingCertArgs
from sophia_infra.tls.certificate_resource import Certificate
from sophia_infra.tls.deploy_resource import SECRET, CertificateDeployment
from sophia_infra.tls.identity import identity
from sophia_infra.tls.issuer_settings import IssuerKind, IssuerSettings
from sophia_infra.tls.key_resource import CertificateKey
from sophia_infra.tls.spec import DECIDING, OF_STATE, ArgumentError
from sophia_infra.tls.state_lookup import of_state
from sophia_infra.values import Value


class SelfHealingCert(pulumi.ComponentResource):
    """A certificate with its private key, renewed by a plain `pulumi up` whenever that is due."""

    private_key_pem: pulumi.Output[str]
    """The private key as PKCS #8 in PEM, secret: it is in the state, encrypted, and nowhere else."""
    certificate_pem: pulumi.Output[str]
    """The certificate in PEM."""
    chain_pem: pulumi.Output[str]
    """The certificates between it and the root, to be served after it."""
    root_pem: pulumi.Output[str]
    """The issuer's root certificate, for clients to trust."""
    not_after: pulumi.Output[str]
    """When the certificate expires (ISO 8601, UTC)."""
    next_renewal: pulumi.Output[str]
    """From when on `pulumi up` renews it (ISO 8601, UTC)."""
    changes: pulumi.Output[dict[str, Any]]
    """What the last apply changed, and how much hangs on it; not known at a preview that plans one."""
    advice: pulumi.Output[dict[str, Any]]
    """The advice on it."""

    def __init__(self, name: str, args: SelfHealingCertArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Open the key and the certificate.

        :param str name: The name of the certificate in the stack.
        :param SelfHealingCertArgs args: What it should be.
        :param Optional[pulumi.ResourceOptions] opts: Options of the component.
        """
        super().__init__("sophia:index:SelfHealingCert", name, {}, opts)
        with opening("SelfHealingCert", name):
            refuse_unfit(opts)
            refuse_unknown_arguments(args, SelfHealingCertArgs, ArgumentError)
            refuse_foreign("", args, ArgumentError)
            zone, issuers = _zone(args), asked(args)
        _rely_on(zone, args.get("domains"), name)
        note("certificate", args.get("domains"), lambda domains: names.normalize(domains[0]))
        # Awaited by itself: with the dependencies of `urn`, the key would wait for its own parent.
        urn: pulumi.Output[Any] = pulumi.Output.from_input(self.urn.future())
        resource = urn.apply(lambda found: identity(str(found)))
        shared = {field: args.get(field) for field in DECIDING} | {"issuer": shown(issuers[0])}
        if others := [shown(issuer) for issuer in issuers[1:]]:
            shared["others"] = others
        is_acme = _kind(issuers[0]) == IssuerKind.ACME
        stands: dict[str, Any] = {OF_STATE: self._of_state(urn, opts)} if is_acme else {}
        if args.get("endpoints") is not None:  # what a revocation list says of what is served makes both due
            stands["endpoints"] = args.get("endpoints")
        key = CertificateKey(name, {**shared, **stands, "label": resource}, pulumi.ResourceOptions(parent=self))
        is_resource = isinstance(zone, pulumi.Resource)
        about = {} if zone is None else {"zone": zone.domain if is_resource else zone}
        options = pulumi.ResourceOptions(parent=self, depends_on=[zone] if is_resource else [])
        about |= self._for_acme(args, zone, issuers)
        if args.get("revoke_on_destroy") is not None:
            about["revoke_on_destroy"] = args.get("revoke_on_destroy")
        of_key = {"label": key.label, "csr_pem": key.csr_pem, "remembered": key.remembered}
        certificate = Certificate(name, {**shared, **stands, **of_key, "resource": resource, **about}, options)
        # The key is there before its certificate, which may have to wait: nobody shall serve one of each.
        outputs = {name: getattr(certificate, name) for name in _OF_CERTIFICATE}
        outputs |= {name: once_applied(outputs[name], certificate.serial_number) for name in HIDDEN}
        former = (value.apply(if_known, run_with_unknowns=True) for value in (key.former_key_pem, key.former_csr_pem))
        keys = (key.private_key_pem, key.csr_pem, *former)
        outputs["private_key_pem"] = pulumi.Output.all(certificate.csr_pem, *keys).apply(_key_of)
        for output, value in outputs.items():
            setattr(self, output, value)
        self.register_outputs(outputs)
        if args.get("deploy") is not None:
            of = ("certificate_pem", "chain_pem", "root_pem", "generation", "serial_number")
            made = {name: getattr(certificate, name) for name in of} | {SECRET: outputs["private_key_pem"]}
            where = {name: args.get(name) for name in ("deploy", "endpoints")}
            deployed = {**shared, **where, **made, "label": key.label}
            CertificateDeployment(name, deployed, pulumi.ResourceOptions(parent=self))

    def _of_state(self, urn: pulumi.Output[str], opts: pulumi.ResourceOptions | None) -> pulumi.Output[Any]:
        """Return what the state has of the certificate, by whatever name the program gave it before."""
        opts = opts or pulumi.ResourceOptions()
        aliases = all_aliases(opts.aliases, self._name, self._type, opts.parent)
        return pulumi.Output.all(urn, *aliases).apply(of_state)

    def _tell_zone(self, args: SelfHealingCertArgs, zone: Any) -> None:
        """Let an IntelligentDnsZone know by what the certificate renews, as far as it is known before anything runs."""
        tell, (domains, is_all) = _of(zone, "renew"), _known(args.get("domains"))
        if tell is None or not is_all:
            return
        with suppress(ArgumentError, ValueError):  # for `check` to refuse
            issuers = [IssuerSettings.read(Value("issuer", shown(issuer), ArgumentError)) for issuer in asked(args)]
            in_caa = [issuer.in_caa for issuer in issuers]
            renewal: dict[str, Any] = {
                "certificate": f"{pulumi.get_project()}/{pulumi.get_stack()}/{self._name}",
                "names": [names.normalize(name) for name in domains],
                "directory": issuers[0].directory,
                "issuers": sorted({name for each in in_caa for name in each}) if all(in_caa) else [],
                "method": str(_kind(args.get("challenge")) or ""),
            }
            challenge: Any = args.get("challenge")
            if isinstance(challenge, Mapping) and challenge.get("zones"):
                renewal["zones"] = []  # of which proofs go to further ones, the first order says
            tell(renewal)

    def _for_acme(self, args: SelfHealingCertArgs, zone: Any, issuers: list[Any]) -> dict[str, Any]:
        """Return what a certificate by ACME takes beside; the provider says what is missing."""
        challenge = _with_zones(args.get("challenge"))
        about: dict[str, Any] = {} if challenge is None else {"challenge": challenge}
        if (label := LABELS.get(_kind(challenge))) and (homes := _of(zone, "homes")) is not None:
            about["homes"] = homes
            _leave_proofs(zone, args.get("domains"), label)
        if _kind(issuers[0]) != IssuerKind.ACME:
            return about
        self._tell_zone(args, zone)
        if foretell := _of(zone, "foretell"):
            from sophia_infra.tls.preflight.look import questions

            method, domains = _kind(args.get("challenge")), pulumi.Output.from_input(args.get("domains") or [])
            about["answers"] = foretell(domains.apply(lambda names: questions(names, method)))
        with suppress(ArgumentError):  # for `check` to refuse
            about["accounts"] = pulumi.Output.secret(access_to(issuers, self))
        return about


_OF_CERTIFICATE = [name for name in get_annotations(SelfHealingCert) if name != "private_key_pem"]


def _key_of(known: Sequence[Any]) -> str:
    """Return the key that a certificate was issued for, by its request: the newest one, or the one before."""
    csr_pem, newest, csr_of_newest, former, csr_of_former = known
    return str(former if former and csr_pem == csr_of_former != csr_of_newest else newest)


def _zone(args: SelfHealingCertArgs) -> Any:
    """Return the zone's resource or its domain; None where the program names none."""
    zone = args.get("zone")
    if isinstance(zone, pulumi.Resource) and not hasattr(zone, "domain"):
        raise Value("zone", zone, ArgumentError).wrong("give an IntelligentDnsZone, or the zone's domain")
    return zone


def _of(zone: Any, name: str) -> Any:
    """Return what an IntelligentDnsZone of the program has by a name; None of a domain, which may be an output."""
    return getattr(zone, name, None) if isinstance(zone, pulumi.Resource) else None


def _kind(given: Any) -> Any:
    """Return the kind of an issuer or a challenge, None where the program gives none, or not as a plain mapping."""
    kind = given.get("kind") if isinstance(given, Mapping) else None
    return kind if isinstance(kind, str) else None


def _with_zones(challenge: Any) -> Any:
    """Return a challenge with the domains and homes of its zones, which leave what an alias there leads to."""
    zones = challenge.get("zones") if isinstance(challenge, Mapping) else None
    if not isinstance(zones, list | tuple):
        return challenge
    for zone in (zone for zone in zones if _of(zone, "homes") is not None):
        zone.leave(f"{LABELS.get(_kind(challenge))}* TXT")
    return {**challenge, "zones": [_proof_zone(zone) for zone in zones]}


def _proof_zone(zone: Any) -> Any:
    return zone if (homes := _of(zone, "homes")) is None else {"domain": zone.domain, "homes": homes}


def _leave_proofs(zone: Any, domains: Any, label: str) -> None:
    """Have an IntelligentDnsZone leave the records by which names are shown: they come and go beside its own."""
    known, is_all = _known(domains)
    for domain in known:
        zone.leave(f"{label}.{domain.removeprefix('*.').rstrip('.')}. TXT")
    if not is_all:
        zone.leave(f"{label}* TXT")


def _rely_on(zone: Any, domains: Any, name: str) -> None:
    """Let an IntelligentDnsZone know which of its names are needed, as far as they are known before anything runs."""
    if tell := _of(zone, "rely_on"):
        for domain in _known(domains)[0]:
            tell(domain, f"the certificate {name}")


def _known(domains: Any) -> tuple[list[str], bool]:
    """Return the names that are known before anything runs, and whether these are all."""
    listed = domains if isinstance(domains, list | tuple) else ()
    known = [domain for domain in listed if isinstance(domain, str)]
    return known, bool(known) and len(known) == len(listed)
