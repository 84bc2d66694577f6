"""Who may open the page of a view: those who have its address, under a name that it answers to."""

from __future__ import annotations

import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

#: Paths of the page itself; all others are what it loads.
PAGES = ("/", "/index.html")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
_WELCOME = '<!doctype html><meta http-equiv="refresh" content="0; url={}">'


class Access:
    """Lets those in who have the address that was printed.

    Args:
        host: address at which the page is served.

    Attributes:
        token: what the address ends with, kept by the browser as a cookie; new at every start.
        secret: what the page has to say first over its WebSocket; new at every start too.
    """

    def __init__(self, host: str) -> None:
        self.token, self.secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._names = {*_LOOPBACK, host.lower()}
        self._far = not is_loopback(host)
        if self._far:
            for name in (socket.gethostname().lower(), socket.getfqdn().lower()):
                self._names |= {name, name.partition(".")[0]}

    @web.middleware
    async def admit(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Refuse a request, or pass it on."""
        refusal = self._refusal(request)
        page = f"index.html?secret={self.secret}"
        response: web.StreamResponse
        if refusal:
            response = web.Response(status=403, text=f"403: {refusal}\n")
            response.force_close()
        elif request.path in PAGES and "token" in request.query:
            # Browsers keep the cookie from a redirection to which a link elsewhere has led.
            response = web.Response(text=_WELCOME.format(page), content_type="text/html")
            response.headers["Cache-Control"] = "no-store"
            name = _cookie(request)
            response.set_cookie(name, self.token, httponly=True, samesite="Strict", path="/")
        elif request.path in PAGES and request.query.get("secret") != self.secret:
            response = web.Response(status=302, headers={"Location": page})
        else:
            response = await handler(request)
        response.headers.update(_HEADERS)
        return response

    def _refusal(self, request: web.Request) -> str:
        """Why a request is refused, "" if it is not."""
        try:
            host = request.headers.get("Host", "").lower()
            origin = urlsplit(request.headers.get("Origin", f"http://{host}")).netloc.lower()
            name = urlsplit(f"//{host}").hostname or ""
            cookie = request.cookies.get(_cookie(request), "")
        except ValueError:
            return "the request names no host"
        # Names of attackers can be made to lead here; addresses in figures cannot.
        if name not in self._names and not (self._far and _in_figures(name)):
            return "the page is not served under this name: open the address that gpudem printed"
        if origin != host:
            return "other pages may not use this one"
        offered = request.query.get("token", cookie)
        if not hmac.compare_digest(offered.encode(errors="replace"), self.token.encode()):
            return (
                "open the address that gpudem printed when it started, with all that follows "
                '"?token="; each start has a new one'
            )
        return ""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    Raises:
        OSError: there is no such address.
    """
    found = socket.getaddrinfo(host or None, None, flags=socket.AI_PASSIVE)
    return all(ip_address(each[4][0]).is_loopback for each in found)


def _cookie(request: web.Request) -> str:
    # Browsers share cookies between all ports of a host; a tunnel may have changed the port.
    return f"gpudem-view-{urlsplit('//' + request.headers.get('Host', '')).port or 80}"


def _in_figures(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
