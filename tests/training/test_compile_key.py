from __future__ import annotations

from typing import Any

import pytest

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training.compile_key import compile_key

BASE = Experiment(early_stopping=True)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 5},
        {"learning_rate": 0.5},
        {"epochs": 3},
        {"early_stopping": False},
        {"monitor": "loss", "patience": 9, "min_delta": 0.1, "restore_best_weights": False},
    ],
    ids=str,
)
def test_these_share_a_compiled_step(change: dict[str, Any]) -> None:
    assert compile_key(BASE.derive(**change)) == compile_key(BASE)


@pytest.mark.parametrize(
    "change",
    [
        {"units": 64},
        {"activation": "gelu"},
        {"dropout": 0.1},
        {"optimizer": "sgd"},
        {"weight_decay": 0.1},
        {"batch_size": 32},
        {"precision": "bfloat16"},
        {"protocol": "holdout"},
        {"train_size": 1000},
        {"permute_pixels": True},
        {"data": "0" * 64},
    ],
    ids=str,
)
def test_these_do_not(change: dict[str, Any]) -> None:
    assert compile_key(BASE.derive(**change)) != compile_key(BASE)
