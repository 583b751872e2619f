"""A plain PyTorch loop: all images in memory as float32, a random permutation per epoch, fused Adam."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.competitors.workload import EpochClock, Workload
from mnist_lab.experiments.experiment import Experiment

_VAL_BATCH_SIZE = 1000


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
    workload = Workload.from_argument()
    experiment, split = workload.experiment, workload.split()
    torch.manual_seed(experiment.seed)

    def tensors(images: Any, labels: Any) -> tuple[Any, Any]:
        return torch.from_numpy(images.astype(np.float32) / 255)[:, None], torch.from_numpy(labels.astype(np.int64))

    images, labels = tensors(split.x_train, split.y_train)
    val_images, val_labels = tensors(split.x_val, split.y_val)
    model = network(experiment)
    optimizer = torch.optim.Adam(model.parameters(), lr=experiment.learning_rate, eps=1e-7, fused=True)
    precision = torch.autocast("cpu", torch.bfloat16, enabled=experiment.precision == "bfloat16")
    clock, last = EpochClock(workload), False
    while not last:
        model.train()
        for batch in torch.randperm(len(images)).split(experiment.batch_size):
            optimizer.zero_grad()
            with precision:
                logits = model(images[batch])
            functional.cross_entropy(logits.float(), labels[batch]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad(), precision:
            pairs = zip(val_images.split(_VAL_BATCH_SIZE), val_labels.split(_VAL_BATCH_SIZE), strict=True)
            correct = sum(int((model(batch).argmax(1) == digits).sum()) for batch, digits in pairs)
        last = clock.epoch_ended(correct / len(val_labels))


if __name__ == "__main__":
    main()
