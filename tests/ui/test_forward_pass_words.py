"""What page 7 says of a text, tried on texts of every format."""

from __future__ import annotations

from components.ui.chapters.ch70 import probes
from components.ui.chapters.ch70.worked import it_writes, stranger
from lab.data.problems import Format
from lab.scene.prompt import read_prompt
from lab.training.checkpoint import load_run

ONE, PAIR = Format("plain", 1, 1), Format("cot_reversed", 2, 2)
FREE = Format("cot_reversed", 3, 3, padded=False)


ANSWERS = [
    (ONE, "7*8=56$", "The answer is 56, which is right: 7 × 8 = 56."),
    (ONE, "7*8=54$", "The answer is 54, which is wrong: 7 × 8 = 56."),
    (
        PAIR,
        "37*48=692+0841=6771$",
        "The working and the answer are written back to front, ones first. "
        "Turned round, the answer is 1776, which is right: 37 × 48 = 1776.",
    ),
    (FREE, "7*8=65$", "The answer is written back to front, ones first. Turned round,"),
    (PAIR, "37*48=692+0841=7671$", "the answer is 1767, which is wrong"),
    (
        PAIR,
        "37*48=692+0841=",
        "No `$`, its sign for the end, comes within 15 tokens, the 6 of the prompt among them.",
    ),
    (PAIR, "37*48=", "The model writes nothing behind `37*48=`"),
    (ONE, "7=8$", "The model writes `7=8$`."),
]


def test_an_answer_is_turned_round_where_it_is_reversed_and_checked() -> None:
    said = {text: it_writes(form, prompt_of(text), text) for form, text, _ in ANSWERS}
    assert said and [said[text] for _, text, says in ANSWERS if says not in said[text]] == []


def prompt_of(text: str) -> str:
    alone = text.endswith("=") and text.count("=") == 1
    return text if alone else text.partition("=")[0] + "="


KNOWN = [
    (ONE, "7*8=", True),
    (ONE, "12*12=", False),
    (PAIR, "7*8=", False),
    (PAIR, "37*48=692", True),
    (FREE, "7*8=", True),
    (FREE, "1234*5=", False),
    (ONE, "1+1=", False),
    (ONE, "7", False),
]


def test_a_prompt_is_a_guess_where_no_text_of_training_begins_so() -> None:
    wrong = [text for form, text, known in KNOWN if (stranger(form, text) is None) != known]
    assert wrong == []


def test_every_run_opens_with_prompts_of_its_own_kind() -> None:
    assert len(probes.RUNS) > 20
    assert [amiss for run in probes.RUNS for amiss in foreign_prompts(run)] == []


def foreign_prompts(run: str) -> list[str]:
    loaded = load_run(run)
    drawn = (probes.opening_prompt(loaded.format, change=i) for i in (0, 1))
    prompts = list(probes.OPENS.get(run) or drawn)
    own = [
        read_prompt(loaded.model.config, prompt) == prompt
        and stranger(loaded.format, prompt) is None
        and prompt.endswith(sign)
        for prompt, sign in zip(prompts, ("8=", "9="), strict=False)
    ]
    return [f"{run}: {prompts}"] if not own or not all(own) or len(own) != len(prompts) else []
