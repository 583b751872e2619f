"""Keras on TensorFlow: many steps per compiled call, and compiled sessions kept for the next seed.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

import os
from typing import Any, TypeAlias

from mnist_lab.training.tensorflow_settings import COMPILED, environment

os.environ.update(environment())

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mnist_lab.data.splits import Split
from mnist_lab.errors import EngineError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.machine import cores, hardware
from mnist_lab.training import compile_cache, keras_settings, network, optimizer, seeding
from mnist_lab.training.compile_key import compile_key
from mnist_lab.training.device_data import DeviceData, DeviceSplit, eval_batches
from mnist_lab.training.dropout import Dropout
from mnist_lab.training.engine import GRADIENT_IMAGES, BatchOrder, Subset, Weights
from mnist_lab.training.lru_cache import LRUCache

Tensor: TypeAlias = Any

MAX_SESSIONS = 12
"""Compiled sessions kept at a time; a study that compares twelve widths, seed by seed, finds each compiled."""


class TensorFlowEngine:
    """The :class:`mnist_lab.training.engine.Engine` of TensorFlow."""

    name = "tensorflow"

    def __init__(self, threads: int | None = None) -> None:
        if keras.backend.backend() != "tensorflow":
            raise EngineError(f"Keras is loaded with {keras.backend.backend()} already; start a process of its own.")
        keras_settings.apply()
        # By default a GPU computes in TensorFloat-32, with a mantissa of 10 bits instead of 23.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        self._gpus = tf.config.list_physical_devices("GPU")
        try:
            for gpu in self._gpus:
                tf.config.experimental.set_memory_growth(gpu, True)
            threads = threads or cores.thread_limit()
            if threads is not None:
                tf.config.threading.set_intra_op_parallelism_threads(threads)
                tf.config.threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError as error:
            raise EngineError("TensorFlow is in use already; its threads and memory are set at the start.") from error
        self._threads = tf.config.threading.get_intra_op_parallelism_threads() or len(cores.affinity())
        self._data = DeviceData(tf.constant)
        self._sessions: LRUCache[TensorFlowSession] = LRUCache(MAX_SESSIONS)

    @property
    def on_gpu(self) -> bool:
        return bool(self._gpus)

    def open(self, experiment: Experiment, split: Split) -> TensorFlowSession:
        subsets = self._data.subsets(split)
        key = compile_key(experiment), *(subset.digest for subset in subsets)
        session = self._sessions.get(key, lambda: TensorFlowSession(experiment, subsets, on_gpu=self.on_gpu))
        session.reset(experiment)
        return session

    def environment(self) -> dict[str, Any]:
        return {
            "keras": keras.__version__,
            "backend": "tensorflow",
            "backend_version": tf.__version__,
            "engine": self.name,
            "threads": self._threads,
            "device": self._device_name(),
        }

    def _device_name(self) -> str:
        if self._gpus:
            details = tf.config.experimental.get_device_details(self._gpus[0])
            return str(details.get("device_name", "GPU"))
        return hardware.processor()


class TensorFlowSession:
    """The :class:`mnist_lab.training.engine.Session` of TensorFlow."""

    def __init__(self, experiment: Experiment, subsets: DeviceSplit, *, on_gpu: bool) -> None:
        # On a CPU, XLA halves the time of dense layers and takes twenty times as long for convolutions.
        xla = on_gpu or experiment.network == "dense"
        # The fastest algorithms with and without XLA.
        algorithm = "threefry" if xla else "philox"
        self.model = network.build(
            experiment, lambda rate, name: Dropout(rate, algorithm=algorithm, name=name), kernels="zeros"
        )
        self._optimizer = optimizer.build(experiment)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile(optimizer=self._optimizer, loss=loss, metrics=["accuracy"])
        self._optimizer.build(self.model.trainable_variables)
        # Some optimizers do not start from zeros.
        self._optimizer_start = [variable.numpy() for variable in self._optimizer.variables]
        self._weights = network.variables(self.model)
        self._dropouts = [layer for layer in self.model.layers if isinstance(layer, Dropout)]
        self.parameters = int(self.model.count_params())
        self.layers = network.describe(self.model)
        self.compiled = False

        self._batch_size = experiment.batch_size
        self._train, val, test = subsets
        self._subsets = {"val": val, "test": test}
        # Sums of loss, correct predictions and images of the epoch, in float64 however steps are divided into calls.
        self._sums = tf.Variable(tf.zeros(3, tf.float64))
        self._xla = xla
        self._run_steps = tf.function(self._steps, jit_compile=xla, autograph=False)
        self._run_evaluation = tf.function(self._evaluation, jit_compile=on_gpu, autograph=False)
        self._run_norms = tf.function(self._norms, autograph=False)

    def reset(self, experiment: Experiment) -> None:
        shapes = {name: tuple(variable.shape) for name, variable in self._weights.items()}
        self.set_weights(seeding.weights(shapes, experiment.seed))
        for variable, value in zip(self._optimizer.variables, self._optimizer_start, strict=True):
            variable.assign(value)
        self._optimizer.learning_rate = experiment.learning_rate
        for number, layer in enumerate(self._dropouts):
            layer.seed_generator.state.assign([seeding.dropout_seed(experiment.seed, number), 0])
        self._sums.assign(tf.zeros_like(self._sums))

    def compile(self) -> None:
        try:
            self._compile()
        except tf.errors.OpError:
            if COMPILED is None:
                raise
            # Cached entries may have been damaged meanwhile; a tf.function that failed on one must be made anew.
            compile_cache.clear(COMPILED)
            self._run_steps = tf.function(self._steps, jit_compile=self._xla, autograph=False)
            self._compile()
        if COMPILED is not None:
            compile_cache.seal(COMPILED)
        self.compiled = True

    def _compile(self) -> None:
        order = seeding.order(self._train.size, self._batch_size, seed=0, epoch=1)
        self.train_steps(order, 0, 0)
        for subset in self._subsets.values():
            self._run_evaluation(subset.images, subset.labels, tf.constant(0))

    def train_steps(self, order: BatchOrder, first: int, last: int) -> None:
        if first == 0:
            self._sums.assign(tf.zeros_like(self._sums))
        self._run_steps(tf.constant(order), tf.constant(first), tf.constant(last))

    def running_metrics(self) -> tuple[float, float]:
        loss, correct, images = self._sums.numpy()
        return float(loss / images), float(correct / images)

    def evaluate(self, subset: Subset) -> tuple[float, float]:
        images, (loss, correct, _) = self._subsets[subset].size, self._evaluate(subset)
        return float(loss) / images, float(correct) / images

    def predict(self, subset: Subset) -> NDArray[np.float32]:
        probabilities: NDArray[np.float32] = self._evaluate(subset)[2].numpy()
        return probabilities

    def gradient_norms(self) -> dict[str, float]:
        norms = self._run_norms()
        return {layer: float(norms[layer]) for layer in dict.fromkeys(name.split("/")[0] for name in self._weights)}

    def get_weights(self) -> Weights:
        return {name: variable.numpy() for name, variable in self._weights.items()}

    def set_weights(self, weights: Weights) -> None:
        for name, variable in self._weights.items():
            variable.assign(weights[name])

    def _evaluate(self, subset: Subset) -> tuple[Tensor, Tensor, Tensor]:
        data = self._subsets[subset]
        return self._run_evaluation(data.images, data.labels, tf.constant(eval_batches(data.size)[0]))  # type: ignore[no-any-return]

    def _steps(self, order: Tensor, first: Tensor, last: Tensor) -> None:
        def step(row: Tensor, _: Tensor) -> list[Tensor]:
            return [row + 1, tf.math.is_finite(self._step(tf.gather(order, row)))]

        # Under XLA, tf.range with a length known only at run time would compile anew for every length.
        tf.while_loop(lambda row, finite: (row < last) & finite, step, [first, True])

    def _step(self, indices: Tensor) -> Tensor:
        """Train on the images of these indices; returns their mean loss."""
        valid = tf.cast(indices >= 0, tf.float32)
        indices = tf.maximum(indices, 0)
        labels = tf.cast(tf.gather(self._train.labels, indices), tf.int32)
        with tf.GradientTape() as tape:
            logits = self.model(_scaled(tf.gather(self._train.images, indices)), training=True)
            losses = valid * keras.ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
            loss = tf.reduce_sum(losses) / tf.reduce_sum(valid)
        variables = self.model.trainable_variables
        self._optimizer.apply(tape.gradient(loss, variables), variables)
        correct = valid * _correct(labels, logits)
        self._sums.assign_add(tf.cast([tf.reduce_sum(values) for values in (losses, correct, valid)], tf.float64))
        return loss

    def _norms(self) -> dict[str, Tensor]:
        kernels = {name: variable for name, variable in self._weights.items() if name.endswith("/kernel")}
        images, labels = (array[:GRADIENT_IMAGES] for array in (self._train.images, self._train.labels))
        with tf.GradientTape() as tape:
            logits = self.model(_scaled(images), training=False)
            losses = keras.ops.sparse_categorical_crossentropy(tf.cast(labels, tf.int32), logits, from_logits=True)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, [variable.value for variable in kernels.values()])
        return {name.split("/")[0]: tf.norm(gradient) for name, gradient in zip(kernels, gradients, strict=True)}

    def _evaluation(self, images: Tensor, labels: Tensor, last: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Sum of losses, number of correct predictions and probabilities, (n, 10), of the first ``last`` batches."""
        size = int(images.shape[0])
        batches, width = eval_batches(size)

        def batch(row: Tensor, loss: Tensor, correct: Tensor, probabilities: Tensor) -> list[Tensor]:
            indices = row * width + tf.range(width)
            valid = tf.cast(indices < size, tf.float32)
            indices = tf.minimum(indices, size - 1)
            targets = tf.cast(tf.gather(labels, indices), tf.int32)
            logits = self.model(_scaled(tf.gather(images, indices)), training=False)
            losses = valid * keras.ops.sparse_categorical_crossentropy(targets, logits, from_logits=True)
            return [
                row + 1,
                loss + tf.cast(tf.reduce_sum(losses), tf.float64),
                correct + tf.reduce_sum(valid * _correct(targets, logits)),
                probabilities.write(row, tf.nn.softmax(logits)),
            ]

        start = [0, tf.zeros((), tf.float64), 0.0, tf.TensorArray(tf.float32, batches, element_shape=(width, 10))]
        _, loss, correct, probabilities = tf.while_loop(lambda row, *_: row < last, batch, start)
        return loss, correct, probabilities.concat()[:size]


def _scaled(images: Tensor) -> Tensor:
    return tf.cast(images, tf.float32) / 255.0


def _correct(labels: Tensor, logits: Tensor) -> Tensor:
    return tf.cast(tf.argmax(logits, axis=1, output_type=tf.int32) == labels, tf.float32)
