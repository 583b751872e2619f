"""The studies of a runs folder: one JSON file each in its subfolder ``studies``."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from mnist_lab.errors import StoreError, UsageError
from mnist_lab.experiments.study import Family, Study
from mnist_lab.formatting import PERCENT
from mnist_lab.machine import opener
from mnist_lab.machine.shared_path import LinkError, NotADocumentError
from mnist_lab.store import files
from mnist_lab.store.folder_watch import FolderWatch
from mnist_lab.store.runs import Store
from mnist_lab.text import one_line

_LIMIT = 2**19
"""Most bytes of a study."""
_FAMILIES: dict[Family, str] = {"baseline": "each arm with its baseline", "pairs": "every arm with every other"}


def declare(store: Store, study: Study) -> Study:
    """Save a study. One that exists already gains the new seeds, and else stays as it was declared first.

    So no run that was seen meanwhile can move its baseline, its margin or its family, not even by the order in which
    the values of its factor are given again.

    Returns:
        The study as it is saved, with all of its seeds.

    Raises:
        UsageError: ``study`` sets another margin or family.
        StoreError: It could not be written, or the one that is there could not be read; that is still there.
    """
    path = _path(store, study.id)
    with files.storage(path):
        with suppress(FileExistsError):
            files.make_folder(path.parent)
        with files.exclusive(path.parent):
            known = None
            with suppress(FileNotFoundError, ValidationError, NotADocumentError):  # a damaged one is replaced
                known = _load(path)
            if known is not None:
                _check_declared(known, study)
                study = known.model_copy(update={"seeds": tuple(sorted({*known.seeds, *study.seeds}))})
            files.publish(path, study.model_dump_json(by_alias=True, indent=1).encode())
    return study


def studies(store: Store) -> list[Study]:
    """All studies that can be read, in the order in which they were declared.

    Raises:
        StoreError: Their folder cannot be read.
    """
    found = (_read(path) for path in _paths(store))
    return sorted((study for study in found if study is not None), key=lambda study: study.asked_at)


def study(store: Store, wanted: str) -> Study:
    """The study whose id begins with ``wanted``.

    Raises:
        UsageError: None does, or several do.
        StoreError: It cannot be read, nor can its folder.
    """
    found = [one for one in studies(store) if one.id.startswith(wanted)]
    exact = [one for one in found if one.id == wanted]
    match exact or found:
        case [one]:
            return one
        case []:
            lost = next((path for path in _paths(store) if path.stem.startswith(wanted)), None)
            if lost is not None:
                raise StoreError(f"{lost} is damaged or cannot be read; `mnist-lab run` declares the study again.")
            raise UsageError(f"There is no study {one_line(wanted)!r}; `mnist-lab study list` shows them.")
        case _:
            raise UsageError(f"{len(found)} studies have ids that begin with {one_line(wanted)}; give more of it.")


class StudyCache:
    """Cache of a folder's studies, read again only where its modification time has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watch = FolderWatch(_folder(store))
        self._studies: list[Study] = []

    def studies(self) -> list[Study]:
        """As :func:`studies`; the very same list as before where nothing has changed, and the same unchanged studies.

        What a study has derived from its declaration is then not derived again.
        """
        with suppress(OSError, StoreError):  # there is none before the first study
            if self._watch.may_have_changed():
                known = {study.id: study for study in self._studies}
                found = [known[one.id] if known.get(one.id) == one else one for one in studies(self._store)]
                if found != self._studies:
                    self._studies = found
        return self._studies


def _check_declared(known: Study, again: Study) -> None:
    """Refuse another margin or family than the study was declared with.

    Raises:
        UsageError: ``again`` sets one; says how to judge by it without declaring it.
    """
    if "margin" in again.model_fields_set and again.margin != known.margin:
        declared, option = f"was declared with a margin of {PERCENT.margin(known.margin)}", "--margin"
        option += f" {100 * again.margin:g}"
    elif "family" in again.model_fields_set and again.family != known.family:
        declared, option = f"compares {_FAMILIES[known.family]}", "--pairs"
    else:
        return
    raise UsageError(
        f"The study {known.id} {declared}, and that stays so: leave {option} out, or judge the study by it with "
        f"`mnist-lab study show {known.id} {option}`."
    )


def _folder(store: Store) -> Path:
    return store.root / "studies"


def _path(store: Store, study_id: str) -> Path:
    return _folder(store) / f"{study_id}.json"


def _paths(store: Store) -> list[Path]:
    """The files of the studies, readable or not."""
    try:
        return [_folder(store) / name for name in sorted(opener.names(_folder(store))) if name.endswith(".json")]
    except (FileNotFoundError, NotADirectoryError, LinkError):  # none yet, or what somebody put there is no folder
        return []
    except OSError as error:
        raise StoreError(
            f"{_folder(store)} could not be read: {error.strerror}; name another folder with --runs."
        ) from None


def _read(path: Path) -> Study | None:
    try:
        return _load(path)
    except (OSError, ValidationError):
        return None


def _load(path: Path) -> Study:
    return Study.model_validate_json(opener.read(path, _LIMIT))
