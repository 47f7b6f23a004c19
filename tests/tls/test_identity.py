import pytest

from sophia_infra.tls.identity import identity

OWN = "sophia:index:SelfHealingCert"


@pytest.mark.parametrize(
    ("urn", "label"),
    [
        (f"urn:pulumi:prod::web::{OWN}::shop", "web/prod/shop"),
        (f"urn:pulumi:prod::web::x:index:Blue${OWN}::shop", "web/prod/x:index:Blue::shop"),
        (f"urn:pulumi:prod::web::x:index:A$x:index:B${OWN}::shop", "web/prod/x:index:A$x:index:B::shop"),
        (f"urn:pulumi:prod::web::pulumi:pulumi:Stack${OWN}::shop", "web/prod/shop"),
        (f"urn:pulumi:prod::web::{OWN}::a::b", "web/prod/a::b"),
    ],
)
def test_a_label_is_the_urn_in_short(urn: str, label: str) -> None:
    assert identity(urn) == label
