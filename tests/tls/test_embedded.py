import json
import threading
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from sophia_infra.changes.model import Exposure
from sophia_infra.reporter import STDERR
from sophia_infra.tls import keys
from sophia_infra.tls.certificates import mark
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Issued, IssuerError, Order, open_issuer
from sophia_infra.tls.issuers.authorities import certificate_part
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.spec import KeyType
from sophia_infra.tls.when.renewal import due
from tests.support.refusals import refused
from tests.tls.orders import DOMAINS, NOW, PROCESSES, csr, issue, order, wanted
from tests.tls.test_profile import load, verify


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def issued_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("issued/*/*.pem"))


def test_asking_changes_nothing(ca: EmbeddedCa, folder: Path) -> None:
    assert ca.latest("demo/test/shop") is None
    ca.preflight(DOMAINS, timedelta(days=90))
    assert ca.root_pem() == ""
    assert not folder.exists()


def test_what_was_issued_is_found_again(ca: EmbeddedCa, folder: Path) -> None:
    issued = ca.issue(order())
    assert (
        ca.latest("demo/test/shop")
        == issued
        == open_issuer(IssuerSettings(folder=str(folder))).latest("demo/test/shop")
    )
    assert ca.latest("demo/test/other") is None
    assert issued.facts is not None
    assert (issued.generation, issued.facts.domains, issued.withdrawn) == (1, DOMAINS, "")


def test_the_root_can_be_trusted_from_its_file(ca: EmbeddedCa, folder: Path) -> None:
    issued = ca.issue(order())
    assert (folder / "root.pem").read_text() == issued.root_pem == ca.root_pem()
    assert "PRIVATE" not in issued.root_pem + issued.chain_pem + issued.certificate_pem


def test_the_default_folder_is_beside_the_journal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert EmbeddedCa.at().store.path == home / "ca"
    monkeypatch.delenv("SOPHIA_HOME")
    assert EmbeddedCa.at().store.path == Path(".sophia/ca")


def test_ordering_again_hands_out_what_was_issued(ca: EmbeddedCa, folder: Path) -> None:
    asked = order()
    first, again = ca.issue(asked), ca.issue(asked)
    assert first == again
    assert len(issued_files(folder)) == 1


def test_ordering_again_after_the_next_one_still_issues_nothing(ca: EmbeddedCa, folder: Path) -> None:
    asked = order()
    first = ca.issue(asked)
    ca.issue(order(generation=2, base=first.base))
    assert ca.issue(asked) == first
    assert len(issued_files(folder)) == 2


def test_the_newest_certificate_is_the_latest_whatever_its_generation(ca: EmbeddedCa) -> None:
    held: Issued | None = None
    for generation in (1, 2, 2, 11):
        held = ca.issue(order(generation=generation, base=held.base if held else ""))
        assert ca.latest("demo/test/shop") == held


@pytest.mark.parametrize("base", ["", "ab" * 32])
def test_an_order_planned_against_another_certificate_is_refused_and_issues_nothing(
    base: str, ca: EmbeddedCa, folder: Path
) -> None:
    ca.issue(order())
    before = files(folder)
    with refused(IssuerError, "base-moved", says="another run has ordered a certificate since"):
        ca.issue(order(generation=2, base=base))
    assert files(folder) == before


def test_one_intermediate_serves_the_same_names_and_other_names_get_their_own(ca: EmbeddedCa) -> None:
    first = ca.issue(order())
    second = ca.issue(order(generation=2, base=first.base))
    other = ca.issue(order(label="other", domains=("other.example",)))
    assert first.chain_pem == second.chain_pem != other.chain_pem
    assert first.root_pem == other.root_pem


def test_permitted_names_make_one_intermediate_for_all(folder: Path) -> None:
    ca = EmbeddedCa.at(str(folder), ("example",))
    first = ca.issue(order())
    second = ca.issue(order(label="other", domains=("other.example",)))
    assert first.chain_pem == second.chain_pem
    verify(second, "other.example")


def test_names_outside_the_permitted_ones_are_refused_beforehand_and_at_the_order(folder: Path) -> None:
    ca = EmbeddedCa.at(str(folder), ("shop.example", "10.0.0.0/8"))
    for domains in (("shop.example", "evil.example"), ("192.0.2.1",)):
        says = f"'{domains[-1]}' is outside"
        with refused(IssuerError, "outside-permitted", field="issuer.permitted", says=says):
            ca.preflight(domains, timedelta(days=90))
        with pytest.raises(IssuerError) as caught:
            ca.issue(order(domains=domains))
        assert (caught.value.code, caught.value.field) == ("outside-permitted", "issuer.permitted")
    assert issued_files(folder) == []


def test_an_intermediate_that_would_end_too_soon_is_followed_by_a_new_one(
    ca: EmbeddedCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ca.issue(order())
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=1040)).isoformat())
    second = ca.issue(order(generation=2, base=first.base))
    assert first.chain_pem != second.chain_pem
    assert load(first.chain_pem).public_key() != load(second.chain_pem).public_key()
    assert load(second.chain_pem).not_valid_after_utc > load(second.certificate_pem).not_valid_after_utc
    verify(second, "shop.example", timedelta(days=1100))


def test_a_root_that_would_end_first_refuses_with_the_way_out(ca: EmbeddedCa, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ca.issue(order())
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=3600)).isoformat())
    with refused(IssuerError, "root-ends-first", says=r"the root .* ends on 2036-11-20.*new_root"):
        ca.preflight(DOMAINS, timedelta(days=90))
    with pytest.raises(IssuerError) as caught:
        ca.issue(order(generation=2, base=first.base))
    assert caught.value.code == "root-ends-first"


def test_what_was_made_under_a_wrong_clock_is_due_and_what_replaces_it_verifies(
    ca: EmbeddedCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = ca.issue(order(label="other", domains=("other.example",))).root_pem
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=400)).isoformat())
    early = ca.issue(order())
    monkeypatch.setenv("SOPHIA_NOW", NOW.isoformat())
    (reason,) = due(wanted(), early, NOW)
    assert (reason.exposure, reason.why) == (Exposure.HIGH, "not yet valid: it begins on 2027-12-28")
    healed = ca.issue(order(generation=2, base=early.base))
    assert due(wanted(), healed, NOW) == ()
    assert healed.root_pem == root
    assert load(healed.chain_pem).not_valid_before_utc < NOW
    verify(healed, "shop.example")


def test_a_root_of_the_future_makes_a_certificate_due_and_refuses_another_one(
    ca: EmbeddedCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=400)).isoformat())
    early = ca.issue(order())
    monkeypatch.setenv("SOPHIA_NOW", NOW.isoformat())
    assert early.facts is not None
    valid = replace(early, facts=replace(early.facts, not_before=NOW))
    (reason,) = due(wanted(), valid, NOW)
    assert reason.why == "not yet valid: it begins on 2027-12-28, as an authority in its chain does"
    with pytest.raises(IssuerError) as caught:
        ca.preflight(DOMAINS, timedelta(days=90))
    assert caught.value.code == "root-not-yet-valid"


def test_a_chain_that_ends_first_sets_when_its_certificate_is_due(ca: EmbeddedCa) -> None:
    issued = ca.issue(order())
    assert issued.facts is not None
    longer = replace(issued, facts=replace(issued.facts, not_after=NOW + timedelta(days=9000)))
    ends = load(issued.chain_pem).not_valid_after_utc
    (reason,) = due(wanted(), longer, ends - timedelta(days=1))
    assert reason.why.startswith("renewal window reached on 2028-")
    (reason,) = due(wanted(), longer, ends + timedelta(days=1))
    assert reason.why == f"expired on {ends:%Y-%m-%d}"


def test_the_request_proves_the_key_and_decides_no_name(ca: EmbeddedCa) -> None:
    issued = ca.issue(order(csr_pem=csr(("evil.example",))))
    assert issued.facts is not None
    assert issued.facts.domains == DOMAINS
    with refused(IssuerError, "request-unreadable", subject="other", says="signing request"):
        ca.issue(order(label="other", csr_pem="no request"))


def test_a_request_for_a_weak_key_is_refused(ca: EmbeddedCa, folder: Path) -> None:
    weak = keys.signing_request(ec.generate_private_key(ec.SECP224R1()), DOMAINS)
    with pytest.raises(IssuerError) as refused:
        ca.issue(order(csr_pem=weak))
    assert (refused.value.code, refused.value.value) == ("key-refused", "secp224r1")
    assert issued_files(folder) == []


def test_a_revoked_certificate_is_withdrawn_and_listed(ca: EmbeddedCa, folder: Path) -> None:
    issued = ca.issue(order())
    assert issued.facts is not None
    ca.revoke(issued.facts.serial_number.lower(), "keyCompromise")
    held = ca.latest("demo/test/shop")
    assert held is not None
    assert held.withdrawn == "revoked by its issuer (keyCompromise)"
    (path,) = (folder / "crl").iterdir()
    crl = x509.load_pem_x509_crl(path.read_bytes())
    entry = crl.get_revoked_certificate_by_serial_number(int(issued.facts.serial_number, 16))
    assert entry is not None
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
    assert crl.is_signature_valid(load(issued.chain_pem).public_key())  # type: ignore[arg-type]
    assert crl.next_update_utc == NOW + timedelta(days=30)


def test_revoking_twice_keeps_the_first_reason_and_numbers_grow(ca: EmbeddedCa, folder: Path) -> None:
    issued = ca.issue(order())
    assert issued.facts is not None
    numbers = []
    for reason in ("keyCompromise", "unspecified"):
        ca.revoke(issued.facts.serial_number, reason)
        crl = x509.load_pem_x509_crl(next((folder / "crl").iterdir()).read_bytes())
        numbers.append(crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
    assert numbers == [1, 2]
    held = ca.latest("demo/test/shop")
    assert held is not None
    assert "keyCompromise" in held.withdrawn


def test_revoking_without_a_reason_lists_none(ca: EmbeddedCa, folder: Path) -> None:
    issued = ca.issue(order())
    assert issued.facts is not None
    ca.revoke(issued.facts.serial_number)
    (entry,) = x509.load_pem_x509_crl(next((folder / "crl").iterdir()).read_bytes())
    assert list(entry.extensions) == []


def test_a_revocation_that_can_not_be_is_refused(ca: EmbeddedCa) -> None:
    issued = ca.issue(order())
    assert issued.facts is not None
    with refused(IssuerError, "no-certificate", value="0BAD", says="no certificate with the serial number 0BAD"):
        ca.revoke("0bad")
    with refused(IssuerError, field="reason", value="because", says=r"the reasons are .*keyCompromise"):
        ca.revoke(issued.facts.serial_number, "because")


def test_a_register_that_can_not_be_read_stops_everything(ca: EmbeddedCa, folder: Path) -> None:
    ca.issue(order())
    for damage in ("", "{}", "[]", "{"):
        (folder / "revoked.json").write_text(damage or " ")
        told = "nobody can tell what was revoked"
        with refused(IssuerError, "authority-unreadable", subject="revoked.json", says=told):
            ca.latest("demo/test/shop")


def test_a_root_that_is_lost_stops_every_order_and_its_anchor_stays(ca: EmbeddedCa, folder: Path) -> None:
    first = ca.issue(order())
    (folder / "authorities/root.pem").unlink()
    held = ca.latest("demo/test/shop")
    assert held is not None
    assert held.withdrawn == "the root of its issuer was replaced"
    for asked in (order(generation=2, base=first.base), order(label="other")):
        with pytest.raises(IssuerError) as caught:
            ca.issue(asked)
        assert (caught.value.code, caught.value.field) == ("root-lost", "issuer.new_root")
    assert str(caught.value) == (
        f"the CA in {folder} has lost the key of its root {mark(first.root_pem)}, or never had it on this machine; put"
        " the folder back as it was, or have a new root, which clients must trust:"
        f" issuer={{'new_root': '{mark(first.root_pem)}'}}"
    )
    assert (folder / "root.pem").read_text() == first.root_pem
    assert len(issued_files(folder)) == 1


@pytest.mark.parametrize("lost", [True, False])
def test_a_new_root_needs_the_mark_of_the_old_one_and_follows_it_once(lost: bool, ca: EmbeddedCa, folder: Path) -> None:
    first = ca.issue(order())
    given_up = mark(first.root_pem)
    if lost:
        (folder / "authorities/root.pem").unlink()
    for wrong in ("", "0123456789abcdef"):
        with pytest.raises(IssuerError) if lost else nullcontext():
            EmbeddedCa.at(str(folder), new_root=wrong).refuse_lost_root(first.root_pem)
            EmbeddedCa.at(str(folder), new_root=wrong).preflight(DOMAINS, timedelta(days=90))

    accepting = EmbeddedCa.at(str(folder), new_root=given_up)
    accepting.refuse_lost_root(first.root_pem)
    held = accepting.latest("demo/test/shop")
    assert held is not None
    assert held.withdrawn.startswith("its root is given up")
    second = accepting.issue(order(generation=2, base=first.base))
    third = accepting.issue(order(label="other"))
    assert second.root_pem == third.root_pem == (folder / "root.pem").read_text() != first.root_pem
    assert (folder / f"root-{given_up}.pem").read_text() == first.root_pem
    assert second.withdrawn == ""
    verify(second, "shop.example")
    ca.preflight(DOMAINS, timedelta(days=90))
    (folder / "authorities/root.pem").unlink()
    with pytest.raises(IssuerError) as caught:
        accepting.preflight(DOMAINS, timedelta(days=90))
    assert caught.value.code == "root-lost"


@pytest.mark.parametrize("damage", ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_damaged_copy_still_has_its_generation(damage: str, ca: EmbeddedCa, folder: Path) -> None:
    ca.issue(order(generation=7))
    (path,) = folder.glob("issued/*/*.pem")
    path.write_text(damage)
    held = ca.latest("demo/test/shop")
    assert held is not None
    assert (held.generation, held.facts) == (7, None)


def test_keys_are_encrypted_under_a_passphrase_and_open_with_no_other(
    ca: EmbeddedCa, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_CA_PASSPHRASE", "canary-passphrase")
    first = ca.issue(order())
    kept = files(folder)
    assert all(b"BEGIN PRIVATE KEY" not in content and b"canary" not in content for content in kept.values())
    assert sum(b"BEGIN ENCRYPTED PRIVATE KEY" in content for content in kept.values()) == 2
    for wrong in ("other", ""):
        monkeypatch.setenv("SOPHIA_CA_PASSPHRASE", wrong)
        with pytest.raises(IssuerError) as caught:
            ca.preflight(DOMAINS, timedelta(days=90))
        assert caught.value.code == "authority-unreadable"
        assert "canary" not in str(caught.value)
    assert ca.latest("demo/test/shop") == first


def test_a_passphrase_over_keys_that_have_none_is_refused(ca: EmbeddedCa, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ca.issue(order())
    monkeypatch.setenv("SOPHIA_CA_PASSPHRASE", "late")
    with pytest.raises(IssuerError) as caught:
        ca.issue(order(generation=2, base=first.base))
    assert caught.value.code == "authority-unreadable"


def test_a_damaged_authority_is_named(ca: EmbeddedCa, folder: Path) -> None:
    first = ca.issue(order())
    (folder / "authorities/root.pem").write_text("damaged")
    with pytest.raises(IssuerError) as caught:
        ca.issue(order(generation=2, base=first.base))
    assert caught.value.code == "authority-unreadable"
    assert str(caught.value) == (
        f"{folder / 'authorities/root.pem'} can't be opened: it is damaged, or SOPHIA_CA_PASSPHRASE is not the"
        " passphrase it was made with (it must be unset where there was none); restore the folder where it is damaged"
    )


def test_a_damaged_intermediate_is_named(ca: EmbeddedCa, folder: Path) -> None:
    first = ca.issue(order())
    (damaged,) = (folder / "authorities").glob("intermediate-*.pem")
    damaged.write_text("damaged")
    with refused(IssuerError, "authority-unreadable", subject=f"authorities/{damaged.name}"):
        ca.issue(order(generation=2, base=first.base))


def test_a_file_of_others_beside_what_was_issued_is_passed_over(ca: EmbeddedCa, folder: Path) -> None:
    first = ca.issue(order())
    (path,) = (folder / "issued").glob("*/*.pem")
    (path.parent / "saved.pem").write_text(first.certificate_pem)
    assert ca.latest("demo/test/shop") == first
    assert first.facts
    ca.revoke(first.facts.serial_number)


def test_an_authority_with_another_kind_of_key_is_refused(ca: EmbeddedCa, folder: Path) -> None:
    first = ca.issue(order())
    foreign = keys.private_pem(keys.generate(KeyType.RSA_2048))
    (folder / "authorities/root.pem").write_text(foreign + first.root_pem)
    told = r"root\.pem holds no elliptic-curve key"
    with refused(IssuerError, "authority-unreadable", subject="authorities/root.pem", says=told):
        ca.preflight(DOMAINS, timedelta(days=90))


def test_a_revocation_whose_signer_is_gone_is_refused(ca: EmbeddedCa, folder: Path) -> None:
    issued = ca.issue(order())
    assert issued.facts is not None
    (folder / "authorities/intermediate-000001.pem").unlink()
    with refused(IssuerError, "authority-missing", says="the authority that signed it is missing"):
        ca.revoke(issued.facts.serial_number)
    assert not (folder / "revoked.json").exists()


def test_the_keys_of_the_authorities_are_in_their_files_and_nowhere_else(ca: EmbeddedCa, folder: Path) -> None:
    ca.issue(order())
    kept = files(folder)
    holders = sorted(name for name, content in kept.items() if b"PRIVATE KEY" in content)
    assert holders == ["authorities/intermediate-000001.pem", "authorities/root.pem"]


def one_order(folder: Path, asked: Order) -> None:
    EmbeddedCa.at(str(folder)).issue(asked)


def test_the_same_order_from_many_threads_and_processes_is_one_certificate(folder: Path) -> None:
    asked = order()
    processes = [PROCESSES.Process(target=one_order, args=(folder, asked)) for _ in range(2)]
    threads = [threading.Thread(target=one_order, args=(folder, asked)) for _ in range(4)]
    workers: list[Any] = [*processes, *threads]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(issued_files(folder)) == 1
    assert len(list((folder / "authorities").iterdir())) == 2


def test_two_orders_for_one_generation_at_once_make_one_certificate(folder: Path) -> None:
    outcomes: list[str] = []

    def work() -> None:
        try:
            issue(folder)
            outcomes.append("issued")
        except IssuerError:
            outcomes.append("refused")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["issued", "refused", "refused", "refused"]
    assert len(issued_files(folder)) == 1


def test_the_register_is_plain_json(ca: EmbeddedCa, folder: Path) -> None:
    issued = ca.issue(order())
    assert issued.facts is not None
    ca.revoke(issued.facts.serial_number, "superseded")
    register = json.loads((folder / "revoked.json").read_text())
    assert register["certificates"][issued.facts.serial_number] == {
        "at": NOW.isoformat(),
        "reason": "superseded",
        "signer": "authorities/intermediate-000001.pem",
    }


def test_a_list_that_names_a_former_certificate_is_renewed_until_its_authority_is_over(
    ca: EmbeddedCa, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ca.issue(order())
    assert first.facts is not None
    ca.revoke(first.facts.serial_number, "keyCompromise")
    second = order(domains=("other.example",), generation=2, base=first.base)
    ends = ca.issue(second).list_ends
    assert ends == NOW + timedelta(days=30)
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=25)).isoformat())
    assert ca.issue(second).list_ends == NOW + timedelta(days=55), "the same order signs anew what is due"
    (path,) = (folder / "crl").iterdir()
    assert x509.load_pem_x509_crl(path.read_bytes()).next_update_utc == NOW + timedelta(days=55)
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=1200)).isoformat())
    standing = ca.latest("demo/test/shop")
    assert standing is not None
    assert standing.list_ends is None, "all that the authority signed has expired"


@pytest.mark.parametrize("later", [25, 1200], ids=["due", "expired"])
def test_an_old_authority_without_its_key_stops_no_order(
    ca: EmbeddedCa, folder: Path, later: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in ("one", "two"):
        issued = ca.issue(order(label=label, domains=(f"{label}.example",)))
        assert issued.facts is not None
        ca.revoke(issued.facts.serial_number)
    lost = folder / "authorities/intermediate-000001.pem"
    lost.write_text(certificate_part(lost.read_text()))
    crls = {path.name: path.read_bytes() for path in (folder / "crl").iterdir()}
    STDERR.forget()
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=later)).isoformat())
    for label in ("three", "four"):
        assert ca.issue(order(label=label, domains=(f"{label}.example",))).facts
    renewed = {path.name for path in (folder / "crl").iterdir() if path.read_bytes() != crls[path.name]}
    said = capsys.readouterr().err
    if later == 25:
        assert renewed == {"intermediate-000002.pem"}, "the other's list is signed anew"
        assert said.count("intermediate-000001.pem is due, but can't be signed anew: ") == 1
        assert "SOPHIA_CA_PASSPHRASE" in said
    else:
        assert (renewed, said) == (set(), "")
