"""``saved_runs/``: one folder a run, and nothing else that could disagree with it."""

from mnist_lab.store.run import ENDED, LIVE, Run, RunStatus
from mnist_lab.store.runs import Store

__all__ = ["ENDED", "LIVE", "Run", "RunStatus", "Store"]
