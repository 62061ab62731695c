"""MNIST from a folder, from a server on this machine, and the embedded digits when it can't be."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from checks.engine.data.digits import draw_digits
from checks.engine.data.mnist import RAW, Images, training_images
from checks.engine.errors import DataError
from checks.engine.paths import cache_folder

REAL_MNIST = Path(__file__).resolve().parents[2].parent / "shared" / "mnist"
TRAIN, TEST = "train", "t10k"


def idx(array: NDArray[np.uint8]) -> bytes:
    """An array in the format of MNIST's files: its type and rank, its sizes, its bytes."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def mnist_files(n: int = 30, n_test: int = 10) -> dict[str, bytes]:
    """The four files by name, `n` embedded digits in the training split."""
    files = {}
    for seed, (split, count) in enumerate(((TRAIN, n), (TEST, n_test))):
        images, labels = draw_digits(count, seed)
        files[f"{split}-images-idx3-ubyte"] = idx(images)
        files[f"{split}-labels-idx1-ubyte"] = idx(labels.astype(np.uint8))
    return files


FILES = mnist_files()


def write_mnist(folder: Path, files: dict[str, bytes] = FILES) -> Path:
    (folder / RAW).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / RAW / name).write_bytes(content)
    return folder


def is_expected(found: Images, n: int = 30) -> bool:
    images, labels = draw_digits(30, seed=0)
    return (
        torch.equal(found.images, torch.from_numpy(images[:n]))
        and torch.equal(found.labels, torch.from_numpy(labels[:n]))
        and found.notice == ""
    )


# From a folder.


@pytest.mark.parametrize("below", ["", "MNIST", "MNIST/raw"])
def test_a_folder_and_the_folders_inside_it_will_do(tmp_path: Path, below: str) -> None:
    found = training_images(write_mnist(tmp_path) / below)
    assert is_expected(found)
    assert found.images.dtype == torch.uint8
    assert found.labels.dtype == torch.int64
    assert str(tmp_path) in found.source
    assert "30 images" in found.source


def test_a_relative_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path)
    monkeypatch.chdir(tmp_path / RAW)
    assert is_expected(training_images("."))
    monkeypatch.chdir(tmp_path)
    assert is_expected(training_images("MNIST"))


@pytest.mark.parametrize(("limit", "n"), [(1, 1), (7, 7), (1000, 30)])
def test_limit_takes_the_first(tmp_path: Path, limit: int, n: int) -> None:
    assert is_expected(training_images(write_mnist(tmp_path), limit), n)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        training_images(limit=limit)


def test_folders_that_are_not_mnist_say_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("hello")
    with pytest.raises(DataError, match="does not exist"):
        training_images(tmp_path / "nowhere")
    with pytest.raises(DataError, match="is a file"):
        training_images(file)
    with pytest.raises(DataError, match="does not hold MNIST"):
        training_images(tmp_path)
    (write_mnist(tmp_path) / RAW / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="t10k-labels"):
        training_images(tmp_path)


@settings(max_examples=40)
@given(st.sampled_from(["images-idx3", "labels-idx1"]), st.integers(0, 10_000), st.binary())
def test_files_cut_short_or_overwritten_are_an_error_in_words(
    tmp_path_factory: pytest.TempPathFactory, kind: str, kept: int, tail: bytes
) -> None:
    name = f"{TRAIN}-{kind}-ubyte"
    broken = FILES[name][: min(kept, len(FILES[name]) - 1)] + tail
    if broken == FILES[name] or (broken[:8] == FILES[name][:8] and len(broken) == len(FILES[name])):
        return  # other pixels, but a whole file
    folder = write_mnist(tmp_path_factory.mktemp("broken"), {**FILES, name: broken})
    with pytest.raises(DataError) as raised:
        training_images(folder)
    assert str(folder) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((3, 32, 32), np.uint8), np.zeros(3, np.uint8)),
        (np.zeros((3, 28, 28), np.uint8), np.zeros(4, np.uint8)),
        (np.zeros((3, 28, 28), np.uint8), np.full(3, 10, np.uint8)),
    ],
)
def test_other_data_in_mnists_format_is_refused(
    tmp_path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    other = {f"{TRAIN}-images-idx3-ubyte": idx(images), f"{TRAIN}-labels-idx1-ubyte": idx(labels)}
    with pytest.raises(DataError, match="28×28"):
        training_images(write_mnist(tmp_path, {**FILES, **other}))


@pytest.mark.skipif(not REAL_MNIST.is_dir(), reason="no real MNIST in ../shared/mnist")
def test_the_real_images() -> None:
    found = training_images(REAL_MNIST)
    assert len(found.images) == len(found.labels) >= 1000
    assert set(found.labels.tolist()) == set(range(10))
    assert 30 < found.images.float().mean() < 36
    assert found.notice == ""


# By download.


class Server:
    """MNIST's files on 127.0.0.1; `broken` says how, `requests` what was asked for."""

    def __init__(self) -> None:
        self.files = {f"{name}.gz": gzip.compress(content) for name, content in FILES.items()}
        self.requests: list[str] = []
        self.broken = ""
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(self.path)
                body = server.files.get(self.path.strip("/"), b"")
                if not body or server.broken == "missing":
                    self.send_error(404)
                    return
                sent = {"cut": body[:-50], "garbage": os.urandom(len(body))}
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(sent.get(server.broken, body))

            def log_message(self, *_: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A server in place of MNIST's mirrors, and an empty cache in place of the user's."""
    from torchvision.datasets import MNIST

    server = Server()
    sums = [(name, hashlib.md5(content).hexdigest()) for name, content in server.files.items()]
    monkeypatch.setattr(MNIST, "mirrors", [server.address])
    monkeypatch.setattr(MNIST, "resources", sums)
    monkeypatch.setenv("GAN_KIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()


def assert_embedded(found: Images, reason: str, n: int = 10_000) -> None:
    assert len(found.images) == len(found.labels) == n
    assert found.images.dtype == torch.uint8
    assert found.labels.dtype == torch.int64
    assert "embedded digits" in found.source
    assert reason in found.notice
    assert "\n" not in found.notice


def left_over(tmp_path: Path) -> list[str]:
    """What a download left in the cache besides the folders of MNIST."""
    cache = tmp_path / "cache"
    return sorted(str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file())


def test_a_download_is_kept(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert is_expected(training_images())
    assert len(server.requests) == 4
    assert left_over(tmp_path) == sorted(str(RAW / name) for name in FILES)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["MNIST"]
    assert is_expected(training_images(limit=5), 5)
    assert len(server.requests) == 4, "the second call asked the server again"
    assert capfd.readouterr() == ("", ""), "not a terminal: nothing to say"


def test_the_second_mirror_is_tried(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import MNIST

    monkeypatch.setattr(MNIST, "mirrors", [server.address + "elsewhere/", server.address])
    assert is_expected(training_images())
    assert len(server.requests) == 8


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("missing", "the server answered 404"),
        ("cut", "a file arrived broken"),
        ("garbage", "a file arrived broken"),
    ],
)
def test_a_broken_download_falls_back_and_is_not_kept(
    server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str], broken: str, reason: str
) -> None:
    server.broken = broken
    assert_embedded(training_images(limit=20), reason, n=20)
    assert left_over(tmp_path) == []
    assert capfd.readouterr() == ("", "")
    server.broken = ""
    assert is_expected(training_images()), "the next run, with the server fixed"


def test_a_download_broken_halfway_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.files.pop("t10k-labels-idx1-ubyte.gz")
    assert_embedded(training_images(limit=20), "404", n=20)
    assert left_over(tmp_path) == []


def test_a_broken_cache_is_mended(server: Server, tmp_path: Path) -> None:
    name = f"{TRAIN}-images-idx3-ubyte"
    write_mnist(tmp_path / "cache", {**FILES, name: FILES[name][:-1]})
    assert is_expected(training_images())
    assert (tmp_path / "cache" / RAW / name).read_bytes() == FILES[name]


def test_an_interrupted_download_is_not_kept(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("checks.engine.data.mnist.os.replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            training_images()
    assert left_over(tmp_path) == []
    assert is_expected(training_images())


def test_a_terminal_gets_a_progress_bar(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert is_expected(training_images())
    assert "Downloading MNIST" in terminal.getvalue()


def test_nobody_listens(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import MNIST

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{unused.getsockname()[1]}/"])
        assert_embedded(training_images(), "no connection")


def test_a_silent_server_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import MNIST

    monkeypatch.setattr("checks.engine.data.mnist.TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{silent.getsockname()[1]}/"])
        assert_embedded(training_images(limit=3), "no connection", n=3)


def test_a_cache_that_cannot_be_written(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert_embedded(training_images(limit=3), "cannot write", n=3)


def test_without_torchvision(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    assert_embedded(training_images(limit=3), "torchvision", n=3)
    assert server.requests == []


# The cache folder.


def test_the_cache_folder_of_each_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GAN_KIT_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == tmp_path / ".cache" / "gan-exercise-kit"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "gan-exercise-kit"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "gan-exercise-kit"
    monkeypatch.setattr(sys, "platform", "win32")
    assert cache_folder() == tmp_path / "AppData" / "Local" / "gan-exercise-kit"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "gan-exercise-kit"
    monkeypatch.setenv("GAN_KIT_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
