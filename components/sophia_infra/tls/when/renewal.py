"""The renewal clock: whether a certificate is due, why, and when the next one will be. Pure; time is an argument."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sophia_infra.changes.model import Exposure, Reason
from sophia_infra.clock import TOLERANCE
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.memory import RENEW
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.when.schedule import Maintenance, Schedule
from sophia_infra.tls.when.suggestion import share_of
from sophia_infra.values import listed, shown

SHORT_LIFETIME = timedelta(days=10)
WINDOW = 1 / 3
SHORT_WINDOW = 1 / 2
EMERGENCY, EMERGENCY_LEAST, EMERGENCY_MOST = 1 / 10, timedelta(days=2), 1 / 3
"""The share of a lifetime in which nothing holds a renewal back; two days at least, a third of the lifetime at most."""
YOUNG = timedelta(hours=6)
"""So old a certificate is, or a twentieth of its lifetime, before its CA's wish renews it: no CA has one order follow
another for ever.
"""
OF_CA = "the CA's own"
LIST_LIFETIME, LIST_WINDOW = timedelta(days=30), timedelta(days=10)
"""How long a revocation list holds, and how long before its end it is signed anew."""


def default_window(lifetime: timedelta) -> float:
    """Return the share of a lifetime that is left when a certificate is renewed: a third, half at ten days or less.

    That is what Let's Encrypt asks of its clients: https://letsencrypt.org/docs/integration-guide/#when-to-renew.
    """
    return SHORT_WINDOW if lifetime <= SHORT_LIFETIME else WINDOW


@dataclass(frozen=True, slots=True)
class Opening:
    """From when on a certificate is renewed, to the second, and what says so.

    `at` is the moment, `until` how long maintenance may hold it back from then on.
    """

    at: datetime
    why: str
    until: datetime
    maintenance: Maintenance | None = None

    def next(self, moment: datetime) -> datetime:
        """Return when it is renewed at the earliest from a moment on, at which it is open."""
        if self.maintenance is None or moment >= self.until:
            return moment
        return min(self.maintenance.next(moment), self.until)

    def told(self, now: datetime) -> str:
        """Return why it is renewed now, empty while it is not."""
        if now < self.at or now < self.next(now):
            return ""
        overruled = self.maintenance and now < self.maintenance.next(now)
        return f"{self.why} {self.at:%Y-%m-%d}{'; it can not wait for maintenance' if overruled else ''}"

    def waits(self, now: datetime) -> str:
        """Return until when maintenance holds back what is due; empty where it does not."""
        return f"{self.next(now):%Y-%m-%d %H:%M} UTC" if self.at <= now < self.next(now) else ""


def opening(held: Issued, schedule: Schedule) -> Opening | None:
    """Return from when on a certificate is renewed; None where it can't be read.

    Its CA's suggestion holds, and else the share of its lifetime. Where the program gives that share, the earlier one
    holds. A suggestion moves nothing beyond `emergency`, and nothing into the first hours.
    """
    facts, valid = held.facts, held.validity
    if facts is None or valid is None:
        return None
    begins, ends = facts.not_before, valid[1]
    lifetime, latest = ends - begins, emergency(begins, ends)
    young = _whole(begins + min(YOUNG, lifetime / 20))
    share = default_window(lifetime) if schedule.window is None else schedule.window
    early = lifetime * schedule.jitter * share_of(facts)
    at = _whole(max(ends - lifetime * share - early, begins))
    own = Opening(at, "renewal window reached on", max(latest, at), schedule.maintenance)
    moment = held.suggestion.moment(facts)
    if moment is None or held.suggestion.window is None or (schedule.window is not None and own.at <= moment):
        return own
    if moment > latest:
        return Opening(latest, "whatever its CA suggests, the end is near since", latest)
    page = held.suggestion.explanation
    why = f"its CA suggests it{f' ({shown(page)})' if page else ''} from"
    return Opening(max(moment, young), why, min(latest, held.suggestion.window[1]), schedule.maintenance)


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def emergency(not_before: datetime, not_after: datetime) -> datetime:
    """Return from when on a certificate is renewed whatever else holds it back: then each daily run is needed.

    Of 90 days these are the last nine, of 45 the last four and a half, of six the last two.
    """
    lifetime = not_after - not_before
    left = min(max(lifetime * EMERGENCY, EMERGENCY_LEAST), lifetime * EMERGENCY_MOST)
    return _whole(not_after - left)


def list_due(ends: datetime | None, now: datetime) -> bool:
    """Return whether a revocation list that holds until `ends` is signed anew now; None stands for no list.

    One that holds for longer than lists do was made under a wrong clock, and may not hold yet.
    """
    return ends is not None and not LIST_WINDOW < ends - now <= LIST_LIFETIME + TOLERANCE


def due(spec: CertificateSpec, held: Issued, now: datetime) -> tuple[Reason, ...]:
    """Return why the certificate that the issuer holds must be replaced now; nothing while it may stay.

    The answer depends on nothing but the arguments, so that a run after a crash decides as the one before it did.
    """
    return tuple(spec.reason(exposure, "renew", why) for exposure, why in _whys(spec, held, now))


def _whys(spec: CertificateSpec, held: Issued, now: datetime) -> Iterator[tuple[Exposure, str]]:
    facts, valid = held.facts, held.validity
    if facts is None or valid is None:
        yield Exposure.MEDIUM, "the issuer's copy of the certificate can't be read"
        return
    if held.withdrawn:
        yield Exposure.HIGH, held.withdrawn
    adds = [name for name in spec.domains if name not in facts.domains]
    drops = [name for name in facts.domains if name not in spec.domains]
    if adds or drops:
        changes = [f"{verb} {listed(names, 3)}" for verb, names in (("adds", adds), ("drops", drops)) if names]
        yield Exposure.HIGH if drops else Exposure.MEDIUM, f"domains changed: {', '.join(changes)}"
    if facts.key_type != spec.key_type:
        yield Exposure.MEDIUM, f"key type changed from {facts.key_type} to {spec.key_type}"
    before, after = (told.get(held.directory, "") for told in (spec.remembered.profiles, spec.profiles))
    if spec.remembered.generation == held.generation and before != after:
        yield Exposure.MEDIUM, f"profile changed from {before or OF_CA} to {after or OF_CA}"
    if spec.remembered.asked == held.generation:
        yield Exposure.MEDIUM, f"{RENEW} names it"
    begins, ends = valid
    opens = opening(held, spec.schedule)
    if now + TOLERANCE < begins and held.root_pem:  # else its CA's clock has set it, and ours may be wrong
        whose = "" if begins == facts.not_before else ", as an authority in its chain does"
        yield Exposure.HIGH, f"not yet valid: it begins on {begins:%Y-%m-%d}{whose}"
    elif now > ends:
        yield Exposure.HIGH, f"expired on {ends:%Y-%m-%d}"
    elif opens and (why := opens.told(now)):
        yield Exposure.MEDIUM, why
