"""What ManiSkill's tasks need on a machine, and the commands that get it. Nothing of ManiSkill is imported to look."""

from __future__ import annotations

import importlib.util
import json
import os
import warnings
from pathlib import Path

from text2reward.envs.task import Device
from text2reward.errors import UserError
from text2reward.extras import install

FETCH_GPU_LIBRARY = 'python -c "import sapien.physx; sapien.physx.enable_gpu()"'

_MODEL_FILES = ("mobility_cvx.urdf", "mobility_fixed.urdf")
"""One of them is in a model's folder, which is there and empty where a download failed."""


def check(name: str, models: tuple[str, ...], device: Device) -> None:
    """Look for the package, the task's object models, and the GPU with its library.

    Args:
        name: the task's in ManiSkill.
        models: kinds of PartNet-Mobility models as the package names its lists of them, such as ``faucet``.
        device: where it is to be simulated.

    Raises:
        UserError: one of them is missing; gives the command that gets it.
    """
    package = importlib.util.find_spec("mani_skill")
    if package is None or package.origin is None:
        raise UserError(f"ManiSkill, which {name} runs in, is not installed.", f"Install it: {install('maniskill')}")
    if models:
        check_models(name, Path(package.origin).parent, models)
    if device == "cuda":
        check_gpu(Path.home())


def check_models(name: str, package: Path, models: tuple[str, ...]) -> None:
    """Look for object models.

    Raises:
        UserError: some are missing; gives the command that downloads them.
    """
    lists = package / "assets" / "partnet_mobility" / "meta"
    known = {model for kind in models for model in json.loads((lists / f"info_{kind}_train.json").read_text())}
    home = Path(os.environ.get("MS_ASSET_DIR") or Path.home() / ".maniskill")  # as the package has it
    folder = home / "data" / "partnet_mobility" / "dataset"
    missing = [model for model in known if not any((folder / model / file).is_file() for file in _MODEL_FILES)]
    if missing:
        group = f"partnet_mobility_{models[0].partition('_')[0]}"  # the package has one for doors and drawers
        raise UserError(
            f"{len(missing)} of the {len(known)} object models of {name} are not in {folder}.",
            f"Download them: MS_SKIP_ASSET_DOWNLOAD_PROMPT=1 python -m mani_skill.utils.download_asset {group}",
        )


def check_gpu(home: Path) -> None:
    """Look for a GPU, and for the library that PhysX needs on it, which SAPIEN keeps in the user's ``home``.

    Raises:
        UserError: one of them is missing; gives the command that fetches the library.
    """
    import torch

    if not torch.cuda.is_available():
        raise UserError(
            "PyTorch finds no NVIDIA GPU for --device cuda.",
            "Install a PyTorch with CUDA on a machine that has one (https://pytorch.org/get-started), or leave it out.",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a missing system Vulkan, which only pictures need
        import sapien.physx

    library = home / ".sapien" / "physx" / sapien.physx.version() / "libPhysXGpu_64.so"
    if not library.is_file():
        raise UserError(f"PhysX's GPU library is not at {library}.", f"Download it: {FETCH_GPU_LIBRARY}")
