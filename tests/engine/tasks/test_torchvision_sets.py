"""Real file formats, tiny contents: the sets themselves are not on this machine."""

import gzip
import hashlib
import io
import pickle
import socket
import struct
import sys
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from torchvision.datasets import CIFAR10, MNIST

from wnin_desktop.engine.tasks import cifar, torchvision_sets
from wnin_desktop.engine.tasks.loader import load_task
from wnin_desktop.errors import DataError
from wnin_desktop.schema.task import TaskConfig

GENERATOR = np.random.default_rng(0)
PICTURES = {"train": GENERATOR.integers(0, 256, (40, 28, 28), dtype=np.uint8), "t10k": None}
PICTURES["t10k"] = PICTURES["train"][:10] // 2
LABELS = {"train": np.arange(40, dtype=np.uint8) % 10, "t10k": np.arange(10, dtype=np.uint8)}


def idx(array):
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def mnist_files():
    files = {f"{part}-images-idx3-ubyte": idx(pictures) for part, pictures in PICTURES.items()}
    return files | {f"{part}-labels-idx1-ubyte": idx(labels) for part, labels in LABELS.items()}


def write_mnist(folder, *, packed=False):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in mnist_files().items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / name).write_bytes(content)


def load(root, dataset="mnist", **options):
    return load_task(TaskConfig(dataset=dataset, path=str(root), **options))


def refusal(*arguments, **options):
    with pytest.raises(DataError) as caught:
        load(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("place", ["", "raw", "MNIST/raw"])
@pytest.mark.parametrize("packed", [False, True])
def test_that_mnist_is_read_from_a_folder(tmp_path, place, packed):
    write_mnist(tmp_path / place, packed=packed)
    task = load(tmp_path)
    assert task.input_shape == (1, 28, 28)
    assert (len(task.train) + len(task.val), len(task.test)) == (40, 10)
    scaled = (PICTURES["t10k"] - PICTURES["t10k"].mean()) / PICTURES["t10k"].std()
    assert np.corrcoef(task.test.x.numpy().ravel(), scaled.ravel())[0, 1] > 0.999999
    assert task.test.y.tolist() == list(range(10))


def test_that_the_data_folder_is_searched_where_no_path_is_given(tmp_path):
    write_mnist(tmp_path / "FashionMNIST" / "raw")
    task = load_task(TaskConfig(dataset="fashion_mnist"), data_dir=tmp_path)
    assert task.name == "fashion_mnist"
    with pytest.raises(DataError, match="MNIST is not on this machine"):
        load_task(TaskConfig(dataset="mnist"), data_dir=tmp_path)


def test_that_grey_pictures_can_be_given_three_channels(tmp_path):
    write_mnist(tmp_path)
    task = load(tmp_path, channels=3)
    assert task.input_shape == (3, 28, 28)
    assert task.train.x[:, 0].equal(task.train.x[:, 2])


def test_that_an_absent_set_says_what_to_do(tmp_path):
    message = refusal(tmp_path)
    assert f"MNIST is not in {tmp_path}" in message
    assert "give a folder with `path` or allow `download`" in message


HARM = {
    "last byte": lambda content: content[:-1],
    "half": lambda content: content[: len(content) // 2],
    "magic": lambda content: content[:3],
    "empty": lambda content: b"",
    "first byte": lambda content: b"\1" + content[1:],
    "longer": lambda content: content + b"\1",
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("harm", HARM)
def test_that_a_damaged_file_is_named(tmp_path, packed, harm):
    write_mnist(tmp_path, packed=packed)
    file = tmp_path / ("train-images-idx3-ubyte" + (".gz" if packed else ""))
    file.write_bytes(HARM[harm](file.read_bytes()))
    assert f"{file}: this file is damaged" in refusal(tmp_path)


def test_that_a_flipped_bit_in_a_packed_file_is_found(tmp_path):
    write_mnist(tmp_path, packed=True)
    file = tmp_path / "train-images-idx3-ubyte.gz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 16
    file.write_bytes(content)
    assert "damaged" in refusal(tmp_path)


def test_that_a_header_that_promises_too_much_is_refused(tmp_path):
    write_mnist(tmp_path)
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(bytes((0, 0, 8, 3)) + struct.pack(">3I", 2**31, 2**31, 2**31))
    assert "damaged" in refusal(tmp_path)


def test_that_labels_of_other_pictures_are_refused(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS["train"][:-1]))
    assert "do not belong to the 40 pictures" in refusal(tmp_path)


def test_that_fashion_mnist_does_not_pass_for_mnist(tmp_path, monkeypatch):
    write_mnist(tmp_path)
    first = torchvision_sets.FIRST_LABELS["fashion_mnist"]
    labels = LABELS["train"].copy()
    labels[: len(first)] = first
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    assert "are those of FashionMNIST, not of MNIST" in refusal(tmp_path)
    assert load(tmp_path, "fashion_mnist").classes == 10
    monkeypatch.setattr(torchvision_sets, "_check_not_the_other", lambda *_: None)
    assert load(tmp_path).name == "mnist"


# CIFAR-10


def string(content):
    """Return the opcodes of a byte string as Python 2 wrote them."""
    return b"T" + struct.pack("<i", len(content)) + content


def batch_of_python2(pictures, labels):
    """Return a batch file as Python 2 pickled the published ones (protocol 2)."""
    rows = pictures.reshape(len(pictures), -1)
    count, width = (b"J" + struct.pack("<i", size) for size in rows.shape)
    dtype = (
        b"cnumpy\ndtype\n"
        + string(b"u1")
        + b"K\0K\1\x87R(K\3"
        + string(b"|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    )
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85" + string(b"b") + b"\x87R"
    array += b"(K\1" + count + width + b"\x86" + dtype + b"\x89" + string(rows.tobytes()) + b"tb"
    listed = b"](" + b"".join(b"K" + bytes((label,)) for label in labels) + b"e"
    return b"\x80\2}(" + string(b"data") + array + string(b"labels") + listed + b"u."


def cifar_batch(index):
    generator = np.random.default_rng(index)
    return generator.integers(0, 256, (20, 3, 32, 32), dtype=np.uint8), np.arange(20) % 10


@pytest.fixture
def small_cifar(monkeypatch):
    """Publish checksums of tiny batches as torchvision publishes those of the real ones."""
    names = [f"data_batch_{index}" for index in range(1, 6)] + ["test_batch"]
    files = {name: batch_of_python2(*cifar_batch(index)) for index, name in enumerate(names)}
    sums = [[name, hashlib.md5(content).hexdigest()] for name, content in files.items()]
    monkeypatch.setattr(CIFAR10, "train_list", sums[:5])
    monkeypatch.setattr(CIFAR10, "test_list", sums[5:])
    return files


def write_all(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("place", ["", "cifar-10-batches-py"])
def test_that_cifar10_is_read_from_a_folder(tmp_path, small_cifar, place):
    write_all(tmp_path / place, small_cifar)
    task = load(tmp_path, "cifar10")
    assert task.input_shape == (3, 32, 32)
    assert (len(task.train), len(task.val), len(task.test)) == (90, 10, 20)
    pictures, labels = cifar_batch(5)
    assert task.test.y.tolist() == labels.tolist()
    for channel in range(3):
        read, real = task.test.x[:, channel].numpy().ravel(), pictures[:, channel].ravel()
        assert np.corrcoef(read, real)[0, 1] > 0.999999


def test_that_one_channel_is_the_luma(tmp_path, small_cifar):
    write_all(tmp_path, small_cifar)
    task = load(tmp_path, "cifar10", channels=1)
    pictures, _ = cifar_batch(5)
    luma = pictures[:, 0] * 0.299 + pictures[:, 1] * 0.587 + pictures[:, 2] * 0.114
    assert task.input_shape == (1, 32, 32)
    assert np.corrcoef(task.test.x.numpy().ravel(), luma.ravel())[0, 1] > 0.999999


def test_that_the_small_batches_are_what_pickle_would_read(small_cifar):
    batch = pickle.loads(small_cifar["test_batch"], encoding="bytes")
    pictures, labels = cifar_batch(5)
    assert (batch[b"data"] == pictures.reshape(20, -1)).all()
    assert batch[b"labels"] == labels.tolist()


def test_that_arrays_pickled_by_a_new_python_are_read_too(tmp_path):
    pictures, labels = cifar_batch(0)
    content = pickle.dumps({b"data": pictures.reshape(20, -1), b"labels": labels.tolist()}, protocol=4)
    read = cifar.decode_batch(content, tmp_path)
    assert (read[0] == pictures).all()
    assert (read[1] == labels).all()


def test_that_a_cifar_file_with_another_checksum_is_not_even_decoded(tmp_path, small_cifar, monkeypatch):
    write_all(tmp_path, small_cifar)
    file = tmp_path / "data_batch_3"
    content = bytearray(file.read_bytes())
    content[-500] ^= 1
    file.write_bytes(content)
    assert f"{file}: this file is damaged, its checksum differs" in refusal(tmp_path, "cifar10")
    # Without the check the changed bytes would have been learned from.
    monkeypatch.setattr(
        cifar, "md5_of", lambda path: dict([*CIFAR10.train_list, *CIFAR10.test_list])[path.name]
    )
    assert len(load(tmp_path, "cifar10").train) == 90


class Canary:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


def test_that_a_batch_file_cannot_run_anything(tmp_path):
    mark = tmp_path / "ran"
    hostile = pickle.dumps({b"data": Canary(mark), b"labels": [1]}, protocol=2)
    with pytest.raises(DataError, match="not a batch file"):
        cifar.decode_batch(hostile, tmp_path / "data_batch_1")
    assert not mark.exists()
    pickle.loads(hostile)[b"data"].close()
    assert mark.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\2}.",
        pickle.dumps({b"data": 3, b"labels": [1]}),
        pickle.dumps({b"data": np.zeros((1, 3072)), b"labels": [1]}),
        pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]}),
        pickle.dumps({b"data": np.zeros((1, 3072), np.uint8), b"labels": [10]}),
        pickle.dumps({b"data": np.zeros((1, 3072), np.uint8), b"labels": ["a"]}),
        pickle.dumps([1, 2]),
        batch_of_python2(*cifar_batch(0))[:-700],
    ],
)
def test_that_other_pickles_are_refused(tmp_path, content):
    with pytest.raises(DataError, match=r"not a batch file of CIFAR-10\.$"):
        cifar.decode_batch(content, tmp_path)


# Downloads, from a server on this machine


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(tmp_path):
    """Return a folder and the address it is served at."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def published_mnist(mirror, monkeypatch):
    folder, address = mirror
    write_mnist(folder, packed=True)
    sums = [(file.name, hashlib.md5(file.read_bytes()).hexdigest()) for file in sorted(folder.iterdir())]
    monkeypatch.setattr(MNIST, "resources", sums)
    monkeypatch.setattr(MNIST, "mirrors", [address])
    return folder


def closed_address():
    """Return an address of this machine at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def test_that_mnist_is_downloaded_once_with_progress(tmp_path, published_mnist):
    reports, data = [], tmp_path / "data"
    config = TaskConfig(dataset="mnist", download=True)
    task = load_task(config, data_dir=data, progress=lambda *report: reports.append(report))
    assert len(task.test) == 10
    assert {what for what, _ in reports} == {f"downloading {name}.gz" for name in mnist_files()}
    assert [part for _, part in reports] == [1.0] * 4
    for file in published_mnist.iterdir():
        file.unlink()
    assert load_task(config, data_dir=data).sha256 == task.sha256
    assert not list(data.rglob("*.part"))


def test_that_nothing_is_downloaded_unasked(tmp_path, published_mnist):
    with pytest.raises(DataError, match="allow `download`"):
        load_task(TaskConfig(dataset="mnist"), data_dir=tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("harm", [lambda c: c[:-20], lambda c: bytes((c[0] ^ 1,)) + c[1:]])
def test_that_a_damaged_download_is_not_kept(tmp_path, published_mnist, harm):
    file = published_mnist / "train-images-idx3-ubyte.gz"
    file.write_bytes(harm(file.read_bytes()))
    message = refusal(tmp_path / "data", download=True)
    assert "its checksum differs" in message
    assert "train-images-idx3-ubyte.gz" in message
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_that_the_next_mirror_is_tried(tmp_path, published_mnist, monkeypatch):
    monkeypatch.setattr(MNIST, "mirrors", [closed_address(), *MNIST.mirrors])
    assert len(load(tmp_path / "data", download=True).test) == 10


def test_that_being_offline_is_said_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(MNIST, "mirrors", [closed_address(), closed_address()])
    message = refusal(tmp_path, download=True)
    assert "could not be downloaded (127.0.0.1:" in message
    assert message.count("refused") == 2
    assert "give a folder that holds the files with `path`" in message


def test_that_a_file_the_server_does_not_have_is_named(tmp_path, published_mnist):
    (published_mnist / "t10k-labels-idx1-ubyte.gz").unlink()
    message = refusal(tmp_path / "data", download=True)
    assert "t10k-labels-idx1-ubyte.gz could not be downloaded" in message
    assert "File not found" in message


def test_that_a_folder_that_cannot_be_made_is_named(tmp_path, published_mnist):
    (tmp_path / "data").write_text("a file")
    assert "cannot be made" in refusal(tmp_path / "data", download=True)


@pytest.fixture
def published_cifar(mirror, small_cifar, monkeypatch):
    folder, address = mirror
    with tarfile.open(folder / CIFAR10.filename, "w:gz") as archive:
        for name, content in small_cifar.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(CIFAR10, "url", address + CIFAR10.filename)
    md5 = hashlib.md5((folder / CIFAR10.filename).read_bytes()).hexdigest()
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5)
    return folder


def test_that_cifar10_is_downloaded_and_unpacked(tmp_path, published_cifar):
    reports = []
    config = TaskConfig(dataset="cifar10", download=True)
    task = load_task(config, data_dir=tmp_path / "data", progress=lambda *report: reports.append(report))
    assert len(task.test) == 20
    assert reports[-1] == (f"downloading {CIFAR10.filename}", 1.0)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["cifar-10-batches-py"]


def test_that_an_archive_without_the_batches_is_refused(tmp_path, published_cifar, monkeypatch):
    archive = published_cifar / CIFAR10.filename
    with tarfile.open(archive, "w:gz"):
        pass
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    assert "cannot be unpacked" in refusal(tmp_path / "data", "cifar10", download=True)


# torchvision that does not import


def hide_torchvision(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)


def test_that_a_torchvision_that_clashes_with_torch_is_explained(tmp_path, monkeypatch):
    hide_torchvision(monkeypatch)
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(
        'raise RuntimeError("operator torchvision::nms does not exist")\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    message = refusal(tmp_path, "cifar10")
    assert "torchvision cannot be imported (operator torchvision::nms does not exist)" in message
    assert "does not work beside a '+cpu' build of torch" in message


def test_that_without_torchvision_a_download_is_refused_and_a_folder_is_read(tmp_path, monkeypatch):
    hide_torchvision(monkeypatch)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert "torchvision cannot be imported" in refusal(tmp_path, download=True)
    write_mnist(tmp_path)
    assert load(tmp_path).classes == 10
