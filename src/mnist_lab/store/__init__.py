"""Runs on disk: one folder per run, which is the only source of what is known about it."""

from mnist_lab.store.run import ENDED, LIVE, Run, RunStatus
from mnist_lab.store.runs import Store

__all__ = ["ENDED", "LIVE", "Run", "RunStatus", "Store"]
