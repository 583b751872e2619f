"""Run ids: sortable, unique, and strict wherever they come from outside."""

from __future__ import annotations

import threading

import pytest

from mnist_lab.store.ids import is_end_of_id, is_id, new_id, short_ends
from tests.processes import running

ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

NO_IDS = [
    "",
    ID[:-1],
    ID + "0",
    ID.lower(),
    "8" + ID[1:],  # a time beyond 48 bits
    ID[:-1] + "I",
    ID[:-1] + "L",
    ID[:-1] + "O",
    ID[:-1] + "U",
    ID + "\n",
    ID + "/",
    "../" + ID[3:],
    "../" + ID,
    "./" + ID,
    "." * 26,
    "~" + ID[1:],
    ID[:-1] + "\0",
    ID[:-1] + "Ａ",
    ID[:-1] + "٣",
    ID.replace("0", "\x1b", 1),
]


def test_an_id_is_an_id() -> None:
    assert is_id(ID)
    assert is_id(new_id())
    assert is_id("7" + "Z" * 25)


@pytest.mark.parametrize("text", NO_IDS)
def test_nothing_else_is(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize("text", ["", "-", "..", "/", "a", "I", "0" * 27, "0\n", "%2e", "*"])
def test_no_id_ends_in_this(text: str) -> None:
    assert not is_end_of_id(text)


def test_an_id_can_end_in_any_of_its_ends() -> None:
    assert all(is_end_of_id(ID[start:]) for start in range(26))


def test_ids_of_many_threads_are_unique_and_each_later_than_the_one_before() -> None:
    made: list[list[str]] = [[] for _ in range(4)]

    def make(mine: list[str]) -> None:
        mine.extend(new_id() for _ in range(500))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({run_id for mine in made for run_id in mine}) == 2000
    for mine in made:
        assert mine == sorted(mine)


def test_ids_of_processes_sort_by_when_they_were_made() -> None:
    with running("from mnist_lab.store.ids import new_id\nprint(new_id())") as other:
        earlier = other.hear()
    assert earlier < new_id()


def test_the_clock_set_back_does_not_set_ids_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr("time.time_ns", lambda: 0)
    assert new_id() > before


def test_short_ends_tell_ids_apart_and_are_no_longer_than_they_must_be() -> None:
    close = ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFA69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"]
    assert short_ends(close) == {close[0]: "Q69G5FAV", close[1]: "A69G5FAV", close[2]: "9G5FAW"}
    assert short_ends([]) == {}
    assert short_ends([ID], at_least=3) == {ID: "FAV"}


def test_an_id_listed_twice_has_one_short_end() -> None:
    assert short_ends([ID, ID]) == {ID: ID[-6:]}


def test_short_ends_of_thousands_are_all_different_and_none_could_be_shorter() -> None:
    ids = [f"{number:026}" for number in range(0, 3_000_000, 999)]
    ends = short_ends(ids, at_least=3)
    assert list(ends) == ids
    assert len(set(ends.values())) == len(ids)
    shortened = [run_id[-(len(end) - 1) :] for run_id, end in ends.items() if len(end) > 3]
    assert all(sum(run_id.endswith(end) for run_id in ids) > 1 for end in shortened[:50])
