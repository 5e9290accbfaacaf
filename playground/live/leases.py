"""Who holds a run and who sees it: whether it may train, and for how long it is kept."""

from __future__ import annotations

from playground.live.handle import RunHandle

GRACE = 30  # s for which the run of a closed tab is kept
HIDDEN = 60.0  # s for which a hidden tab trains on
KEEP = 3600.0  # s for which "keep running" trains on without a viewer
LOSSES = 3  # times within LOSS_WINDOW that a run may be aboard a worker that dies
LOSS_WINDOW = 60.0  # s


def look(handle: RunHandle, now: float) -> None:
    """Takes note of since when nobody is there."""
    if handle.leased or handle.connected(now):
        handle.absent_since = None
    elif handle.absent_since is None:
        handle.absent_since = now


def may_train(handle: RunHandle, now: float) -> bool:
    """Whether somebody watches, or it was told to go on without."""
    times = (handle.absent_since, handle.hidden_since)
    unseen = [since for since in times if since is not None]
    if handle.resting and not handle.keep:
        return False
    if not unseen:
        return True
    if handle.keep:
        return now - min(unseen) < KEEP
    return handle.absent_since is None and now - min(unseen) < HIDDEN


def is_over(handle: RunHandle, now: float, grace: float) -> bool:
    """Whether nobody came back for it."""
    kept = KEEP if handle.keep else grace
    return handle.absent_since is not None and now - handle.absent_since >= kept


def ends_workers(handle: RunHandle, now: float) -> bool:
    """To be asked when a worker died with it: whether it was at work there whenever that happened.
    Such a run is not put aboard another."""
    at_work = handle.playing or handle.status.state == "waiting"
    if at_work:
        handle.losses.append(now)
    return at_work and sum(now - loss < LOSS_WINDOW for loss in handle.losses) >= LOSSES
