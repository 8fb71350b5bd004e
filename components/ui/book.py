"""The table of contents: every page the book has or will have, and the groups they stand in. The
one list that Home and the sidebar read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from components.ui.stamps import is_there

BOOK = "The White-Box Transformer"
PROMISE = (
    "A real language model, small enough to open. Type a problem, watch it compute, ablate a part, "
    "see what breaks."
)
KICKER = "An interactive textbook"
"""Above the book's title."""

PAGES = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True)
class Entry:
    """A page: its file's name, the chapter it belongs to, its question and its minutes."""

    slug: str
    chapter: str
    title: str
    question: str
    minutes: int

    @property
    def path(self) -> Path:
        return PAGES / f"{self.slug}.py"

    @property
    def prose(self) -> Path:
        return PAGES / f"{self.slug}.md"

    @property
    def written(self) -> bool:
        return is_there(self.path)

    @property
    def url(self) -> str:
        """The path Streamlit infers: the slug without its number."""
        return self.slug.split("_", 1)[1]

    @property
    def kicker(self) -> str:
        """What stands above the title."""
        chapter = f"{group_of(self.slug)} · chapter {self.chapter} · " if self.chapter else ""
        return f"{chapter}about {self.minutes} minutes"


CONTENTS = (
    Entry(
        "00_numpy_mlp",
        "0",
        "A network in NumPy",
        "What is a gradient, and what does a layer do?",
        20,
    ),
    Entry(
        "01_from_table_to_text", "0", "From table to text", "How does a network read a problem?", 18
    ),
    Entry("02_attention_by_hand", "0", "Attention by hand", "Who brings the digits together?", 20),
    Entry(
        "03_one_block",
        "0",
        "One layer, one stream",
        "How does a digit get from layer to layer?",
        18,
    ),
    Entry("10_chain_of_thought", "1", "Chain of thought", "Why does writing the working help?", 20),
    Entry("20_rope", "2", "Positions that turn", "How does a model know where a digit stands?", 20),
    Entry(
        "30_curriculum",
        "3",
        "Longer numbers",
        "How do you teach four digits to a model that knows two?",
        17,
    ),
    Entry(
        "31_self_training",
        "3",
        "A network that marks its own work",
        "What can a network teach itself when nobody marks its answers?",
        12,
    ),
    Entry(
        "40_kv_cache", "4", "The KV cache", "Why is the second token cheaper than the first?", 22
    ),
    Entry("50_flash_attention", "5", "FlashAttention", "Can attention skip writing its table?", 17),
    Entry(
        "51_attention_residuals",
        "5",
        "Attention residuals",
        "Can a layer choose what it reads?",
        17,
    ),
    Entry(
        "52_feature_collapse",
        "5",
        "Feature collapse",
        "What breaks when training goes on?",
        17,
    ),
    Entry("60_mla", "6", "Latent attention", "How little of a token need be kept?", 20),
    Entry("61_moe", "6", "Mixture of experts", "Who does the work when not all do?", 20),
    Entry("62_error_book", "6", "The error book", "Does studying your mistakes help?", 17),
    Entry(
        "70_forward_pass_3d",
        "7",
        "The forward pass in 3D",
        "How does a network turn 7 × 8 into 56?",
        15,
    ),
    Entry("80_bench", "8", "Build and train", "Which change to a network matters most?", 18),
    Entry("81_look_inside", "8", "Look, break, patch", "What breaks when you cut a wire?", 21),
    Entry(
        "82_where_is_the_carry",
        "8",
        "Where is the carry?",
        "Which numbers hold the carry?",
        21,
    ),
)

BEHIND = (
    Entry("91_claims", "", "Claims", "Where does a measured number come from?", 6),
    Entry("92_what_it_costs", "", "What it costs", "How does time grow with size?", 7),
    Entry("93_speedrun", "", "The ladder", "How fast can a network learn to multiply?", 7),
    Entry("94_glossary", "", "Glossary", "What does each word mean?", 5),
)
"""Pages behind the book: no chapter, and no picture on Home."""

BEGINS = {
    "Foundations": "00",
    "One model multiplies": "10",
    "Serving": "40",
    "Architecture": "51",
    "Inside": "62",
}
"""Where each group of pages begins, so that the next page is always the next line of the sidebar.

Foundations: the parts, each by hand. One model multiplies: what it writes, where its digits stand,
what it is trained on. Serving: the same weights give the same answer with less work. Architecture:
another network is trained. Inside: a trained one is opened, by its errors, its numbers, its wires.
"""


def group_of(slug: str) -> str:
    """The group of a page; nothing for one behind the book."""
    if slug not in [e.slug for e in CONTENTS]:
        return ""
    return [name for name, first in BEGINS.items() if first <= slug][-1]


GROUPS = {name: tuple(e for e in CONTENTS if group_of(e.slug) == name) for name in BEGINS}


def entry(slug: str) -> Entry:
    return next(e for e in (*CONTENTS, *BEHIND) if e.slug == slug)


ROUTE = "route"
"""In the link of a page: the way through the book on which a reader came."""


@dataclass(frozen=True)
class Route:
    """A way through the book: pages in the order in which they are read."""

    title: str
    slugs: tuple[str, ...]

    @property
    def written(self) -> list[Entry]:
        """One that is not written yet is passed over."""
        return [page for page in map(entry, self.slugs) if page.written]


ROUTES = {
    "first": Route(
        "First time here",
        (
            *("00_numpy_mlp", "01_from_table_to_text", "02_attention_by_hand", "03_one_block"),
            *("70_forward_pass_3d", "10_chain_of_thought", "40_kv_cache", "81_look_inside"),
        ),
    ),
    "serving": Route(
        "I serve models",
        (
            *("02_attention_by_hand", "03_one_block", "40_kv_cache", "50_flash_attention"),
            *("60_mla",),
        ),
    ),
    "research": Route(
        "I do research",
        (
            *("10_chain_of_thought", "20_rope", "30_curriculum", "31_self_training"),
            *("51_attention_residuals", "52_feature_collapse", "62_error_book"),
            *("80_bench", "81_look_inside", "82_where_is_the_carry"),
        ),
    ),
}


def next_page(slug: str, route: Route | None) -> Entry | None:
    """What is read after a page, on a route or in the order of the book; none after the last."""
    pages = route.written if route else [e for e in CONTENTS if e.written]
    slugs = [e.slug for e in pages]
    after = pages[slugs.index(slug) + 1 :] if slug in slugs else pages
    return after[0] if after else None
