"""A secret that is said in plain words is masked before a sentence is kept."""

from pathlib import Path

import pytest

from sophia_infra.agent.strategies.planner import _understood
from sophia_infra.agent.understanding.secrecy import announced, masked
from tests.agent.answers.stack import stack


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("my token is swordfish", "my token is ***"),
        ("My Token Is Swordfish.", "My Token Is ***."),
        ("the password of app-db: swordfish, renew web", "the password of app-db: ***, renew web"),
        ("token=swordfish", "token=***"),
        ("api key = sword-fish.9!x", "api key = ***"),
        ("my password is 'sword fish' and renew web", "my password is *** and renew web"),
        ("my passphrase is sword fish and renew web", "my passphrase is *** and renew web"),
        ("mein Passwort lautet swordfish", "mein Passwort lautet ***"),
        ("le mot de passe est swordfish", "le mot de passe est ***"),
        ("set the password to swordfish", "set the password to ***"),
        ("the pin is: 4711\nrenew web", "the pin is: ***\nrenew web"),
    ],
)
def test_the_word_of_a_secret_is_masked(text: str, kept: str) -> None:
    assert masked(text) == kept


@pytest.mark.parametrize(
    "text",
    ["rotate the secret app-db", "show the secrets", "the app-db password leaked", "monkeys: renew web"],
)
def test_a_text_that_says_no_secret_stays_as_it_is(text: str) -> None:
    assert (announced(text), masked(text)) == ((), text)


def test_a_plan_keeps_the_wish_without_the_secret(tmp_path: Path) -> None:
    assert _understood(stack(tmp_path), "renew web, my token is swordfish")[0] == "renew web, my token is ***"
