"""Ways home by lab for the front end's own test, in the small scenes of tests/lab/viewer_scenes.py.

`python tests/ui/viewer_ways.py` writes them to test/viewer/ways.json of the front end.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT, ROOT / "tests" / "lab"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from tiny import tiny_model  # noqa: E402
from viewer_scenes import CONFIGS, TEXT, path_of  # noqa: E402

from lab.scene import paths  # noqa: E402
from lab.scene.build import scene  # noqa: E402
from lab.scene.manifest import Scene  # noqa: E402
from lab.scene.recompute import Reader  # noqa: E402

FILE = ROOT / "components" / "threejs_viewer" / "frontend" / "test" / "viewer" / "ways.json"
TOKENS = "5", "0", "$"
KINDS = "weight", "activation"


def recorded_part(one: paths.Term, parts: list[paths.Term]) -> dict[str, Any]:
    place = {"name": one.name, "position": one.position, "head": one.head}
    return {**place, "value": one.value, "parts": [recorded_part(p, []) for p in parts]}


def recorded_way(reader: Reader, position: int, token: int) -> dict[str, Any]:
    """A logit, and down along the largest part of each sum, with what stands beside it."""
    way = paths.way_home(reader, paths.logit(reader, position, token))
    steps = [recorded_part(one, paths.unfold(reader, one)) for one in way]
    return {"position": position, "token": token, "way": steps}


def ways_of(name: str) -> list[dict[str, Any]]:
    """Read in the committed scene, so that they are the same on every machine."""
    kept = json.loads(path_of(name).read_text("utf-8"))
    blobs: dict[Any, bytes] = {kind: b64decode(kept[f"{kind}s"]) for kind in KINDS}
    reader, vocabulary = Reader(kept["manifest"], blobs), kept["manifest"]["vocabulary"]
    return [recorded_way(reader, len(TEXT) - 1, vocabulary.index(token)) for token in TOKENS]


def scene_of_variant(name: str) -> Scene:
    """Of a tiny model; its text goes on behind the sign, so that there is a way to follow."""
    return scene(tiny_model(CONFIGS[name]), "7*8=56$", run=name)


if __name__ == "__main__":
    FILE.write_text(json.dumps({name: ways_of(name) for name in CONFIGS}) + "\n")
