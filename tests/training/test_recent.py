from __future__ import annotations

from mnist_lab.training.recent import Recent


def test_the_values_asked_for_last_are_kept() -> None:
    made: list[str] = []

    def get(key: str) -> str:
        return recent.get(key, lambda: made.append(key) or key.upper())

    recent: Recent[str] = Recent(2)
    assert [get(key) for key in "abacab"] == list("ABACAB")
    # c came when b had not been asked for as long.
    assert made == list("abcb")
