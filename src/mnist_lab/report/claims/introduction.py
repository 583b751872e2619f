"""The report's introduction: claims about the default network."""

from __future__ import annotations

from mnist_lab.report.claims.kinds import Number
from mnist_lab.report.claims.passage import Claim, Location

_TEXT = Location("Introduction")

PASSAGES = (
    _TEXT.heading("## Assignment 0: Training a Neural Network on MNIST with Keras"),
    _TEXT.passage(
        "All the implementations have been evaluated by the NVIDIA RTX 4090.",
        context="Names the machine. The report makes no claim about speed, and no number in it depends on the machine.",
    ),
    _TEXT.passage(
        "Default implementation has a basic model with ReLU activation, and has been trained by Adam optimizer with "
        "0.001 learning rate.",
        context="Describes the network; the preset `baseline` is what is described.",
    ),
    _TEXT.passage(
        "We use 128 batches for training and testing the model.",
        context="Describes the training; read as batches of 128 images.",
    ),
    _TEXT.passage(
        "Starting from training loss 0.6221, It achieves 0.078 validation loss and 97.64% validation accuracy",
        Claim(
            "default-first-loss",
            "Starting from training loss 0.6221",
            Number("baseline", 0.6221, "first_loss", best_metric=None, max_half_width=0.05),
            note="Judged against the mean loss over the first epoch, which is what Keras prints. "
            "The number may have been read in the middle of that epoch, where the loss is higher.",
        ),
        Claim(
            "default-val-loss",
            "It achieves 0.078 validation loss",
            Number("baseline", 0.078, "val_loss", best_metric="best_val_loss", max_half_width=0.02),
        ),
        Claim("default-accuracy", "97.64% validation accuracy", Number("baseline", 0.9764)),
    ),
)
