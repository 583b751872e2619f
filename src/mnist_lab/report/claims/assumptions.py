"""What the report leaves unsaid, and what the lab chose."""

from __future__ import annotations

from dataclasses import dataclass

from mnist_lab.experiments.experiment import DEFAULT, show
from mnist_lab.experiments.presets import preset


@dataclass(frozen=True)
class Assumption:
    """A choice that the report does not settle.

    Attributes:
        unsaid: What the report does not say.
        chosen: What the lab does.
        why: The reason.
    """

    unsaid: str
    chosen: str
    why: str


_CONV = preset("conv-early")

ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        "Which images the validation accuracy is taken on.",
        "MNIST's 60,000 training images to train on and its 10,000 test images to validate on.",
        "It is MNIST's own split, and the report speaks of training and testing only. An epoch that is chosen by these "
        "figures is chosen on the test images, which flatters it; the ledger says so wherever it happens.",
    ),
    Assumption(
        "How many epochs a training has.",
        f"{DEFAULT.epochs} epochs.",
        "Early stopping ended one in epoch 13, earlier than the others, so that there were more than 13; "
        "20 is the next round number.",
    ),
    Assumption(
        "From which epoch a figure is taken.",
        "A number is judged twice: at the last epoch, and at the best one, which is chosen on the test images. "
        "It holds if one of the two can give it. Orders and differences are judged at the last epoch; with early "
        "stopping, at the epoch whose weights were kept.",
        "Both habits are common.",
    ),
    Assumption(
        "What early stopping watches, and for how long.",
        f"{_CONV.monitor}, with a patience of {_CONV.patience} epochs; the best epoch's weights are kept.",
        f"{_CONV.monitor} is what Keras watches unless told otherwise. It stopped in epoch 13 and kept epoch 9: "
        f"{_CONV.patience} epochs without an improvement.",
    ),
    Assumption(
        "What a training starts from, and how often it was repeated.",
        "Keras's initial weights, drawn anew for each seed; each figure is one training.",
        "The report gives no spread. A figure is therefore held against what one training can give, not against a "
        "mean.",
    ),
    Assumption(
        "What feature size means.",
        "The units of the hidden dense layer.",
        "The report counts it in units.",
    ),
    Assumption(
        "How wide the layers of a deeper network are.",
        f"Each hidden layer has {preset('depth-3').units} units.",
        "Only the number of layers is said to change.",
    ),
    Assumption(
        "What the convolutional network looks like.",
        f"3×3 convolutions with {show(_CONV.filters)} filters, each followed by 2×2 max pooling, and "
        f"{_CONV.depth} dense layer of {_CONV.units} units.",
        "It is the plain one of many textbooks, with the default network's dense layer behind it.",
    ),
    Assumption(
        "What 128 batches are.",
        f"Batches of {DEFAULT.batch_size} images; so for every batch size.",
        "It is the usual meaning.",
    ),
    Assumption(
        "Which learning rates and batch sizes were tried beside those that are named.",
        "Learning rates 0.1, 0.01, 0.001, 0.0005 and 0.0001; batches of 32, 64, 128, 256 and 512.",
        "The figures that showed them are lost. These are the named ones, the default, and the usual steps between.",
    ),
    Assumption(
        "What makes a curve stable or smooth.",
        "How far each epoch of the last half lies, on average, from the middle of the epochs before and after it.",
        "It is near nothing for any smooth curve, however steep, and does not rest on where the curve ends.",
    ),
    Assumption(
        "What converging slowly means.",
        "A lower training accuracy on the average of all epochs.",
        "A curve that rises later has less area under it.",
    ),
    Assumption(
        "What closely matching and comparable mean.",
        "A difference of less than 0.1 point.",
        "It is about what one and the same network differs by from one training to the next.",
    ),
    Assumption(
        "How sure one has to be.",
        "A number lies within if a further training can give it 19 times in 20. Each claim about differences is one "
        "question: the chance that any of its comparisons sees a difference where there is none is at most one in "
        "twenty, however often the ledger is looked at.",
        "The report compares single trainings and names no standard; one in twenty is the usual one.",
    ),
)
