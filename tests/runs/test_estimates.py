from __future__ import annotations

from dataclasses import replace

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import METRICS
from mnist_lab.runs.estimates import seconds_for
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.workers.placement import Placement
from tests.factories import ONE_WORKER, make_view


def seen(seconds: tuple[float, ...], **changes: object) -> RunSnapshot:
    return make_view(experiment=DEFAULT.derive(**changes), seconds=seconds)


def test_nothing_like_it_means_no_estimate() -> None:
    assert seconds_for([DEFAULT], [], ONE_WORKER) is None
    assert seconds_for([DEFAULT.derive(network="conv")], [seen((0.2,))], ONE_WORKER) is None


def test_the_pace_is_that_of_the_newest_run_of_the_same_work() -> None:
    views = [seen((9.0,)), seen((1.0, 0.2, 0.2)), seen((0.9,), batch_size=32)]
    assert seconds_for([DEFAULT.derive(epochs=10)], views, ONE_WORKER) == 0.2 * 10


def test_seed_and_learning_rate_take_no_time() -> None:
    assert seconds_for([DEFAULT.derive(seed=7, learning_rate=0.1, epochs=5)], [seen((0.2,))], ONE_WORKER) == 1.0


def test_another_shape_of_the_same_kind_is_the_next_best_guess() -> None:
    assert seconds_for([DEFAULT.derive(units=64, epochs=5)], [seen((0.2,))], ONE_WORKER) == 1.0


def test_runs_follow_one_another_where_there_is_room_for_one_at_a_time() -> None:
    views = [seen((0.2,)), seen((8.0,), network="conv")]
    plans = [DEFAULT.derive(epochs=5), DEFAULT.derive(network="conv", epochs=2)]
    assert seconds_for(plans, views, ONE_WORKER) == 0.2 * 5 + 8.0 * 2


def test_side_by_side_none_ends_before_the_longest() -> None:
    four = Placement(workers=4)
    views = [seen((0.5,))]
    assert seconds_for([DEFAULT.derive(epochs=8, seed=seed) for seed in range(8)], views, four) == 0.5 * 8 * 2
    assert seconds_for([DEFAULT.derive(epochs=8)], views, four) == 0.5 * 8


def test_nothing_takes_no_time() -> None:
    assert seconds_for([], [], ONE_WORKER) == 0.0


def test_of_what_trains_already_only_the_rest_counts() -> None:
    half = make_view(status="running", experiment=DEFAULT.derive(epochs=4), seconds=(0.5, 0.5))
    half = replace(half, history={metric: [0.1, 0.1] for metric in METRICS})
    assert seconds_for([DEFAULT.derive(epochs=8)], [half], ONE_WORKER, [half]) == 0.5 * 8 + 0.5 * 2
    assert seconds_for([], [half], ONE_WORKER, [half]) == 0.5 * 2
