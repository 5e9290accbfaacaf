"""Presets whose data are points in a plane, on a line, or a table."""

from __future__ import annotations

from playground.core.presets.base import (
    Preset,
    adam,
    dead_share,
    dense,
    gradient_norms,
    least_test_loss,
    neurons_are_alike,
    sgd,
    share_of_small_weights,
    test_loss,
    test_score,
    train_loss,
    train_score,
)

ENTRIES = (
    Preset(
        "linear_xor",
        {"data": {"name": "xor"}, "layers": []},
        100,
        lambda run, other: (
            max(train_score(run), test_score(run)) <= 0.65 and test_score(other) >= 0.95
        ),
        beside={"layers": dense(8, 4)},
    ),
    Preset(
        "product_feature",
        {"data": {"name": "xor"}, "layers": [], "features": ["xy"]},
        50,
        lambda run, _: min(train_score(run), test_score(run)) >= 0.99,
    ),
    Preset(
        "triangle",
        {"layers": dense(3)},
        200,
        lambda run, other: test_score(run) >= 0.97 and test_score(other) < 0.9,
        beside={"layers": dense(2)},
    ),
    Preset(
        "deep_linear",
        {"layers": dense(8, 8, 8, activation="linear")},
        100,
        lambda run, other: train_score(run) <= 0.65 and train_score(other) >= 0.98,
        beside={"layers": dense(8, 8, 8)},
    ),
    Preset(
        "bottleneck",
        {"layers": [*dense(8), *dense(1), *dense(8)]},
        200,
        lambda run, _: test_score(run) >= 0.97,
    ),
    Preset(
        "zeros",
        {"initialization": "zeros", "layers": dense(4, 4, activation="sigmoid")},
        100,
        lambda run, other: (
            neurons_are_alike(run) and test_score(run) <= 0.75 and test_score(other) >= 0.97
        ),
        beside={"initialization": "xavier"},
    ),
    Preset(
        "diverges",
        {
            "data": {"name": "reg-plane"},
            "layers": dense(8, activation="relu"),
            "loss": "mse",
            "optimizer": sgd(10),
        },
        20,
        lambda run, other: run.state == "diverged" and test_score(other) > 0.95,
        beside={"optimizer": sgd(0.03)},
    ),
    Preset(
        "timid",
        {"optimizer": sgd(1e-4)},
        50,
        lambda run, other: train_loss(run) > 0.65 and train_loss(other) < 0.2,
        beside={"optimizer": adam(0.03)},
    ),
    Preset(
        "vanishing",
        {
            "layers": dense(8, 8, 8, 8, 8, 8, activation="sigmoid"),
            "initialization": "xavier",
            "optimizer": sgd(0.1),
        },
        20,
        lambda run, other: (
            gradient_norms(run)[0] * 1000 < gradient_norms(run)[-1] and train_score(run) < 0.65
        ),
    ),
    Preset(
        "dead_relus",
        {
            "layers": dense(8, 8, activation="relu"),
            "optimizer": sgd(3),
        },
        20,
        lambda run, other: (
            dead_share(run) > 0.5
            and train_score(run) < 0.7
            and dead_share(other) < 0.5
            and train_score(other) > 0.95
        ),
        beside={"optimizer": sgd(0.1)},
    ),
    Preset(
        "momentum",
        {"optimizer": sgd(0.01, momentum=0.9)},
        60,
        lambda run, other: train_score(run) > 0.97 and train_score(other) < 0.75,
        beside={"optimizer": sgd(0.01)},
    ),
    Preset(
        "sine_spiral",
        {
            "data": {"name": "spiral"},
            "layers": dense(16, 16, activation="sine"),
            "optimizer": adam(0.01),
            "regularization": {"l2": 3e-4},
        },
        60,
        lambda run, other: test_score(run) >= 0.97 and test_score(other) < 0.9,
        beside={"layers": dense(16, 16)},
    ),
    Preset(
        "overfitting",
        {
            "data": {"name": "gauss", "samples": 60, "noise": 50},
            "layers": dense(64, 64, activation="relu"),
            "optimizer": adam(0.01),
        },
        300,
        lambda run, _: train_loss(run) < 0.02 and test_loss(run) > 3 * least_test_loss(run),
    ),
    Preset(
        "dropout",
        {
            "data": {"name": "gauss", "samples": 60, "noise": 50},
            "layers": [
                *dense(64, activation="relu"),
                {"kind": "dropout", "rate": 0.5},
                *dense(64, activation="relu"),
                {"kind": "dropout", "rate": 0.5},
            ],
            "optimizer": adam(0.01),
        },
        300,
        lambda run, other: test_loss(run) < 0.65 * test_loss(other),
        beside={"layers": dense(64, 64, activation="relu")},
    ),
    Preset(
        "sparse",
        {
            "features": ["x", "y", "x2", "y2", "xy", "sin_x", "sin_y"],
            "layers": dense(8),
            "optimizer": sgd(0.03),
            "regularization": {"l1": 0.003, "sticky_l1": True},
        },
        200,
        lambda run, other: (
            share_of_small_weights(run) > 0.6
            and test_score(run) > 0.97
            and share_of_small_weights(other) < 0.2
        ),
        beside={"regularization": {"l1": 0.0}},
    ),
    Preset(
        "unscaled",
        {
            "data": {"name": "wine", "scaling": "none", "train_percent": 70},
            "layers": dense(8),
            "loss": "cross_entropy",
            "optimizer": sgd(0.03),
        },
        50,
        lambda run, other: train_score(run) < 0.75 and test_score(other) > 0.9,
        beside={"data": {"scaling": "standard"}},
    ),
    Preset(
        "wave",
        {
            "data": {"name": "sine", "samples": 200},
            "layers": dense(16, 16),
            "loss": "mse",
            "optimizer": adam(0.01),
        },
        150,
        lambda run, other: test_score(run) > 0.95 and test_score(other) < 0.8,
        beside={"layers": []},
    ),
)
