import re
from html.parser import HTMLParser

import pytest

from tests.runs.report.comparisons import ADAMW, BLOWN, SGD, comparison, cut, recorded, trained, turned
from wnin_desktop.errors import InputError
from wnin_desktop.runs.config_files import load_compare
from wnin_desktop.runs.report.collect import collect
from wnin_desktop.runs.report.leader import leaders
from wnin_desktop.runs.report.page import write_report
from wnin_desktop.runs.report.tables import columns
from wnin_desktop.runs.report.text import number
from wnin_desktop.schema.fingerprint import fingerprint

VOID = {"meta", "link", "img", "br", "hr", "input"}
HOSTILE = '<script>alert("x")</script> & $\\frac{1}{2}$ </code><img src=x onerror=y>'


class Page(HTMLParser):
    """Reads a page, refuses tags that are not closed in order, and keeps what the tests ask for."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.words, self.ids = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


def report(tmp_path, config, events=None):
    store, experiment_id = recorded(tmp_path / "store", config, events)
    with store:
        files = write_report(store, experiment_id, tmp_path / "out")
    return files, Page(files.html.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def written(small, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    files = write_report(*small, out)
    return files, Page(files.html.read_text(encoding="utf-8"))


def test_that_the_page_is_well_formed_and_its_ids_are_unique(written):
    _, page = written
    assert page.tags[:2] == ["html", "head"]
    assert len(page.ids) == len(set(page.ids))
    assert (
        page.tags.count("svg") == page.tags.count("figure") + 3 * 2 + 9
    )  # swatches of two tables and the runs


def test_that_the_page_loads_nothing(written):
    files, page = written
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & set(page.tags)
    for name, value in page.attributes:
        assert name.startswith("xmlns") or "//" not in (value or ""), (name, value)
        assert name not in ("src", "srcset", "action")
        assert not name.startswith("on")
        if name.endswith("href"):
            assert value.startswith("#")
    text = files.html.read_text(encoding="utf-8")
    assert "@import" not in text
    assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", text))


def test_that_the_pages_numbers_are_the_tables(written, summary, table):
    _, page = written
    for row in table:
        for column in columns(summary, table):
            assert column.cell(row).main in page.text
    for run in summary.runs:
        if "val_loss" in run.final:
            assert number(run.final["val_loss"], 4) in page.text


def test_that_the_page_says_what_was_run_and_how_to_repeat_it(written, summary):
    files, page = written
    for words in (
        "Small comparison", summary.experiment_id, summary.fingerprint, "wnin compare config.toml", "digits",
        "6 completed and 3 diverged of 9", "cpu", "torch", "60 steps of 32 examples", "gradient evaluations",
        "Which of adamw, sgd noisy and blown reaches the lowest validation loss",
        "3 paired seeds cannot conclude", "train loss is not finite. The run is kept up to step",
        "Perplexity was not measured: perplexity is for next-token prediction.", "Curvature is exact",
    ):  # fmt: skip
        assert words in page.text, words
    assert fingerprint(load_compare(files.config)) == summary.fingerprint


def test_that_every_file_is_written_and_named(written):
    files, _ = written
    out = files.html.parent
    assert {path.name for path in out.iterdir()} == {
        "report.html", "overview.png", "leader.csv", "leader.tex", "leader.json", "config.toml", "figures",
    }  # fmt: skip
    assert files.overview.read_bytes().startswith(b"\x89PNG")
    assert len(files.figures) == 13
    assert all(path.read_text(encoding="utf-8").startswith("<?xml") for path in files.figures)


def test_that_the_same_record_gives_the_same_bytes(small, written, tmp_path):
    files, _ = written
    again = write_report(*small, tmp_path)
    first = files.html.parent
    for path in sorted(first.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / path.relative_to(first)).read_bytes(), path.name
    assert again.html.parent == tmp_path


def test_that_hostile_names_are_only_text(tmp_path):
    store, experiment_id = recorded(
        tmp_path / "store", comparison(ADAMW, steps=3, seeds=[0], name=HOSTILE[:120])
    )
    with store:
        store.note(experiment_id, HOSTILE)
        store.tag(experiment_id, ["<b>bold</b>"])
        files = write_report(store, experiment_id, tmp_path / "out")
    page = Page(files.html.read_text(encoding="utf-8"))
    assert not {"script", "img", "b"} & set(page.tags)
    assert "onerror" not in dict(page.attributes)
    assert '<script>alert("x")</script>' in page.text
    assert "<b>bold</b>" in page.text


def test_that_one_seed_is_said_to_have_no_interval(tmp_path):
    _, page = report(tmp_path, comparison(ADAMW, SGD, seeds=[4], steps=12))
    assert "one seed, so there is no interval" in page.text
    assert "One seed: no interval can be given" in page.text


def test_that_a_comparison_in_which_all_diverged_is_reported(tmp_path):
    files, page = report(tmp_path, comparison(BLOWN))
    assert "Every run diverged, so there is nothing to rank." in page.text
    assert files.overview is not None
    assert "final" not in {path.stem for path in files.figures}


def test_that_a_comparison_without_a_step_is_reported(tmp_path):
    files, page = report(tmp_path, comparison(ADAMW, SGD), events=[])
    assert files.overview is None
    assert files.figures == ()
    assert "there is nothing to draw" in page.text
    assert "6 not started of 6" in page.text


def test_that_interrupted_runs_and_turned_knobs_are_told(tmp_path):
    config = comparison(ADAMW, SGD, steps=30)
    _, page = report(tmp_path, config, turned(cut(trained(config), 17), "sgd noisy", 7))
    assert "Interrupted after step 17; what was recorded is kept." in page.text
    assert "The configuration file alone does not replay that." in page.text
    assert "After step" in page.text
    assert "live scores at step 15" in page.text


def test_that_many_arms_with_long_names_are_reported(tmp_path):
    long = "an arm whose name takes all of the sixty letters it may, 0000"[:56].replace(",", "")
    arms = [{**ADAMW, "name": f"{long} {index}"} for index in range(9)]
    _, page = report(tmp_path, comparison(*arms, steps=10, seeds=[0, 1]))
    for arm in arms:
        assert arm["name"] in page.text
    assert "Which of the 9 arms" in page.text


def test_that_nine_seeds_are_enough_to_call_an_arm_worse(tmp_path):
    slow = {"name": "slow", "optimizer": {"name": "sgd", "lr": 1e-4}}
    config = comparison(ADAMW, slow, seeds=list(range(9)), steps=40)
    store, experiment_id = recorded(tmp_path / "store", config)
    with store:
        rows = leaders(collect(store, experiment_id))
        files = write_report(store, experiment_id, tmp_path / "out")
    assert [row.row.word for row in rows] == ["baseline", "worse"]
    page = Page(files.html.read_text(encoding="utf-8"))
    assert "▼ worse" in page.text
    assert "Against adamw: worse slow." in page.text
    assert "cannot conclude;" not in page.text


def test_that_an_unknown_experiment_writes_nothing(small, tmp_path):
    with pytest.raises(InputError):
        write_report(small[0], "elsewhere", tmp_path / "out")
    assert not (tmp_path / "out").exists()
