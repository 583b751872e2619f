"""The report's section on activation functions."""

from __future__ import annotations

from mnist_lab.report.claims.kinds import Equivalence, Extreme, Mechanism, Number, Ordering, Stability
from mnist_lab.report.claims.passage import Claim, Location

_TEXT = Location("1. Effect of Activation Function", "activation")
_TABLE = Location("1. Effect of Activation Function, table", "activation")
_DEFINES = "Defines a term."

PASSAGES = (
    _TEXT.heading("### 1. Effect of Activation Function"),
    _TEXT.passage(
        "We change the activation (sigmoid, gelu, elu, leaky\\_relu) and compare it to the default implementation.",
        context="Describes what was done.",
    ),
    _TEXT.passage(
        "Sigmoid performs worst likely due to vanishing gradients.",
        Claim(
            "sigmoid-worst",
            "Sigmoid performs worst",
            Extreme("sigmoid", "below", ("relu", "gelu", "elu", "leaky-relu")),
            note="The report's own table has leaky ReLU lower: 97.42 % against 97.48 %.",
            against=("leaky-relu-worst",),
            conclusion="sigmoid is the worst",
        ),
        Claim(
            "sigmoid-gradients",
            "likely due to vanishing gradients",
            Mechanism(
                "If vanishing gradients are the reason, sigmoid is less accurate than relu, and of the gradient that "
                "reaches the last layer less than a tenth as much reaches the first one as under relu. "
                "(Sigmoid's slope is at most a quarter, so some of it is always lost: that alone is no vanishing.)",
                (
                    Ordering("sigmoid", "below", "relu"),
                    Ordering("sigmoid", "below", "relu", "gradient_share", margin=1.0, by_margin=True),
                ),
            ),
            note=(
                "The network has one hidden layer, so that there is little depth in which a gradient could vanish. "
                "Gradients are those of the first 1,000 training images, after each epoch."
            ),
            conclusion="sigmoid is worse because its gradients vanish",
        ),
    ),
    _TEXT.passage(
        "Leaky relu<sup>1</sup> and gelu<sup>2</sup> closely match relu while leaky relu showing marginally better "
        "training stability.",
        Claim(
            "leaky-relu-matches-relu",
            "Leaky relu<sup>1</sup> and gelu<sup>2</sup> closely match relu",
            Equivalence(("leaky-relu",), "relu"),
            note="The report's own table has leaky ReLU 0.45 points below relu, the largest gap in it.",
            against=("leaky-relu-worst",),
            network="leaky-relu",
            conclusion="leaky ReLU matches ReLU",
        ),
        Claim(
            "gelu-matches-relu",
            "Leaky relu<sup>1</sup> and gelu<sup>2</sup> closely match relu",
            Equivalence(("gelu",), "relu"),
            network="gelu",
            conclusion="GELU matches ReLU",
        ),
        Claim(
            "leaky-relu-steadier",
            "leaky relu showing marginally better training stability",
            Stability("leaky-relu", True, "relu"),
            conclusion="leaky ReLU trains more steadily",
        ),
    ),
    _TEXT.passage(
        "Elu<sup>3</sup> underperforms slightly compared to Relu, suggesting its exponential component may not benefit "
        "MNIST's simple patterns.",
        Claim(
            "elu-below-relu",
            "Elu<sup>3</sup> underperforms slightly compared to Relu",
            Ordering("elu", "below", "relu"),
            conclusion="ELU is below ReLU",
        ),
        Claim(
            "elu-exponential",
            "suggesting its exponential component may not benefit MNIST's simple patterns",
            Mechanism(
                "An accuracy does not tell which part of a function earned it, and whether simple patterns are the "
                "reason could only be seen on data with other patterns."
            ),
            conclusion="the exponential is of no use",
        ),
    ),
    _TEXT.passage(
        "<sup>1</sup> Leaky ReLU: An activation function where the negative selection allows a small gradient instead "
        "of being completely zero.",
        context=_DEFINES,
    ),
    _TEXT.passage("<sup>2</sup> GeLU: Gaussian Error Linear Unit", context=_DEFINES),
    _TEXT.passage("<sup>3</sup> ELU: Exponential Linear Unit", context=_DEFINES),
    *_TABLE.labels("Relu", "Sigmoid", "Gelu", "Elu", "Leaky Relu", "Accuracy"),
    _TABLE.passage("97.87%", Claim("relu-accuracy", "97.87%", Number("relu", 0.9787))),
    _TABLE.passage("97.48%", Claim("sigmoid-accuracy", "97.48%", Number("sigmoid", 0.9748))),
    _TABLE.passage("97.83%", Claim("gelu-accuracy", "97.83%", Number("gelu", 0.9783))),
    _TABLE.passage("97.82%", Claim("elu-accuracy", "97.82%", Number("elu", 0.9782))),
    _TABLE.passage(
        "97.42%",
        Claim("leaky-relu-accuracy", "97.42%", Number("leaky-relu", 0.9742)),
        Claim(
            "leaky-relu-worst",
            "97.42%",
            Extreme("leaky-relu", "below", ("relu", "sigmoid", "gelu", "elu")),
            note="The lowest accuracy of the table, where the text calls sigmoid the worst and leaky ReLU a match.",
            reading="as the table has it: the lowest of the five",
            against=("sigmoid-worst", "leaky-relu-matches-relu"),
        ),
    ),
)
