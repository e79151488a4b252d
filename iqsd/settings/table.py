"""One table of every setting: type, default, help, check. config.toml, its errors and docs/settings.md come from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iqsd.calibration import Shares
from iqsd.errors import ConfigError, printable
from iqsd.paths import absolute
from iqsd.photos.pairs import PairSidecars
from iqsd.scoring.metadata import Thresholds
from iqsd.settings.checks import file, folders, number, one_of, stars, whole, yes_or_no
from iqsd.settings.places import pictures_folder
from iqsd.sidecars import Naming, Options, RejectedAs, WriteTo


@dataclass(frozen=True)
class Setting:
    """One row of the table.

    Attributes:
        key: `section.name` in config.toml.
        default: as TOML would write it; None if the default comes from elsewhere (`example` is shown then).
        read: checks a TOML value and gives it its type; raises `WrongValueError`.
        help: one or two sentences for the person who edits the file.
        example: what the commented line shows if there is no fixed default.
    """

    key: str
    default: Any
    read: Callable[[Any], Any]
    help: str
    example: Any = None


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "watch.folders",
        None,
        folders,
        "The folders that `iqsd start` watches, including subfolders. Default: your pictures folder. Like all paths "
        "here, they must begin with `/` or `~`.",
        example=["~/Pictures"],
    ),
    Setting(
        "watch.settle_seconds",
        5.0,
        number(0, 3600),
        "A photo counts as complete when its size and date have not changed for this many seconds.",
    ),
    Setting(
        "watch.sweep_minutes",
        60.0,
        number(0.01, 10080),
        "How often to compare the files on disk with what has been rated, in case an event was lost.",
    ),
    Setting(
        "watch.poll_folders",
        None,
        folders,
        "Watched folders to compare every few minutes, because other machines write there without iqsd being notified. "
        "Network mounts (NFS, SMB, sshfs) are recognised and need not be named.",
        example=["~/Pictures"],
    ),
    Setting(
        "watch.poll_minutes",
        5.0,
        number(0.01, 1440),
        "How often to compare such folders. They are compared less often if it would take more than 2 % of the time.",
    ),
    Setting(
        "rating.reject_below",
        None,
        number(0, 100),
        "A photo with a score below this (0 to 100) is rejected. Default: the model's own threshold.",
        example=10.0,
    ),
    Setting(
        "rating.accept_from",
        None,
        number(0, 100),
        "A photo with this score or more is accepted, unless it has a fault. Default: the model's own threshold.",
        example=70.0,
    ),
    Setting(
        "rating.stars",
        None,
        stars,
        "The scores at which 2, 3, 4 and 5 stars begin. Default: the model's own.",
        example=[20.0, 45.0, 70.0, 90.0],
    ),
    Setting(
        "rating.reject_worst",
        None,
        number(0, 100),
        "Reject the worst photos of each folder, this many per cent, instead of those below a fixed score. Fixed "
        "scores still count partly in folders with fewer than 50 photos, and alone in those with fewer than 10. "
        "Default: fixed scores.",
        example=10.0,
    ),
    Setting(
        "rating.accept_best",
        None,
        number(0, 100),
        "Accept the best photos of each folder, this many per cent, in the same way.",
        example=20.0,
    ),
    Setting(
        "rating.rejected_as",
        "one-star",
        one_of(RejectedAs),
        "The rating of a rejected photo: 'one-star', or 'minus-one' (-1, which darktable, Bridge and geeqie read as "
        "rejected, and digiKam as no rating).",
    ),
    Setting(
        "rating.pairs",
        "both",
        one_of(PairSidecars),
        "A RAW file and the JPEG or HEIF of the same name beside it are one photo. It is judged once, and the verdict "
        "goes to 'both', or only to the 'raw' or the 'jpeg' (or HEIF).",
    ),
    Setting(
        "rating.burst_seconds",
        5.0,
        number(0, 60),
        "Frames that look alike and were taken no more than this many seconds apart are a burst: the best one stays as "
        "it is, and accepted ones among the others become pending. 0: every photo is judged on its own.",
    ),
    Setting(
        "sidecars.naming",
        "full",
        one_of(Naming),
        "'full' writes IMG.jpg.xmp (digiKam, darktable and most others), 'base' writes IMG.xmp (Adobe programs, and "
        "digiKam if set to compatible names).",
    ),
    Setting(
        "sidecars.colour_label",
        False,
        yes_or_no,
        "Also write the pick label as a colour label (red, yellow, green), for programs without pick labels.",
    ),
    Setting(
        "sidecars.keyword",
        False,
        yes_or_no,
        "Also write the pick label as a keyword: iqsd/rejected, iqsd/pending or iqsd/accepted.",
    ),
    Setting(
        "sidecars.write",
        "sidecar",
        one_of(WriteTo),
        "'sidecar' never touches a photo. 'embedded' writes into the JPEG files themselves, for catalogs that read "
        "nothing else; the picture data stays bit for bit the same.",
    ),
    Setting(
        "model.file",
        None,
        file("a .tflite file"),
        "A TFLite model of your own, with its metadata file (same name, .json) beside it. Default: the one that comes "
        "with iqsd.",
        example="~/models/mine.tflite",
    ),
    Setting(
        "run.jobs",
        None,
        whole(1, 256),
        "How many photos to judge at the same time. Default: one per processor core.",
        example=2,
    ),
    Setting(
        "run.pause_on_battery",
        False,
        yes_or_no,
        "`iqsd start` judges nothing while the machine runs on battery; new photos wait.",
    ),
    Setting(
        "run.pause_above_load",
        None,
        number(0, 1000),
        "`iqsd start` judges nothing while other programs load each processor core more than this: the load average of "
        "the last minute, without iqsd's own share, divided by the number of cores. At 1 other programs use the whole "
        "machine. Default: it never waits for others, but runs at low priority beside them.",
        example=1.0,
    ),
    Setting(
        "run.metrics_file",
        None,
        file("a file, such as /var/lib/node_exporter/iqsd.prom"),
        "`iqsd start` writes its figures to this file for Prometheus. node_exporter's textfile collector needs a name "
        "that ends in .prom. Default: none.",
        example="/var/lib/node_exporter/iqsd.prom",
    ),
)


@dataclass(frozen=True)
class Settings:
    """Every setting with its value. None: the default that the table's help names.

    `source` is the config.toml they were read from, for error messages; it need not exist.
    """

    source: Path
    folders: tuple[Path, ...] | None
    settle_seconds: float
    sweep_minutes: float
    poll_folders: tuple[Path, ...] | None
    poll_minutes: float
    reject_below: float | None
    accept_from: float | None
    stars: tuple[float, float, float, float] | None
    reject_worst: float | None
    accept_best: float | None
    rejected_as: RejectedAs
    pairs: PairSidecars
    burst_seconds: float
    naming: Naming
    colour_label: bool
    keyword: bool
    write: WriteTo
    file: Path | None
    jobs: int | None
    pause_on_battery: bool
    pause_above_load: float | None
    metrics_file: Path | None

    def thresholds(self, models: Thresholds) -> Thresholds:
        """The model's thresholds, with the user's in place of them where set.

        Raises:
            ConfigError: together they make no sense.
        """
        result = replace(
            models,
            reject_below=models.reject_below if self.reject_below is None else self.reject_below,
            accept_from=models.accept_from if self.accept_from is None else self.accept_from,
            stars=self.stars or models.stars,
        )
        if result.reject_below > result.accept_from:
            raise ConfigError(
                f"rating.reject_below ({result.reject_below:g}) is above rating.accept_from ({result.accept_from:g})",
                self.source,
            )
        return result

    def shares(self) -> Shares:
        """What part of each folder to reject and to accept.

        Raises:
            ConfigError: together they are more than all photos.
        """
        if (self.reject_worst or 0) + (self.accept_best or 0) > 100:
            raise ConfigError(
                "rating.reject_worst and rating.accept_best are more than 100 per cent together", self.source
            )
        return Shares(self.reject_worst, self.accept_best)

    def options(self) -> Options:
        """How sidecars are named and written."""
        return Options(self.naming, self.colour_label, self.keyword, self.write)

    def watched(self) -> tuple[Path, ...]:
        """The folders to watch: as set, or the XDG pictures folder."""
        return self.folders or (pictures_folder(),)

    def polled(self) -> tuple[Path, ...]:
        """Which of the watched folders to sweep every few minutes.

        Raises:
            ConfigError: one of them is not watched.
        """
        watched = tuple(map(absolute, self.watched()))
        polled = tuple(map(absolute, self.poll_folders or ()))
        for folder in polled:
            if folder not in watched:
                raise ConfigError(
                    f"watch.poll_folders names {printable(folder)}, which is not one of the watched folders",
                    self.source,
                    advice="name it in watch.folders too",
                )
        return polled

    def watching(self, folders: Sequence[Path]) -> Settings:
        """The same settings, watching these folders instead; those that are or lie below a polled folder are polled."""
        polled = tuple(map(absolute, self.poll_folders or ()))
        below = (folder for folder in folders if any(map(absolute(folder).is_relative_to, polled)))
        return replace(self, folders=tuple(folders), poll_folders=tuple(below))
