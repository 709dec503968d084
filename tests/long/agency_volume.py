"""What agencies leave in the store: officers with names, rights, programs, counters, what waits, what was disclosed."""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from idp.agencies.member_store import member
from idp.agencies.seats.store import seat, seat_invitation
from idp.agencies.store import agency, agreement, service
from idp.approvals.store import proposal
from idp.authorization.client_registration.request_log import client_request
from idp.authorization.client_registration.store import client
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import new_id
from idp.keys.envelope import data_key
from idp.oversight.auditing.store import audit_inquiry
from idp.oversight.followup.store import oversight_sample
from idp.oversight.watched.store import watched_person
from idp.stations.store import station
from idp.subscribers.store import identity_to_bytes, subscriber
from tests.long.writing import Sealer, milliseconds, write
from tests.portal.auditing.house import somebody

SPAN: Final = timedelta(days=365)
DATASETS: Final = ("dopa.person", "dopa.address", "dbd.company")
OWNED: Final = "dopa.person"
"""Whose owner the first agency is."""
LARGE_SHARE: Final = 0.1
"""How much of everything is the first agency's."""


@dataclass(frozen=True)
class Sizes:
    """How much there is of what is neither an officer nor an entry."""

    agencies: int
    rights: int
    waiting: int
    further: int
    """Stations, programs, invitations, samples, inquiries and persons watched over, of each."""
    disclosures: int


def which_agency(agencies: Sequence[str], dice: random.Random) -> int:
    """The first one in a tenth of all cases, and where there are few."""
    return 0 if len(agencies) < 10 or dice.random() < LARGE_SHARE else dice.randrange(len(agencies))


class AgencyVolume:
    """Makes rows of agencies as years of use would leave them."""

    def __init__(self, agencies: Sequence[str], sealer: Sealer, dice: random.Random, now: datetime) -> None:
        self._agencies = agencies
        self._sealer = sealer
        self._dice = dice
        self._now = now

    def _agency(self) -> int:
        return which_agency(self._agencies, self._dice)

    def _id(self, prefix: str, at: datetime | None = None) -> str:
        return new_id(prefix, now=at or self._now, randomness=self._dice.randbytes)

    async def agencies(self, connection: AsyncConnection, like: dict[str, Any]) -> None:
        """The agencies, and a service of each like this one."""
        rows = (
            {
                "id": one, "code": f"volume-{place}", "name_th": f"หน่วยงานสมมติ {place}", "name_en": f"Agency {place}",
                "kind": "state", "status": "active", "sites": "[]",
                # nobody else owns it: the first one is an owner too
                "owns": '["dopa.person","dopa.photo"]' if place == 0 else "[]",
            }
            for place, one in enumerate(self._agencies)
        )  # fmt: skip
        await write(connection, agency, rows)
        services = ({**like, "id": f"volume-{place}", "agency_id": one} for place, one in enumerate(self._agencies))
        await write(connection, service, services)
        seats = (
            {
                "agency_id": one, "site": "", "role": "lookup_officer", "position_th": "เจ้าหน้าที่",
                "position_en": "Officer", "places": 1_000_000, "days": 365, "status": "active",
            }
            for one in self._agencies
        )  # fmt: skip
        await write(connection, seat, seats)

    async def officers(self, connection: AsyncConnection, count: int) -> list[str]:
        """Members, each another person with a name of their own; gives some of the ids."""
        began, at = self._now - SPAN, milliseconds(self._now - SPAN)
        known: list[str] = []
        for first in range(0, count, 50_000):
            people, keys, places = [], [], []
            for place in range(first, min(first + 50_000, count)):
                moment = began + SPAN * (place / count)
                person, member_id = self._id("sub", moment), self._id("mem", moment)
                identity = identity_to_bytes(somebody(1_000_000 + place))
                key, sealed = self._sealer.sealed(
                    person, at, table="subscriber", column="sealed_identity", value=identity
                )
                keys.append(key)
                people.append(
                    {
                        "id": person, "status": "active", "ial": "2.3", "enrolled_at": at, "sealed_identity": sealed,
                    }
                )  # fmt: skip
                places.append(
                    {
                        "id": member_id, "subscriber_id": person,
                        "agency_id": self._agencies[0 if place == 0 else self._agency()],
                        "position_th": "เจ้าหน้าที่", "position_en": "Officer", "roles": '["lookup_officer"]',
                        # some have left, some were never looked at again
                        "expires_at": milliseconds(self._now + SPAN * (self._dice.random() - 0.1)),
                        "status": "ended" if self._dice.random() < 0.05 else "active", "site": "", "reference": "",
                        "version": 1,
                    }
                )  # fmt: skip
                if len(known) < 20_000:
                    known.append(member_id)
            await write(connection, subscriber, iter(people))
            await write(connection, data_key, iter(keys))
            await write(connection, member, iter(places))
        return known

    async def rights(self, connection: AsyncConnection, count: int, waiting: int, platform: str) -> None:
        """Rights, and proposals that wait: for the platform, and for the owners of data."""
        await write(connection, agreement, (self._right() for _ in range(count)))
        for role, at in (("platform_admin", platform), ("data_owner", self._agencies[0])):
            await write(connection, proposal, (self._proposal(role, at) for _ in range(waiting)))

    async def further(self, connection: AsyncConnection, count: int, members: Sequence[str], program: Any) -> None:
        """Whatever else has a list."""
        await write(connection, station, (self._station() for _ in range(count)))
        programs = [(self._id("cli"), self._agencies[self._agency()]) for _ in range(count)]
        rows = (
            {**program, "id": one, "agency_id": agency_id, "registration_token_digest": None}
            for one, agency_id in programs
        )
        await write(connection, client, rows)
        await write(connection, client_request, (self._seen(place, programs) for place in range(10 * count)))
        await write(connection, seat_invitation, (self._invitation() for _ in range(count)))
        await write(connection, oversight_sample, (self._sample(place, count, members) for place in range(count)))
        await write(connection, watched_person, (self._watched(members[0]) for _ in range(count)))
        inquiries, keys = [], []
        for _ in range(min(count, 50_000)):
            inquiry_id, at = self._id("inq"), milliseconds(self._now)
            key, sealed = self._sealer.sealed(
                inquiry_id, at, table="audit_inquiry", column="sealed_reason", value=b"measured for its speed"
            )
            keys.append(key)
            inquiries.append(
                {
                    "id": inquiry_id, "kind": "search", "member_id": members[0], "at": at, "facets": "{}",
                    "agency_id": self._agencies[self._agency()], "sealed_reason": sealed,
                }
            )  # fmt: skip
        await write(connection, data_key, iter(keys))
        await write(connection, audit_inquiry, iter(inquiries))

    async def disclosures(
        self, connection: AsyncConnection, count: int, members: Sequence[str], people: Sequence[str]
    ) -> None:
        """A year of them; the people of this list have more than others."""
        await write(connection, disclosure, (self._disclosure(place, count, members, people) for place in range(count)))

    def _right(self) -> dict[str, Any]:
        which, dice = self._agency(), self._dice
        return {
            "id": self._id("agr"), "agency_id": self._agencies[which], "service_id": f"volume-{which}",
            "dataset": OWNED if which == 0 else dice.choice(DATASETS), "fields": '["name_th"]', "channel": "online",
            "bases": '["consent"]', "kind": "dopa_mou", "reference_no": "1/2569", "granted_by": "owner",
            "valid_from": milliseconds(self._now - SPAN),
            "valid_until": milliseconds(self._now + SPAN * (dice.random() - 0.2)), "daily_quota": 100,
            "status": dice.choice(("active", "active", "suspended", "ended")), "by_number": False,
            "officers_need_grant": which == 0, "version": 1,
        }  # fmt: skip

    def _proposal(self, role: str, at: str) -> dict[str, Any]:
        return {
            "id": self._id("prp"), "kind": "configuration.change", "target": secrets.token_hex(8), "before": "{}",
            "after": '{"a":1}', "approver_role": role, "approver_agency_id": at, "proposed_by": "mem_x",
            "proposed_by_person": "sub_x", "proposed_for": at, "proposed_at": milliseconds(self._now),
            "expires_at": milliseconds(self._now + timedelta(days=30)), "state": "open",
        }  # fmt: skip

    def _station(self) -> dict[str, Any]:
        # a hundred at most in the large one: a page shows all stations of an agency
        which = 0 if self._dice.random() < 0.0005 else self._dice.randrange(len(self._agencies))
        return {
            "id": self._id("sta"), "agency_id": self._agencies[which], "name_th": "เครื่องอ่าน", "name_en": "Reader",
            "public_jwk": "{}", "allow_virtual": False, "status": "active", "site": "", "mode": "one-slot",
            "is_too_old": False,
        }  # fmt: skip

    def _seen(self, place: int, programs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        at = milliseconds(self._now - timedelta(seconds=place))
        client_id, agency_id = programs[self._dice.randrange(len(programs))]
        return {
            "client_id": client_id, "agency_id": agency_id, "minute": at - at % 60_000, "endpoint": "token",
            "error": self._dice.choice(("", "", "invalid_grant")), "reason": f"{place}", "times": 1, "last_at": at,
            "correlation_id": "c",
        }  # fmt: skip

    def _invitation(self) -> dict[str, Any]:
        made = self._now - SPAN * self._dice.random()
        return {
            "id": self._id("inv", made), "digest": self._dice.randbytes(32), "site": "", "role": "lookup_officer",
            "agency_id": self._agencies[self._agency()], "reference": "", "made_at": milliseconds(made),
            "expires_at": milliseconds(made + timedelta(days=3)), "state": self._dice.choice(("waiting", "accepted")),
        }  # fmt: skip

    def _sample(self, place: int, count: int, members: Sequence[str]) -> dict[str, Any]:
        at, dice = self._now - SPAN + SPAN * (place / count), self._dice
        which, seen = self._agency(), place < count - count // 100
        return {
            "id": self._id("ovs", at), "agency_id": self._agencies[which], "day": at.date().isoformat(),
            "about": f"a{place}", "anchor": f"a{place}", "officer_id": dice.choice(members), "officer_person": "sub_x",
            "service_id": f"volume-{which}", "person": "p", "result": "released", "flags": '["bulk"]', "why": "flagged",
            "at": milliseconds(at), "verdict": "fine" if seen else None, "reviewed_by": members[0] if seen else None,
            "reviewed_at": milliseconds(at) if seen else None,
        }  # fmt: skip

    def _watched(self, by: str) -> dict[str, Any]:
        at = milliseconds(self._now)
        return {
            "id": self._id("wat"), "reference_no": "1/2569", "named_by": by, "named_at": at, "valid_until": at + 10**10,
            "status": self._dice.choice(("active", "ended")),
        }  # fmt: skip

    def _disclosure(self, place: int, count: int, members: Sequence[str], people: Sequence[str]) -> dict[str, Any]:
        at, dice, which = self._now - SPAN + SPAN * (place / count), self._dice, self._agency()
        disclosure_id = self._id("dis", at)
        person = people[place % len(people)] if place % 1_000 == 0 else f"sub_{dice.randrange(1_000_000)}"
        return {
            "id": disclosure_id, "subscriber_id": person, "agency_id": self._agencies[which], "client_id": "cli_x",
            "service_id": f"volume-{which}", "officer_id": members[dice.randrange(len(members))],
            "access_token_id": "t", "dataset": dice.choice(DATASETS), "fields": '["name_th"]', "basis": "consent",
            "outcome": "refused" if dice.random() < 0.05 else "released", "at": milliseconds(at),
            "audit_entry_id": f"aud_{disclosure_id[4:]}", "times": 1,
        }  # fmt: skip
