"""A plain PyTorch loop: all images in memory as float32, a random permutation an epoch, fused Adam."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.competitors.work import EpochClock, Work
from mnist_lab.experiments.experiment import Experiment

_LOOKED_AT = 1000
"""Validation images at a time."""


def network(experiment: Experiment) -> Any:
    layers: list[Any] = []
    inputs = 28 * 28
    if experiment.network == "conv":
        channels, side = (1, *experiment.filters), 28
        for before, after in pairwise(channels):
            layers += [nn.Conv2d(before, after, 3), nn.ReLU(), nn.MaxPool2d(2)]
            side = (side - 2) // 2
        inputs = channels[-1] * side * side
    layers.append(nn.Flatten())
    for _ in range(experiment.depth):
        layers += [nn.Linear(inputs, experiment.units), nn.ReLU()]
        inputs = experiment.units
    return nn.Sequential(*layers, nn.Linear(inputs, 10))


def main() -> None:
    work = Work.from_argument()
    experiment, split = work.experiment, work.split()
    torch.manual_seed(experiment.seed)

    def tensors(images: Any, labels: Any) -> tuple[Any, Any]:
        return torch.from_numpy(images.astype(np.float32) / 255)[:, None], torch.from_numpy(labels.astype(np.int64))

    images, labels = tensors(split.x_train, split.y_train)
    val_images, val_labels = tensors(split.x_val, split.y_val)
    model = network(experiment)
    optimizer = torch.optim.Adam(model.parameters(), lr=experiment.learning_rate, eps=1e-7, fused=True)
    reduced = torch.autocast("cpu", torch.bfloat16, enabled=experiment.precision == "bfloat16")
    clock, enough = EpochClock(work), False
    while not enough:
        model.train()
        for batch in torch.randperm(len(images)).split(experiment.batch_size):
            optimizer.zero_grad()
            with reduced:
                logits = model(images[batch])
            functional.cross_entropy(logits.float(), labels[batch]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad(), reduced:
            pairs = zip(val_images.split(_LOOKED_AT), val_labels.split(_LOOKED_AT), strict=True)
            right = sum(int((model(some).argmax(1) == answers).sum()) for some, answers in pairs)
        enough = clock.epoch_ended(right / len(val_labels))


if __name__ == "__main__":
    main()
