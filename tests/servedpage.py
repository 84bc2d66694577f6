"""The page of a view, served in a process of its own as users do."""

import re
import signal
import socket
import subprocess
import time
from contextlib import contextmanager

from tests.runs import environment, words

PATIENCE = 60.0


class Address(str):
    """What was printed, with what it is made of."""

    port: int
    token: str
    process: int


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def served(folder, *arguments, quiet=False):
    """Serves a run file as users do; gives the page's address.

    Args:
        folder: where it is started.
        arguments: of the command.
        quiet: whether nothing at all may stand in stderr; tracebacks never may.
    """
    port = free_port()
    with subprocess.Popen(
        words("view", "--web", "--port", port, *arguments),
        cwd=folder,
        env=environment(DISPLAY=""),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            line = server.stdout.readline()
            found = re.match(rf"open (http://127\.0\.0\.1:{port}/\?token=([\w-]{{43}})) ", line)
            assert found, server.stderr.read()
            assert f"ssh -N -L {port}:127.0.0.1:{port} " in server.stdout.readline()
            ends = time.monotonic() + PATIENCE
            while time.monotonic() < ends:
                with socket.socket() as caller:
                    if caller.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            address = Address(found[1])
            address.port, address.token, address.process = port, found[2], server.pid
            yield address
            server.send_signal(signal.SIGINT)
            assert server.wait(PATIENCE) in (0, 130)
            errors = server.stderr.read()
            assert "Traceback" not in errors and not (quiet and errors), errors
        finally:
            server.kill()
