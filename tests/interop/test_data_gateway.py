"""openid-client pulls data: rich authorization requests, bound tokens, JSON and a sealed PDF from the data gateway."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from idp.kernel.clock import SystemClock
from relying_party_demo.jobs.asking import COMPANY, PERSON, application_details, employer_details
from tests.interop.demonstration import Demonstration, demonstrating
from tests.interop.stage import Stage

BANGKOK = ZoneInfo("Asia/Bangkok")


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstrating(tmp_path_factory.mktemp("demonstration")) as running:
        yield running


@pytest.fixture(scope="module")
def told(demonstration: Demonstration) -> Iterator[dict[str, Any]]:
    """What one program saw from its first request to the last."""
    endpoints, today = demonstration.endpoints, SystemClock().now().astimezone(BANGKOK).date()
    wanted = [detail for detail in application_details(today) if detail["dataset"] == PERSON]
    own = employer_details(juristic_id=endpoints["company"]["juristic_id"], case="1/2569", today=today)
    stage = Stage({"issuer": endpoints["issuer"], "front": None})
    given = {"jobs": demonstration.jobs, "gateway": endpoints["gateway"], "wanted": wanted, "own": own}
    yield stage.play("openid_client/gateway", given, demonstration.citizen.acts)
    stage.close()


def test_data_that_the_citizen_allowed(told: dict[str, Any]) -> None:
    released = told["released"]
    assert (released["dataset"], released["basis"]) == (PERSON, "consent")
    assert released["subject"] == told["sub"]
    assert released["fields"]["name_th"]
    assert told["pdf"] == "%PDF-"


def test_data_under_a_duty_of_the_agency(told: dict[str, Any], demonstration: Demonstration) -> None:
    company = told["company"]
    assert (company["dataset"], company["basis"], company["case"]) == (COMPANY, "duty", "1/2569")
    assert company["subject"] == demonstration.endpoints["company"]["juristic_id"]


def test_the_token_as_a_resource_server_sees_it(told: dict[str, Any], demonstration: Demonstration) -> None:
    claims = told["claims"]
    (detail,) = claims["authorization_details"]
    assert (detail["type"], detail["dataset"], detail["basis"]) == ("gdx", PERSON, "consent")
    assert claims["aud"] == demonstration.endpoints["gateway"]
    assert claims["sub"] == told["sub"]
    assert claims["cnf"]["jkt"]
