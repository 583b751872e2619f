PYTHON ?= python3
# make lock LOCKFLAGS=--upgrade takes newer releases; without it every pin that still fits stays.
LOCKFLAGS ?=
# make bench BENCHFLAGS="--markdown docs/benchmarks.md" writes the page; python -m benchmarks --help lists all of them.
BENCHFLAGS ?=
# make torture TORTUREFLAGS="--only kills --size 0.1"; python -m tests.torture --help lists all of them.
TORTUREFLAGS ?=

# Wheels only: a source archive would fetch what it is built with, unhashed.
INSTALL = .venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
	--no-compile
# On all processors, where pip compiles on one. What some package has only for another Python does not compile.
BYTECODE = .venv/bin/python -m compileall -qq -j 0 .venv/lib || true
EDITABLE = .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
# One version of each package for all Pythons, so that they compute the same.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/uv pip compile pyproject.toml --quiet --no-config \
	--universal --fork-strategy fewest --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-emit-index-url --no-emit-find-links $(LOCKFLAGS)

.PHONY: help run lab test check format lock pictures torture bench bench-quick bench-gpu clean

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1 \2/p' $(MAKEFILE_LIST) | awk '{ printf "%s %-11s", $$1, $$2; $$1 = $$2 = ""; print }'

run: .venv/.run ## train the early-stopping preset to its end
	.venv/bin/mnist-lab run --preset early-stopping

lab: .venv/.run ## open the lab
	.venv/bin/mnist-lab

test: .venv/.dev ## run the tests
	.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: .venv/.dev ## lint, check the format, the types and the layers
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

format: .venv/.dev ## put the code into its format
	.venv/bin/ruff check --fix-only
	.venv/bin/ruff format

lock: .venv/.dev ## renew requirements.lock and requirements-dev.lock
	$(COMPILE) --group build --output-file requirements.lock
	$(COMPILE) --group dev --constraints requirements.lock --output-file requirements-dev.lock

pictures: .venv/.dev ## draw each screen from real runs into docs/
	.venv/bin/python docs/pictures.py

torture: .venv/.dev ## kills, errors, hostile files and crowds at length (an hour); TORTUREFLAGS="--size 0.1" is shorter
	.venv/bin/python -m tests.torture --page $(TORTUREFLAGS)
	MNIST_LAB_TRIALS=20000 .venv/bin/python -m pytest -q -s tests/torture/test_documents.py tests/torture/test_escapes.py

bench: .venv/.run ## measure the lab versus stock Keras (a quarter of an hour)
	.venv/bin/python -m benchmarks $(BENCHFLAGS)

bench-quick: .venv/.run ## the same with few samples (a few minutes)
	.venv/bin/python -m benchmarks --quick $(BENCHFLAGS)

bench-gpu: .venv/.run ## measure runs per hour on a GPU (needs JAX with its CUDA libraries)
	.venv/bin/python -m benchmarks --gpu $(BENCHFLAGS)

clean: ## remove the environment and the caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/.new:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "mnist-lab needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.13 ..." >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/.run: .venv/.new requirements.lock pyproject.toml
	$(INSTALL) --requirement requirements.lock
	$(EDITABLE)
	$(BYTECODE)
	@touch $@

.venv/.dev: .venv/.new requirements-dev.lock pyproject.toml
	$(INSTALL) --requirement requirements-dev.lock
	$(EDITABLE)
	$(BYTECODE)
	@touch $@
