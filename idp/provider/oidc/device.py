"""The device authorization endpoint (RFC 8628 §3.1) and the short address where people enter a code."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.authorization.device.service import DeviceFlow
from idp.protocol.errors import OAuth2Error
from idp.provider.oidc.callers import Callers
from idp.provider.oidc.wire import json_answer, oauth_error, read_parameters
from idp.web.routes import Access, Entry


class DeviceEndpoints:
    """`/device_authorization` for devices, `/device` for people: it leads into my account, where the code is typed."""

    def __init__(self, *, callers: Callers, device: DeviceFlow) -> None:
        self._callers = callers
        self._device = device

    def entries(self) -> tuple[Entry, ...]:
        """The paths that the metadata and the devices name."""
        return (
            Entry("/device_authorization", ("POST",), self._ask, Access.CLIENT, "device_authorization"),
            Entry("/device", ("GET",), self._enter, Access.ANYONE, "device"),
        )

    async def _ask(self, request: Request) -> Response:
        try:
            parameters = await read_parameters(request)
            credentials = await self._callers.credentials(request, parameters)
            return json_answer(await self._device.ask(credentials, parameters), nonce=None)
        except OAuth2Error as error:
            return oauth_error(error, nonce=None, request=request)

    async def _enter(self, request: Request) -> Response:
        code = request.query_params.get("user_code", "")
        return RedirectResponse(f"/account/device/{quote(code, safe='')}" if code else "/account/device", 303)
