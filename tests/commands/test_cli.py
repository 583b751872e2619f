"""The command line as a whole: help, version, completion, locales, pipes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_lab import __version__
from mnist_lab.experiments.experiment import FIELDS
from mnist_lab.experiments.presets import PRESETS
from tests.commands.lab import SCRIPT, SMALL, Lab
from tests.commands.test_watching import Open
from tests.factories import make_record, put

ASCII_ONLY = {
    "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"
}  # fmt: skip

COMMANDS = [
    [], ["run"], ["presets"], ["sections"], ["runs"], ["runs", "list"], ["runs", "show"], ["runs", "watch"],
    ["runs", "stop"], ["runs", "pause"], ["runs", "resume"], ["runs", "remove"], ["runs", "prune"], ["compare"],
    ["worker"], ["worker", "list"], ["worker", "stop"], ["doctor"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_begins_with_what_it_does_and_examples(own_lab: Lab, command: list[str]) -> None:
    usage, _, rest = own_lab(*command, "-h").out.partition("\n\n")
    assert usage.startswith(f"Usage: {' '.join(['mnist-lab', *command])}")
    assert re.search(r"Examples?:\n", rest.partition("Options:")[0])
    assert "mnist-lab " + " ".join(command) in rest


def test_the_exit_codes_are_in_the_help(own_lab: Lab) -> None:
    result = own_lab("--help").out
    assert all(re.search(rf"\b{code} [a-z]", result) for code in (0, 1, 2, 3, 130))


def test_the_version_is_told(own_lab: Lab) -> None:
    assert own_lab("--version").out == f"mnist-lab {__version__}\n"


def test_a_command_that_does_not_exist_is_wrong_usage_and_one_like_it_is_named(own_lab: Lab) -> None:
    assert "No such command 'rnu'. Did you mean 'run'?" in own_lab("rnu", code=2).err
    assert "No such command 'lits'. Did you mean 'list'?" in own_lab("runs", "lits", code=2).err


def test_an_option_that_does_not_exist_is_wrong_usage(own_lab: Lab) -> None:
    assert "--presets" in own_lab("run", "--presets", "conv", code=2).err


class TestTheLab:
    def test_without_a_terminal_it_names_the_headless_command(self, own_lab: Lab) -> None:
        assert "`mnist-lab run --preset early-stopping`" in own_lab.refused(code=2)

    def test_on_a_dumb_terminal_it_names_the_headless_command(self, own_lab: Lab, terminal: Open) -> None:
        screen = terminal(own_lab, env={"TERM": "dumb"})
        assert "`mnist-lab run --preset early-stopping`" in screen.ends(2)
        assert "\x1b" not in screen.output


class TestCompletion:
    @staticmethod
    def completed(lab: Lab, line: str) -> list[str]:
        words = line.split(" ")
        protocol = {
            "_MNIST_LAB_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)
        }  # fmt: skip
        return lab(env=protocol).out.split()

    def test_names_fields_values_and_runs_are_completed(self, own_lab: Lab) -> None:
        record = make_record("01ARZ3NDEKTSV4RRFFQ69G5FAV", preset="gelu")
        (own_lab.runs / record.id).mkdir(parents=True)
        own_lab.store.publish(record)
        short = record.id[-6:]
        for line, expected in {
            "mnist-lab ru": ["run", "runs"],
            "mnist-lab worker l": ["list"],
            "mnist-lab run --see": ["--seed", "--seeds"],
            "mnist-lab run --preset le": ["leaky-relu"],
            "mnist-lab run --preset ": list(PRESETS),
            "mnist-lab run --section le": ["learning-rate"],
            "mnist-lab compare --section la": ["layer-type"],
            "mnist-lab run --set ": [f"{name}=" for name in FIELDS],
            "mnist-lab run --vary opt": ["optimizer="],
            "mnist-lab run --like ": [short],
            f"mnist-lab runs show {short[:3].lower()}": [short.lower()],
            "mnist-lab runs stop Z.": [],
            "mnist-lab run --keep p": ["predictions"],
            "mnist-lab compare --format m": ["markdown"],
        }.items():
            assert self.completed(own_lab, line) == expected, line


class TestLocales:
    def test_without_utf_8_everything_works_and_only_ascii_is_printed(self, lab: Lab, own_lab: Lab) -> None:
        done = lab("run", "--preset", "baseline", *SMALL, "--note", "grün", env=ASCII_ONLY)
        assert done.out.isascii()
        assert done.err.count("  val_accuracy ") == 2
        short = done.out.splitlines()[2].split()[0]
        run_id = lab.store.resolve(short)
        assert lab.store.record(run_id).note == "grün"
        own_lab.runs.mkdir()
        shutil.copytree(lab.runs / run_id, own_lab.runs / run_id)  # where nobody else has left a note
        for command in (["runs", "list"], ["runs", "show", short], ["compare", short], ["sections"]):
            text = own_lab(*command, env=ASCII_ONLY).out
            assert text.isascii()
            assert not re.search(r"\?\?", text), text


class TestPipes:
    def test_a_closed_pipe_ends_a_command_quietly(self, own_lab: Lab) -> None:
        done = subprocess.run(
            ["sh", "-c", f"{{ {SCRIPT} presets; echo $? >&2; }} | head -c 1; {SCRIPT} run -h 2>&1 | head -1"],
            env=own_lab.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stderr == "0\n"

    def test_output_that_finds_no_room_is_one_sentence_and_3(self, own_lab: Lab) -> None:
        for command in (["presets"], ["presets", "--json"]):
            with Path("/dev/full").open("wb") as full:
                done = subprocess.run(
                    [SCRIPT, *command], env=own_lab.environment, stdout=full, stderr=subprocess.PIPE, timeout=60
                )
            assert done.returncode == 3
            output = done.stderr.decode()
            assert output == f"mnist-lab: What was to be printed could not be written: {os.strerror(28)}.\n"

    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
    def test_a_stream_that_is_closed_is_like_a_reader_that_has_gone(self, own_lab: Lab, closed: str) -> None:
        record = make_record(study="activation")
        (own_lab.runs / record.id).mkdir(parents=True)
        own_lab.store.publish(record)
        damaged = put(own_lab.runs, "run.json", b"{")
        script = f"""
        run() {{ "{SCRIPT}" "$@" {closed}; echo "$? $*" >> "$CODES"; }}
        run presets; run runs list; run runs list --json; run runs show {record.id}; run compare --format csv
        run study list; run worker list; run --version; run report --out pages; run sections; run nothing
        run runs show ZZZZZZ; run replay {damaged}
        """
        codes = own_lab.runs.parent / "codes"
        before = (own_lab.runs / record.id / "run.json").read_bytes()
        done = subprocess.run(
            ["sh", "-c", script],
            env=own_lab.environment | {"CODES": str(codes)},
            cwd=own_lab.runs.parent,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "Traceback" not in done.stdout + done.stderr
        found = dict(reversed(line.split(" ", 1)) for line in codes.read_text().splitlines())
        wrong = {"nothing": "2", "runs show ZZZZZZ": "2", f"replay {damaged}": "3"}
        assert {command: code for command, code in found.items() if code != "0"} == wrong
        assert (own_lab.runs / record.id / "run.json").read_bytes() == before
        assert (own_lab.runs.parent / "pages" / "report.md").exists()

    def test_a_run_whose_progress_nobody_can_be_told_is_trained_to_its_end(self, lab: Lab) -> None:
        known = lab.store.ids()
        command = f'"{SCRIPT}" run --preset baseline {" ".join(SMALL)} >&- 2>&- <&-'
        done = subprocess.run(["sh", "-c", command], env=lab.environment, timeout=120)
        assert done.returncode == 0
        [run_id] = [run_id for run_id in lab.store.ids() if run_id not in known]
        assert lab.run_of(run_id).status == "finished"

    def test_a_stream_that_cannot_be_written_to_is_one_sentence_and_3(self, own_lab: Lab) -> None:
        done = subprocess.run(
            ["sh", "-c", f'"{SCRIPT}" presets 1< /dev/null'], env=own_lab.environment, capture_output=True, timeout=60
        )
        assert done.returncode == 3
        assert done.stderr.decode() == f"mnist-lab: What was to be printed could not be written: {os.strerror(9)}.\n"


def test_help_imports_nothing_that_takes_long(own_lab: Lab) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mnist_lab", "--help"],
        env=own_lab.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert not imported & {"keras", "tensorflow", "textual", "pandas", "numpy"}
