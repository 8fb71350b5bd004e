"""Lets the tests here say `from tiny import tiny_model`: importlib mode leaves sys.path alone."""

import sys
from pathlib import Path

import torch

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)

# Tensors this small gain nothing from threads, and lose much where the cores are busy.
torch.set_num_threads(1)
