"""A file is whole or as it was before, whatever happens to the process that writes it."""

import os
import random
import signal
import time

import pytest
import torch

from mmlearn_helpers.files import check_path, save_atomically

N = 2**20


def write_forever(path):
    """Save four megabytes of one number again and again, each time of the next number."""
    torch.set_num_threads(1)  # the threads of the parent do not come along
    number = int(torch.load(path)[0]) if path.exists() else 0
    while True:
        number += 1
        save_atomically(path, torch.full((N,), float(number)))


def version(path):
    """Another answer for every file that is put in place."""
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_killed_process_leaves_a_whole_file(tmp_path):
    path = tmp_path / "big.pt"
    moments, numbers, torn = random.Random(0), [], 0
    for _ in range(25):
        known = version(path)
        process = os.fork()
        if process == 0:
            try:
                write_forever(path)
            finally:
                os._exit(1)
        while version(path) == known:  # until this process has saved something
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.02))
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        content = torch.load(path)
        assert content.shape == (N,) and (content == content[0]).all()
        numbers.append(int(content[0]))
        torn += len(list(tmp_path.glob("*.part")))
        for part in tmp_path.glob("*.part"):
            part.unlink()
    assert numbers == sorted(set(numbers)), "an older file came back"
    assert torn > 5, "hardly any process was killed while it wrote"


def test_what_is_saved_can_be_loaded(tmp_path):
    content = {"weights": torch.arange(3.0), "epoch": 3, "names": ["a", None]}
    save_atomically(tmp_path / "a.pt", content)
    again = torch.load(tmp_path / "a.pt", weights_only=True)
    assert torch.equal(again.pop("weights"), content.pop("weights"))
    assert again == content


def test_folders_are_made_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "some" / "where" / "a.pt"
    for number in range(3):
        save_atomically(path, number)
    assert [found.name for found in path.parent.iterdir()] == ["a.pt"]
    assert torch.load(path) == 2


class Stops:
    """Cannot be saved."""

    def __init__(self, error):
        self.error = error

    def __reduce__(self):
        raise self.error


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), RuntimeError("no")])
def test_an_error_leaves_the_file_before_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.pt"
    save_atomically(path, 1)
    with pytest.raises(type(error)):
        save_atomically(path, [torch.ones(10), Stops(error)])
    assert torch.load(path) == 1
    assert [found.name for found in tmp_path.iterdir()] == ["a.pt"]


def test_the_folder_cannot_be_a_file(tmp_path):
    (tmp_path / "a").write_text("something")
    with pytest.raises(OSError, match="a"):
        save_atomically(tmp_path / "a" / "b", 1)
    assert (tmp_path / "a").read_text() == "something"


def test_strings_and_paths_are_paths_and_a_tilde_is_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert check_path("file", str(tmp_path)) == check_path("file", tmp_path) == tmp_path
    assert check_path("file", "~/a") == tmp_path / "a"


@pytest.mark.parametrize("path", [None, 3, True, ["a"], b"a"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(TypeError, match=r"^file is .*, but a path is expected; give a string or a"):
        check_path("file", path)
