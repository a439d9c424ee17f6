"""Configuration files in TOML, JSON and YAML: read, written, and refused in one sentence with its line."""

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as some

from tests.runs.configurations import comparisons
from wnin_desktop.errors import LONGEST_VALUE, InputError
from wnin_desktop.runs.config_files import (
    SIZE_LIMIT,
    dump_compare,
    format_compare,
    load_compare,
    load_preset,
    parse_compare,
    presets,
)
from wnin_desktop.runs.config_formats import yaml_text
from wnin_desktop.schema.run import CompareConfig

ARM = "[[arms]]\nname = 'a'\n"
DEEP = 100_000

SENTENCES = [
    # (suffix, text, the sentence)
    (
        ".toml",
        f"{ARM}[arms.noise]\nmode = 'sgld'\nmagnitude = nan\n",
        "5: arms[0].noise.magnitude: nan is not accepted; allowed: a finite number from 0 to 1e+06.",
    ),
    (
        ".toml",
        f"seeds = [\n  0, # first\n  -1,\n]\n{ARM}",
        "3: seeds[1]: -1 is not accepted; allowed: a whole number of at least 0 and below 9.22337e+18.",
    ),
    (
        ".toml",
        (f"{ARM}\n[[arms]]\nname = 'b'\n"
        "noise = { mode = 'sgld', magnitude = 1.0, schedule = { kind = 3 } }\n"),
        (
            "6: arms[1].noise.schedule.kind: 3 is not accepted; allowed: constant, cosine, cyclical, "
            "inverse_anneal, exponential, piecewise, phases, adaptive."
        ),
    ),
    (
        ".toml",
        f"{ARM}\n'nois' = 3\n",
        ("4: arms[0].nois: 3 is not accepted; there is no such key, allowed: name, optimizer, noise"
        " (did you mean noise?)."),
    ),
    (
        ".toml",
        f"name = 'x'\nname = 'y'\n{ARM}",
        ("2: line 2: \"name = 'y'\" is not accepted; it is not TOML: a key is given twice "
        "(Cannot overwrite a value)."),
    ),
    (
        ".toml",
        "name = 2026-01-01",
        ("1: name: '2026-01-01' is not accepted; dates and times are not used here, "
        "allowed: text in quotes, numbers, true or false."),
    ),
    (
        ".toml",
        "a" + ".a" * DEEP + "=1",
        "1: line 1: '33 levels' is not accepted; tables and lists may stand inside each other 32 deep.",
    ),
    (
        ".toml",
        "a=" + "9" * 5000,
        f"1: configuration: '{'9' * (LONGEST_VALUE - 4)}... is not accepted; a number is shorter than that.",
    ),
    (
        ".json",
        '{"arms": [\n{"name": "a"}],\n"budget": {"steps": NaN}}',
        "3: budget.steps: nan is not accepted; allowed: a whole number from 1 to 100000000.",
    ),
    (
        ".json",
        '{"arms": [{"name": "a"}],\n"device": "cpu",\n"device": "cuda"}',
        "3: device: 'a second value' is not accepted; line 2 has this key already.",
    ),
    (
        ".json",
        '{"arms": [{"name": "a",}]}',
        ("1: line 1: '{\"arms\": [{\"name\": \"a\",}]}' is not accepted; it is not JSON: "
        "Illegal trailing comma before end of object, column 23."),
    ),
    (
        ".json",
        "[" * DEEP,
        "1: line 1: '33 levels' is not accepted; tables and lists may stand inside each other 32 deep.",
    ),
    (
        ".yaml",
        "arms:\n  - name: a\n    noise: {mode: sgld, temperature: .inf}\n",
        "3: arms[0].noise.temperature: inf is not accepted; allowed: a finite number from 0 to 1e+06.",
    ),
    (
        ".yaml",
        "arms:\n  - name: a\ndevice: cpu\n\ndevice: cuda\n",
        "5: device: 'a second value' is not accepted; line 3 has this key already.",
    ),
    (
        ".yaml",
        "name: a\nseeds: [012]\narms: [{name: a}]",
        "2: seeds[0]: '012' is not accepted; allowed: a whole number of at least 0 and below 9.22337e+18.",
    ),
    (
        ".yml",
        "name: !!python/object/apply:os.getcwd []\n",
        ("1: line 1: 'tag:yaml.org,2002:python/object/apply:os.getcwd' is not accepted; "
        "tags are not used here, leave it out."),
    ),
    (
        ".yml",
        "a: &a [*a]",
        "1: line 1: '*a' is not accepted; an alias names a value that is complete above it.",
    ),
    (
        ".yml",
        "a: 1\n---\nb: 1",
        "2: line 2: 'a second document' is not accepted; allowed: one document in a file.",
    ),
    (
        ".yml",
        "- " * DEEP,
        "1: line 1: '33 levels' is not accepted; tables and lists may stand inside each other 32 deep.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "text", "sentence"), SENTENCES)
def test_that_a_mistake_is_one_sentence_with_file_line_field_value_and_what_is_allowed(
    tmp_path, suffix, text, sentence
):
    path = tmp_path / f"mine{suffix}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_compare(path)
    if "trailing comma" in sentence:  # the words differ between the versions of Python
        assert str(caught.value).startswith(f"{path}:1: line 1: '{{")
    else:
        assert str(caught.value).splitlines()[0] == f"{path}:{sentence}"


def test_that_every_mistake_has_its_own_line():
    with pytest.raises(InputError) as caught:
        parse_compare("name = 3\nseeds = 4\n\n[budget]\nsteps = 'x'\n\n[[arms]]\n", ".toml")
    assert [(problem.field, problem.line) for problem in caught.value.problems] == [
        ("budget.steps", 5),
        ("name", 1),
        ("arms[0].name", 7),
        ("seeds", 2),
    ]


def test_that_aliases_cannot_multiply_without_bound():
    bomb = "\n".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]"
        for before, name in zip("abcdef", "bcdefg", strict=True)
    )
    with pytest.raises(InputError, match="more than 20000 values"):
        parse_compare(f"a: &a [{','.join('x' * 10)}]\n{bomb}", ".yaml")


@pytest.mark.parametrize("word", ["no", "on", "y", "1:30", "2026-01-01", "0x1F", "1_000"])
def test_that_yaml_makes_nothing_but_text_of_a_word(word):
    assert parse_compare(f"name: {word}\narms: [{{name: a}}]", ".yaml").name == word


def test_that_a_yaml_anchor_shares_a_value():
    text = "arms:\n- {name: a, noise: &n {mode: sgld, magnitude: 1e-3}}\n- {name: b, noise: *n}\n"
    first, second = parse_compare(text, ".yaml").arms
    assert first.noise == second.noise
    assert first.noise.magnitude == 1e-3


@pytest.mark.parametrize("suffix", [".toml", ".json", ".yaml", ".YML"])
@settings(max_examples=12, deadline=None)
@given(config=comparisons())
def test_that_a_comparison_written_reads_back_equal(suffix, config):
    assert parse_compare(format_compare(config, suffix), suffix) == config


@pytest.mark.parametrize("suffix", [".toml", ".json", ".yaml"])
@example(name="\x85").via("a line end of YAML alone")
@example(name="\u2028a: 'b' # c")
@given(name=some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_that_any_title_reads_back_equal(suffix, name):
    config = CompareConfig.model_validate({"name": name, "arms": ({"name": "a"},)})
    assert parse_compare(format_compare(config, suffix), suffix).name == name


def test_that_a_written_file_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("old")
    config = CompareConfig.model_validate({"arms": ({"name": "a"},)})
    dump_compare(config, path)
    assert load_compare(path) == config
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]
    assert "baseline" not in path.read_text()


def test_that_one_run_reads_as_a_comparison_of_one():
    config = parse_compare(
        "seed = 7\n[arm]\nname = 'a'\noptimizer.name = 'sgd'\n[budget]\nsteps = 3\n", ".toml"
    )
    assert (config.name, config.seeds, len(config.arms), config.budget.steps) == ("a", (7,), 1, 3)
    with pytest.raises(InputError, match="did you mean arms"):
        parse_compare("[[arm]]\nname = 'a'", ".toml")


def test_that_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + f"name = 'x'\n{ARM}".replace("\n", "\r\n").encode())
    assert load_compare(path).name == "x"
    path.write_bytes(f"name = 'x'\n{ARM}[budget]\nsteps = 0".replace("\n", "\r\n").encode())
    with pytest.raises(InputError, match=r":5: budget\.steps: 0 is not accepted"):
        load_compare(path)


def test_that_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "large.toml").write_bytes(b"#" * (SIZE_LIMIT + 1))
    (tmp_path / "wide.toml").write_bytes(f"name = 'x'\n{ARM}".encode("utf-16"))
    (tmp_path / "latin.toml").write_bytes(b"\n\nname = 'caf\xe9'")
    expected = {
        "none.toml": "does not exist",
        "folder.toml": "is not a file",
        "large.toml": "at most 1048576 bytes",
        "wide.toml": "must be UTF-8",
        "latin.toml": ":3: line 3: \"name = 'caf.*must be UTF-8",
        "none.ini": "ends in one of .toml, .json, .yaml, .yml",
    }
    for name, words in expected.items():
        with pytest.raises(InputError, match=words) as caught:
            load_compare(tmp_path / name)
        assert str(caught.value).startswith(str(tmp_path / name))


def test_that_an_unknown_preset_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"preset: 'demmo' is not accepted; allowed: .*did you mean demo\?"):
        load_preset("demmo")


@pytest.mark.parametrize("name", presets())
def test_that_the_two_yaml_parsers_read_the_same(name, monkeypatch):
    text = format_compare(load_preset(name), ".yaml")
    document = yaml_text.parse(text)
    monkeypatch.setattr(yaml_text, "_LOADER", yaml.SafeLoader)
    assert yaml_text.parse(text) == document
