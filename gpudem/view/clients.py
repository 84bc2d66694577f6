"""The browsers that show the page of a view: what they may ask and how often, and their answers."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection
from contextlib import nullcontext, suppress
from typing import Any

import msgpack
from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.http_exceptions import HttpProcessingError
from wslink.backends.aiohttp import AioHttpWsHandler
from wslink.protocol import METHOD_NOT_FOUND

from gpudem.view.access import PAGES

#: Browsers at a time; other connections at a time, which load the page.
_CLIENTS, _CONNECTIONS = 16, 128
#: Largest message [bytes].
_MESSAGE = 64 * 1024
#: Messages of a browser per second, and how many may come at once.
_RATE, _BURST = 300.0, 300
#: Time in which a browser has to take what it is sent, and between questions if it is there [s].
_PATIENCE, _HEARTBEAT = 10.0, 30.0
#: Largest side of the picture [pixels].
_SIDE = 5120
#: Longest word that the page tells [characters].
_WORD = 40
#: What stands before a message: number, offset and size of the whole, of four bytes each.
_HEADER = 12
_SOCKET = "/ws"


class Clients(AioHttpWsHandler):
    """All browsers that show a page, in place of what wslink has for them.

    Args:
        protocol: of the trame server.
        web_app: wslink's web server.
        wishes: names of the state that browsers may change.
    """

    def __init__(self, protocol: Any, web_app: Any, wishes: Collection[str]) -> None:
        super().__init__(protocol, web_app)
        # Under wslink's common lock all would wait for the one that reads slowest.
        self.attachment_atomic = nullcontext()
        self._outboxes: dict[str, Outbox] = {}
        self._calls = _calls(wishes)
        # What the page tells about itself is of no use here, but it waits for an answer.
        self.functionMap["trame.lifecycle.update"] = (self, lambda *_: None)
        for library in ("trame_server.protocol", "wslink"):
            # Whoever sends nonsense gets an answer; it is not for the terminal.
            logging.getLogger(library).addHandler(logging.NullHandler())
        logging.getLogger("aiohttp.server").addFilter(_no_rubbish)
        web_app.app.middlewares.append(self.admit)

    @web.middleware
    async def admit(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Refuse one browser too many; serve the others."""
        if request.path in (*PAGES, _SOCKET) and len(self.connections) >= _CLIENTS:
            text = f"503: {_CLIENTS} browsers show this page, and more it does not serve: "
            return web.Response(status=503, text=f"{text}close one of them and reload\n")
        return await (self.handleWsRequest if request.path == _SOCKET else handler)(request)

    async def handleWsRequest(self, request: web.Request) -> web.StreamResponse:
        """Serve one browser until it goes."""
        name, pace = secrets.token_hex(16), _Pace()
        client = _Socket(request, max_msg_size=_MESSAGE, heartbeat=_HEARTBEAT)
        self.connections[name] = client
        self._outboxes[name] = outbox = Outbox()
        await self.onConnect(request, name)
        delivery = None
        try:
            await client.prepare(request)
            delivery = asyncio.ensure_future(outbox.deliver(self._send, name))
            async for message in client:
                await pace.wait()
                await self.onMessage(message.type == WSMsgType.BINARY, message, name)
        finally:
            if delivery is not None:
                delivery.cancel()
            await self.onClose(name)
            del self.connections[name], self._outboxes[name]
            self.authentified_client_ids.discard(name)
        return client

    async def onMessage(self, is_binary: bool, message: Any, client_id: str) -> None:
        """Answer a message; one that is none, or not whole, ends the connection."""
        call = _read(message.data) if is_binary else None
        if call is None:
            await self.connections[client_id].close(code=WSCloseCode.UNSUPPORTED_DATA)
            return
        system = call["id"].startswith("system:")
        if system or self._may(call["method"], call["args"]):
            await self.onCompleteMessage(call, client_id)
        else:
            told = "not among what the page asks"
            await self.sendWrappedError(call["id"], METHOD_NOT_FOUND, told, client_id=client_id)

    def publish(
        self,
        topic: str,
        data: Any,
        client_id: str | None = None,
        skip_last_active_client: bool = False,
    ) -> None:
        """Tell browsers something, each as soon as it can take it."""
        skipped = self.web_app.last_active_client_id if skip_last_active_client else None
        for name in (client_id,) if client_id else tuple(self._outboxes):
            if name != skipped and self.isClientAuthenticated(name):
                self._outboxes[name].put(topic, data)

    def drop_idle(self) -> None:
        """Close the connections that are no browser's, if there are too many of them."""
        taken = {client.connection for client in self.connections.values()}
        others = [each for each in self.web_app.runner.server.connections if each not in taken]
        if len(others) > _CONNECTIONS:
            for connection in others:
                connection.force_close()

    async def _send(self, topic: str, data: Any, name: str) -> None:
        await self.sendWrappedMessage(f"publish:{topic}:0", data, client_id=name)

    def _may(self, method: str, arguments: list[Any]) -> bool:
        try:
            return method in self._calls and bool(self._calls[method](*arguments))
        except (TypeError, ValueError, KeyError, AttributeError):
            return False


class _Socket(web.WebSocketResponse):
    """A connection that is cut where the other side does not read."""

    def __init__(self, request: web.Request, **options: Any) -> None:
        super().__init__(**options)
        self.connection, self._transport = request.protocol, request.transport

    async def send_bytes(self, *arguments: Any) -> None:
        if self._transport is None:
            return
        cut = asyncio.get_running_loop().call_later(_PATIENCE, self._transport.abort)
        try:
            # Who has gone needs no answer.
            with suppress(ConnectionError):
                await super().send_bytes(*arguments)
        finally:
            cut.cancel()


class _Pace:
    """Holds a browser back that sends too much: what it has sent beyond stays unread."""

    def __init__(self) -> None:
        self._next = 0.0

    async def wait(self) -> None:
        """Wait until the next message is due; others have their turn in any case."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - _BURST / _RATE) + 1.0 / _RATE
        await asyncio.sleep(max(self._next - now, 0.0))


class Outbox:
    """What a browser has still to be told: of all that changed the newest, so it cannot grow."""

    def __init__(self) -> None:
        self._waiting: dict[str, Any] = {}
        self._ready = asyncio.Event()

    def put(self, topic: str, data: Any) -> None:
        """Add what is to be told."""
        if isinstance(data, dict):
            data = {**self._waiting.get(topic, {}), **data}
        self._waiting[topic] = data
        self._ready.set()

    async def deliver(self, send: Callable[[str, Any, str], Awaitable[None]], name: str) -> None:
        """Send it, one after the other, for ever."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._waiting:
                topic = next(iter(self._waiting))
                await send(topic, self._waiting.pop(topic), name)


def _calls(wishes: Collection[str]) -> dict[str, Callable[..., Any]]:
    """Methods that the page calls, and whether their arguments are such as it gives."""
    return {
        "trame.lifecycle.update": lambda stage: True,
        "trame.state.get": lambda: True,
        "trame.state.update": lambda changes: all(
            each["key"] in wishes and _short(each.get("value")) for each in changes
        ),
        "trame.trigger": lambda name, arguments, named: not named,
        "viewport.image.push": lambda options: True,
        "viewport.image.push.invalidate.cache": lambda view: True,
        "viewport.image.push.observer.add": lambda view: True,
        "viewport.image.push.original.size": lambda view, *size: (
            len(size) == 2 and all(0.0 < side <= _SIDE for side in size)
        ),
        "viewport.image.push.quality": lambda view, quality, ratio=1.0: (
            0.0 < quality <= 100.0 and 0.0 < ratio <= 1.0
        ),
        "viewport.mouse.interaction": lambda event: True,
        "viewport.mouse.zoom.wheel": lambda event: True,
    }


def _no_rubbish(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def _short(value: Any) -> bool:
    return value is None or isinstance(value, (int, float)) or len(value) <= _WORD


def _read(data: bytes) -> dict[str, Any] | None:
    """A call from a message: "id", "method" and "args"; None if it is none, or only part of one.

    The page's calls are far too small to come in parts, for which memory would have to be kept.
    """
    body = data[_HEADER:]
    if data[4:_HEADER] != bytes(4) + len(body).to_bytes(4, "little"):
        return None
    try:
        call = msgpack.unpackb(body)
        call = {"id": call["id"], "method": call["method"], "args": call.get("args", [])}
    except Exception:  # msgpack names no common class of what it raises
        return None
    kinds = (str, str, list)
    good = all(isinstance(value, kind) for value, kind in zip(call.values(), kinds, strict=True))
    return call if good else None
