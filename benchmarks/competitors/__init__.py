"""The programs that are compared, each run in a process of its own.

``fit``, ``lab``, ``torch_loop`` and ``matmul`` are timed by epochs: ``python -m benchmarks.competitors.NAME`` takes a
:class:`~benchmarks.competitors.workload.Workload` and prints one JSON line per epoch. ``fit_list`` makes whole
trainings. ``stock_script``, ``bare_typer`` and ``bare_textual`` are scripts that do not import the lab.
"""
