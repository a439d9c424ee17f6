import pytest

from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.errors import DataError, InputError
from wnin_desktop.schema.task import TaskConfig

TEXT = "the quick brown fox jumps over the lazy dog; " * 40


def load(path, **options):
    return load_task(TaskConfig(dataset="text", path=str(path), **{"sequence_length": 16, **options}))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def decoded(tokens):
    vocabulary = sorted(set(TEXT))
    return "".join(vocabulary[token] for token in tokens.flatten().tolist())


def test_that_a_text_becomes_windows_of_characters(file):
    task = load(file)
    assert task.kind == "sequence"
    assert task.classes == len(set(TEXT))
    assert task.input_shape == (16,)
    assert decoded(task.train.x) == TEXT[: 16 * len(task.train)]
    assert decoded(task.train.y) == TEXT[1 : 16 * len(task.train) + 1]
    assert task.entropy_rate is None


def test_that_the_end_of_the_text_is_held_out(file):
    task = load(file)
    held = TEXT[-180:]
    assert decoded(task.val.x) == held[: 16 * len(task.val)]
    assert 16 * (len(task.train) + len(task.val)) > 0.95 * len(TEXT)


def test_that_every_script_is_read(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffΘερμότης 🔥 тепло\n".encode() * 30)
    task = load(path)
    # The mark at the very start is the encoding's, those after it are characters.
    assert task.classes == len(set("\ufeffΘερμότης 🔥 тепло\n"))


def test_that_bytes_that_are_not_utf8_are_named(file):
    file.write_bytes(TEXT.encode() + b"\xff\xfe")
    with pytest.raises(DataError, match=rf"byte {len(TEXT)} is not UTF-8"):
        load(file)


@pytest.mark.parametrize(("length", "fits"), [(50, True), (49, False), (0, False)])
def test_that_a_text_that_is_too_short_says_how_much_is_needed(file, length, fits):
    file.write_text(TEXT[:length])
    if fits:
        assert len(load(file).train) == 2
    else:
        with pytest.raises(DataError, match=f"it has {length} characters; .* needs at least 50"):
            load(file)


def test_that_one_repeated_character_is_refused(file):
    file.write_text("a" * 500)
    with pytest.raises(DataError, match="1 different characters"):
        load(file)


def test_that_a_missing_text_is_named(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load(tmp_path / "absent.txt")


def test_that_a_folder_is_not_a_text(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("field", ["train_examples", "val_examples"])
def test_that_more_windows_than_there_are_names_the_field(file, field):
    with pytest.raises(InputError, match=rf"task\.{field}: 5000 .* windows of 16 characters"):
        load(file, **{field: 5000})
