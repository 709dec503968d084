"""Preparing a store for the demonstration, and telling strangers where everything is."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from connectors.card.epassport.mrz import LINE
from connectors.card.virtual.passports import mrz_lines
from connectors.fictitious.personas import COMPANY_PERSONAS, PASSPORT_PERSONAS, PERSONAS, PassportPersona
from idp.app.demo.agencies import FILING_CLIENT, JOBS_CLIENT, make_agencies, make_clients
from idp.app.demo.counter_rights import grant_counter_rights
from idp.app.demo.every_paper import CALLBACK, PAPERS_CLIENT, make_every_paper
from idp.app.demo.onboarding import make_applications
from idp.app.demo.pairing import agent_config, make_stations
from idp.app.demo.people import BUSINESS, CITIZENS, STAFF, confirm_signatories, make_citizens, make_staff, passkey_link
from idp.app.demo.seats import make_seats
from idp.app.demo.stations import FIRST, STATIONS, WATER, agent_file_of
from idp.app.demo.waterworks import WATER_CLIENT, WATER_CODE, WATER_OFFICER, WATER_VISITOR, make_waterworks
from idp.app.places import desk_socket_of
from idp.app.portal_client import register_portal
from idp.app.rooms import Rooms
from idp.authentication.passkey_links import page_of_link
from idp.keys.files import write_secret
from idp.settings import Settings


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the demonstration's programs are, beside the doors."""

    simulators: str
    jobs: str
    efiling: str
    water: str


async def prepare_story(settings: Settings, rooms: Rooms, addresses: Addresses, *, card: str) -> None:
    """Fill an empty store, and write the configuration files of the stations' agents and of the agencies' programs."""
    jobs_key, filing_key, water_key, papers_key = (ECKey.generate_key("P-256") for _ in range(4))
    station_keys = {station.id: ECKey.generate_key("P-256") for station in STATIONS}
    async with rooms.ground.storage.unit_of_work() as uow:
        agencies = await make_agencies(uow, rooms)
        await grant_counter_rights(uow, rooms, agencies.employment.id)
        await make_seats(uow, rooms, agencies.employment)
        await register_portal(uow, rooms, settings)
        await make_clients(
            uow,
            rooms,
            agencies=agencies,
            jobs_url=addresses.jobs,
            jobs_jwk=_public(jobs_key),
            filing_url=addresses.efiling,
            filing_jwk=_public(filing_key),
        )
        await make_waterworks(uow, rooms, url=addresses.water, jwk=_public(water_key))
        await make_every_paper(uow, rooms, jwk=_public(papers_key))
        await make_staff(uow, rooms)
        await make_citizens(uow, rooms)
        await make_applications(uow, rooms)
        await make_stations(uow, rooms, station_keys)
    await confirm_signatories(rooms)
    issuer_jwks = await rooms.ground.signing_keys.public_jwks()
    for station in STATIONS:
        config = agent_config(settings, station, station_keys[station.id], issuer_jwks=issuer_jwks, card=card)
        _write_json(agent_file_of(settings.home, station.id), config)
    folder = settings.home / "agencies"
    counters = {
        station.id: {"th": station.name_th, "en": station.name_en}
        for station in STATIONS
        if station.agency_code == WATER_CODE
    }
    programs: tuple[tuple[str, ECKey, str, dict[str, Any]], ...] = (
        (JOBS_CLIENT, jobs_key, addresses.jobs, {}),
        (FILING_CLIENT, filing_key, addresses.efiling, {}),
        (PAPERS_CLIENT, papers_key, CALLBACK, {}),
        (WATER_CLIENT, water_key, addresses.water, {"stations": counters}),
    )
    for client_id, key, url, more in programs:
        _write_json(folder / f"{client_id}.key.json", {**key.as_dict(private=True), "kid": key.thumbprint()})
        _write_json(
            folder / f"{client_id}.json",
            {
                "issuer": settings.issuer,
                "gateway": settings.gateway_url,
                "client_id": client_id,
                "client_key_file": f"{client_id}.key.json",
                "base_url": url,
                "store": f"{client_id}.db",
                **more,
            },
        )


async def told_to_strangers(
    settings: Settings, rooms: Rooms, addresses: Addresses, *, card_stack: str
) -> dict[str, Any]:
    """The content of `endpoints.json`: addresses, personas with a fresh passkey link for the staff, and commands."""
    async with rooms.ground.storage.unit_of_work() as uow:
        employment = await rooms.agencies.agency_by_code(uow, "employment")
        assert employment is not None
        linked = (*(post.persona for post in STAFF), *BUSINESS)
        links = {persona: await passkey_link(uow, rooms, persona) for persona in linked}
    personas = [
        *({"key": post.persona, "role": post.roles[0].value} for post in STAFF),
        *({"key": key, "role": "citizen"} for key in (*CITIZENS, *BUSINESS)),
    ]
    for told in personas:
        person = PERSONAS[told["key"]].person
        token = links.get(told["key"])
        told.update(
            name_th=person.name_th.full(),
            name_en=person.name_en.full(),
            citizen_id_masked=person.citizen_id.masked(),
            **({} if token is None else {"passkey_link": link_url(settings, token)}),
        )
    foreigners = [
        {
            "key": persona.key,
            "role": "foreigner",
            "name_th": _name_of(persona),
            "name_en": _name_of(persona),
            "passport_line": mrz_lines(persona.data)[LINE:],
        }
        for persona in PASSPORT_PERSONAS.values()
    ]
    return {
        "issuer": settings.issuer,
        "gateway": settings.gateway_url,
        "portal": settings.portal_url,
        "simulators": addresses.simulators,
        "jobs": addresses.jobs,
        "efiling": addresses.efiling,
        "water": {
            "url": addresses.water,
            "officer": WATER_OFFICER,
            "visitor": WATER_VISITOR,
            "station_id": WATER,
        },
        "personas": [*personas, *foreigners],
        "station_id": FIRST,
        "card_stack": card_stack,
        "desk_socket": str(desk_socket_of(settings.home, FIRST)),
        "stations": {station.id: station.mode.value for station in STATIONS},
        "home": str(settings.home.resolve()),
        "store": rooms.ground.storage.engine.dialect.name,
        "card_command": [sys.executable, "-m", "idp.cli", "card"],
        "audit_command": [sys.executable, "-m", "idp.cli", "audit"],
        "evidence_command": [sys.executable, "-m", "idp.cli", "evidence"],
        "company": {"juristic_id": COMPANY_PERSONAS["thongdee"].juristic_id.digits},
        "companies": {
            key: {"juristic_id": persona.juristic_id.digits, "name_th": persona.name_th}
            for key, persona in COMPANY_PERSONAS.items()
        },
        "agencies": {
            "jobs": {
                "client_id": JOBS_CLIENT,
                "client_key_file": str((settings.home / "agencies" / "jobs.key.json").resolve()),
                "name_th": employment.name_th,
                "name_en": employment.name_en,
            },
            "papers": {
                "client_id": PAPERS_CLIENT,
                "client_key_file": str((settings.home / "agencies" / f"{PAPERS_CLIENT}.key.json").resolve()),
                "redirect_uri": CALLBACK,
            },
        },
    }


def link_url(settings: Settings, token: str) -> str:
    """The address of a passkey link."""
    return f"{settings.issuer}{page_of_link(token)}"


def _public(key: ECKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_secret(path, json.dumps(content, ensure_ascii=False, indent=2).encode())


def _name_of(foreigner: PassportPersona) -> str:
    return f"{foreigner.data.given_names} {foreigner.data.surname}".title()
