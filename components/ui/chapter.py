"""The scaffold of a page: look, opening, sections with their prose, guesses, controls, sources.

    page = Chapter("20_rope", CALC)
    page.open()

    @page.section("clock")
    def clock() -> None:
        if not page.guess("...", ("larger", "smaller"), "larger"):
            return
        base = page.choose("base", "Base of the speeds", BASES)
        page.draw(figures.by_distance(curves(base)), alt="...")
        page.notice()
        page.source("lab.interp.positions.agreement")

    page.close()

A section draws where it stands, as a fragment: its prose `clock`, then what its function draws. A
guess is followed by the prose `clock_why`, and `page.notice()` is `clock_notice`. Once a page a
guess asks why: the prose `clock_reason`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import FragmentHandledException

from components.ui.asides import first_symbols, of_symbols, titled, with_asides
from components.ui.book import BOOK, PAGES, ROUTE, ROUTES, entry, next_page
from components.ui.claims import claim, claim_index
from components.ui.drawings.guess import Answer, Dragged, Picked, show_drag, show_pick
from components.ui.drawings.save import offer_svg
from components.ui.exports import csv_of
from components.ui.glossary import Term, first_uses, open_terms
from components.ui.link import LONGEST, Link, number_within, one_of, settings, text_up_to
from components.ui.loaded_models import needs_a_run
from components.ui.look import put_on_style
from components.ui.operand_boxes import ask_pair
from components.ui.page_records import needs_records
from components.ui.questions import Question, read_question
from components.ui.shown_code import file_of, source_of
from components.ui.stamps import stamp_of
from lab.records import ROOT

COME = Path(__file__).with_name("come_here.js")
NAMES = Path(__file__).with_name("names.js")
SPINE = "How does the right digit get to where it is needed, when it is needed?"

NUMBER_WIDTH = 160
"""Pixels of a box for a number, with its two buttons."""

HANDFUL = 5
"""Options that lie side by side, at most."""

Calculations = Mapping[str, Callable[[], str]]
Value = TypeVar("Value", bound=Hashable)
Number = TypeVar("Number", int, float)
Draw = Callable[[], None]
Kind = Literal["segments", "slider", "list"]
Told = str | float | Answer
Frame = Dragged | Picked


def begin_page() -> None:
    """First call of every page: keep legacy page discovery out, put the book's style on, and give
    names to what Streamlit leaves without."""
    leave_legacy_discovery()
    put_on_style()
    st.html(f"<script>{NAMES.read_text()}</script>", unsafe_allow_javascript=True)


def leave_legacy_discovery() -> None:
    """A deep link that is the very first request runs the page without its router; run it again."""
    try:
        from streamlit.runtime.pages_manager import PagesManager
    except ImportError:
        return
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


@lru_cache
def sections_of(path: Path, _stamp: tuple[int, int]) -> dict[str, str]:
    """The parts of a prose file: `<!-- NAME -->` on a line of its own begins one."""
    parts = re.split(r"^<!-- ([a-z_]+) -->$", path.read_text(), flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


@lru_cache
def terms_of(path: Path, stamp: tuple[int, int]) -> dict[str, frozenset[Term]]:
    """By part of a prose file: the terms that a reader meets in bold there for the first time."""
    return first_uses(sections_of(path, stamp))


@lru_cache
def symbols_of(path: Path, stamp: tuple[int, int]) -> dict[str, Sequence[str]]:
    """By part of a prose file: the symbols that a reader meets there for the first time."""
    return first_symbols(sections_of(path, stamp))


class Chapter:
    """One page of the book. `calculations` gives the worked numbers of its prose.

    Keys of widgets, and with them the names in a link, begin with `prefix`: ch20_ on 20_rope, and
    nothing on Home. With `?figure=NAME` in the link the page is that section's figure with its
    controls, and a line to the book: for a page of somebody else's. With `?at=NAME` it opens at
    that section, its guesses told.
    """

    def __init__(self, slug: str, calculations: Calculations | None = None) -> None:
        self.slug = slug
        self.calculations = calculations or {}
        self.prefix = f"ch{slug[:2]}_" if slug[0].isdigit() else ""
        self.link = Link(self.prefix)
        self.at = ""
        self.sections: list[str] = []
        self.renamed: dict[str, str] = {}
        self.waits = False
        self.asks = False
        self.drawn: list[tuple[str, Any]] = []
        self.n_source = 0
        self.beside: AbstractContextManager[object] | None = None
        begin_page()

    # ------------------------------------------------------------ from the first line to the last

    @property
    def alone(self) -> str | None:
        """The one figure that the link asks for, if it does."""
        return self.name_now(st.query_params.get("figure"))

    @property
    def sought(self) -> str | None:
        """The section at which the link opens the page, if it names one."""
        return self.name_now(st.query_params.get("at"))

    def name_now(self, section: str | None) -> str | None:
        """Links of before may name a section as it was called then."""
        return section if section is None else self.renamed.get(section, section)

    def draws(self, *sections: str) -> bool:
        """Does this visit see one of these? What several sections share is asked only then."""
        return self.alone is None or self.alone in sections

    def open(self) -> None:
        """Kicker, title and question."""
        page = entry(self.slug)
        st.set_page_config(page_title=f"{page.title} · {BOOK}")
        if self.alone is not None:
            return
        with st.container(horizontal=True, vertical_alignment="center", key=f"head_{self.prefix}"):
            st.html(f'<div class="wb-kicker">{page.kicker}</div>')
            self.head = st.container(width="content")
        st.title(page.title, anchor=False)
        st.html(f'<div class="wb-question">{page.question}</div>')
        self.top = st.container()

    def section(
        self, name: str, *, told: bool = True, was: Sequence[str] = ()
    ) -> Callable[[Draw], Draw]:
        """Draw a section where its function stands. `told`: its prose comes first; `was`: what
        links of before call it.

        A run or a record that cannot be read is one sentence in place of the figure, and whatever
        goes wrong in a section, the page goes on below it.
        """
        self.sections.append(name)
        self.renamed |= dict.fromkeys(was, name)

        def decorate(draw: Draw) -> Draw:
            if self.alone in (None, name):
                with suppress(FragmentHandledException):  # it is shown where it was raised
                    st.fragment(lambda: self.show(name, draw, told))()
            return draw

        return decorate

    def show(self, name: str, draw: Draw, told: bool) -> None:
        self.at, self.drawn, self.n_source, self.beside = name, [], 0, None
        self.show_parts(name, draw, told)
        self.at = ""

    @needs_records
    @needs_a_run
    def show_parts(self, name: str, draw: Draw, told: bool) -> None:
        if told and self.alone is None:
            self.prose(name)
        if name == self.sought:
            come_here()
        draw()

    @contextmanager
    def deeper(self, title: str, when_open: str = "") -> Generator[bool]:
        """What goes further than the main path, folded: `with page.deeper(...) as opened:`.

        It is drawn at once, so that a reader who opens it waits for nothing. What costs a reader
        who never does, has a name `when_open`, and `opened` is false until then.
        """
        if self.alone is None and when_open:
            key = f"{self.prefix}{when_open}"
            with st.expander(f"Deeper: {title}", key=key, on_change="rerun") as fold:
                yield bool(fold.open)
            return
        with self.folded(f"Deeper: {title}"):
            yield True

    def exercise(self, title: str) -> AbstractContextManager[object]:
        """One of many exercises, folded."""
        return self.folded(f"Exercise: {title}")

    def folded(self, label: str) -> AbstractContextManager[object]:
        return nullcontext() if self.alone is not None else st.expander(label)

    def close(self, *sections: str) -> None:
        """The last words of the page, what to read on, the way on. On top, what of the link it
        did not know."""
        if self.alone is not None:
            self.close_alone(self.alone)
            return
        for section in sections:
            if section == "read":
                st.markdown("#### Read on")
            self.prose(section)
        st.html(way_on(self.slug, st.query_params.get(ROUTE, "")))
        if self.asks:
            with self.head:
                self.offer_all_answers()
        with self.top:  # what waits for a guess may know more of the link
            self.link.close(all_drawn=not self.waits)
            if self.sought is not None and self.sought not in self.sections:
                st.info(f"The link leads to {self.sought[:LONGEST]!r}; this page has no such part.")

    def place(self, name: str) -> DeltaGenerator:
        """For a figure that stands above what it is asked by: until it is there, what follows
        waits for it, so that nothing moves as the page opens (`first.js`)."""
        place = st.container(key=f"comes_{self.prefix}{name}")
        place.empty()
        return place

    def offer_all_answers(self) -> None:
        """A button that tells every guess of the page, or hides again what it told."""
        told = st.query_params.get("reveal") == "1"

        def turn() -> None:
            if told:
                del st.query_params["reveal"]
            else:
                st.query_params["reveal"] = "1"

        label = "Hide all answers" if told else "Show all answers"
        st.button(label, key=f"{self.prefix}all_answers", on_click=turn, type="tertiary")

    def close_alone(self, figure: str) -> None:
        page = entry(self.slug)
        if figure not in self.sections:
            st.info(f"This page has no figure {figure[:40]!r}. It has {', '.join(self.sections)}.")
        self.link.close(all_drawn=False)
        st.markdown(f"From [{page.title}]({page.url}), a chapter of *{BOOK}*.")

    def three_from_before(self, *sections: str) -> None:
        """Questions on earlier chapters, a section each, answered one by one after a click."""
        if self.alone is None:
            with st.expander("Three questions from earlier pages"):
                for number, section in enumerate(sections):
                    st.fragment(ask)(
                        read_question(self.text(section)), f"{self.prefix}before_{number}"
                    )

    # ------------------------------------------------------------ prose

    def parts(self) -> dict[str, str]:
        path = PAGES / f"{self.slug}.md"
        return sections_of(path, stamp_of(path))

    def raw(self, section: str) -> str:
        return self.parts()[section]

    def text(self, section: str) -> str:
        """A section with its figures filled in."""
        return claim_index.fill(self.raw(section), self.calculations)

    def prose(self, section: str) -> None:
        if self.alone is None or self.at:
            self.say(section)

    def say(self, section: str, before: str = "") -> None:
        """Draw a section's prose, `before` in front of it; a term that a reader meets in it first
        opens its meaning, and symbols are explained in the margin. There stands, too, the prose
        `SECTION_aside`: why to care, unless it begins with a title of its own."""
        path = PAGES / f"{self.slug}.md"
        stamp = stamp_of(path)
        parts = [section, care] if (care := f"{section}_aside") in self.parts() else [section]
        terms = [terms_of(path, stamp).get(part, ()) for part in parts]
        opened = [
            open_terms(self.text(part), of_part) for part, of_part in zip(parts, terms, strict=True)
        ]
        asides = [titled(note) for note in opened[1:]]
        symbols = [s for p in parts for s in symbols_of(path, stamp).get(p, ())]
        asides += of_symbols(symbols, self.slug)
        text = with_asides(before + displayed(opened[0]), asides, f"{self.prefix}{section}")
        st.markdown(text, unsafe_allow_html=any(terms) or bool(asides))

    def box(self, title: str, section: str) -> None:
        """An aside with a rule at its left: one fact, its source, nothing else."""
        if self.alone is None:
            with st.container(key=f"aside_{self.prefix}{section}"):
                self.say(section, f"**{title}** — ")

    def notice(self, section: str = "") -> None:
        """What to notice in the figure above: the prose `section`, or this section's own. The
        source that follows stands in its margin."""
        if self.alone is None:
            section = section or f"{self.at}_notice"
            self.beside = st.container(key=f"beside_{self.prefix}{section}")
            with self.beside:
                self.say(section, "**What to notice.** ")

    # ------------------------------------------------------------ the reader's turn

    def guess(
        self,
        question: str,
        options: Sequence[str],
        answer: Told | Callable[[], Told],
        *,
        frame: Frame | None = None,
        name: str = "",
    ) -> bool:
        """Ask before a figure answers. True once the reader has guessed, skipped, or came to see.

        `answer` is what the record or lab bears out, computed when it is told: one of the options,
        or, where a mark is dragged in the `frame`, a number. There `options` are words that links
        of before may say. The prose `NAME_why` follows the verdict, and the question of the prose
        `NAME_reason`, if there is one. `name` is the section's, unless it asks twice.
        """
        if self.alone is not None:
            return True
        self.asks = True
        name = name or self.at
        key = f"{self.prefix}{name}"
        shown = self.is_shown(f"{key}_shown")
        with st.container(key=f"asks_{key}", gap="xsmall"):
            st.markdown(f"**{question}**")
            match frame:
                case None:
                    told, verdict = self.ask_by_pills(question, options, answer, key, shown)
                case Picked():
                    told, verdict = self.ask_by_row(question, options, answer, key, shown, frame)
                case Dragged():
                    told, verdict = self.ask_by_mark(question, options, answer, key, shown, frame)
        if not told:
            self.waits = True
            return False
        self.say(f"{name}_why", f"{verdict}\n\n")
        if (reason := f"{name}_reason") in self.parts():
            self.ask_why(reason)
        return True

    def ask_why(self, section: str) -> None:
        """A question to think about, its first paragraph; behind it, folded, what answers it."""
        question, answer = self.text(section).split("\n\n", 1)
        fold = f'<details class="wb-reason"><summary>{question}</summary>'
        st.markdown(f"{fold}\n\n{displayed(answer)}\n\n</details>", unsafe_allow_html=True)

    def ask_by_pills(
        self,
        question: str,
        options: Sequence[str],
        answer: Told | Callable[[], Told],
        key: str,
        shown: bool,
    ) -> tuple[bool, str]:
        """Whether the answer is told, and the verdict."""
        self.link.take(f"{key}_guess", *one_of(options))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            choice = st.pills(
                question,
                options,
                key=f"{key}_guess",
                wrap=True,
                bind="query-params",
                label_visibility="collapsed",
            )
            if choice is None and not shown:
                st.button("Show", key=f"{key}_skip", on_click=self.tell, args=[key])
                return False, ""
        return True, verdict_on(choice, computed(answer))

    def ask_by_row(
        self,
        question: str,
        options: Sequence[str],
        answer: Told | Callable[[], Told],
        key: str,
        shown: bool,
        frame: Picked,
    ) -> tuple[bool, str]:
        """As `ask_by_pills`, with a row of the frame for each option."""
        choice = self.kept(f"{key}_guess", *one_of(options))
        told = choice is not None or shown
        right = computed(answer) if told else None
        show_pick(
            f"{key}_frame",
            frame,
            options,
            choice,
            right if right is None else str(right),
            alt=question,
            again=told and not self.revealed,
            on_guess=partial(self.keep, key),
            on_show=partial(self.tell, key),
            on_again=partial(self.ask_again, key),
        )
        return told, "" if right is None else verdict_on(choice, right)

    def ask_by_mark(
        self,
        question: str,
        options: Sequence[str],
        answer: Told | Callable[[], Told],
        key: str,
        shown: bool,
        frame: Dragged,
    ) -> tuple[bool, str]:
        """As `ask_by_pills`, with a mark that is dragged to a number."""
        axis = frame.axis
        on_axis, numbers = axis.allows()
        choice = self.kept(f"{key}_guess", lambda text: text in options or on_axis(text), numbers)
        said = None if choice is None or choice in options else float(choice)
        told = choice is not None or shown
        right = as_answer(computed(answer)) if told else None
        show_drag(
            f"{key}_frame",
            frame,
            said,
            right,
            alt=question,
            again=told and not self.revealed,
            on_guess=partial(self.keep, key),
            on_show=partial(self.tell, key),
            on_again=partial(self.ask_again, key),
        )
        if right is None:
            return told, ""
        words = right.words or axis.written(right.value)
        if said is None:
            verdict = verdict_on(choice, words)
        elif axis.same(said, right.value):
            verdict = f"You said **{axis.written(said)}**, which is right."
        else:
            gap = axis.gap(said, right.value)
            verdict = f"You said **{axis.written(said)}**. The answer: **{words}**, {gap}."
        return told, " ".join(filter(None, (verdict, right.then)))

    @property
    def revealed(self) -> bool:
        """Does the link tell this guess, whatever its reader has done?"""
        return st.query_params.get("reveal") == "1" or self.at == self.sought

    def is_shown(self, key: str) -> bool:
        """Is a guess told without one? A press of "Show" is kept in the address, as guesses are, so
        that a reload keeps it."""
        return self.kept(key, *one_of(["1"])) is not None or self.revealed

    def kept(self, key: str, allows: Callable[[str], bool], allowed: str) -> str | None:
        """What a reader has said where no widget keeps it: here, and in the address."""
        came = self.link.take(key, allows, allowed)
        if came is not None:
            st.session_state.setdefault(key, came)
        said = st.session_state.get(key)
        if said is not None and st.query_params.get(key) != said:
            st.query_params[key] = said
        return said

    def keep(self, key: str, said: str | float) -> None:
        text = said if isinstance(said, str) else f"{said:.9g}" if said < 1e9 else f"{said:.0f}"
        st.session_state[f"{key}_guess"] = text

    def tell(self, key: str) -> None:
        st.session_state[f"{key}_shown"] = "1"

    def ask_again(self, key: str) -> None:
        for own in (f"{key}_guess", f"{key}_shown"):
            st.session_state.pop(own, None)
            self.link.forget(own)

    def choose(
        self,
        name: str,
        label: str,
        options: Sequence[Value],
        default: Value | None = None,
        *,
        kind: Kind | None = None,
        words: Callable[[Value], str] = str,
    ) -> Value:
        """One of a few. Its key is `prefix` + `name`, and so is its name in the link.

        Numbers slide, a handful of words lie side by side, unless `kind` says otherwise; more than
        a handful make a list, since a phone has no room for them. `words` is what a reader sees of
        an option, here and in the link.
        """
        key, first = f"{self.prefix}{name}", options[0] if default is None else default
        self.link.reword(
            key,
            {
                plain: (words(x), x)
                for x in options
                if isinstance(x, float)
                for plain in (str(x), f"{x:g}")
                if plain != words(x)
            },
        )
        self.link.take(key, *one_of([words(option) for option in options]))
        rest: dict[str, Any] = {"key": key, "format_func": words, "bind": "query-params"}
        if kind == "segments" and len(options) > HANDFUL:
            kind = "list"
        match kind or usual_kind(options):
            case "segments":
                chosen = st.segmented_control(
                    label, options, default=first, required=True, wrap=True, **rest
                )
                # `required` has no say over a link, which may say that nothing is chosen
                return first if chosen is None else chosen  # pyright: ignore
            case "slider":
                return st.select_slider(label, options, first, **rest)  # pyright: ignore
            case "list":
                return st.selectbox(label, options, list(options).index(first), **rest)

    def number(
        self,
        name: str,
        label: str,
        low: Number,
        high: Number,
        default: Number,
        step: Number | None = None,
        *,
        typed: bool = False,
    ) -> Number:
        """A number from `low` to `high`, slid, or `typed` where there are many. Keys as above."""
        key = f"{self.prefix}{name}"
        self.link.take(key, *number_within(low, high))
        if not typed:
            return st.slider(label, low, high, default, step, key=key, bind="query-params")
        widget: Any = st.number_input
        rest: dict[str, Any] = {"key": key, "bind": "query-params", "width": NUMBER_WIDTH}
        return widget(label, low, high, default, step, **rest)

    def pair(
        self,
        name: str = "",
        digits: int = 2,
        a: str = "37",
        b: str = "48",
        *,
        slim: bool = False,
        reads: int | None = None,
    ) -> tuple[int, int] | None:
        """The reader's own sum; None, with the reason beside its box, if it is not allowed. `slim`
        and `reads` as in `ask_pair`."""
        prefix = f"{self.prefix}{name}_" if name else self.prefix
        for box in (f"{prefix}a", f"{prefix}b"):
            self.link.take(box, *text_up_to(LONGEST + digits))
        return ask_pair(prefix, digits, a, b, slim=slim, reads=reads)

    # ------------------------------------------------------------ figures

    def draw(self, figure: Any, *, alt: str, **options: Any) -> Any:
        """A chart of Altair or plotly, as wide as the page. `alt` says what it shows.

        Options are Streamlit's. Returns the reader's selection where `on_select` asks for one.
        """
        self.beside = None
        self.drawn.append((alt, figure))
        if self.alone is not None:
            st.caption(alt)
        options = {"width": "stretch"} | options
        if hasattr(figure, "to_plotly_json"):
            saved = {"format": "svg", "filename": f"{self.slug}-{self.at}"}
            options["config"] = {"toImageButtonOptions": saved, **options.get("config", {})}
            return st.plotly_chart(figure, alt=alt, **options)
        return st.altair_chart(figure, alt=alt, **options)

    def numbers(self, alt: str, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """What a drawing shows, for a reader to take along: a column a name, or a row a mapping."""
        self.drawn.append((alt, rows))

    def table(self, alt: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Rows as a table like those of the prose, numbers to the right, and to take along: a
        column a name."""
        if self.alone is not None:
            st.caption(alt)
        columns = zip(*(row.values() for row in rows), strict=True)
        rule = ["---:" if all(map(NUMBERS.fullmatch, cells)) else "---" for cells in columns]
        lines = [[*rows[0]], rule, *([*row.values()] for row in rows)]
        st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
        self.numbers(alt, rows)

    def source(self, *names: str, claims_of: Sequence[str] = ()) -> None:
        """A line that opens: the very functions that made the figure above, by their full names,
        its data, the records behind the section's claims and those of the sections `claims_of`,
        and its own link. `ValueError` for a name of nothing."""
        if self.alone is not None:
            return
        beside, self.beside = self.beside or nullcontext(), None
        key = f"source_{self.prefix}{self.at}_{self.n_source}"
        label = "Code and data" if names else "Data"
        drawn, self.drawn = self.drawn, []
        self.n_source += 1
        with beside, st.expander(label, type="compact", key=key, on_change="rerun") as fold:
            if not fold.open:
                return  # most readers never open one, and each would cost them a tenth of a move
            for name in names:
                show_source(name)
            self.show_claims(
                [self.at, f"{self.at}_why", f"{self.at}_notice", f"{self.at}_aside", *claims_of]
            )
            self.offer_data(drawn)
            alone = urlencode({**settings(self.prefix), "figure": self.at, "embed": "true"})
            st.caption("This figure alone, for a page of your own:")
            st.code(f"{(st.context.url or '').split('?')[0]}?{alone}", language=None)

    def whole_file(self, path: str) -> None:
        """A line that opens: a file of the book from its first line to its last. It is read and not
        imported, so that nothing waits for torch."""
        if self.alone is None:
            key = f"source_{self.prefix}{Path(path).stem}"
            label = f"Code: all of {path}"
            with st.expander(label, type="compact", key=key, on_change="rerun") as fold:
                if fold.open:
                    st.code((ROOT / path).read_text("utf-8"), language="python")

    def show_claims(self, sections: Sequence[str]) -> None:
        prose = self.parts()
        text = "".join(prose[s] for s in sections if s in prose)
        found = [claim_index.look_up(name) for name in dict.fromkeys(claim.named_in(text))]
        for name in claim.named_in(text, "table"):
            found += claim_index.cells_of(name).values()
        if found:
            st.markdown("\n\n".join(map(line_of, found)))

    def offer_data(self, drawn: Sequence[tuple[str, Any]]) -> None:
        """The numbers of each chart drawn since the last source, and the figures as they look."""
        name = f"{self.slug}-{self.at}" + (f"-{self.n_source}" if self.n_source > 1 else "")
        key = f"{self.prefix}{self.at}_{self.n_source}"
        for number, (alt, figure) in enumerate(drawn):
            st.download_button(
                "Data as CSV" if len(drawn) == 1 else f"Data as CSV: {alt}",
                lambda figure=figure: csv_of(figure),
                f"{name}-{number}.csv",
                "text/csv",
                key=f"{key}_csv_{number}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )
        if self.at:
            offer_svg(f"{key}_svg", name)


def come_here() -> None:
    """Bring this place into view, and keep it there while the page fills, until the reader acts."""
    place = '<div id="sought" style="scroll-margin-top: 6rem"></div>'
    st.html(f"{place}<script>{COME.read_text()}</script>", unsafe_allow_javascript=True)


def way_on(slug: str, name: str = "") -> str:
    """HTML of the book's question, and of the page that comes next: on the route of that name, if
    it leads through this page."""
    route = ROUTES.get(name)
    if route and slug not in route.slugs:
        route = None
    follows = next_page(slug, route)
    says = f"Next on this route, <i>{route.title}</i>" if route else "Next"
    query = f"?{ROUTE}={name}" if route else ""
    link = (
        f'{says}: <a href="{follows.url}{query}" target="_self">{follows.title}</a>. '
        f"{follows.question}"
        if follows
        else '<a href="./" target="_self">To the map of the book</a>'
    )
    return (
        f'<div class="wb-way-on"><div>The book asks: {SPINE[0].lower()}{SPINE[1:]}</div>'
        f"<div>{link}</div></div>"
    )


def ask(question: Question, key: str) -> None:
    choice = st.pills(question.ask, question.options, key=key, wrap=True)
    if choice is not None:
        begins = "Yes." if choice == question.right else "Not so."
        st.markdown(f"{begins} {question.why[choice]}")


NUMBERS = re.compile(r"[−\d][−\d\s,.%×⁻⁰¹²³⁴⁵⁶⁷⁸⁹\[\]]*")
"""A cell that holds a number, perhaps with its least and most."""

DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
"""A formula that stands apart."""


def displayed(text: str) -> str:
    """Markdown whose displayed formulas are as large as that: Streamlit sets one in a single line
    as if it stood among words, and its fractions are small. LaTeX sets what is aligned large."""

    def large(found: re.Match[str]) -> str:
        formula = found[1]
        aligned = formula.lstrip().startswith(r"\begin")
        return found[0] if aligned else rf"$$\displaystyle {formula}$$"

    return DISPLAYED.sub(large, text)


def computed(answer: Told | Callable[[], Told]) -> Told:
    return answer() if callable(answer) else answer


def as_answer(told: Told) -> Answer:
    return told if isinstance(told, Answer) else Answer(float(told))


def verdict_on(choice: str | None, right: Told) -> str:
    if choice is None:
        return f"The answer: **{right}**."
    if choice == right:
        return f"You said **{choice}**, which is right."
    return f"You said **{choice}**. The answer: **{right}**."


def usual_kind(options: Sequence[object]) -> Kind:
    if all(isinstance(option, int | float) for option in options):
        return "slider"
    return "segments" if len(options) <= HANDFUL else "list"


def line_of(looked: claim.Looked) -> str:
    """What a claim says, and the command that measured it."""
    shown = looked.problem or looked.shown
    command = looked.source.get("command", "")
    return f"`{looked.name}` {shown} — {looked.claim.record}, `{command}`"


def show_source(name: str) -> None:
    path, qualified = file_of(name)
    st.caption(f"{path.relative_to(ROOT).as_posix()} · {qualified}")
    st.code(source_of(name), language="python")
