"""My account shows a citizen's own records, and takes a consent back in two taps."""

import re

import pytest

from idp.kernel.errors import Refused
from idp.provider.account.pages import ENDED_PAGE
from idp.web.routes import Access
from tests.exchange.world import pull
from tests.provider.pages.house import Fields, Visitor

pytestmark = pytest.mark.anyio


NAMED = {
    "disclosure_id": "dis",
    "consent_id": "con",
    "passkey_id": "pky",
    "mandate_id": "mdt",
    "joint_act_id": "jac",
    "case_id": "rev",
    "request_id": "dfr",
    "entry_id": "dis",
}
"""How the ids in the paths of my account begin."""


def some(found: re.Match[str]) -> str:
    """An id that nothing has, or a number of a company where the path asks for one."""
    return "0105569000011" if found[1] == "juristic_id" else f"{NAMED[found[1]]}_{'0' * 26}"


async def test_every_page_for_citizens_needs_one(visitor: Visitor) -> None:
    await visitor.begin_signing_in()
    for entry in visitor.house.entries:
        if entry.access is Access.CITIZEN and entry.methods == ("GET",) and entry.path.startswith("/account"):
            answer = await visitor.http.get(re.sub(r"\{([a-z_]+)\}", some, entry.path))
            assert answer.status_code == 303, entry.path
            assert answer.headers["location"].startswith("/sign-in?return=%2Faccount"), entry.path


async def test_the_start_leads_to_my_account(visitor: Visitor) -> None:
    assert (await visitor.http.get("/")).headers["location"] == "/account"


async def test_home_names_the_citizen_and_the_level(citizen: Visitor) -> None:
    html = (await citizen.http.get("/account")).text
    assert "นายสมชาย" in html
    assert "2.2" in html


async def test_activity_shows_releases_and_refusals_without_values(citizen: Visitor) -> None:
    empty = (await citizen.http.get("/account/activity")).text
    assert "ยังไม่มีหน่วยงานใดขอข้อมูลของท่าน" in empty
    world = citizen.house.world
    record, token = await world.consented()
    exchange = world.exchange()
    await exchange.pull(pull(token))
    async with world.storage.unit_of_work() as uow:
        await world.consents.withdraw(uow, record.id, subscriber_id=world.somchai)
    with pytest.raises(Exception, match="EXC-03"):
        await exchange.pull(pull(token))
    html = (await citizen.http.get("/account/activity")).text
    assert sorted(Fields(html).data["data-outcome"]) == ["refused", "released"]
    assert "ท่านถอนความยินยอมแล้ว" in html
    assert "หน่วยงานจัดหางานสาธิต" in html
    assert "สมชาย" not in html


async def test_consents_are_listed_and_taken_back_in_two_taps(citizen: Visitor) -> None:
    record, _ = await citizen.house.world.consented()
    listed = (await citizen.http.get("/account/consents")).text
    assert Fields(listed).data["data-consent"] == [record.id]
    detail = (await citizen.http.get(f"/account/consents/{record.id}")).text
    assert "withdraw" in Fields(detail).ids
    answer = await citizen.http.post(f"/account/consents/{record.id}/withdraw", data=Fields(detail).hidden)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/account/consents/{record.id}")
    after = await citizen.http.get(f"/account/consents/{record.id}")
    assert "withdraw" not in Fields(after.text).ids
    assert "ถอนความยินยอมนี้แล้วเมื่อ" in after.text
    again = await citizen.http.post(f"/account/consents/{record.id}/withdraw", data=Fields(detail).hidden)
    assert again.status_code == 409
    assert "CON-02" in again.text


async def test_taking_back_needs_the_form_of_that_consent(citizen: Visitor) -> None:
    record, _ = await citizen.house.world.consented()
    answer = await citizen.http.post(f"/account/consents/{record.id}/withdraw", data={"csrf": "x"})
    assert answer.status_code == 403
    assert len(await citizen.house.world.entries("consent.withdrawn")) == 0


async def test_somebody_elses_consent_does_not_exist(citizen: Visitor) -> None:
    answer = await citizen.http.get("/account/consents/con_somebody_elses")
    assert answer.status_code == 404
    assert "CON-01" in answer.text


async def test_passkeys_are_listed_with_their_names(citizen: Visitor) -> None:
    html = (await citizen.http.get("/account/passkeys")).text
    assert "มือถือ" in html
    assert "อยู่ในอุปกรณ์นี้เครื่องเดียว" in html


@pytest.mark.parametrize(
    "path", ["/account/activity?before=%00", "/account/activity?before=x", "/account/consents/%00"]
)
async def test_what_is_no_identifier_of_ours_does_not_exist(citizen: Visitor, path: str) -> None:
    assert (await citizen.http.get(path)).status_code == 404


async def test_like_refusals_are_one_entry_that_counts_them(citizen: Visitor) -> None:
    world = citizen.house.world
    record, token = await world.consented()
    async with world.storage.unit_of_work() as uow:
        await world.consents.withdraw(uow, record.id, subscriber_id=world.somchai)
    for _ in range(3):
        with pytest.raises(Refused):
            await world.exchange().pull(pull(token))
    html = (await citizen.http.get("/account/activity")).text
    assert Fields(html).data["data-outcome"] == ["refused"]
    assert "จำนวนครั้งภายในหนึ่งนาที" in html


async def test_what_was_told_at_sign_in_is_listed_and_taken_back(citizen: Visitor) -> None:
    world = citizen.house.world
    record = await world.signed_in(claims=("name", "email", "offline_access"), scope=("openid", "name", "email"))
    activity = (await citizen.http.get("/account/activity")).text
    assert len(Fields(activity).data["data-sign-in"]) == 1
    assert "ชื่อ-นามสกุล, อีเมล" in activity
    assert f"/account/consents/{record.id}" in activity
    assert "สมชาย" not in activity
    listed = (await citizen.http.get("/account/consents")).text
    assert "การเข้าสู่ระบบ" in listed
    detail = (await citizen.http.get(f"/account/consents/{record.id}")).text
    assert Fields(detail).data["data-claim"] == ["name", "email", "offline_access"]
    answer = await citizen.http.post(f"/account/consents/{record.id}/withdraw", data=Fields(detail).hidden)
    assert answer.status_code == 303
    async with world.storage.reading() as uow:
        assert await world.grants.live_of(uow, world.somchai) == []
    english = (await citizen.http.get(f"/account/consents/{record.id}", params={"lang": "en"})).text
    assert "Signing in to" in english
    assert "Name in Thai" in english


async def test_ended_consents_come_page_by_page_and_what_is_in_force_once(citizen: Visitor) -> None:
    world = citizen.house.world
    given = []
    for _ in range(ENDED_PAGE + 2):
        record, _ = await world.consented()
        given.append(record.id)
        async with world.storage.unit_of_work() as uow:
            await world.consents.withdraw(uow, record.id, subscriber_id=world.somchai)
        world.clock.advance(1)
    live, _ = await world.consented()
    first = (await citizen.http.get("/account/consents")).text
    assert Fields(first).data["data-consent"] == [live.id, *given[:1:-1]]
    last = given[2]
    assert f'href="/account/consents?before={last}"' in first
    second = (await citizen.http.get(f"/account/consents?before={last}")).text
    assert Fields(second).data["data-consent"] == [given[1], given[0]]
    assert 'id="older_consents"' not in second
    assert 'id="newest_consents"' in second
    none = (await citizen.http.get(f"/account/consents?before={given[0]}")).text
    assert "data-consent=" not in none
    assert "ไม่มีรายการก่อนหน้านี้" in none
    assert (await citizen.http.get("/account/consents?before=mdt_1")).status_code == 404
