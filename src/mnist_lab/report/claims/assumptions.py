"""What the report does not specify, and what the lab chose."""

from __future__ import annotations

from dataclasses import dataclass

from mnist_lab.experiments.experiment import DEFAULT, format_value
from mnist_lab.experiments.presets import preset


@dataclass(frozen=True)
class Assumption:
    """A choice that the report leaves open.

    Attributes:
        unspecified: What the report does not specify.
        chosen: What the lab does.
        why: The reason.
    """

    unspecified: str
    chosen: str
    why: str


_CONV = preset("conv-early")

ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption(
        "Which images the validation accuracy is taken on.",
        "MNIST's 60,000 training images to train on and its 10,000 test images to validate on.",
        "It is MNIST's own split, and the report speaks of training and testing only. An epoch that is chosen by this "
        "accuracy is chosen on the test images, so its accuracy is a little too good; the ledger says so wherever it "
        "happens.",
    ),
    Assumption(
        "How many epochs a training has.",
        f"{DEFAULT.epochs} epochs.",
        "Early stopping ended one in epoch 13, earlier than the others, so that there were more than 13; "
        "20 is the next round number.",
    ),
    Assumption(
        "From which epoch an accuracy or a loss is taken.",
        "A number is judged twice: at the last epoch, and at the best one, which is chosen on the test images. "
        "It holds if it is plausible at one of the two. Orders and differences are judged at the last epoch; with "
        "early stopping, at the epoch whose weights were kept.",
        "Both habits are common.",
    ),
    Assumption(
        "Which metric early stopping monitors, and with how much patience.",
        f"{_CONV.monitor}, with a patience of {_CONV.patience} epochs; the best epoch's weights are kept.",
        f"{_CONV.monitor} is Keras's default. The report's training stopped in epoch 13 and kept epoch 9: "
        f"{_CONV.patience} epochs without an improvement.",
    ),
    Assumption(
        "The initial weights, and how often a training was repeated.",
        "Keras's initial weights, drawn anew for each seed; each number of the report is one training.",
        "The report gives no deviation. A number is therefore compared with the prediction interval of one training, "
        "not with the interval of a mean.",
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
        f"3×3 convolutions with {format_value(_CONV.filters)} filters, each followed by 2×2 max pooling, and "
        f"{_CONV.depth} dense layer of {_CONV.units} units.",
        "It is a common textbook network, followed by the default network's dense layer.",
    ),
    Assumption(
        "What 128 batches are.",
        f"Batches of {DEFAULT.batch_size} images; so for every batch size.",
        "It is the usual meaning.",
    ),
    Assumption(
        "Which learning rates and batch sizes were tried besides those that are named.",
        "Learning rates 0.1, 0.01, 0.001, 0.0005 and 0.0001; batches of 32, 64, 128, 256 and 512.",
        "The plots that showed them are lost. These are the named ones, the default, and the usual steps between.",
    ),
    Assumption(
        "What makes a curve stable or smooth.",
        "How far each epoch of the last half lies, on average, from the middle of the epochs before and after it.",
        "This roughness is near 0 for any smooth curve, however steep, and does not depend on where the curve ends.",
    ),
    Assumption(
        "What slow convergence means.",
        "A lower training accuracy on the average of all epochs.",
        "A curve that rises later has less area under it.",
    ),
    Assumption(
        "What closely matching and comparable mean.",
        "A difference of less than 0.1 point.",
        "It is about as much as two trainings of the same network differ.",
    ),
    Assumption(
        "Which confidence level applies.",
        "95 %. A number is plausible if it lies in the 95 % prediction interval of one further training. The "
        "comparisons of one claim are one family: the probability that any of them sees a difference where there is "
        "none is at most 5 %, however often the ledger is read.",
        "The report compares single trainings and names no level; 5 % is the usual one.",
    ),
)
