"""Chapter 4 as a reader sets it: figures are lab's own, and bad input gets a sentence."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa
import pytest
import torch

from components.ui import computed_apart
from components.ui.chapters.ch40 import figures, probes, worked
from components.ui.chapters.ch40.probes import FAULTS, KINDS
from components.ui.chapters.ch40.worked import CALC
from components.ui.computed_ahead import kept_ahead
from components.ui.computed_apart import key_of
from components.ui.live import measuring
from lab.data.problems import Format
from lab.data.samples import hashed_pairs
from lab.data.vocabulary import decode, encode
from lab.inference.scoring import go_on
from lab.model.trace import Trace
from lab.published.cards import CARDS
from lab.published.models import MODELS
from lab.training.checkpoint import load_run

PAGE = "40_kv_cache"
FORM = Format("cot_reversed")
P = FORM.prompt_length


def text_of(app: Any) -> str:
    return " ".join(element.value for element in app.markdown)


def html_of(app: Any) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def chart_rows(app: Any, *columns: str) -> list[dict[str, Any]]:
    """The rows of the one chart on the page that has these columns; none if there is none."""
    found = [
        rows
        for element in app.get("vega_lite_chart")
        for data in element.proto.datasets
        if (rows := pa.ipc.open_stream(data.data.data).read_pandas().to_dict("records"))
        and set(columns) <= rows[0].keys()
    ]
    assert len(found) <= 1
    return found[0] if found else []


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception
    assert "Why a cache is allowed" in text_of(app)
    assert "The answer: **none**" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception
    answers = ("none", "31 times", "2.1 times", "a stale cache", "56%", "nothing")
    for answer in answers:
        assert f"The answer: **{answer}**" in text_of(app)


def test_the_changes_of_earlier_lines_are_those_of_two_forwards() -> None:
    """By layer, of the reader's own sum: one more token, with the mask and without it."""
    model, text = load_run("chain_of_thought").model, FORM.text(58, 76)[:-1]
    rows = {
        (row["tokens"], row["layer"], row["mask"]): row["change"]
        for row in probes.rows_of_changes(text)
    }
    for causal in (True, False):
        before, after, whole = (of_all_layers(model, text[:t], causal) for t in (9, 10, len(text)))
        moved = (after[..., :9, :] - before).abs().amax((2, 3, 4)) / whole.abs().amax((2, 3, 4))
        for layer in range(6):
            expected = float(moved[:, layer].max())
            assert rows[9, layer, causal] == pytest.approx(expected, abs=1e-6)
    assert max(change for (_, _, mask), change in rows.items() if mask) < 1e-5
    assert rows[9, 0, False] < 1e-5 and rows[9, 5, False] > 0.1


def of_all_layers(model: Any, text: str, causal: bool) -> torch.Tensor:
    """Keys and values of a text, (2, L, H, T, Dk)."""
    trace = Trace(["k", "v"])
    with torch.inference_mode():
        model(torch.from_numpy(encode(text)).long()[None], trace=trace, causal=causal)
    return torch.stack(
        [torch.stack([trace[f"blocks.{i}.{name}"][0] for i in range(6)]) for name in "kv"]
    )


def test_the_calculator_compares_cache_weights_and_cards(book: Any) -> None:
    app = book(PAGE, figure="calculator")
    app.selectbox(key="ch40_model").set_value("Llama 2 7B").run()
    app.select_slider(key="ch40_tokens").set_value(4096).run()
    app.select_slider(key="ch40_texts").set_value(1).run()
    sizes = {row["bar"]: row["bytes"] for row in chart_rows(app, "bar", "what", "bytes")[:2]}
    assert sizes == {"weights": 2 * 6_738_415_616, "cache": 2 * 2**30}
    assert "**512 KB**" in text_of(app) and "An RTX 3090 with 24 GB holds both" in text_of(app)
    app.select_slider(key="ch40_heads_llama_2_7b").set_value(8).run()
    assert "**128 KB**" in text_of(app)
    app.select_slider(key="ch40_bytes").set_value(0.5).run()
    assert "**32 KB**" in text_of(app)
    app.select_slider(key="ch40_texts").set_value(256).run()
    app.select_slider(key="ch40_tokens").set_value(131_072).run()
    assert "No card here holds both: it takes the memory of 13 H100s." in text_of(app)
    assert "Llama 2 7B reads up to 4,096 tokens; beyond, this is arithmetic." in text_of(app)
    app.selectbox(key="ch40_model").set_value("the book's network").run()
    assert "The book's network reads up to 64 tokens; beyond" in text_of(app)
    assert not app.exception and "e+" not in text_of(app)


def test_every_model_has_a_figure_and_a_source(book: Any) -> None:
    for name in ("the book's network", *(model.name for model in MODELS)):
        app = book(PAGE, figure="calculator", ch40_model=name)
        assert not app.exception and not app.info, name
        assert app.selectbox(key="ch40_model").value == name
        shown = probes.models()[name]
        rows = chart_rows(app, "bar", "what", "bytes")
        assert rows[0]["bytes"] == shown.weight_bytes, name
        assert shown.source in text_of(app), name
        latent = "keeps no key heads" in " ".join(caption.value for caption in app.caption)
        assert latent == (name == "DeepSeek-V3")


def test_a_card_holds_what_fits_it() -> None:
    small, large = CARDS
    assert probes.smallest_card(small.memory) == small
    assert probes.smallest_card(small.memory + 1) == large
    assert probes.smallest_card(large.memory + 1) is None


def test_a_fault_marks_the_tokens_that_it_spoils(book: Any) -> None:
    app = book(PAGE, figure="broken", ch40_a="58", ch40_b="76")
    model = load_run("chain_of_thought").model
    right, stranger = FORM.text(58, 76), FORM.text(56, 78)
    assert decode(go_on(model, FORM.prompt(56, 78), FORM.length)[0]) == stranger
    spoiled = right[:P] + stranger[P:]
    assert f'aria-label="{spoiled}"' in html_of(app)
    strip = html_of(app).split(f'aria-label="{spoiled}"')[1].split("wb-text")[0]
    wrong = sum(x != y for x, y in zip(right, spoiled, strict=True))
    assert strip.count("wb-bad") == wrong > 0
    for fault, words in FAULTS.items():
        app.button_group(key="ch40_fault").set_value(fault).run()
        assert not app.exception
        assert f'aria-label="{probes.one_spoiled(fault, 58, 76)}"' in html_of(app), words


def test_the_stranger_asks_another_sum(book: Any) -> None:
    app = book(PAGE, figure="broken", ch40_a="56", ch40_b="78")
    assert any("12 × 34" in caption.value for caption in app.caption)
    assert probes.stranger_to(37, 48) == (56, 78)


def test_the_bars_of_the_faults_count_every_sum_once(seen: Any) -> None:
    rows = chart_rows(seen(PAGE, reveal="1"), "fault", "fate", "n")
    a, b = hashed_pairs(200)
    right = {decode(text) for text in FORM.render(a, b)[0]}
    workings = {FORM.text(a, b)[P:] for a in range(100) for b in range(100)}
    for fault, words in FAULTS.items():
        shown = {row["fate"]: row["n"] for row in rows if row["fault"] == words}
        texts = [decode(text) for text in probes.all_spoiled("chain_of_thought", fault)]
        assert sum(shown.values()) == len(texts) == 200
        assert shown["right"] == sum(text in right for text in texts)
        another = [text for text in texts if text[P:] in workings and text not in right]
        assert shown["the right working of another problem"] == len(another)


def test_the_explanations_hold_on_the_cases_that_could_refute_them() -> None:
    """A fault of places where places have no say; a crowd of one's own kind; a mixed pair."""
    figure = {name: int(CALC[name]().split()[0]) for name in CONTROLS}
    assert figure["moved_placeless"] == figure["all_moved"] == figure["twins"] == 0
    assert figure["all_moved_table"] == figure["a_digit_late"] == figure["twins_placeless"] == 200
    assert figure["product_of_both"] > 190 and figure["product_of_both_placeless"] < 50
    assert figure["strangers_apart"] < figure["strangers"] / 3
    assert int(CALC["another_offset"]()) == 0 and KINDS[probes.STALE] == probes.most_plausible()


CONTROLS = (
    *("moved_placeless", "all_moved", "all_moved_table", "a_digit_late"),
    *("product_of_both", "product_of_both_placeless"),
    *("strangers", "strangers_apart", "twins", "twins_placeless"),
)


def test_a_link_with_nonsense_opens_the_defaults_and_says_what_is_allowed(book: Any) -> None:
    app = book(
        PAGE,
        ch40_model="GPT-9",
        ch40_tokens="-1",
        ch40_bytes="3",
        ch40_slots="3",
        ch40_fault="rust",
        ch40_colour="red",
        reveal="1",
    )
    assert not app.exception
    said = " ".join(info.value for info in app.info)
    for part in (
        "ch40_model=GPT-9",
        "Llama 3.1 8B",
        "ch40_tokens=-1",
        "ch40_bytes=3",
        "0.5, 1, 2, 4",
        "ch40_slots=3",
        "2, 4, 8, 16",
        "ch40_fault=rust",
        "ch40_colour=red",
    ):
        assert part in said, part
    assert app.select_slider(key="ch40_tokens").value == 8192


def test_what_is_no_number_of_two_digits_gets_a_sentence(book: Any) -> None:
    app = book(PAGE, figure="written")
    for bad in ("", "-1", "100", "٣", "7*8"):
        app.text_input(key="ch40_a").set_value(bad).run()
        assert not app.exception, bad
        assert any("0 to 99" in warning.value for warning in app.warning), bad
        assert app.get("bidi_component"), bad


def test_sums_that_are_none_get_a_sentence_each_and_the_page_stands(book: Any) -> None:
    app = book(PAGE, reveal="1")
    app.text_input(key="ch40_a").set_value("7*8")
    app.text_input(key="ch40_far_a").set_value("1e9").run()
    assert not app.exception
    allowed = [re.findall(r"0 to \d+", warning.value)[0] for warning in app.warning]
    assert allowed == ["0 to 99", "0 to 9999"]
    assert chart_rows(app, "bar", "what", "bytes")
    last_good = worked.AS_MANY.axis.written(worked.times_read(*worked.FAR_SUM))
    assert f"The answer: **{last_good}**" in text_of(app)


def test_the_worked_example_is_what_softmax_makes_of_it() -> None:
    keys, values = torch.tensor([2.0, 0.0, 1.0]), torch.tensor([10.0, 4.0, 7.0])
    heard = {n: float(keys[:n].softmax(0) @ values[:n]) for n in (2, 3)}
    assert CALC["hand_before"]() == CALC["hand_masked"]() == f"{heard[2]:.2f}"
    assert CALC["hand_unmasked"]() == CALC["hand_new"]() == f"{heard[3]:.2f}"


def test_two_generators_write_one_text_and_all_they_read_is_counted(book: Any) -> None:
    without, cached = probes.both_clocked(12, 345)
    text = Format("cot_reversed", 2, 3).text(12, 345)
    assert without.text == cached.text == text
    assert without.read.sum() == sum(range(7, len(text)))
    assert cached.read.sum() == len(text) - 1
    app = book(PAGE, figure="generators", ch40_far_a="12", ch40_far_b="345")
    assert not app.exception and not app.warning
    for bad in ("", "-1", "12345", "1e9", "٣"):
        app.text_input(key="ch40_far_a").set_value(bad).run()
        assert not app.exception, bad
        assert any("0 to 9999" in warning.value for warning in app.warning), bad
        assert app.get("bidi_component"), bad


def test_a_queue_is_served_twice_and_writes_the_same_sums() -> None:
    static, continuous = probes.both_served(16, 4, 1)
    assert sorted(bar.text for bar in static.bars) == sorted(bar.text for bar in continuous.bars)
    for bar in static.bars:
        a, b = map(int, bar.text.split("=")[0].split("*"))
        assert bar.text == Format("cot_reversed", len(str(a)), len(str(b))).text(a, b)
    assert continuous.n_steps < static.n_steps
    assert 0 < worked.wasted() < 1


def test_every_queue_of_the_page_is_computed_ahead(
    book: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {key_of(probes.queue_of, queue, {}) for queue in probes.every_queue()}
    assert asked <= kept_ahead().keys()
    monkeypatch.setattr(computed_apart, "ask", None)  # whoever asked would fail
    n, seed = probes.every_queue()[-1]
    app = book(PAGE, figure="queue", ch40_sums=f"{n}", ch40_drawn=f"{seed}", ch40_slots="2")
    assert not app.exception
    sent = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    timelines = next(data["timelines"] for data in sent if "timelines" in data)
    assert [(line["n_slots"], len(line["bars"])) for line in timelines] == [(2, n)] * 2


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_problem_clocked_by_turns_ends_even_if_it_is_forgotten_on_the_way(
    monkeypatch: pytest.MonkeyPatch, forgotten: bool
) -> None:
    probes.clocking.cache_clear()
    monkeypatch.setattr(measuring, "TURN", 0.0)
    if forgotten:
        monkeypatch.setattr(probes, "clocking", probes.clocking.__wrapped__)
    without, cached = probes.clock_both(3, 41)
    assert without.text == cached.text == Format("cot_reversed", 1, 2).text(3, 41)


def test_drafts_are_shown_as_they_were_judged() -> None:
    assert probes.DRAFTS
    for draft in probes.DRAFTS:
        found = probes.drafted(1234, 5678, draft, 4)
        assert found.same and found.written == 54, draft
        shown = figures.rounds_html(found)
        kept = sum(one.accepted for one in found.rounds)
        drafted = sum(len(one.drafted) for one in found.rounds)
        assert shown.count("wb-draft-kept") == kept, draft
        assert shown.count("<s ") == drafted - kept, draft
        assert shown.count("<li>") == len(found.rounds), draft
        assert drafted == kept if draft == probes.FAR else kept <= drafted, draft


def test_a_draft_is_chosen_on_the_page(book: Any) -> None:
    app = book(PAGE, figure="drafts")
    app.button_group(key="ch40_draft").set_value(probes.FAR).run()
    assert not app.exception
    found = probes.drafted(1234, 5678, probes.FAR, 4)
    assert worked.in_rounds(found) in text_of(app)
    assert f"**{len(found.rounds)}** steps" in text_of(app)


def test_bytes_are_graded_by_a_real_cache(book: Any) -> None:
    app = book(PAGE, figure="ex_bytes")
    held = 2 * 6 * 4 * 64 * FORM.prompt_length * 5 * 2
    for typed, hint in ((held // 6, "Every layer keeps"), (held // 5, "prompt of their own")):
        app.text_input(key="ch40_ex_bytes").set_value(f"{typed:,}").run()
        assert hint in text_of(app) and not app.success
    app.text_input(key="ch40_ex_bytes").set_value(f"{held}").run()
    assert [f"The cache holds {held:,} bytes, as you say."] == [s.value for s in app.success]
    for typed in ("1e9", "-1", "0", "10000001", "1,2", "\u0663", "x"):
        app.text_input(key="ch40_ex_bytes").set_value(typed).run()
        assert not app.exception and not app.success, typed
        assert [f"'{typed}' is not a number of bytes" in w.value for w in app.warning] == [True]


def test_a_prefix_is_graded_by_what_is_read(book: Any) -> None:
    app = book(PAGE, figure="ex_prefix")
    said = {"84": "6 tokens had to be read", "37": "3 tokens had to be read"}
    for a, sentence in said.items():
        app.text_input(key="ch40_ex_second_a").set_value(a).run()
        app.text_input(key="ch40_ex_second_b").set_value("52").run()
        assert sentence in text_of(app), a
        assert not app.success
    app.text_input(key="ch40_ex_second_b").set_value("48").run()
    assert "The second problem has to differ from the first." in text_of(app)
    app.text_input(key="ch40_ex_second_b").set_value("41").run()
    assert [s.value for s in app.success] == ["Of `37*41=`, 2 tokens had to be read."]
