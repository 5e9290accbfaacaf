"""What a torch optimizer remembers, as tensors by name, and back again.

`state_dict` and `load_state_dict` cast what they load to the parameter's type, and hold numbers
and lists beside tensors; here everything comes back as it was, bit for bit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_KINDS: dict[str, type] = {"int": int, "float": float, "bool": bool}


def memory_of(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Everything it remembers, by "<parameter>.<name>", with a mark for what is no tensor."""
    found: dict[str, Tensor] = {}
    for index, parameter in enumerate(_parameters(optimizer)):
        for name, value in optimizer.state.get(parameter, {}).items():
            found |= _packed(f"{index}.{name}", value)
    return found


def _packed(name: str, value: Any) -> dict[str, Tensor]:
    if isinstance(value, Tensor):
        return {name: value.detach().clone()}
    if isinstance(value, bool | int | float):
        dtype = torch.float64 if isinstance(value, float) else torch.int64
        return {f"{name}:{type(value).__name__}": torch.tensor(value, dtype=dtype)}
    if isinstance(value, list) and all(isinstance(one, Tensor) for one in value):
        count = {f"{name}:list": torch.tensor(len(value))}
        return count | {f"{name}:{i}": one.detach().clone() for i, one in enumerate(value)}
    return {}  # a scratch list or None, made anew in the next step


def remember(optimizer: torch.optim.Optimizer, packed: dict[str, Tensor]) -> None:
    """Makes it remember exactly what was packed, and nothing else."""
    optimizer.state.clear()
    parameters = _parameters(optimizer)
    for key, value in packed.items():
        index, _, rest = key.partition(".")
        name, _, kind = rest.partition(":")
        if kind.isdigit():
            continue  # an entry of a list, taken with it
        state = optimizer.state[parameters[int(index)]]
        if kind == "list":
            count = int(value.item())
            state[name] = [packed[f"{index}.{name}:{i}"].clone() for i in range(count)]
        else:
            state[name] = _KINDS[kind](value.item()) if kind else value.clone()


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [one for group in optimizer.param_groups for one in group["params"]]
