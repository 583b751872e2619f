"""Environment variables of TensorFlow, which it reads when it is imported."""

from __future__ import annotations

import os
from importlib import metadata

from mnist_lab.training import compile_cache, keras_settings

COMPILED = compile_cache.prepare(f"tensorflow-{metadata.version('tensorflow')}")
"""Folder of the persistent compilation cache; None where there is none."""


def environment() -> dict[str, str]:
    """The variables to set; those that the user has set are kept, except for those of Keras."""
    settings = {
        **keras_settings.environment("tensorflow"),
        # TensorFlow leaves oneDNN off on processors without AVX-512; convolutions then take half as long again.
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1"),
    }
    if COMPILED is not None:
        flags = os.environ.get("TF_XLA_FLAGS", "").split()
        settings["TF_XLA_FLAGS"] = " ".join([*flags, f"--tf_xla_persistent_cache_directory={COMPILED}"])
    return settings
