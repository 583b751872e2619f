"""What the report says of width, depth and kind of layer."""

from __future__ import annotations

from mnist_lab.report.claims.kinds import Equivalence, Extreme, Mechanism, Number, Order, Trend
from mnist_lab.report.claims.passage import Claim, Place

_TEXT = Place("2. Effect of Model Architecture")
_WIDTH = Place("2a. Changing feature size", "width")
_DEPTH = Place("2b. Changing layer depth", "depth")
_TYPE = Place("2c. Changing layer type", "layer-type")

PASSAGES = (
    _TEXT.heads("## 2. Effect of Model Architecture"),
    _TEXT.says(
        "We change the model architecture while keeping the activation function to Relu which has the highest "
        "accuracy.",
        Claim(
            "relu-best",
            "Relu which has the highest accuracy",
            Extreme("relu", "above", ("sigmoid", "gelu", "elu", "leaky-relu")),
            section="activation",
            gist="ReLU is the best",
        ),
        context="Describes what was done.",
    ),
    _WIDTH.heads("### a. Changing feature size"),
    _WIDTH.says(
        "Larger feature size improve the performance from 97.38% accuracy with 64 units to 98.12% accuracy with 256 "
        "units.",
        Claim(
            "wider-better",
            "Larger feature size improve the performance",
            Trend(("units-64", "units-128", "units-256")),
            gist="wider is better",
        ),
        Claim("units-64-accuracy", "from 97.38% accuracy with 64 units", Number("units-64", 0.9738)),
        Claim("units-256-accuracy", "to 98.12% accuracy with 256 units", Number("units-256", 0.9812)),
    ),
    _DEPTH.heads("### b. Changing layer depth"),
    _DEPTH.says(
        "Deeper networks show minimal improvement, or even degradation from 97.86% accuracy with single-layer network "
        "to 97.74% of accuracy with three layers.",
        Claim(
            "deeper-no-better",
            "Deeper networks show minimal improvement, or even degradation",
            Equivalence(("depth-2", "depth-3"), "depth-1", or_below=True),
            gist="deeper is no better",
        ),
        Claim("depth-1-accuracy", "from 97.86% accuracy with single-layer network", Number("depth-1", 0.9786)),
        Claim("depth-3-accuracy", "to 97.74% of accuracy with three layers", Number("depth-3", 0.9774)),
        Claim(
            "three-layers-worse",
            "degradation from 97.86% accuracy with single-layer network to 97.74% of accuracy with three layers",
            Order("depth-3", "below", "depth-1"),
            gist="three layers are worse than one",
        ),
    ),
    _DEPTH.says(
        "Overly deep models may introduce redundancy for simple MNIST 28x28 pixel inputs",
        Claim(
            "depth-redundancy",
            "Overly deep models may introduce redundancy for simple MNIST 28x28 pixel inputs",
            Mechanism("The report does not say what redundancy is, and an accuracy does not show what layers repeat."),
            gist="deep layers are redundant",
        ),
    ),
    _TYPE.heads("### c. Changing layer type"),
    _TYPE.says(
        "CNNs capture better spatial relationships in image data, even for simple datasets like MNIST.",
        Claim(
            "conv-spatial",
            "CNNs capture better spatial relationships in image data, even for simple datasets like MNIST",
            Mechanism(
                "Shuffling all pixel positions, the same way in every image, removes the spatial structure of the "
                "images and nothing else. If spatial structure is what the convolution uses, the convolutional network "
                "loses accuracy by it and the dense network does not.",
                (
                    Order("conv-permuted", "below", "conv"),
                    Equivalence(("dense-permuted",), "dense"),
                ),
            ),
            gist="convolutions use spatial structure",
        ),
    ),
    _TYPE.says(
        "As a result, convolutional layers outperform dense layer by improving accuracy from 97.90% to 98.85%.",
        Claim(
            "conv-beats-dense",
            "As a result, convolutional layers outperform dense layer",
            Order("conv", "above", "dense"),
            gist="convolutions beat dense layers",
        ),
        Claim("dense-accuracy", "by improving accuracy from 97.90%", Number("dense", 0.9790)),
        Claim("conv-accuracy", "to 98.85%", Number("conv", 0.9885)),
    ),
)
