"""A judged study as people read it."""

from __future__ import annotations

from typing import Any

from rich.console import Console, RenderableType

from mnist_lab.analysis.statistics.verdicts import judge_study
from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import Record, Result
from mnist_lab.experiments.study import Study, of_plans
from mnist_lab.render.studies import studies_table, study_line
from mnist_lab.render.study_table import study_page, study_table
from mnist_lab.runs.coverage import StudyProgress
from tests.factories import is_harmless, make_record


def study_of(base: dict[str, Any] | None = None, seeds: int = 5, **stated: Any) -> Study:
    plans = plan.varied([plan.from_experiment(DEFAULT.derive(**base or {}))], {"units": [16, 8, 32]})
    return of_plans(plans, range(seeds), **stated)


def runs(study: Study, **fields: Any) -> list[Record]:
    middle = {"units=16": 0.974, "units=8": 0.962, "units=32": 0.9741}
    return [
        make_record(
            experiment=experiment,
            **{"result": Result(test_accuracy=middle[name] + 0.0002 * (experiment.seed - 2))} | fields,
        )
        for name, experiment in study.trainings()
    ]


def shown(renderable: RenderableType, width: int = 140) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(renderable, crop=False)
    return capture.get()


def test_each_arm_has_its_mean_and_its_verdict() -> None:
    study = study_of()
    text = shown(study_table(judge_study(study, runs(study))))
    head, heading, _, baseline, small, large = text.splitlines()
    assert head.startswith("units: test accuracy of the kept weights, 5 seeds of each; every arm versus units=16;")
    assert head.rstrip().endswith("margin 0.1 points.")
    assert heading.split()[:4] == ["arm", "n", "mean", "%"]
    assert "97.40 ± 0.04" in baseline
    assert baseline.rstrip().endswith("baseline")
    assert "96.20 ± 0.04" in small
    assert "−1.20 (−1." in small
    assert small.rstrip().endswith("worse")
    assert large.rstrip().endswith("too close to call (9 seeds)")


def test_all_pairs_have_a_table_of_their_own_below_that_of_the_baseline() -> None:
    study = study_of(family="pairs")
    text = shown(study_table(judge_study(study, runs(study))))
    assert "every arm versus every other" in text
    last = text.splitlines()[-1]
    assert last.split()[:2] == ["units=32", "units=8"]
    assert last.rstrip().endswith("better")


def test_the_page_has_each_verdict_as_a_sentence_and_explains_repeated_testing() -> None:
    study = study_of()
    text = " ".join(shown(study_page(judge_study(study, runs(study)))).split())
    assert "units=8 is worse than units=16 by 1.20 points" in text
    assert "Seeds may be added, and verdicts read, as often as one likes." in text


def test_values_that_were_selected_on_the_test_images_are_marked() -> None:
    study = study_of({"early_stopping": True})
    text = shown(study_table(judge_study(study, runs(study))))
    assert text.count("±") == text.count("± 0.04*")
    assert "* The epoch was chosen on the test images" in text
    honest = study_of({"early_stopping": True, "protocol": "holdout"})
    assert "*" not in shown(study_table(judge_study(honest, runs(honest))))


def test_trainings_that_diverged_are_counted_and_explained() -> None:
    study = study_of()
    lost = make_record(experiment=DEFAULT.derive(units=8, seed=9), status="diverged")
    text = shown(study_table(judge_study(study, [*runs(study), lost])))
    assert "diverged" in text.splitlines()[1]
    assert text.splitlines()[4].rstrip().endswith("1")
    assert "are in no mean" in text
    assert "diverged" not in shown(study_table(judge_study(study, runs(study))))


def test_one_run_shows_how_far_the_test_images_move_it_and_nothing_is_judged() -> None:
    study = study_of(seeds=1)
    text = shown(study_table(judge_study(study, runs(study))))
    assert "1 seed of each" in text
    assert text.count("not enough runs") == 2
    assert "units=16, one run: 97.36 % on 10,000 test images; 97.03 to 97.66 % on all images of the kind" in text
    other = study_of({"data": "0" * 64}, seeds=1)  # nobody knows how many test images those have
    assert "one run" not in shown(study_table(judge_study(other, runs(other))))


def test_a_study_without_runs_and_a_narrow_terminal_are_survived() -> None:
    study = study_of()
    assert "0 seeds of each" in shown(study_table(judge_study(study, [])))
    for width in (20, 40, 60):
        text = shown(study_page(judge_study(study, runs(study))), width)
        assert "units=8" in text
        assert is_harmless(text)


def test_losses_have_their_own_digits() -> None:
    study = study_of()
    records = [
        record.model_copy(update={"result": Result(val_loss=0.08 + 0.001 * record.experiment.seed)})
        for record in runs(study)
    ]
    text = shown(study_table(judge_study(study, records, "val_loss")))
    assert "0.0820 ± 0.0020" in text
    assert "mean %" not in text


class TestHowFar:
    def test_a_line_has_what_is_done_and_what_is_left(self) -> None:
        left = tuple(experiment for _, experiment in study_of().trainings())[:3]
        progress = StudyProgress(study_of(), 12, (), left, 3)
        assert study_line(progress) == "study units: 12 of 15 done, 0 running, 3 left"
        assert study_line(progress, 540.0) == "study units: 12 of 15 done, 0 running, 3 left, about 9 min"
        assert study_line(progress, 0.2) == study_line(progress)

    def test_studies_are_listed_with_how_far_each_is(self) -> None:
        progress = StudyProgress(study_of(), 12, (), (DEFAULT,) * 3, 0)
        heading, _, row = shown(studies_table([progress])).splitlines()
        assert heading.split() == ["id", "title", "arms", "baseline", "seeds", "done", "running", "left"]
        assert row.split()[-4:] == ["5", "12", "0", "3"]
