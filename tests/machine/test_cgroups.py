"""Limits of containers are kept to, in both versions of control groups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from mnist_lab.machine import cgroups, cores, hardware
from tests.training.trained import python

Tree = Callable[..., None]
Files = dict[str, str]
GB = 10**9


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Writes the files of control groups, by their paths, and the groups that this process is in."""
    monkeypatch.setattr(cgroups, "ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(cgroups, "MEMBERSHIP", tmp_path / "membership")

    def write(membership: str, **files: str) -> None:
        (tmp_path / "membership").write_text(membership)
        for name, content in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    return write


def v2(
    folder: str = "", *, limit: int | str = "max", used: int = 0, inactive: int = 0, cpu: str = "max 100000"
) -> Files:
    return {
        f"{folder}memory.max": f"{limit}\n",
        f"{folder}memory.current": f"{used}\n",
        f"{folder}memory.stat": f"anon 5\ninactive_file {inactive}\nactive_file 7\n",
        f"{folder}cpu.max": f"{cpu}\n",
    }


def v1(folder: str = "", *, limit: int = 2**63 - 4096, used: int = 0, inactive: int = 0, quota: int = -1) -> Files:
    return {
        f"memory/{folder}memory.limit_in_bytes": f"{limit}\n",
        f"memory/{folder}memory.usage_in_bytes": f"{used}\n",
        f"memory/{folder}memory.stat": f"inactive_file 1\ntotal_inactive_file {inactive}\n",
        f"cpu/{folder}cpu.cfs_quota_us": f"{quota}\n",
        f"cpu/{folder}cpu.cfs_period_us": "100000\n",
    }


IN_V1 = "9:name=systemd:/\n4:memory:/docker/a\n1:cpu,cpuacct:/docker/a\n0::/\n"


@pytest.mark.parametrize(
    ("membership", "files"),
    [
        ("0::/\n", v2(limit=2 * GB, used=GB + 700, inactive=700, cpu="150000 100000")),
        ("0::/job/step\n", v2() | v2("job/", limit=2 * GB, used=GB, cpu="150000 100000") | v2("job/step/", used=9)),
        ("0::/../../host/only\n", v2(limit=2 * GB, used=GB, cpu="150000 100000")),
        (IN_V1, v1("docker/a/", limit=2 * GB, used=GB + 700, inactive=700, quota=150_000)),
        (IN_V1, v1() | v1("docker/a/", limit=2 * GB, used=GB, quota=150_000)),
        (IN_V1, v1(limit=2 * GB, used=GB, quota=150_000)),
    ],
    ids=["v2", "v2, of a group above", "v2, path unseen", "v1", "v1, below the root", "v1, path unseen"],
)
def test_memory_and_processors_are_those_of_the_container(
    tree: Tree, membership: str, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(membership, **files)
    monkeypatch.setattr(cores, "affinity", lambda: list(range(64)))
    assert hardware.memory() == hardware.Memory(2 * GB, GB)
    assert (cgroups.cpus(), cores.usable(), cores.thread_limit()) == (1.5, 2, 2)


@pytest.mark.parametrize("files", [{}, v2(), v1(), v2(limit=2**62, cpu="999999900 100000"), {"cpu.max": "?"}])
def test_without_limits_they_are_those_of_the_machine(tree: Tree, files: Files) -> None:
    tree(IN_V1, **files)
    assert hardware.memory().total == psutil.virtual_memory().total
    assert cores.usable() == len(cores.affinity())
    assert cores.thread_limit() is None


def test_a_backend_that_is_not_told_its_threads_keeps_to_the_limit(tmp_path: Path) -> None:
    """As in a worker that somebody starts in a container."""
    code = f"""
from pathlib import Path
from mnist_lab.machine import cgroups
cgroups.ROOT = Path({str(tmp_path)!r})
from mnist_lab.training.loading import load_engine
import tensorflow
print(load_engine().environment()["threads"], tensorflow.config.threading.get_intra_op_parallelism_threads())
"""
    for name, content in (v2(cpu="50000 100000") | v1(quota=50_000)).items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    if len(cores.affinity()) == 1:
        pytest.skip("one processor is all there is")
    assert python(code).split() == ["1", "1"]
