"""S8: damaged and hostile configuration files are refused in a sentence or read rightly; none is touched."""

import itertools
import json
import random
import tomllib

import pytest
import yaml

from wnin_desktop.errors import InputError
from wnin_desktop.runs import config_files
from wnin_desktop.runs.config_files import format_compare, load_compare, load_preset, parse_compare, presets
from wnin_desktop.runs.config_formats import json_text
from wnin_desktop.runs.config_formats.document import Document
from wnin_desktop.schema.base import validate
from wnin_desktop.schema.run import CompareConfig

SAMPLE, FULL = 60, 500
SUFFIXES = (".toml", ".json", ".yaml")
HOSTILE = [
    *(b"nan", b"-inf", b"1e999", b"-1", b"0", b'""', b"[]", b"{}", b"true", b"null", b"no", b"9" * 5000),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\t", b"\n\n", "\u202e\u2028\u00e9".encode()),
    *(b'"\\ud800"', b'"""', b"'''", b"[" * 3000, b"{a: " * 3000, b"a" + b".a" * 3000),
    *(b"&a *a", b"!!python/object/apply:os.abort []", b"<<: ", b"---\n", b"inf = nan\n", b'"__class__": 1,'),
    *(b"2026-01-01", b"0x1F", b"1_000", b"../../etc/passwd"),
]


def original(name: str, suffix: str) -> bytes:
    if suffix == ".toml":
        return presets()[name].read_bytes()
    return format_compare(load_preset(name), suffix).encode()


def flipped(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :]


def cut(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + data[at + dice.randrange(1, 40) :]


def truncated(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def repeated(data: bytes, dice: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at = dice.randrange(len(lines))
    return b"".join([*lines[: at + dice.randrange(1, 4)], *lines[at:]])


def swapped(data: bytes, dice: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    first, second = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)


def planted(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + dice.choice(HOSTILE) + data[at:]


def replaced(data: bytes, dice: random.Random) -> bytes:
    """Put something hostile in the place of one value."""
    places = [at + 1 for at, byte in enumerate(data) if byte in b"=:" and at + 1 < len(data)]
    at = dice.choice(places)
    end = min((found for mark in b",\n}]" if (found := data.find(mark, at)) >= 0), default=len(data))
    return data[:at] + b" " + dice.choice(HOSTILE) + data[end:]


DAMAGES = (flipped, cut, truncated, repeated, swapped, planted, replaced)


def damaged(count: int):
    """Yield suffix and content of damaged files, the same ones at every call."""
    kinds = itertools.product(DAMAGES, SUFFIXES)
    for index, (damage, suffix) in zip(range(count), itertools.cycle(kinds), strict=False):
        dice = random.Random(index)
        data = original(dice.choice(list(presets())), suffix)
        for _ in range(dice.choice((1, 1, 2, 5))):
            data = damage(data, dice) or b"\n"
        yield suffix, data


def check(folder, suffix: str, data: bytes) -> bool:
    """Load a damaged file, and return whether it was refused; what was not must be read rightly."""
    path = folder / f"damaged{suffix}"
    path.write_bytes(data)
    before = path.stat()
    outcome = loaded(path)
    assert path.read_bytes() == data
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    if isinstance(outcome, InputError):
        assert outcome.problems
        assert all(problem.field and problem.allowed for problem in outcome.problems)
        assert all(line.startswith(f"{path}:") for line in str(outcome).splitlines())
        return True
    assert parse_compare(format_compare(outcome, suffix), suffix) == outcome
    if suffix != ".yaml":  # an ordinary YAML reader takes words for numbers, dates and false
        decode = tomllib.loads if suffix == ".toml" else json.loads
        assert validate(CompareConfig, decode(data.decode("utf-8-sig"))) == outcome
    return False


def loaded(path) -> CompareConfig | InputError:
    try:
        return load_compare(path)
    except InputError as error:
        return error


def test_that_a_sample_of_damaged_files_is_refused_or_read_rightly(tmp_path):
    refused = sum(check(tmp_path, suffix, data) for suffix, data in damaged(SAMPLE))
    assert SAMPLE // 2 < refused < SAMPLE


@pytest.mark.full
def test_that_every_damaged_file_is_refused_or_read_rightly(tmp_path):
    refused = sum(check(tmp_path, suffix, data) for suffix, data in damaged(FULL))
    assert FULL // 2 < refused < FULL


def test_that_without_the_reading_protection_damaged_files_break_the_program(tmp_path, monkeypatch):
    readers = {".toml": tomllib.loads, ".json": json.loads, ".yaml": yaml.safe_load}
    bare = {suffix: lambda text, read=read: Document(read(text)) for suffix, read in readers.items()}
    monkeypatch.setattr(config_files, "PARSERS", bare)
    monkeypatch.setattr(config_files, "check_plain", lambda document: document)
    broken = []
    for suffix, data in damaged(SAMPLE):
        try:
            check(tmp_path, suffix, data)
        except Exception as error:  # whatever gets through is what is counted
            broken.append(type(error).__name__)
    assert len(broken) > SAMPLE // 4, broken


def test_that_without_the_walk_a_repeated_key_gets_through(monkeypatch):
    text = '{"name": "a", "name": "b", "arms": [{"name": "x"}]}'
    with pytest.raises(InputError, match="line 1 has this key already"):
        parse_compare(text, ".json")
    monkeypatch.setattr(json_text._Walk, "value", lambda *_: None)
    assert parse_compare(text, ".json").name == "b"


def test_that_without_the_alias_limit_a_bomb_goes_off(monkeypatch):
    levels = [
        f"{name}: &{name} [{','.join([f'*{below}'] * 10)}]" for below, name in itertools.pairwise("abcde")
    ]
    bomb = "\n".join([f"a: &a [{','.join('x' * 10)}]", *levels])
    with pytest.raises(InputError, match="more than 20000 values"):
        parse_compare(bomb, ".yaml")
    monkeypatch.setattr("wnin_desktop.runs.config_formats.yaml_text.NODE_LIMIT", 10**9)
    assert len(config_files.PARSERS[".yaml"](bomb).data["e"]) == 10
