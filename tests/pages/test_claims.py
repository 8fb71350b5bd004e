"""The page of all claims: folded by page, found by their words, each with the way to its figure."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from components.ui.book import BEHIND, CONTENTS
from components.ui.claims import claim_index
from components.ui.claims.standing import SECTION, standing_of
from lab.records import ROOT

PAGE = "91_claims"
GROUP = re.compile(r"\*\*(.+)\*\* · (\d+) claims?")


def groups(app: Any) -> dict[str, int]:
    """Of each page that stands there: how many claims its fold promises."""
    found = (GROUP.fullmatch(fold.label) for fold in app.expander)
    return {match[1]: int(match[2]) for match in found if match}


def drawn(app: Any) -> list[str]:
    """The claims that are drawn, each with all that stands in it."""
    bodies = [element.proto.body for element in app.get("html")]
    return [c for body in bodies for c in body.split('<div class="wb-claim">')[1:]]


def statements() -> list[str]:
    claims = [claim.statement for claim in claim_index.all_claims().values()]
    return claims + [looked.claim.statement for looked in claim_index.all_cells()]


def test_at_first_every_claim_is_counted_under_its_page_and_few_are_read(
    book: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that prose names, here and on the way here."""
    n = len(statements())
    read: list[str] = []
    look_up = claim_index.measured

    def watched(name: str, *rest: Any) -> Any:
        read.append(name)
        return look_up(name, *rest)

    monkeypatch.setattr(claim_index, "measured", watched)
    app = book(PAGE)
    assert not app.exception
    titles = [entry.title for entry in (*CONTENTS, *BEHIND)]
    assert [*groups(app)] == sorted(groups(app), key=titles.index) and len(groups(app)) > 10
    assert (sum(groups(app).values()), drawn(app)) == (n, [])
    assert len(set(read)) < n / 20


def test_opened_folds_hold_every_claim_and_as_many_as_they_promise(
    book: Callable[..., Any],
) -> None:
    app = book(PAGE)
    promised = groups(app)
    for entry in (*CONTENTS, *BEHIND):
        if entry.title in promised:
            app.session_state[f"ch91_{entry.url}_"] = True
    app.run()
    found = [unescape(re.findall(r"<p>(.*?)</p>", claim)[0]) for claim in drawn(app)]
    shapes = re.compile(r"\b(\d+)x(\d+)\b")
    said = (shapes.sub("\\1\u00a0×\u00a0\\2", statement) for statement in statements())
    assert sorted(found) == sorted(said)
    assert groups(app) == promised
    assert [c for c in drawn(app) if not re.search(r"<b>[^<]+</b>", c) or "href=" not in c] == []


def test_a_search_shows_the_claims_that_have_the_word_by_page(seen: Callable[..., Any]) -> None:
    app = seen(PAGE, q="Far carr")
    claims = drawn(app)
    assert 0 < len(claims) == sum(groups(app).values()) < 60
    assert [c for c in claims if "carr" not in c.lower()] == []
    assert app.text_input(key="q").value == "Far carr"


def test_words_apart_find_what_has_each_of_them(seen: Callable[..., Any]) -> None:
    (claim, *_) = drawn(seen(PAGE, q="forged another digit"))
    assert all(word in claim for word in ("forged", "another", "digit"))


def test_a_link_of_before_finds_the_same_until_the_box_is_emptied(book: Callable[..., Any]) -> None:
    app = book(PAGE, ch91_find="ch2.full_errors")
    assert len(drawn(app)) == 1 and "rope.full_errors" in drawn(app)[0]
    app.text_input(key="q").set_value("").run()
    assert not app.exception
    assert (drawn(app), sum(groups(app).values())) == ([], len(statements()))


def test_a_value_is_found_as_it_is_typed(seen: Callable[..., Any]) -> None:
    """A hyphen for a minus sign, and a shape in figures or in words."""
    minus = drawn(seen(PAGE, q="-13"))
    assert minus and [c for c in minus if "−13" not in c] == []
    shapes = {q: groups(seen(PAGE, q=q)) for q in ("20x20", "20 × 20", "twenty by twenty")}
    assert shapes["20x20"] and len({str(found) for found in shapes.values()}) == 1


def test_parts_of_a_name_and_of_a_command_are_found(seen: Callable[..., Any]) -> None:
    for typed in ("wrong_4x4", "curriculum.wrong_4x4", "--seed 0", "evaluate curriculum_4x4"):
        assert sum(groups(seen(PAGE, q=typed)).values()) > 0, typed


def test_a_search_that_finds_nothing_or_is_too_long_says_what_is_possible(
    seen: Callable[..., Any],
) -> None:
    app = seen(PAGE, q="zebra")
    (told,) = app.info
    assert told.value.startswith("No claim has 'zebra' in it. Try one word")
    assert (groups(app), drawn(app)) == ({}, [])
    app = seen(PAGE, q="x" * 200)
    (told,) = app.info
    assert "up to 80 characters" in told.value
    assert sum(groups(app).values()) == len(statements())


def test_a_claim_leads_to_a_section_that_its_page_has() -> None:
    """Nearly all stand in one; the rest lead to their page."""
    tables = (name for slug in claim_index.CHAPTERS for name in claim_index.tables_of(slug))
    found = {name: standing_of(name) for name in (*claim_index.all_claims(), *tables)}
    written = (entry for entry in (*CONTENTS, *BEHIND) if entry.written)
    sections = {entry.url: SECTION.findall(entry.path.read_text()) for entry in written}
    strange = [n for n, x in found.items() if x.section and x.section not in sections[x.url]]
    assert strange == []
    assert sum(not standing.section for standing in found.values()) < len(found) / 20
    assert standing_of("feature_collapse.collapse_loss_when").link == "feature_collapse?at=inside"


TORN = re.compile(r"\b(?:these|this|such|that run)\b|^(?:The same|It|That|Its|Other problems)\b")
"""What leans on a sentence before."""


def test_a_statement_can_be_read_away_from_its_page() -> None:
    """It leans on no other, every table says what its cells are of, and two of a page differ."""
    own = [claim.statement for claim in claim_index.all_claims().values()]
    assert [statement for statement in own if TORN.search(statement)] == []
    tables = [t for slug in claim_index.CHAPTERS for t in claim_index.tables_of(slug).items()]
    assert len(tables) > 20 and [name for name, table in tables if not table.about] == []
    of_page = Counter(
        (slug, claim.statement)
        for slug in claim_index.CHAPTERS
        for claim in claim_index.claims_of(slug).values()
    )
    assert [said for said, n in of_page.items() if n > 1] == []


def test_what_leans_on_a_sentence_before_is_found() -> None:
    torn = ["Of these, the last.", "The same in layer 2.", "Problems that this run gets wrong."]
    assert [statement for statement in torn if not TORN.search(statement)] == []


def test_the_claim_that_is_followed_shows_its_command_and_the_way_to_its_bound(
    seen: Callable[..., Any],
) -> None:
    """With nothing opened; the chances are those of Poisson's law, which so rare errors follow."""
    app = seen(PAGE)
    (card,) = [e.proto.body for e in app.get("html") if "wb-claim followed" in e.proto.body]
    assert "python -m lab evaluate curriculum_4x4" in card and "<details" not in card
    assert card.index("9 errors in 100,000") < card.index("<p>") < card.index("wb-trail")
    assert re.findall(r"<small>(\w+)</small>", card) == ["Page", "Record", "Command", "Commit"]
    assert "<dt>Seeds</dt><dd>seed 0 (one run)</dd>" in card
    (text,) = [m.value for m in app.markdown if "errors to the bound" in m.value]
    table = re.findall(r"^\| ([\d.]+) \| ([\d.]+) \|$", text, re.MULTILINE)
    assert len(table) == 4
    for wrong, told in table:
        terms = [math.exp(-float(wrong)) * float(wrong) ** k / math.factorial(k) for k in range(10)]
        assert float(told) == pytest.approx(100 * sum(terms), rel=0.02)


def test_no_network_is_larger_than_the_page_says() -> None:
    runs = (ROOT / "checkpoints").glob("*/result.json")
    sizes = {path.parent.name: json.loads(path.read_text())["parameters"] for path in runs}
    assert len(sizes) > 20 and sizes["chain_of_thought"] == max(sizes.values())
