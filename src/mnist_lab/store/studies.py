"""The studies of a runs folder: one JSON file each in its subfolder ``studies``."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from mnist_lab.errors import StoreError, UsageError
from mnist_lab.experiments.study import Study
from mnist_lab.store import files
from mnist_lab.store.folder_watch import FolderWatch
from mnist_lab.store.runs import Store
from mnist_lab.text import one_line


def declare(store: Store, study: Study) -> Study:
    """Save a study. One that exists already gains the new seeds, and keeps what ``study`` does not set.

    Returns:
        The study as it is saved, with all of its seeds.

    Raises:
        StoreError: It could not be written; what was there is still there.
    """
    path = _path(store, study.id)
    with files.storage(path):
        with suppress(FileExistsError):
            files.make_folder(path.parent)
        with files.exclusive(path.parent):
            known = _read(path)
            if known is not None:
                stated = {name: getattr(study, name) for name in study.model_fields_set}
                seeds = tuple(sorted({*known.seeds, *study.seeds}))
                study = known.model_copy(update={**stated, "seeds": seeds, "asked_at": known.asked_at})
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
        """As :func:`studies`; the very same list as before where nothing has changed."""
        with suppress(OSError, StoreError):  # there is none before the first study
            if self._watch.may_have_changed():
                found = studies(self._store)
                if found != self._studies:
                    self._studies = found
        return self._studies


def _folder(store: Store) -> Path:
    return store.root / "studies"


def _path(store: Store, study_id: str) -> Path:
    return _folder(store) / f"{study_id}.json"


def _paths(store: Store) -> list[Path]:
    """The files of the studies, readable or not."""
    try:
        with os.scandir(_folder(store)) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.name.endswith(".json"))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(
            f"{_folder(store)} could not be read: {error.strerror}; name another folder with --runs."
        ) from None


def _read(path: Path) -> Study | None:
    try:
        return Study.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
