"""What changes in a run while it trains: settings taken over without a reset, and their marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playground.core.data.pictures.form import only_altered
from playground.core.data.prepare import Prepared, as_counts, prepare
from playground.core.differences import changed_settings, needs_another_engine, reset_reasons
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.losses import LOSSES
from playground.core.network import checked
from playground.core.random import SeedRandom, Stream, TorchStream
from playground.core.transfer import carries, present
from playground.core.transplant import memory_of, transplant

if TYPE_CHECKING:
    from playground.core.run import Run

MOST_MARKS = 40


def take_over(run: Run, experiment: Experiment) -> None:
    """Goes on with other settings; the weights stay, and the optimizer's state where it can.

    Raises:
        PlaygroundError: a change that needs the weights to start again, or settings that do not
            fit; the run is as it was.
    """
    reasons = reset_reasons(run.experiment, experiment)
    if reasons:
        raise PlaygroundError("change_needs_reset", settings=", ".join(reasons))
    if carries(run.experiment, experiment):
        run.experiment = experiment
        run.cross()
        return
    now = present(experiment, run.crossed)
    only_view = experiment == run.experiment.model_copy(update={"view": experiment.view})
    changes = changed_settings(run.experiment, experiment)
    memory = memory_of(run) if needs_another_engine(run.experiment, experiment) else None
    data = run.data
    altered = only_altered(run.present.data, now.data)
    if now.data != run.present.data and not altered:
        data = prepare(now, run.table, data_stream(now))
        data = as_counts(data) if run.loss.rates else data
    blocks = checked(now, run.schema)
    run.experiment, run.present = experiment, now
    if only_view:
        return
    run.blocks = blocks
    note(run, changes)
    run.loss = LOSSES[experiment.loss].under(experiment.loss_settings)
    if memory is not None:
        transplant(run, memory)
    else:
        run.engine.configure(now)
    run.pace.configure()
    run.hold()
    run.batches.configure(experiment.training, whole=experiment.optimizer.full_batch)
    if run.batches.slices and run.batches.position == len(run.batches.slices):
        run.batches.finish_epoch()
        run.engine.load(run.batches.indices)
    run.engine.augmentation = run.augmentation()
    if data is not run.data:
        _exchange(run, data)
    run.resume()


def _exchange(run: Run, data: Prepared) -> None:
    """Goes on with other points: weights and the optimizer's state stay as they are."""
    run.data = data
    run.engine.augmentation = run.augmentation()
    run.engine.exchange(*run.examples("train"))
    run.batches.resize(len(data.inputs_train), data.left_out)
    run.engine.load(run.batches.indices)
    run.begin_measuring()
    run.state = "ready"
    run.measure()


def note(run: Run, changes: Sequence[tuple[str, str]]) -> None:
    """Marks what changed at this moment; of many changes in a row of one thing, the last.

    Args:
        changes: setting and new value as text, from `changed_settings`.
    """
    if run.step == 0:
        return
    for what, to in changes:
        if run.marks and run.marks[-1][:2] == (run.exact_epoch, what):
            run.marks.pop()
        run.marks.append((run.exact_epoch, what, to))
    del run.marks[:-MOST_MARKS]


def data_stream(experiment: Experiment) -> Stream:
    """The stream that draws the points; in a replay the weights come from it too."""
    seed = experiment.training.seed
    if experiment.training.stream == "tfplayground":
        return SeedRandom(experiment.training.seed_text or f"{seed / 100_000:.5f}")
    return TorchStream(seed, "data")
