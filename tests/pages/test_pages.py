"""Every page runs, by the router and alone, and bad input gets one sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from components.ui.book import CONTENTS
from components.ui.claims.readings import most_missed_head, without_a_head
from components.ui.plots import colours
from components.ui.plots.colours import Tone
from lab.data.vocabulary import encode
from lab.exercises.chain_of_thought import FORM
from lab.inference.forward import run_with_trace
from lab.records import RECORDS, ROOT, read_lines
from lab.training.checkpoint import load_run

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("[0-9]*.py"))


def arcs_of(app: AppTest) -> dict[str, Any]:
    """The data of the drawing that opens Home."""
    sent = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return next(data for data in sent if "groups" in data)


def text_of(app: AppTest) -> str:
    return " ".join(element.value for element in app.markdown)


def test_home_shows_the_opening_sum_and_no_exception(book) -> None:
    app = book()
    assert not app.exception
    assert "37 × 48 = 1776" in text_of(app)
    drawn = arcs_of(app)
    assert drawn["tokens"] == list("37*48=692+0841=6771$") == drawn["right"]
    assert drawn["pulled"] is None and drawn["layer"] == 0


@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_by_the_router(book, page: str) -> None:
    app = book(page)
    assert not app.exception
    assert app.title


@pytest.mark.parametrize("page", PAGES)
def test_sections_are_numbered_without_a_gap(page: str) -> None:
    prose = (ROOT / "pages" / f"{page}.md").read_text()
    numbers = [int(n) for n in re.findall(r"^## (\d+)\. ", prose, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_file_runs_alone(page: str) -> None:
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60).run()
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_revealed_and_its_charts_look_like_the_book(book, page: str) -> None:
    app = book(page, reveal="1")
    assert not app.exception
    for chart in app.get("vega_lite_chart"):
        spec = json.loads(chart.proto.spec)
        assert chart.proto.alt, spec
        assert not amiss(spec), (chart.proto.alt, amiss(spec))


BOOKS_OWN = {
    tone.lower() for pair in vars(colours).values() if isinstance(pair, Tone) for tone in pair
}
"""Every colour that has a meaning in the book, light and dark."""


def amiss(spec: dict[str, Any]) -> list[str]:
    """What of a chart as it is drawn is not the book's: theme, size or colour."""
    kinds = {mark["type"] for mark in marks_of(spec)}
    lowest = 260 if "line" in kinds else 180 if "bar" in kinds else 0
    height = spec.get("height", spec.get("spec", {}).get("height", 0))
    colours_in = set(re.findall(r"#[0-9a-f]{6}", json.dumps(spec).lower()))
    return [
        *([f"autosize {spec.get('autosize')}"] if not fits_the_width(spec) else []),
        *([] if spec["config"]["axis"]["labelFontSize"] == 13 else ["labels are not 13 px"]),
        *([] if spec["config"]["axis"]["labelFlush"] is False else ["labels are shifted"]),
        *([f"{height} px high"] if isinstance(height, int) and height < lowest else []),
        *sorted(f"{colour} means nothing" for colour in colours_in - BOOKS_OWN),
    ]


def fits_the_width(spec: dict[str, Any]) -> bool:
    """By its width alone, so that the height is the plot's, or of a width of its own."""
    return spec.get("autosize", {}).get("type") == "fit-x" or isinstance(spec.get("width"), int)


def marks_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    own = [spec["mark"]] if "mark" in spec else []
    parts = [*spec.get("layer", []), *([spec["spec"]] if "spec" in spec else [])]
    return own + [mark for part in parts for mark in marks_of(part)]


def test_home_multiplies_a_readers_own_numbers(book) -> None:
    app = book()
    app.text_input(key="a").set_value("58")
    app.text_input(key="b").set_value("7").run()
    assert not app.exception
    assert "58 × 7 = 406" in text_of(app)


@pytest.mark.parametrize(
    "text", ["", "   ", "-1", "100", "1e9", "3.5", "٣", "²", "7x", "9" * 400, "<b>7</b>", "12\n13"]
)
def test_home_answers_bad_operands_with_what_is_allowed(book, text: str) -> None:
    app = book()
    app.text_input(key="a").set_value(text).run()
    assert not app.exception
    assert len(app.warning) == 1
    assert "0 to 99" in app.warning[0].value
    assert len(app.warning[0].value) < 200


def test_home_pulls_out_a_head_and_says_which_step_breaks(book) -> None:
    app = book(pull="true")
    assert not app.exception
    assert "goes wrong first" in text_of(app)
    drawn = arcs_of(app)
    assert (drawn["layer"], drawn["pulled"]) == most_missed_head()
    assert drawn["tokens"] != drawn["right"]
    assert "pull=True" in " ".join(block.value for block in app.code)


def test_a_link_brings_the_pulled_head_of_any_block_back(book) -> None:
    app = book(a="37", b="48", pull="true", layer="4", head="2")
    assert not app.exception
    assert (arcs_of(app)["layer"], arcs_of(app)["pulled"]) == (4, 2)
    assert app.select_slider(key="layer").value == 4
    assert "head 2 of block 4" in text_of(app)


def test_the_arcs_of_ten_pairs_are_the_weights_of_the_model(book) -> None:
    """Against softmax(q k' / sqrt(d)) of the model's own queries and keys, and the record."""
    loaded = load_run("chain_of_thought")
    root = loaded.model.config.attention.qk_head_dim**0.5
    pairs = np.random.default_rng(0).integers(0, 100, size=(9, 2)).tolist()
    for a, b in [(37, 48), *pairs]:
        drawn = arcs_of(book(a=str(a), b=str(b)))
        text = "".join(drawn["tokens"])
        trace = run_with_trace(loaded.model, encode(text)[None], ["q", "k"])
        q, k = (trace[f"blocks.0.{name}"][0].double() for name in "qk")
        scores = (q @ k.transpose(-1, -2) / root).masked_fill(
            ~torch.ones(len(text), len(text), dtype=torch.bool).tril(), -torch.inf
        )
        rows = scores.softmax(-1)[:, drawn["given"] - 1 : -1]
        assert np.abs(np.array(drawn["weights"]) - rows.numpy()).max() < 0.002, (a, b)


def test_every_card_on_home_has_its_small_picture(book) -> None:
    body = " ".join(element.proto.body for element in book().get("html"))
    written = [entry for entry in CONTENTS if entry.written]
    assert body.count('src="data:image/webp;base64,') == len(written)
    for entry in written:
        for theme in ("light", "dark"):
            path = ROOT / f"components/ui/cards/{entry.slug}-{theme}.webp"
            assert 500 < path.stat().st_size < 20_000, path


def test_what_home_says_of_heads_is_so() -> None:
    rows = without_a_head(read_lines(RECORDS / "heads.jsonl"))
    missed = {(row["cell"]["layer"], row["cell"]["head"]) for row in rows if row["errors_answer"]}
    assert missed == {(0, head) for head in range(4)}


def test_home_says_what_the_arcs_are_in_ninety_characters(book) -> None:
    (said,) = [c.value for c in book().caption if "Arcs" in c.value]
    assert len(said) <= 90


def test_a_link_with_nonsense_opens_the_default(book) -> None:
    app = book(a="zebra", pull="perhaps", layer="77", head="-3")
    assert not app.exception
    assert "0 to 99" in app.warning[0].value


def test_a_damaged_checkpoint_is_one_sentence_and_the_page_goes_on(book, monkeypatch) -> None:
    from lab.training import checkpoint

    def refuse(name: str):
        raise checkpoint.CheckpointError(f"{name}/model.safetensors is damaged or cut short")

    monkeypatch.setattr(checkpoint, "load_run", refuse)
    for page in (None, "10_chain_of_thought"):
        app = book(page, a="12", b="34") if page is None else book(page)
        assert not app.exception
        assert any("damaged or cut short" in warning.value for warning in app.warning)
        assert app.title


def test_chapter_1_reveals_after_a_guess(book) -> None:
    app = book("10_chain_of_thought")
    assert "You said" not in text_of(app)
    app.button_group(key="ch10_fail_guess").set_value("over 90 in 100").run()
    assert not app.exception
    assert "You said **over 90 in 100**" in text_of(app)


def test_chapter_1_forgery_follows_the_chosen_digit(book) -> None:
    app = book("10_chain_of_thought")
    app.selectbox(key="ch10_forge_at").select_index(4).run()
    assert "The forgery implies" not in text_of(app)
    app.button_group(key="ch10_forge_guess").set_value("the true product").run()
    assert not app.exception
    assert "You said **the true product**" in text_of(app)
    assert "The forgery implies" in text_of(app)


def test_chapter_1_takes_a_forgery_from_a_link(book) -> None:
    link = {"ch10_a": "12", "ch10_b": "34", "ch10_forge_to": "9"}
    app = book("10_chain_of_thought", **link, ch10_forge_at="12 × 30: hundreds", reveal="1")
    assert not app.exception and not app.info
    place = app.selectbox(key="ch10_forge_at").value
    assert FORM.text(12, 34)[place:] == "30=8040$"
    assert "The forgery implies 1008, the truth is 408" in text_of(app)


def test_home_and_its_imports_need_no_torch() -> None:
    """The first paint must not wait for torch: the script runs with the import forbidden."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'Home.py')!r}, default_timeout=60).run()\n"
        "assert not app.exception, app.exception\n"
        "assert any('1776' in e.value for e in app.markdown)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.timing
def test_the_garbage_collector_stays_out_of_the_way_of_a_slider(slowness: float) -> None:
    """Streamlit collects after every run and holds the GIL meanwhile: models must be frozen."""
    code = (
        "import gc, time\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'Home.py')!r}, default_timeout=60).run()\n"
        "app.switch_page('pages/10_chain_of_thought.py').run()\n"
        "assert not app.exception, app.exception\n"
        "del app; gc.collect()\n"
        "began = time.perf_counter(); gc.collect(2)\n"
        "print(time.perf_counter() - began)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout.split()[-1]) < 0.020 * slowness
