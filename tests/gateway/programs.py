"""A whole house whose agency's programs may also be told of things."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2

from idp.audit.model import SYSTEM
from idp.kernel.ids import ClientId
from tests.attacks.house import House, open_house
from tests.clock import FrozenClock
from tests.provider.oidc.program import Program
from tests.provider.oidc.world import GATEWAY


@dataclass
class Programs:
    """The house, and a way to call its data exchange as the program `jobs`."""

    house: House

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call with the program's own token for signals; gives the answer's JSON, None without any."""
        program = Program(self.house)
        answer = await program.token({"grant_type": "client_credentials", "scope": "ssf.manage"})
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        proof = program.proof(url=GATEWAY + path, method=method, access_token=token)
        headers = {"authorization": f"DPoP {token}", "dpop": proof, "content-type": "application/json"}
        async with httpx2.AsyncClient(transport=self.house.transport, base_url=GATEWAY, timeout=30) as http:
            content = None if body is None else json.dumps(body)
            said = await http.request(method, path, headers=headers, content=content)
        assert said.is_success, said.text
        return said.json() if said.content else None


@asynccontextmanager
async def open_programs(home: Path) -> AsyncIterator[Programs]:
    """The house, seeded, with its clock standing still."""
    async with open_house(home, FrozenClock()) as house:
        for name in ("jobs", "other"):
            await let_be_told(house, ClientId(name))
        yield Programs(house)


async def let_be_told(house: House, client_id: ClientId) -> None:
    """The program may manage its streams, and what its agency has here."""
    async with house.storage.unit_of_work() as uow:
        client = await house.clients.get(uow, client_id)
        assert client is not None
        scopes = (*client.scopes, "ssf.manage", "ssf.read", "agency.manage")
        await house.clients.replace(uow, replace(client, scopes=scopes), by=SYSTEM)
