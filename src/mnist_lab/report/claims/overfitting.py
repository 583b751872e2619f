"""The report's section on early stopping."""

from __future__ import annotations

from mnist_lab.report.claims.kinds import Epoch, Equivalence, Number, Ordering
from mnist_lab.report.claims.passage import Claim, Location

_TEXT = Location("4. Effect of Overfitting", "overfitting")
_TABLE = Location("4. Effect of Overfitting, table", "overfitting")

PASSAGES = (
    _TEXT.heading("#### 4. Effect of Overfitting"),
    _TEXT.passage(
        "Convolution network with early stopping stops training earlier epoch in 13 while keeping the model parameter "
        "with the best performance in epoch 9.",
        Claim(
            "conv-stops-at-13",
            "Convolution network with early stopping stops training earlier epoch in 13",
            Epoch("conv-early", 13, "epochs_run"),
        ),
        Claim(
            "conv-best-at-9",
            "keeping the model parameter with the best performance in epoch 9",
            Epoch("conv-early", 9, "best_epoch"),
        ),
    ),
    _TEXT.passage(
        "Even if it stops the training earlier than full-epoch, it achieves comparable performance.",
        Claim(
            "conv-stops-early",
            "Even if it stops the training earlier than full-epoch",
            Epoch("conv-early", 20, "epochs_run", earlier=True),
            conclusion="early stopping ends a convolution's training early",
        ),
        Claim(
            "conv-early-comparable",
            "it achieves comparable performance",
            Equivalence(("conv-early",), "conv"),
            note="The report's own table has 97.79 % with early stopping and 98.84 % without: a point apart.",
            against=("conv-early-worse",),
            conclusion="early stopping costs a convolution no accuracy",
        ),
    ),
    *_TABLE.labels("Dense", "Dense-early", "Conv", "Conv-early", "Accuracy"),
    _TABLE.passage("97.78%", Claim("dense-accuracy-again", "97.78%", Number("dense", 0.9778))),
    _TABLE.passage(
        "97.79%",
        Claim("dense-early-accuracy", "97.79%", Number("dense-early", 0.9779)),
        Claim(
            "dense-early-comparable",
            "97.79%",
            Equivalence(("dense-early",), "dense"),
            reading="as the table has it: the same as without early stopping",
        ),
    ),
    _TABLE.passage("98.84%", Claim("conv-accuracy-again", "98.84%", Number("conv", 0.9884))),
    _TABLE.passage(
        "97.79%",
        Claim(
            "conv-early-accuracy",
            "97.79%",
            Number("conv-early", 0.9779),
            note="The same number as two columns to the left, for the dense network, and a percentage point below what "
            "the text calls comparable: it looks like a typing error.",
        ),
        Claim(
            "conv-early-worse",
            "97.79%",
            Ordering("conv-early", "below", "conv"),
            reading="as the table has it: below the convolutional network without early stopping",
            note="If the number is a typing error, so is this.",
            against=("conv-early-comparable",),
        ),
    ),
)
