"""Lets the tests here say `from drawing_cases import ...`: importlib mode leaves sys.path alone."""

import sys
from pathlib import Path

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)
