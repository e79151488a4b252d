"""The kernel refuses to watch: the log says which limit to raise, and every photo is still rated."""

import shutil
import subprocess

import pytest

from tests.conftest import Iqsd, copy_photos, sidecar, wait_for
from tests.faults.watched import Watched


def limited(limit: str, value: int) -> list[str]:
    """A command prefix that sets an inotify limit in a user namespace."""
    script = f'echo {value} > /proc/sys/user/{limit} && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("needs user namespaces")
    return command


@pytest.mark.parametrize(
    ("limit", "value", "sysctl"),
    [
        ("max_inotify_watches", 20, "fs.inotify.max_user_watches=1048576"),
        ("max_inotify_instances", 0, "fs.inotify.max_user_instances=1024"),
    ],
)
def test_a_limit_that_is_reached_is_named_and_photos_are_found_by_sweeping(
    iqsd: Iqsd, limit: str, value: int, sysctl: str
) -> None:
    folders = [iqsd.pictures / str(number) for number in range(50)]
    for folder in folders:
        folder.mkdir()
    settings = "[watch]\nsettle_seconds = 0.3\npoll_minutes = 0.02\n"
    watched = Watched(iqsd, settings, before=limited(limit, value))
    watched.start()
    assert watched.says("swept instead", sysctl)
    photos = [photo for folder in folders[::10] for photo in copy_photos(folder, 1)]
    wait_for(lambda: all(sidecar(photo).exists() for photo in photos))
    status = iqsd.run("status").stdout
    assert "sweeps" in status
    assert sysctl in status


def test_a_new_folder_beyond_the_limit_is_swept(iqsd: Iqsd) -> None:
    settings = "[watch]\nsettle_seconds = 0.3\npoll_minutes = 0.02\n"
    watched = Watched(iqsd, settings, before=limited("max_inotify_watches", 5))
    watched.start()
    for number in range(10):
        (iqsd.pictures / str(number)).mkdir()
    wait_for(lambda: watched.says("swept instead", "fs.inotify.max_user_watches"))
    (photo,) = copy_photos(iqsd.pictures / "9", 1)
    watched.all_rated([photo])
