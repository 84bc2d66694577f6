"""Who gets at the page of `gpudem view --web` and what they may do there, with real sockets."""

import asyncio
import re
import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from gpudem.pictures import rendering
from tests.beadrun import write_beads
from tests.servedpage import PATIENCE, served

aiohttp = pytest.importorskip("aiohttp", reason="trame is not installed")
msgpack = pytest.importorskip("msgpack", reason="trame is not installed")
pytest.importorskip("trame.app", reason="trame is not installed")

from aiohttp.test_utils import make_mocked_request  # noqa: E402

from gpudem.view.access import Access, is_loopback  # noqa: E402
from gpudem.view.clients import Outbox  # noqa: E402

CLIENTS = 16
UNKNOWN, UNAUTHORISED = -32601, -32000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    if not rendering.can_render():
        pytest.skip("nothing can be drawn on this machine")
    folder = tmp_path_factory.mktemp("page")
    write_beads(folder / "beads.vtkhdf")
    return folder


@pytest.fixture(scope="module")
def address(folder):
    """A page that all tests attack; it has nothing to say about that."""
    with served(folder, "beads.vtkhdf", quiet=True) as address:
        yield address


def frame(message):
    """A message as wslink frames it."""
    body = msgpack.packb(message)
    return bytes(8) + len(body).to_bytes(4, "little") + body


class Visitor:
    """A browser without a screen: asks for pages and speaks over the WebSocket."""

    def __init__(self, address):
        self.address = address
        jar = aiohttp.CookieJar(unsafe=True)
        self.session = aiohttp.ClientSession(f"http://127.0.0.1:{address.port}", cookie_jar=jar)
        self.socket, self.number = None, 0

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    async def get(self, path="/", **headers):
        async with self.session.get(path, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer

    async def enter(self):
        """Opens the printed address; gives the secret of the page."""
        _, text, _ = await self.get(f"/?token={self.address.token}")
        return re.search(r'url=index\.html\?secret=([\w-]{43})"', text)[1]

    async def connect(self, **headers):
        self.socket = await self.session.ws_connect("/ws", headers=headers, max_msg_size=0)

    async def begin(self):
        """Does what the page does when it is loaded."""
        secret = await self.enter()
        await self.connect()
        assert "result" in await self.call("wslink.hello", {"secret": secret}, kind="system")

    async def call(self, method, *arguments, kind="rpc"):
        name = f"{kind}:c0:{self.number}"
        self.number += 1
        await self.socket.send_bytes(frame({"id": name, "method": method, "args": arguments}))
        while True:
            message = await asyncio.wait_for(self.socket.receive(), PATIENCE)
            if message.type != aiohttp.WSMsgType.BINARY:
                return {"closed": self.socket.close_code}
            answer = msgpack.unpackb(message.data[12:])
            if answer["id"] == name:
                return answer

    async def closed(self):
        """Waits for the end; gives its code."""
        while not self.socket.closed:
            await asyncio.wait_for(self.socket.receive(), PATIENCE)
        return self.socket.close_code


def visiting(test):
    """Runs a test with two visitors."""

    def run(address):
        async def visit():
            async with Visitor(address) as one, Visitor(address) as other:
                await test(one, other)

        asyncio.run(visit())

    return run


async def refused(visitor, **headers):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await visitor.connect(**headers)
    return refusal.value.status


def memory(address):
    """What the process holds [MB]; 0 where that is not told."""
    status = Path(f"/proc/{address.process}/status")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text() if status.exists() else "")
    return int(found[1]) / 1000.0 if found else 0.0


# --- token ---------------------------------------------------------------------------------


@visiting
async def test_without_the_token_nothing_opens(visitor, other):
    for path in (
        "/",
        "/index.html",
        "/vue.global.js",
        "/ws",
        "/nothing",
        "/?token=",
        "/?token=%ff",
    ):
        status, text, _ = await visitor.get(path)
        assert status == 403
        assert text == (
            "403: open the address that gpudem printed when it started, with all that follows "
            '"?token="; each start has a new one\n'
        )
    assert await refused(visitor) == 403
    wrong = visitor.address.token[:-1] + ("A" if visitor.address.token[-1] != "A" else "B")
    assert (await visitor.get(f"/?token={wrong}"))[0] == 403
    assert (await visitor.get(Cookie=f"gpudem-view-{visitor.address.port}={wrong}"))[0] == 403


@visiting
async def test_the_token_becomes_a_cookie_that_belongs_to_the_port(visitor, other):
    status, text, answer = await visitor.get(f"/?token={visitor.address.token}")
    assert status == 200 and visitor.address.token not in text
    cookie = answer.cookies[f"gpudem-view-{visitor.address.port}"]
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    status, _, answer = await visitor.get()
    assert status == 302 and answer.headers["Location"].startswith("index.html?secret=")
    assert (await visitor.get("/" + answer.headers["Location"]))[0] == 200
    assert (await visitor.get("/vue.global.js"))[0] == 200
    # A tunnel changes the port, and with it the cookie's name.
    _, _, answer = await other.get(f"/?token={visitor.address.token}", Host="localhost:9999")
    assert list(answer.cookies) == ["gpudem-view-9999"]


def test_a_token_of_an_earlier_start_is_refused(address, folder):
    async def visit(later):
        async with Visitor(later) as visitor:
            assert (await visitor.get(f"/?token={address.token}"))[0] == 403
            name = f"gpudem-view-{later.port}"
            assert (await visitor.get(Cookie=f"{name}={address.token}"))[0] == 403
            assert (await visitor.get(f"/?token={later.token}"))[0] == 200

    with served(folder, "beads.vtkhdf", quiet=True) as later:
        asyncio.run(visit(later))


# --- Host and Origin -------------------------------------------------------------------------


@visiting
async def test_a_foreign_name_is_refused(visitor, other):
    await visitor.enter()
    page, port = f"/?token={visitor.address.token}", visitor.address.port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "10.0.0.1", "["):
        assert (await visitor.get(page, Host=host))[0] == 403, host
        assert await refused(visitor, Host=host) == 403
    assert "not served under this name" in (await visitor.get(page, Host="evil.example"))[1]
    for host in (f"localhost:{port}", "localhost:9999", "LOCALHOST", "[::1]:8080", "127.0.0.1"):
        assert (await visitor.get(page, Host=host))[0] == 200, host


@visiting
async def test_a_foreign_origin_is_refused(visitor, other):
    await visitor.begin()
    port = visitor.address.port
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", f"http://localhost:{port}"):
        status, text, _ = await visitor.get(Origin=origin)
        assert status == 403 and "other pages" in text
        assert await refused(visitor, Origin=origin) == 403
    await visitor.connect(Origin=f"http://127.0.0.1:{port}")


def test_who_is_served_far_away_answers_to_the_names_of_the_machine(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "Mill7.lab.example")
    monkeypatch.setattr(socket, "getfqdn", lambda: "mill7.uni.example")

    def status(asked, host):
        access = Access(asked)
        headers = {"Host": host}
        request = make_mocked_request("GET", f"/?token={access.token}", headers=headers)
        return asyncio.run(access.admit(request, None)).status

    own = (
        "mill7:8080",
        "mill7.lab.example",
        "mill7.uni.example:8080",
        "192.0.2.7:8080",
        "[fe80::1]",
    )
    for name in own:
        assert status("0.0.0.0", name) == status("192.0.2.1", name) == 200, name
        assert status("127.0.0.1", name) == 403, name
    for name in ("localhost:8080", "127.0.0.1:8080"):
        assert status("0.0.0.0", name) == 200
    for name in ("evil.example", "mill7.evil.example:8080", "192.0.2.7.evil.example", ""):
        assert status("0.0.0.0", name) == 403, name
    assert is_loopback("localhost") and is_loopback("127.0.0.2") and is_loopback("::1")
    assert not (is_loopback("0.0.0.0") or is_loopback("::") or is_loopback("192.0.2.1"))


# --- what may be called ------------------------------------------------------------------------


@visiting
async def test_the_socket_wants_the_secret_of_this_start(visitor, other):
    await visitor.enter()
    for secret in ("wslink-secret", "", visitor.address.token):
        await visitor.connect()
        answer = await visitor.call("wslink.hello", {"secret": secret}, kind="system")
        assert answer["error"]["code"] == UNAUTHORISED
        assert (await visitor.call("trame.state.get"))["error"]["code"] == UNAUTHORISED


@visiting
async def test_only_what_the_page_needs_can_be_called(visitor, other):
    await visitor.begin()
    view, big = "1", 10**6
    for call in (
        ("application.exit",),
        ("application.exit.later", 0),
        ("trame.force.push", "number"),
        ("trame.error.client", "seen in the terminal"),
        ("viewport.camera.reset", view),
        ("viewport.image.animation.start", view),
        ("viewport.geometry.view.get.state", view),
        ("viewport.image.push.original.size", view, big, big),
        ("viewport.image.push.original.size", view, float("nan"), 100),
        ("viewport.image.push.quality", view, "good"),
        ("trame.state.update", [{"key": "trame__scripts", "value": ["evil.js"]}]),
        ("trame.state.update", [{"key": "bead", "value": "1" * 1000}]),
        ("trame.state.update", "number"),
        ("trame.state.get", "more"),
        ("no.such.method",),
    ):
        answer = await visitor.call(*call)
        assert answer["error"]["code"] == UNKNOWN, call
    assert (await visitor.call("trame.lifecycle.update", "server_ready"))["result"] is None
    assert await visitor.call("trame.state.update", [{"key": "number", "value": 1}])
    assert "result" in await visitor.call("trame.state.get")


@visiting
async def test_values_that_make_no_sense_leave_the_page_as_it_was(visitor, other):
    await visitor.begin()
    await visitor.call("viewport.image.push.observer.add", "1")
    for key in ("number", "colour", "view", "look", "bead", "speed"):
        for value in ("no such", "$\\no", [], float("nan"), float("inf"), -1e300, True, None, {}):
            change = [{"key": key, "value": value}]
            answer = await visitor.call("trame.state.update", change)
            assert "result" in answer, (key, value, answer)
    # What was wrong is shown as it was written, no formula, and time goes on.
    await visitor.call("trame.state.update", [{"key": "bead", "value": "$x^{$"}])
    assert "result" in await visitor.call("trame.trigger", "trigger__1", [1], {})
    await visitor.call("trame.state.update", [{"key": "colour", "value": "spin"}])
    state = (await visitor.call("trame.state.get"))["result"]["state"]
    assert (
        state["colour"] == "spin" and state["number"] in range(5) and state["view"] == "perspective"
    )


# --- too much -------------------------------------------------------------------------------------


@visiting
async def test_what_is_no_message_ends_the_connection(visitor, other):
    await visitor.begin()
    whole = frame({"id": "rpc:c0:0", "method": "trame.state.get", "args": []})
    giant = bytes(8) + (2**32 - 1).to_bytes(4, "little") + whole[12:]
    nested = bytes(8) + (500).to_bytes(4, "little") + b"\x91" * 500
    for data, code in (
        (bytes(65537), 1009),
        (giant, 1003),
        (whole[:-1], 1003),
        (b"", 1003),
        (bytes(12), 1003),
        (nested, 1003),
        (frame(5), 1003),
        (frame({"id": 5, "method": "trame.state.get"}), 1003),
        (frame({"id": "rpc:c0:0", "args": []}), 1003),
        (frame({"id": "rpc:c0:0", "method": ["x"], "args": []}), 1003),
    ):
        await visitor.connect()
        await visitor.socket.send_bytes(data)
        assert await visitor.closed() == code, data[:40]
    await visitor.connect()
    await visitor.socket.send_str("text")
    assert await visitor.closed() == 1003


@visiting
async def test_a_flood_is_held_back_and_others_are_answered(visitor, other):
    await visitor.begin()
    await other.begin()
    before = memory(visitor.address)
    answers, ends = 0, time.monotonic() + 4.0

    async def pour():
        message = frame(
            {"id": "rpc:c0:0", "method": "trame.lifecycle.update", "args": ["x" * 2000]}
        )
        while time.monotonic() < ends:
            await visitor.socket.send_bytes(message)

    async def count():
        nonlocal answers
        while time.monotonic() < ends:
            await visitor.socket.receive()
            answers += 1

    flood = asyncio.gather(pour(), count())
    slowest, calls = 0.0, 0
    while time.monotonic() < ends:
        began = time.monotonic()
        assert "result" in await other.call("trame.lifecycle.update", "client_mounted")
        slowest, calls = max(slowest, time.monotonic() - began), calls + 1
        await asyncio.sleep(0.02)
    flood.cancel()
    assert 300 <= answers <= 300 + 5.0 * 300
    assert calls > 20 and slowest < 1.0
    assert memory(visitor.address) - before < 30.0


@contextmanager
def deaf(address, *messages):
    """A browser that says something and never reads."""

    async def secret():
        async with Visitor(address) as visitor:
            return await visitor.enter()

    hello = {
        "id": "system:c0:0",
        "method": "wslink.hello",
        "args": [{"secret": asyncio.run(secret())}],
    }
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.connect(("127.0.0.1", address.port))
        caller.sendall(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{address.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Cookie: gpudem-view-{address.port}={address.token}\r\n\r\n".encode()
        )
        assert caller.recv(12) == b"HTTP/1.1 101"
        for message in (hello, *messages):
            data = frame(message)
            assert len(data) < 126
            caller.sendall(bytes([0x82, 0x80 | len(data)]) + bytes(4) + data)
        yield caller


def test_who_never_reads_is_cut_off_and_holds_nobody_up(address):
    async def visit():
        async with Visitor(address) as other:
            await other.begin()
            before, slowest, ends = memory(address), 0.0, time.monotonic() + 13.0
            while time.monotonic() < ends:
                asked = time.monotonic()
                # Draws anew and tells all browsers.
                number = int(2.0 * asked) % 5
                await other.call("trame.state.update", [{"key": "number", "value": number}])
                assert "result" in await other.call("trame.state.get")
                slowest = max(slowest, time.monotonic() - asked)
                await asyncio.sleep(0.1)
            assert slowest < 3.0
            assert memory(address) - before < 50.0

    state = {"id": "rpc:c0:1", "method": "trame.state.get", "args": []}
    with deaf(address, *250 * [state]) as caller:
        asyncio.run(visit())
        # What had left the process already can still be read, then comes the end.
        caller.settimeout(5.0)
        with suppress(ConnectionError):
            while caller.recv(2**20):
                pass


def test_who_reads_slowly_gets_the_newest_of_all_that_changed():
    async def tell():
        sent, outbox, taken = [], Outbox(), asyncio.Event()

        async def send(topic, data, name):
            sent.append((topic, data))
            await taken.wait()

        delivery = asyncio.ensure_future(outbox.deliver(send, "one"))
        outbox.put("state", {"clock": 0})
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for number in range(1, 1000):
            outbox.put(
                "state", {"clock": number, "panel": number} if number < 9 else {"clock": number}
            )
            outbox.put("picture", {"image": number})
        taken.set()
        await asyncio.sleep(0.1)
        delivery.cancel()
        return sent

    assert asyncio.run(tell()) == [
        ("state", {"clock": 0}),
        ("state", {"clock": 999, "panel": 8}),
        ("picture", {"image": 999}),
    ]


def test_the_page_ends_at_once_whoever_looks_at_it(folder):
    state = {"id": "rpc:c0:1", "method": "trame.state.get", "args": []}
    with ExitStack() as stack:
        with served(folder, "beads.vtkhdf", quiet=True) as address:
            stack.enter_context(deaf(address, *250 * [state]))
            stack.enter_context(deaf(address))
            began = time.monotonic()
        assert time.monotonic() - began < 8.0


def test_one_browser_too_many_is_told_so(address):
    async def visit():
        visitors = [Visitor(address) for _ in range(CLIENTS + 1)]
        try:
            for visitor in visitors:
                secret = await visitor.enter()
            for visitor in visitors[:-1]:
                await visitor.connect()
            status, text, _ = await visitors[-1].get(f"/index.html?secret={secret}")
            assert status == 503 and f"{CLIENTS} browsers show this page" in text
            assert await refused(visitors[-1]) == 503
            await visitors[0].socket.close()
            await asyncio.sleep(0.2)
            await visitors[-1].begin()
        finally:
            for visitor in visitors:
                await visitor.session.close()

    asyncio.run(visit())


@visiting
async def test_connections_that_ask_nothing_do_not_pile_up(visitor, other):
    await other.begin()
    idle = []
    try:
        for _ in range(300):
            idle.append(socket.create_connection(("127.0.0.1", visitor.address.port), timeout=5.0))
        await asyncio.sleep(1.0)
        closed = 0
        for each in idle:
            each.setblocking(False)
            with suppress(BlockingIOError):
                closed += each.recv(1) == b""
        assert closed >= 300 - 128
        await visitor.begin()
        assert "result" in await other.call("trame.state.get")
    finally:
        for each in idle:
            each.close()


def test_rubbish_instead_of_requests_is_not_told(address):
    for data in (b"rubbish\r\n\r\n", b"\x16\x03\x01" + bytes(200), b"GET / HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", address.port), timeout=5.0) as caller:
            caller.sendall(data)
            assert caller.recv(100).split()[1] in (b"400", b"403")
