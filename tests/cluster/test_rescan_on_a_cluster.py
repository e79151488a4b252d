"""`iqsd rescan --scheduler`: real Dask workers judge and one thread writes; losing any of them loses nothing else."""

import importlib.util
import json
import os
import shutil
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from iqsd.cluster import task
from iqsd.cluster.order import Order
from iqsd.errors import ClusterError, ModelError
from iqsd.journal import Journal
from iqsd.models import shipped_model
from iqsd.sidecars import read
from iqsd.workers.answer import Judged
from tests.cluster.dask import Cluster
from tests.commands.test_interrupted import EACH_BY_ITSELF
from tests.conftest import ROOT, Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import children, identities, tiny_photos
from tests.tiny_model import METADATA, write_model

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason='needs Dask: pip install "iqsd[cluster]"'
)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    home = tmp_path / "cluster"
    home.mkdir()
    cluster = Cluster(home)
    yield cluster
    cluster.end()


def test_a_worker_killed_during_a_run_and_a_crashing_photo_cost_nothing_else(iqsd: Iqsd, cluster: Cluster) -> None:
    iqsd.configure(EACH_BY_ITSELF)
    photos = tiny_photos(iqsd.pictures, 80)
    poison = iqsd.pictures / "segfault.jpg"
    poison.write_bytes(photos[0].read_bytes())
    victim, other = cluster.add_worker(), cluster.add_worker()
    run = iqsd.start("rescan", iqsd.pictures, "--json", "--scheduler", cluster.address)
    wait_for(lambda: len(identities(iqsd.pictures)) > 20)
    os.killpg(victim.pid, signal.SIGKILL)
    written = identities(iqsd.pictures)
    out, _ = run.communicate(timeout=60)
    lines = [json.loads(line) for line in out.splitlines()]
    assert run.returncode == 1, iqsd.log.read_text()
    wait_for(lambda: children(other.pid) == [])
    assert Counter(line["path"] for line in lines) == Counter(map(str, [*photos, poison]))
    assert Counter(line["status"] for line in lines) == {"rated": len(photos), "failed": 1}
    assert [line["error"] for line in lines if "error" in line] == ["its decoder crashed (Segmentation fault)"]
    assert len(written) < len(photos)  # it was killed before the end
    after = identities(iqsd.pictures)
    assert {name: after[name] for name in written} == written
    assert all(read(photo).record is not None for photo in photos)
    with Journal(iqsd.journal) as journal:
        assert journal.counts() == {"rated": len(photos), "failed": 1, "set_aside": 0}
    poison.unlink()
    assert Counter(line["status"] for line in iqsd.rescan()) == {"unchanged": len(photos)}
    assert identities(iqsd.pictures) == after


def test_when_the_scheduler_is_lost_ratings_stay_and_the_next_run_continues(iqsd: Iqsd, cluster: Cluster) -> None:
    iqsd.configure(EACH_BY_ITSELF)
    photos = tiny_photos(iqsd.pictures, 80)
    cluster.add_worker()
    run = iqsd.start("rescan", iqsd.pictures, "--scheduler", cluster.address)
    wait_for(lambda: len(identities(iqsd.pictures)) > 10)
    cluster.scheduler.kill()
    out, _ = run.communicate(timeout=60)
    assert run.returncode == 9
    assert f"iqsd: the scheduler {cluster.address} was lost (what was rated stays" in iqsd.log.read_text()
    assert "Traceback" not in out + iqsd.log.read_text()
    written = identities(iqsd.pictures)
    assert 10 < len(written) < len(photos)
    assert Counter(line["status"] for line in iqsd.rescan()) == {
        "unchanged": len(written),
        "rated": len(photos) - len(written),
    }
    assert {name: one for name, one in identities(iqsd.pictures).items() if name in written} == written


def test_a_cluster_that_cannot_judge_as_this_machine_would_is_refused_before_the_first_photo(
    iqsd: Iqsd, cluster: Cluster
) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    done = iqsd.run("rescan", iqsd.pictures, "--scheduler", cluster.address)
    assert done.returncode == 9
    assert f"has no worker (start some with `dask worker {cluster.address}`)" in done.stderr
    other = cluster.home / "other" / "iqsd"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("__version__ = '0.0.1'\n")
    cluster.add_worker(other.parent)
    done = iqsd.run("rescan", iqsd.pictures, "--scheduler", cluster.address)
    assert done.returncode == 9
    assert "does not have this iqsd" in done.stderr
    assert "install the same there" in done.stderr
    assert not sidecar(photo).exists()


def test_a_worker_with_other_code_of_the_same_version_judges_nothing(iqsd: Iqsd, cluster: Cluster) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    other = cluster.home / "other"
    for room in ("iqsd", "models"):
        shutil.copytree(ROOT / room, other / room, ignore=shutil.ignore_patterns("__pycache__"))
    scorer = other / "iqsd" / "scoring" / "scorer.py"
    scorer.write_text(scorer.read_text().replace("score=round(score, 1)", "score=1.0"))
    cluster.add_worker(other)
    done = iqsd.run("rescan", iqsd.pictures, "--scheduler", cluster.address)
    assert done.returncode == 9, done.stdout
    assert "has other code of iqsd" in done.stderr
    assert not sidecar(photo).exists()


def test_a_scheduler_that_does_not_answer_is_an_error_that_says_what_to_do(iqsd: Iqsd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        for address in ("nonsense://nowhere:1", "tcp://127.0.0.1:1", "tls://127.0.0.1:1", f"tcp://127.0.0.1:{port}"):
            done = iqsd.run("rescan", iqsd.pictures, "--scheduler", address)
            assert done.returncode == 9
            assert f"the scheduler {address} cannot be reached" in done.stderr
            assert "start one with `dask scheduler`" in done.stderr
            assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ({"version": "0.0.1"}, "this machine has 0.0.1 (install the same there)"),
        ({"code": "another"}, "has other code of iqsd"),
        ({"digest": "another"}, "does not have the same model"),
        ({"witnesses": (Path("/mnt/photos/20\n24"),)}, r"does not see /mnt/photos/20\n24 (mount the storage there"),
    ],
    ids=["version", "code", "model", "storage"],
)
def test_a_worker_says_how_it_differs(what: dict[str, object], says: str, tmp_path: Path) -> None:
    order = Order.of(shipped_model(), [tmp_path])
    assert task.check(order) == shipped_model()
    with pytest.raises(ClusterError) as error:
        task.check(Order(**{**vars(order), **what}))
    assert says in str(error.value)


def test_a_users_own_model_is_recognised_by_its_content_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.tflite").write_bytes(shipped_model().read_bytes())
    (tmp_path / "mine.json").write_bytes(shipped_model().with_suffix(".json").read_bytes())
    (tmp_path / "detail.json").write_bytes(shipped_model().with_name("detail.json").read_bytes())
    order = Order.of(tmp_path / "mine.tflite", [])
    assert task.check(order) == tmp_path / "mine.tflite"
    (tmp_path / "detail.json").write_bytes(b"{}")
    assert task.check(order) == shipped_model()
    (tmp_path / "mine.tflite").unlink()
    assert task.check(order) == shipped_model()


def test_a_worker_that_does_not_see_a_photo_says_so_and_judges_nothing(tmp_path: Path) -> None:
    (tmp_path / "there.jpg").touch()
    with pytest.raises(ClusterError, match=r"cannot read .*/below/a mount\.jpg"):
        task.judge(Order.of(shipped_model(), [tmp_path]), os.fsencode(tmp_path / "below" / "a mount.jpg"))


def mine(folder: Path, value: float, scale: list[int] | None = None) -> Order:
    """To judge by a user's own model, which rates every photo the same; with a scale of two equal values it cannot."""
    output = METADATA["outputs"][0] | {"scale": scale or [1, 10]}
    metadata = METADATA | {"outputs": [output]}
    return Order.of(write_model(folder / "mine.tflite", [[0, 0, 0]], [value], metadata), [])


def test_a_model_that_replaces_another_at_the_same_path_judges_the_photos(tmp_path: Path) -> None:
    (photo,) = map(os.fsencode, copy_photos(tmp_path, 1))
    first, second = task.judge(mine(tmp_path, 3), photo), task.judge(mine(tmp_path, 7), photo)
    assert isinstance(first, Judged)
    assert isinstance(second, Judged)
    assert (first.assessment.aesthetic, second.assessment.aesthetic) == (3, 7)


def test_a_photo_that_a_wrong_model_could_not_judge_does_not_affect_the_next(tmp_path: Path) -> None:
    blank, photo = tmp_path / "blank.png", copy_photos(tmp_path, 1)[0]
    Image.new("RGB", (64, 64)).save(blank)
    with pytest.raises(ModelError):
        task.judge(mine(tmp_path, 5, [1, 1]), os.fsencode(blank))
    answer = task.judge(mine(tmp_path, 5), os.fsencode(photo))
    assert isinstance(answer, Judged)
    assert answer.assessment.faults["underexposure"] == 0


def test_a_folder_that_goes_away_costs_the_others_nothing(iqsd: Iqsd, cluster: Cluster) -> None:
    iqsd.configure(EACH_BY_ITSELF)
    gone, stays = iqsd.pictures / "gone", iqsd.pictures / "stays"
    tiny_photos(gone, 1)
    photos = tiny_photos(stays, 80)
    (stays / "z.jpg").write_bytes(b"no photo")
    cluster.add_worker()
    run = iqsd.start("rescan", gone, stays, "--json", "--scheduler", cluster.address)
    wait_for(lambda: len(identities(stays)) > 10)
    shutil.rmtree(gone)
    out, _ = run.communicate(timeout=60)
    lines = [json.loads(line) for line in out.splitlines()]
    assert run.returncode == 1, iqsd.log.read_text()
    assert "Traceback" not in iqsd.log.read_text()
    assert {line["path"] for line in lines if line["status"] == "failed"} == {str(gone), str(stays / "z.jpg")}
    assert all(read(photo).record is not None for photo in photos)


def test_without_the_option_dask_is_not_even_imported(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 1)
    trap = iqsd.home / "trap"
    trap.mkdir()
    (trap / "distributed.py").write_text("raise ImportError('no distributed')\n")
    iqsd.environment["PYTHONPATH"] = str(trap)
    assert [line["status"] for line in iqsd.rescan()] == ["rated"]
    done = iqsd.run("rescan", iqsd.pictures, "--scheduler", "tcp://127.0.0.1:1")
    assert done.returncode == 9
    assert done.stderr == "iqsd: Dask is not installed (pip install distributed)\n"
