"""What is kept of a grant names neither the case nor the company, though its tokens do."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select, update

from idp.authorization.grants.sealed import GrantSeals
from idp.authorization.grants.store import grant, grant_of
from idp.catalogue.gdx import GdxDetail, JuristicSubject, SelfSubject
from idp.catalogue.model import Basis
from idp.kernel.ids import ServiceId
from idp.keys.files import RootKeys
from idp.keys.sealing import SealBroken, TokenSealer
from idp.storage.metadata import metadata
from tests.notices.streams.town import unverified
from tests.provider.oidc.program import PERSON, Program, allow
from tests.provider.oidc.test_choices_on_a_device import asked, detail
from tests.provider.oidc.test_choices_on_a_device import opened as on_own_device
from tests.provider.oidc.test_without_a_browser import poll_device, press
from tests.provider.oidc.world import World

pytestmark = pytest.mark.anyio

CASE = "divorce-of-4711"
SEALS = GrantSeals(TokenSealer(RootKeys({1: b"\x01" * 32})))


async def opened(world: World, jobs: Program) -> str:
    browser = world.browser()
    await world.sign_in(browser)
    uri = await jobs.pushed_uri([{**PERSON, "case": CASE}])
    where = await allow(world, browser, (await jobs.authorize(browser, uri)).headers["location"])
    code = where.split("code=")[1].split("&")[0]
    return str((await jobs.redeem(code)).json()["access_token"])


async def expect_no_case_kept(world: World, folder: Path) -> None:
    async with world.storage.reading() as uow:
        kept = [value for table in metadata.sorted_tables for row in await uow.all(select(table)) for value in row]
    written = b"\n".join(one if isinstance(one, bytes) else json.dumps(str(one)).encode() for one in kept)
    assert b"dopa.person" in written
    assert CASE.encode() not in written
    assert not [path for path in folder.rglob("*") if path.is_file() and CASE.encode() in path.read_bytes()]


async def test_the_token_names_the_case_and_the_store_does_not(world: World, jobs: Program, tmp_path: Path) -> None:
    token = await opened(world, jobs)
    assert unverified(token)["authorization_details"][0]["case"] == CASE
    await expect_no_case_kept(world, tmp_path)


async def test_nor_does_a_request_that_waits_for_a_decision_made_elsewhere(world: World, tmp_path: Path) -> None:
    device, _ = await asked(world, "citizen_id", optional=frozenset())
    body = {"scope": "openid", "authorization_details": json.dumps([{**detail("citizen_id"), "case": CASE}])}
    waiting = (await device.http.post("/device_authorization", data=device.authenticated(body))).json()
    await expect_no_case_kept(world, tmp_path)
    browser, where, page = await on_own_device(world, waiting["user_code"])
    await press(browser, page, where, decision="allow")
    await expect_no_case_kept(world, tmp_path)
    token = (await poll_device(device, waiting)).json()["access_token"]
    assert unverified(token)["authorization_details"][0]["case"] == CASE
    await expect_no_case_kept(world, tmp_path)


async def test_a_seal_of_another_grant_opens_nothing(world: World, jobs: Program) -> None:
    await opened(world, jobs)
    async with world.storage.unit_of_work() as uow:
        what, sealed = SEALS.apart("gra_another", (DETAIL,), None)
        assert CASE not in json.dumps(what)
        await uow.execute(update(grant).values(sealed_about=sealed))
        moved = await uow.first(select(grant))
        with pytest.raises(SealBroken):
            grant_of(moved, SEALS)


DETAIL = GdxDetail(
    dataset="dbd.company",
    subject=JuristicSubject("0105500000018"),
    purpose=ServiceId("registration"),
    basis=Basis.CONSENT,
    case=CASE,
    fields=("name_th",),
    formats=("json",),
    uses=2,
    valid_until=None,
)


def test_who_asks_for_nothing_of_others_has_nothing_sealed() -> None:
    plain = GdxDetail(
        "dopa.person", SelfSubject(), ServiceId("a"), Basis.CONSENT, None, ("name_th",), ("json",), 1, None
    )
    what, sealed = SEALS.apart("gra_1", (plain,), None)
    assert sealed is None
    assert what[0]["fields"] == ["name_th"]
