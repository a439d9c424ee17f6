import socket

import pytest

from wnin_desktop.stream.server import EventServer
from wnin_desktop.stream.token import Token


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch):
    def connect(self, address):
        assert self.family not in (socket.AF_INET, socket.AF_INET6) or address[0] in ("127.0.0.1", "::1"), (
            address
        )
        return super(socket.socket, self).connect(address)

    monkeypatch.setattr(socket.socket, "connect", connect, raising=False)


@pytest.fixture
def token() -> Token:
    return Token.new()


@pytest.fixture
def server(token):
    with EventServer(port=0, token=token) as running:
        yield running
