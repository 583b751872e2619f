"""A stock Keras script, from its first import to the end of its first epoch. Its argument is ``mnist.npz``."""

import sys

import keras
import numpy as np


def main() -> None:
    with np.load(sys.argv[1]) as data:
        x_train, y_train, x_test, y_test = (data[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    x_train, x_test = x_train.astype("float32") / 255, x_test.astype("float32") / 255
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, batch_size=128, epochs=1, validation_data=(x_test, y_test), verbose=0)
    print("done", flush=True)


if __name__ == "__main__":
    main()
