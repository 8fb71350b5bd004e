"""What one process of a team does in training/test_team.py: train by a recipe, save all of it.

torchrun --nproc-per-node N team_steps.py FOLDER, where FOLDER holds recipe.json. Each process
writes RANK.json, its losses and the norms of its gradients, and RANK.safetensors, its whole state.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.team import team
from lab.training.train import train


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    recipe = Recipe.from_dict(json.loads((folder / "recipe.json").read_text()))
    with team("cpu") as (own, device):
        state = TrainState.start(recipe, device)
        steps = [(metrics.loss, metrics.grad_norm) for metrics in train(recipe, state, own)]
        (folder / f"{own.rank}.json").write_text(json.dumps({"size": own.size, "steps": steps}))
        state.save(folder / f"{own.rank}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
