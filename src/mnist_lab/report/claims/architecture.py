"""The report's section on width, depth and type of layer."""

from __future__ import annotations

from mnist_lab.report.claims.kinds import Equivalence, Extreme, Mechanism, Number, Ordering, Trend
from mnist_lab.report.claims.passage import Claim, Location

_TEXT = Location("2. Effect of Model Architecture")
_WIDTH = Location("2a. Changing feature size", "width")
_DEPTH = Location("2b. Changing layer depth", "depth")
_TYPE = Location("2c. Changing layer type", "layer-type")

PASSAGES = (
    _TEXT.heading("## 2. Effect of Model Architecture"),
    _TEXT.passage(
        "We change the model architecture while keeping the activation function to Relu which has the highest "
        "accuracy.",
        Claim(
            "relu-best",
            "Relu which has the highest accuracy",
            Extreme("relu", "above", ("sigmoid", "gelu", "elu", "leaky-relu")),
            section="activation",
            conclusion="ReLU is the best",
        ),
        context="Describes what was done.",
    ),
    _WIDTH.heading("### a. Changing feature size"),
    _WIDTH.passage(
        "Larger feature size improve the performance from 97.38% accuracy with 64 units to 98.12% accuracy with 256 "
        "units.",
        Claim(
            "wider-better",
            "Larger feature size improve the performance",
            Trend(("units-64", "units-128", "units-256")),
            conclusion="wider is better",
        ),
        Claim("units-64-accuracy", "from 97.38% accuracy with 64 units", Number("units-64", 0.9738)),
        Claim("units-256-accuracy", "to 98.12% accuracy with 256 units", Number("units-256", 0.9812)),
    ),
    _DEPTH.heading("### b. Changing layer depth"),
    _DEPTH.passage(
        "Deeper networks show minimal improvement, or even degradation from 97.86% accuracy with single-layer network "
        "to 97.74% of accuracy with three layers.",
        Claim(
            "deeper-no-better",
            "Deeper networks show minimal improvement, or even degradation",
            Equivalence(("depth-2", "depth-3"), "depth-1", or_below=True),
            conclusion="deeper is no better",
        ),
        Claim("depth-1-accuracy", "from 97.86% accuracy with single-layer network", Number("depth-1", 0.9786)),
        Claim("depth-3-accuracy", "to 97.74% of accuracy with three layers", Number("depth-3", 0.9774)),
        Claim(
            "three-layers-worse",
            "degradation from 97.86% accuracy with single-layer network to 97.74% of accuracy with three layers",
            Ordering("depth-3", "below", "depth-1"),
            conclusion="three layers are worse than one",
        ),
    ),
    _DEPTH.passage(
        "Overly deep models may introduce redundancy for simple MNIST 28x28 pixel inputs",
        Claim(
            "depth-redundancy",
            "Overly deep models may introduce redundancy for simple MNIST 28x28 pixel inputs",
            Mechanism("The report does not say what redundancy is, and an accuracy does not show what layers repeat."),
            conclusion="deep layers are redundant",
        ),
    ),
    _TYPE.heading("### c. Changing layer type"),
    _TYPE.passage(
        "CNNs capture better spatial relationships in image data, even for simple datasets like MNIST.",
        Claim(
            "conv-spatial",
            "CNNs capture better spatial relationships in image data, even for simple datasets like MNIST",
            Mechanism(
                "Shuffling all pixel positions, the same way in every image, removes the spatial structure of the "
                "images and nothing else. If spatial structure is what the convolution uses, the convolutional network "
                "loses accuracy by it and the dense network does not.",
                (
                    Ordering("conv-permuted", "below", "conv"),
                    Equivalence(("dense-permuted",), "dense"),
                ),
            ),
            conclusion="convolutions use spatial structure",
        ),
    ),
    _TYPE.passage(
        "As a result, convolutional layers outperform dense layer by improving accuracy from 97.90% to 98.85%.",
        Claim(
            "conv-beats-dense",
            "As a result, convolutional layers outperform dense layer",
            Ordering("conv", "above", "dense"),
            conclusion="convolutions beat dense layers",
        ),
        Claim("dense-accuracy", "by improving accuracy from 97.90%", Number("dense", 0.9790)),
        Claim("conv-accuracy", "to 98.85%", Number("conv", 0.9885)),
    ),
)
