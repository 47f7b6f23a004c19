import re

import pytest
import yaml

from sophia_infra.esc import Environment
from tests.support.workspace import REPO

FILES = sorted((REPO / "esc").glob("*.yaml"))


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_an_environment_of_this_repository_comes_to_its_values(name: str) -> None:
    found = Environment.open(f"sophia/{name}", REPO / "esc")
    assert found.warnings == ()
    assert found.pulumi_config["sophia:autonomy"].plain() == ("analysis" if name == "prod" else "suggest")


def test_the_secrets_of_production_are_marked() -> None:
    found = Environment.open("sophia/prod", REPO / "esc")
    assert {key for key, item in found.environment_variables.items() if item.secret} == {
        "CLOUDFLARE_API_TOKEN",
        "SOPHIA_CA_PASSPHRASE",
    }
    assert found.pulumi_config["sophia:cloudflareToken"].secret


def test_no_file_holds_a_secret() -> None:
    for file in FILES:
        assert set(re.findall(r"fn::secret: (.+)", file.read_text())) <= {"replace-me"}


def test_a_setting_of_the_dev_stack_stands_in_its_environment_alone() -> None:
    assert yaml.safe_load((REPO / "Pulumi.dev.yaml").read_text()).keys() == {"encryptionsalt"}
    found = Environment.open("sophia/dev", REPO / "esc").pulumi_config
    assert found["sophia-infra:domain"].plain() == "shop.example"
    assert found["sophia-infra:protect"].plain() == []


def test_no_command_of_the_page_has_a_secret_among_its_arguments() -> None:
    commands = re.findall(r"```sh\n(.*?)```", (REPO / "esc" / "README.md").read_text(), re.DOTALL)
    assert "$(" not in "".join(commands)
    assert all("|" in line for line in "".join(commands).splitlines() if "--secret" in line)


def test_the_production_stack_names_an_environment_that_is_here() -> None:
    stack = yaml.safe_load((REPO / "Pulumi.prod.yaml").read_text())
    assert [f"{name.removeprefix('sophia/')}.yaml" for name in stack["environment"]] == ["prod.yaml"]
