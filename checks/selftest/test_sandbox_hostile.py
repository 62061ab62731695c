"""The sandbox against code that is written to break out of it: whatever it does, its own check gets
an ordinary outcome, the judge gets no lies about other checks, and nothing of it stays."""

from __future__ import annotations

import json
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.engine.paths import CHECKS, KIT, REFERENCE
from checks.engine.sandbox import landlock
from checks.engine.sandbox.client import CAN_FORK, Limits
from checks.selftest.sandboxes import Bench, bench, running, soon

SECRETS = (
    "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "DATABASE_URL", "GH_PAT", "JWT",
    "MYSQL_PWD", "PGPASSFILE", "DOCKER_CONFIG", "KUBECONFIG", "NETRC", "MY_PIN", "HTTPS_PROXY",
    "GNUPGHOME", "PYTHON_API_KEY", "TORCH_HUB_TOKEN", "SLACK_WEBHOOK",
)  # fmt: skip
pytestmark = pytest.mark.skipif(not CAN_FORK, reason="the full sandbox is Linux's")
landlocked = pytest.mark.skipif(
    landlock.version() == 0, reason="this kernel has no Landlock (it needs Linux 5.13)"
)


MARK = f"GAN_KIT_MARK={uuid.uuid4()}"


@pytest.fixture(scope="module", params=["full", "partial"])
def one(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """A bench of each level, whose processes and all that they start carry the mark."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_KIT_ISOLATION", request.param)
        patch.setenv(*MARK.split("="))
        for name in SECRETS:
            patch.setenv(name, "secret")
        with bench(tmp_path_factory.mktemp("hostile"), "fork") as result:
            assert result.honest()
            if result.sandbox.isolation.level != request.param:
                pytest.skip(f"this machine has no {request.param!r}")
            yield result
    assert soon(lambda: running(MARK) == [])


@pytest.fixture(autouse=True)
def every_honest_run_afterwards_is_untouched(one: Bench) -> Iterator[None]:
    yield
    assert one.honest()


# What is returned -----------------------------------------------------------------------------

DISGUISES = {
    "a yes to every comparison": """
        class Yes:
            __eq__ = __ne__ = __lt__ = __gt__ = lambda self, other: True
            shape = (100, 100)
        def go(): return Yes()
    """,
    "a tensor by its own word": """
        import torch
        class Fake:
            __class__ = torch.Tensor
        def go(): return Fake()
    """,
    "an array by its own word": """
        import numpy
        class Fake:
            __class__ = property(lambda self: numpy.ndarray)
        def go(): return Fake()
    """,
    "a number by inheritance": """
        class Fake(float):
            __eq__ = __lt__ = lambda self, other: True
        def go(): return Fake(3)
    """,
    "a module": "import torch\ndef go(): return torch.nn.Linear(1, 1)",
}


@pytest.mark.parametrize("name", DISGUISES)
def test_objects_stay_in_the_child(one: Bench, name: str) -> None:
    outcome = one.run(DISGUISES[name])
    assert outcome.status == "ok"
    assert type(outcome.evidence[0]).__name__ == "Other"


# What is written where the evidence goes ------------------------------------------------------

FORGE = """
    import json, os, struct, sys
    frame = sys._getframe()
    while "request" not in frame.f_locals: frame = frame.f_back
    def message(tree, text=None):
        text = text or json.dumps(tree).encode()
        return struct.pack("<4sIQ", b"GANK", len(text), 0) + text
    def node(value):
        if isinstance(value, dict):
            return {"$dict": [[key, node(item)] for key, item in value.items()]}
        if isinstance(value, list):
            return {"$list": [node(item) for item in value]}
        return value
    def send(data):
        os.write(3, data)
        os._exit(0)
    error = {"status": "error", "type": "E", "message": "m", "bases": [], "frames": [],
             "raised_by_learner": False, "salt": frame.f_locals["request"]["salt"]}
"""
FORGERIES = {
    "rubbish": "send(b'rubbish')",
    "a header alone": "send(message({})[:16])",
    "a claim of 10 GB": "send(struct.pack('<4sIQ', b'GANK', 10, 10 * 2**30))",
    "a flood": "\nwhile True: os.write(3, b'x' * 2**16)",
    "two messages": "send(message(node({'status': 'ok', 'evidence': 1})) * 2)",
    "a message before the real one": "os.write(3, message(node({'status': 'ok'})))",
    "no dictionary": "send(message(node([1])))",
    "nothing": "send(message(None))",
    "no status": "send(message(node({'evidence': 1})))",
    "an unknown status": "send(message(node({'status': 'passed'})))",
    "a list for a status": "send(message(node({'status': ['ok']})))",
    "deep lists": "send(message(None, b'[' * 100000))",
    "numbers without end": "send(message(None, b'9' * 100000))",
    "an error without fields": "send(message(node({'status': 'error'})))",
    "frames that are none": "send(message(node({**error, 'frames': [3]})))",
    "a line at infinity": "send(message(node({**error, 'frames': "
    "[['beginner.py', {'$float': 'inf'}, 'f']]})).replace(b'$dict', b'$dict'))",
    "a file with a null": "send(message(node({**error, 'frames': [['a\\0b', 1, 'f']]})))",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_answer_is_garbled(one: Bench, name: str) -> None:
    source = f"{FORGE}\n    def go():\n        " + FORGERIES[name].replace("\n", "\n        ")
    outcome = one.run(source, limits=Limits(seconds=1))
    assert outcome.status == ("timeout" if name == "a flood" else "garbled")


def test_a_forged_error_shows_no_file_but_the_learners(one: Bench, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("the secret\n")
    link, pipe = one.folder / "link.py", one.folder / "pipe.py"
    link.symlink_to(secret)
    os.mkfifo(pipe)
    names = [str(secret), "/dev/zero", "link.py", "pipe.py", "", ".", "../secret.py", "beginner.py"]
    outcome = one.run(f"""{FORGE}
    def go():
        error.update(frames=[[name, 1, "f" * 10**4] for name in {names}], raised_by_learner=True,
                     type="T" * 10**4, message="m" * 10**4)
        send(message(node(error)))
    """)
    link.unlink()
    pipe.unlink()
    assert outcome.error is not None
    assert [Path(file).name for file, _, _ in outcome.error.frames] == ["beginner.py"]
    assert max(map(len, (outcome.error.type, outcome.error.message))) <= 2000


def test_a_forged_error_without_frames_was_not_raised_by_the_learner(one: Bench) -> None:
    outcome = one.run(f"""{FORGE}
    def go():
        error.update(bases=["NotImplementedError"], raised_by_learner=True)
        send(message(node(error)))
    """)
    assert outcome.error is not None
    assert not outcome.error.raised_by_learner


# Processes --------------------------------------------------------------------------------------

DAEMONS = {
    "children": """
        for _ in range(30):
            if os.fork() == 0: time.sleep(100)
    """,
    "a daemon in a session of its own": """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 100)
                time.sleep(100)
            os._exit(0)
    """,
    "one that ignores signals": """
        if os.fork() == 0:
            for number in set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            os.setsid()
            time.sleep(100)
    """,
    "children of children": """
        for _ in range(5):
            if os.fork() == 0: os.setsid()
        time.sleep(100)
    """,
}


@pytest.mark.parametrize("name", DAEMONS)
def test_nothing_stays_running(one: Bench, name: str) -> None:
    before = running(MARK)
    source = f"import os, signal, time\ndef go():\n    if True:{DAEMONS[name]}"
    is_slow = name == "children of children"  # the others end by themselves, on a busy machine late
    outcome = one.run(source, limits=Limits(seconds=1 if is_slow else 20))
    assert outcome.status == ("timeout" if is_slow else "ok")
    assert soon(lambda: running(MARK) == before)


@pytest.mark.parametrize("victim", ["os.getppid()", "0"])
def test_it_cannot_end_who_runs_it(one: Bench, victim: str) -> None:
    """Where Landlock keeps signals inside (Linux 6.12), or else the kit gets over it."""
    outcome = one.run(f"import os\ndef go(): os.kill({victim}, 9)")
    assert outcome.status in ("error", "crashed")


def test_a_close_during_a_run_ends_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"GAN_KIT_MARK={uuid.uuid4()}"
    monkeypatch.setenv(*mark.split("="))
    with bench(tmp_path / "own", "fork") as own:
        assert own.honest()
        link = own.sandbox._link
        assert link is not None
        threading.Timer(1, link.close).start()
        outcome = own.run("import os, time\ndef go():\n    if os.fork() == 0: os.setsid()\n"
                          "    time.sleep(100)", limits=Limits(seconds=30))  # fmt: skip
        assert outcome.status == "crashed"
        assert soon(lambda: running(mark) == [])


def test_secrets_in_the_environment_stay_outside(one: Bench) -> None:
    names = one.run("import os\ndef go(): return list(os.environ)").evidence[0]
    assert set(names) & set(SECRETS) == set()
    assert "PATH" in names


# Files, network, programs -------------------------------------------------------------------------


def denied(one: Bench, body: str) -> bool:
    """Whether the system refuses it, or has nothing of the kind (in a file system of its own)."""
    outcome = one.run(f"import os, socket, subprocess, tempfile\ndef go():\n    return {body}")
    kinds = ("PermissionError", "FileNotFoundError", "OSError")
    return outcome.error is not None and outcome.error.type in kinds


@landlocked
def test_it_reads_its_own_files_and_the_libraries_only(one: Bench, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("another learner's")
    (one.folder / "data.txt").write_text("own")
    for path in (tmp_path / "other.txt", REFERENCE / "beginner.py", KIT / "README.md",
                 CHECKS / "test_beginner.py", Path("/etc/shadow"),
                 Path(f"/proc/{os.getpid()}/environ")):  # fmt: skip
        if path.exists():
            assert denied(one, f"open({str(path)!r}).read()"), path
    assert denied(one, f"os.listdir({str(KIT)!r})")
    assert denied(one, f"os.listdir({str(one.folder.parent)!r})")
    for path in (one.folder / "data.txt", Path(json.__file__)):
        assert one.run(f"def go(): return bool(open({str(path)!r}).read())").evidence == [True]
    library = one.run("def go():\n    import sqlite3, xml.dom.minidom, torch.optim\n    return 42")
    assert library.status == "ok"


@landlocked
def test_it_writes_in_its_scratch_folder_only(one: Bench, tmp_path: Path) -> None:
    for path in (tmp_path / "new", one.folder / "new.py", one.folder / "beginner.py", KIT / "new"):
        assert denied(one, f"open({str(path)!r}, 'w')"), path
        assert not path.exists() or path.read_text()
    assert denied(one, f"os.mkdir({str(one.folder / 'new')!r})")
    assert denied(one, f"os.remove({str(one.folder / 'beginner.py')!r})")
    assert denied(one, f"os.rename('x', {str(one.folder / 'x')!r}) if open('x', 'w') else 0") or (
        one.run(f"import os\ndef go(): os.rename('x', {str(one.folder / 'x')!r})").status != "ok"
    )
    assert list(one.folder.glob("new*")) == []
    wrote = one.run("""
        import os, tempfile
        def go():
            open("here.txt", "w").write("x")
            with tempfile.TemporaryDirectory() as folder:
                open(folder + "/there.txt", "w").write("x")
                return [os.path.abspath("here.txt"), folder]
    """)
    assert wrote.status == "ok"
    assert not any(Path(path).exists() for path in wrote.evidence[0])


@landlocked
def test_it_makes_no_devices_and_starts_no_programs(one: Bench) -> None:
    assert denied(one, "subprocess.run(['true'])")
    assert denied(one, "os.execv('/bin/sh', ['sh'])")
    assert denied(one, "os.mknod('disk', 0o60600, os.makedev(8, 0))")


@landlocked
@pytest.mark.skipif(landlock.version() < 4, reason="this kernel's Landlock knows no network")
def test_it_has_no_network(one: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert denied(one, f"socket.create_connection(('127.0.0.1', {port}))")
        assert denied(one, "socket.create_server(('127.0.0.1', 0))")


def test_a_file_it_writes_has_a_bound(one: Bench) -> None:
    small = Limits(seconds=5, file=2**20)
    body = "def go():\n    with open('big', 'wb') as file: file.write(bytes(2**21))"
    outcome = one.run(body, limits=small)
    assert outcome.error is not None
    assert outcome.error.type == "OSError"


MEMORY = {
    "numpy": "import numpy\ndef go(): return numpy.zeros(2**29)",
    "torch": "import torch\ndef go(): return torch.empty(2**30)",
    "bytes": "def go(): return bytearray(2**32)",
    "a list that grows": "def go():\n    a = [0]\n    while True: a += a",
    "at import": "a = bytearray(2**32)",
}


@pytest.mark.parametrize("name", MEMORY)
def test_memory_has_a_bound(one: Bench, name: str) -> None:
    limits = Limits(seconds=10, memory=2**28)
    assert one.run(MEMORY[name], limits=limits).status == "memory"


def test_many_processes_at_once_have_their_end(one: Bench) -> None:
    patient = Limits(seconds=20)
    outcome = one.run("import os\ndef go():\n    for _ in range(6): os.fork()", limits=patient)
    assert outcome.status in ("ok", "garbled")
