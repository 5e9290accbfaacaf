"""The runs of TensorFlow Playground's own JavaScript, replayed in float64."""

import json
import math
from pathlib import Path

import pytest

from playground.core.run import Run
from playground.core.tfplayground import read_link

RUNS = json.loads(
    (Path(__file__).parents[1] / "data" / "tfplayground-runs.json").read_text(encoding="utf-8")
)


def replay(link: str, engine: str | None = None) -> Run:
    """The run that a link of TensorFlow Playground describes; all of it can be honoured."""
    read = read_link(link)
    assert read.notices == ()
    return Run(read.experiment, engine=engine)


def losses_after(run: Run, epochs: int) -> tuple[float | None, float | None]:
    """Train and test loss once the run has finished so many epochs; None once it diverged."""
    run.advance((epochs - run.epoch) * run.batches_per_epoch)
    run.measure()
    if run.state == "diverged":
        return None, None
    return run.metrics.train_loss, run.metrics.test_loss


@pytest.mark.parametrize("case", RUNS, ids=[str(number) for number in range(len(RUNS))])
def test_a_run_is_replayed(case: dict) -> None:
    run = replay(case["link"])
    rate = run.experiment.optimizer.learning_rate
    for (x, y, label), raw, target in zip(
        case["first"], run.data.raw_train, run.data.targets_train, strict=False
    ):
        expected = label if run.schema.task == "regression" else (label + 1) // 2
        assert raw == pytest.approx([x, y], abs=1e-12)
        assert target == pytest.approx(expected, abs=1e-12)
    for epochs in (0, 1, 2, 5, 10, 30, 100):
        theirs = case["losses"][str(epochs)]
        ours = losses_after(run, epochs)
        if None in theirs:
            assert ours[0] is None, f"theirs has diverged by epoch {epochs}"
        elif epochs <= 10 or rate <= 0.03:
            for our, their in zip(ours, theirs, strict=True):
                assert our is not None
                assert math.isclose(our, their, rel_tol=1e-9, abs_tol=1e-9), f"epoch {epochs}"
    if run.state == "ready":
        dead = [int((alive == 0).sum()) for alive in run.engine.alive()]
        assert dead == case["dead"]


def test_both_engines_replay_alike() -> None:
    """A case with L1, dead links and a carried batch, through the autograd engine."""
    case = next(case for case in RUNS if sum(case["dead"]) > 10)
    runs = [replay(case["link"], engine) for engine in ("dense", "autograd")]
    first, second = (losses_after(run, 30) for run in runs)
    assert first == pytest.approx(second, rel=1e-10)
    assert [int((a == 0).sum()) for a in runs[0].engine.alive()] == [
        int((a == 0).sum()) for a in runs[1].engine.alive()
    ]


def test_the_documented_default_runs() -> None:
    """Circle and plane with all defaults, seed 0.42000: figures to six decimals."""
    link = (
        "http://playground.tensorflow.org/#activation=tanh&batchSize=10&dataset=circle"
        "&regDataset=reg-plane&learningRate=0.03&regularizationRate=0&noise=0&networkShape=4,2"
        "&seed=0.42000&percTrainData=50&x=true&y=true&problem={}"
    )
    expected = {
        "classification": {
            0: (0.522059, 0.520494),
            10: (0.496402, 0.497539),
            100: (0.008874, 0.007282),
        },
        "regression": {
            0: (0.122157, 0.121283),
            10: (0.003453, 0.003635),
            100: (0.000474, 0.000518),
        },
    }
    for problem, figures in expected.items():
        run = replay(link.format(problem))
        for epochs, losses in figures.items():
            assert losses_after(run, epochs) == pytest.approx(losses, abs=5e-7)
