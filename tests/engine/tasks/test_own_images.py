import numpy as np
import pytest
from PIL import Image

from wnin_desktop.engine.tasks import own_images
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.errors import DataError
from wnin_desktop.schema.task import TaskConfig


def load(root, **options):
    return load_task(TaskConfig(dataset="images", path=str(root), **options))


@pytest.fixture
def folder(tmp_path):
    """Two classes of five coloured 6x4 pictures; the class is the red level."""
    for name, red in (("cat", 20), ("dog", 200)):
        (tmp_path / name).mkdir()
        for index in range(5):
            pixels = np.full((4, 6, 3), (red, 10 * index, 99), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{index}.png")
    return tmp_path


def test_that_a_folder_of_folders_becomes_a_task(folder):
    task = load(folder)
    assert task.input_shape == (3, 4, 6)
    assert task.classes == 2
    assert (len(task.train), len(task.val)) == (8, 2)
    red = task.train.x[:, 0].mean((1, 2))
    assert (red[task.train.y == 0] < 0).all()
    assert (red[task.train.y == 1] > 0).all()
    assert "cat, dog" in task.provenance


def test_that_channels_are_made_as_asked(folder):
    assert load(folder, channels=1).input_shape == (1, 4, 6)
    for file in folder.glob("*/*.png"):
        with Image.open(file) as picture:
            grey = picture.convert("L")
        grey.save(file)
    assert load(folder).input_shape == (1, 4, 6)
    assert load(folder, channels=3).input_shape == (3, 4, 6)


def test_that_reading_reports_progress(folder):
    reports = []
    load_task(
        TaskConfig(dataset="images", path=str(folder)),
        progress=lambda what, part: reports.append((what, part)),
    )
    assert reports[9] == ("reading pictures", 1.0)
    assert reports[-1] == ("putting pictures together", 1.0)
    assert len(reports) == 20


def test_that_hidden_folders_and_other_files_are_passed_over(folder):
    (folder / ".cache").mkdir()
    (folder / "cat" / "notes.txt").write_text("fed")
    assert load(folder).classes == 2


def refusal(root):
    with pytest.raises(DataError) as caught:
        load(root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_that_a_missing_folder_is_named(tmp_path):
    assert "no such folder" in refusal(tmp_path / "absent")


def test_that_a_file_is_not_a_folder(folder):
    assert "cannot be read" in refusal(folder / "cat" / "0.png")


def test_that_a_folder_without_classes_is_refused(tmp_path):
    assert "no sub-folder" in refusal(tmp_path)


def test_that_an_empty_class_is_named(folder):
    (folder / "emu").mkdir()
    message = refusal(folder)
    assert str(folder / "emu") in message
    assert "no picture" in message


def test_that_one_class_is_refused(folder):
    for file in (folder / "dog").iterdir():
        file.unlink()
    (folder / "dog").rmdir()
    assert "at least two classes" in refusal(folder)


def test_that_few_pictures_are_refused(folder):
    for file in folder.glob("*/[1-4].png"):
        file.unlink()
    assert "2 pictures; at least 4" in refusal(folder)


def test_that_a_picture_of_another_size_is_named(folder):
    Image.new("RGB", (7, 4)).save(folder / "dog" / "3.png")
    message = refusal(folder)
    assert "3.png: it is 7x4; all pictures must be 6x4" in message


@pytest.mark.parametrize("length", [0, 10, 45])
def test_that_a_truncated_picture_is_named(folder, length):
    file = folder / "dog" / "2.png"
    file.write_bytes(file.read_bytes()[:length])
    assert f"{file}: this picture is damaged" in refusal(folder)


def test_that_sixteen_bit_pictures_are_refused(folder):
    Image.fromarray(np.zeros((4, 6), dtype=np.uint16)).save(folder / "cat" / "0.png")
    assert "save it with 8 bits" in refusal(folder)


def test_that_a_huge_picture_is_refused_before_it_is_unpacked(folder, monkeypatch):
    monkeypatch.setattr(own_images, "MAX_PIXELS", 20)
    assert "too much" in refusal(folder)
