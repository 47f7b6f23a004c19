"""What can't be asked for is refused before a server is."""

import pytest

from sophia_infra.dns.live.name_server import AskingError, NameServer


def test_what_is_no_type_of_the_dns_can_not_be_asked_for() -> None:
    with pytest.raises(AskingError) as refused:
        NameServer("127.0.0.1", 1).sets_of("shop.example", "www 300 A 192.0.2.1\n@ 300 ALIAS shop.hosting.example.\n")
    assert str(refused.value).startswith("@ ALIAS ")
