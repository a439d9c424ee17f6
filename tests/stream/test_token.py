import copy
import hmac
import logging
import os
import pickle

import pytest

from tests.stream.wire import Raw, Witness, request, wait_until
from wnin_desktop.errors import InputError, StreamError
from wnin_desktop.stream import service
from wnin_desktop.stream.publisher import Publisher
from wnin_desktop.stream.token import (
    VARIABLE,
    Token,
    find_token,
    read_token,
    remove_token,
    token_path,
    windows_acl_command,
)


def secret_of(token):
    return token.headers()["Authorization"].removeprefix("Bearer ")


def test_that_every_launch_has_a_token_of_its_own():
    assert len({secret_of(Token.new()) for _ in range(50)}) == 50
    assert all(len(secret_of(Token.new())) == 43 for _ in range(5))


def test_that_a_token_matches_itself_alone():
    token = Token.new()
    assert token.matches(secret_of(token))
    for other in ("", secret_of(token)[:-1], secret_of(token) + "A", secret_of(Token.new()), "é", "\udc80"):
        assert not token.matches(other)


def test_that_comparing_goes_through_the_constant_time_function(monkeypatch):
    asked = []

    def compare(a, b):
        asked.append((a, b))
        return False

    token = Token.new()
    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert not token.matches(secret_of(token))
    assert len(asked) == 1


def test_that_a_token_shows_itself_nowhere():
    token = Token.new()
    assert secret_of(token) not in f"{token} {token!r} {vars(type(token))} {[token]}"
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(token)


@pytest.mark.parametrize("text", ["", "short", "A" * 42, "A" * 44, "!" * 43, "é" * 43, "A" * 1000])
def test_that_a_bad_token_is_refused_without_being_repeated(text):
    with pytest.raises(InputError) as caught:
        Token(text, field=VARIABLE)
    assert "WNIN_TOKEN" in str(caught.value)
    assert not text or text not in str(caught.value)


def test_that_the_file_is_for_the_owner_only(tmp_path):
    token, path = Token.new(), tmp_path / "deep" / "stream.token"
    path.parent.mkdir()
    path.write_text("an older one, readable by all")
    token.write(path)
    assert token.matches(secret_of(read_token(path)))
    assert [entry.name for entry in path.parent.iterdir()] == ["stream.token"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_that_the_file_is_private_at_every_moment(tmp_path, monkeypatch):
    modes = []
    real = os.fdopen

    def look(descriptor, *arguments, **options):
        modes.append(os.fstat(descriptor).st_mode & 0o777)
        return real(descriptor, *arguments, **options)

    previous = os.umask(0)
    try:
        monkeypatch.setattr(os, "fdopen", look)
        Token.new().write(tmp_path / "t")
    finally:
        os.umask(previous)
    assert modes == [0o600]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_that_a_file_others_can_read_is_refused(tmp_path):
    path = tmp_path / "t"
    Token.new().write(path)
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600") as caught:
        read_token(path)
    assert "644" in str(caught.value)


def test_that_a_missing_or_broken_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_token(tmp_path / "none")
    path = tmp_path / "t"
    path.write_bytes(b"\xff" * 100)
    path.chmod(0o600)
    with pytest.raises(InputError, match="43 characters"):
        read_token(path)
    with pytest.raises(StreamError, match="cannot be written"):
        Token.new().write(path / "below-a-file")


def test_that_the_file_named_wins_over_the_environment_and_that_over_the_launch(tmp_path, monkeypatch):
    monkeypatch.setenv("WNIN_HOME", str(tmp_path))
    named, spoken, launched = Token.new(), Token.new(), Token.new()
    with pytest.raises(InputError):
        find_token()
    launched.write(token_path())
    assert launched.matches(secret_of(find_token()))
    monkeypatch.setenv(VARIABLE, secret_of(spoken))
    assert spoken.matches(secret_of(find_token()))
    named.write(tmp_path / "named")
    assert named.matches(secret_of(find_token(tmp_path / "named")))


def test_that_a_launch_removes_its_own_token_only(tmp_path):
    mine, later, path = Token.new(), Token.new(), tmp_path / "t"
    mine.write(path)
    remove_token(path, later)
    assert path.exists()
    remove_token(path, mine)
    assert not path.exists()
    remove_token(path, mine)


def test_that_windows_access_is_left_to_the_user_alone(tmp_path):
    command = windows_acl_command(tmp_path / "t", "ada")
    assert command[0].endswith("icacls.exe")
    assert command[1:] == [str(tmp_path / "t"), "/inheritance:r", "/grant:r", "ada:F"]


def talk(server, token):
    """Let a good client, a wrong token and a malformed request come by."""
    with Witness(server, token) as witness:
        witness.tick()
        assert witness.gaps() == []
    with Publisher(server.uri, token):
        assert wait_until(lambda: server.stats().clients)
    with Raw(server.port) as raw:
        raw.send(request(server.port, token, drop=["Upgrade"]))
        assert raw.status() == 426


def test_that_no_log_holds_the_token(server, token, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("websockets", "websockets.server", "websockets.client", "wnin_desktop.stream", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    talk(server, token)
    assert secret_of(token) not in caplog.text


def test_that_the_library_s_own_logger_would_hold_it(server, token, caplog, monkeypatch):
    server.stop()
    caplog.set_level(logging.DEBUG, logger="websockets.server")
    monkeypatch.setattr(service, "quiet_logger", lambda: logging.getLogger("websockets.server"))
    with type(server)(port=0, token=token) as open_mouthed:
        talk(open_mouthed, token)
    assert secret_of(token) in caplog.text
