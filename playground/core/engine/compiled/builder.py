"""Builds the kernel of a plan: `torch.export`, ahead-of-time Inductor, and the driver beside it.

Only ever called in a process of its own, see `build.py`: Inductor's settings are the process's,
and stack allocation is chosen once, before Inductor is first used.
"""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import torch

from playground.core.engine.compiled.cache import DRIVER_LIBRARY, STEP_LIBRARY
from playground.core.engine.compiled.layout import Given
from playground.core.engine.compiled.machine import compiler
from playground.core.engine.compiled.plan import Plan

DRIVER = Path(__file__).with_name("drive.cpp")

NARROW = 256  # bits of a vector register that holds eight numbers


def settle(plan: Plan) -> None:
    """Inductor's settings for a kernel that takes a microsecond."""
    import torch._inductor.config as inductor
    from torch._inductor.cpu_vec_isa import valid_vec_isa_list

    torch.set_num_threads(1)
    inductor.aot_inductor.allow_stack_allocation = True
    inductor.aot_inductor.use_minimal_arrayref_interface = True
    inductor.cpp.threads = 1
    inductor.cpp.enable_floating_point_contract_flag = "fast"  # multiply and add in one
    inductor.cpp_cache_precompile_headers = False  # 400 MB for ten seconds
    inductor.compile_threads = 1
    # A row of eight units would be less than a whole register of the widest, and go number by
    # number.
    narrow = plan.lanes == 1 and plan.width * 32 == NARROW
    if narrow and any(isa.bit_width() == NARROW for isa in valid_vec_isa_list()):
        inductor.cpp.simdlen = NARROW


def build(plan: Plan, folder: Path) -> None:
    """Writes the two libraries of a plan into a folder."""
    settle(plan)
    headers = Path(torch.__file__).parent / "include"
    options = ["-O2", "-shared", "-fPIC", "-std=c++20", f"-I{headers}"]
    command = [compiler() or "g++", *options, str(DRIVER), "-o", str(folder / DRIVER_LIBRARY)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    # Of their own, as the kernel is to take them, and not parts of one store.
    given = tuple(one.clone() for one in Given(plan).tensors.values())
    with torch.no_grad():
        program = torch.export.export(plan.program(), given)
    package = folder / "package.pt2"
    torch._inductor.aoti_compile_and_package(program, package_path=str(package))
    with zipfile.ZipFile(package) as packed:
        (library,) = (name for name in packed.namelist() if name.endswith(".so"))
        (folder / STEP_LIBRARY).write_bytes(packed.read(library))
    package.unlink()
