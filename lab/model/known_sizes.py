"""Published sizes of well-known models, as far as a cache needs them, and of cards to hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lab.model.cache_size import Kept, KeysAndValues, Latent, cache_bytes


@dataclass(frozen=True)
class KnownModel:
    """Sizes as `source` gives them; `parameters` follow from its widths, or are as published.

    `bytes_per_weight` is how the weights were released. `longest_text` counts tokens, and so does
    `window`, how far back attention looks if it does not look at all.
    """

    name: str
    n_layer: int
    kept: Kept
    parameters: int
    longest_text: int
    source: str
    bytes_per_weight: int = 2
    window: int | None = None

    @property
    def weight_bytes(self) -> int:
        return self.parameters * self.bytes_per_weight

    def with_key_heads(self, n_kv_head: int) -> KnownModel:
        """The same with another number of key heads. `ValueError` if it has none."""
        if isinstance(self.kept, Latent):
            raise ValueError(f"n_kv_head={n_kv_head}: {self.name} keeps a latent, and no key heads")
        return replace(self, kept=replace(self.kept, n_kv_head=n_kv_head))

    def cache_bytes(self, bytes_per_number: float, n_token: int, n_text: int = 1) -> float:
        """Of `n_text` texts with `n_token` tokens each; errors as those of the formula."""
        return cache_bytes(
            self.n_layer, self.kept, bytes_per_number, n_token, n_text, window=self.window
        )


LLAMA_3 = "https://github.com/meta-llama/llama-models/blob/main/models/sku_list.py"

KNOWN = (
    KnownModel(
        "GPT-2 small",
        n_layer=12,
        kept=KeysAndValues(n_head=12, n_kv_head=12, head_dim=64),
        parameters=124_439_808,
        longest_text=1024,
        source="https://github.com/openai/gpt-2/blob/master/src/model.py",
        bytes_per_weight=4,
    ),
    KnownModel(
        "Llama 2 7B",
        n_layer=32,
        kept=KeysAndValues(n_head=32, n_kv_head=32, head_dim=128),
        parameters=6_738_415_616,
        longest_text=4096,
        source="https://huggingface.co/NousResearch/Llama-2-7b-hf/blob/main/config.json",
    ),
    KnownModel(
        "Llama 3.1 8B",
        n_layer=32,
        kept=KeysAndValues(n_head=32, n_kv_head=8, head_dim=128),
        parameters=8_030_261_248,
        longest_text=131_072,
        source=LLAMA_3,
    ),
    KnownModel(
        "Llama 3.1 70B",
        n_layer=80,
        kept=KeysAndValues(n_head=64, n_kv_head=8, head_dim=128),
        parameters=70_553_706_496,
        longest_text=131_072,
        source=LLAMA_3,
    ),
    KnownModel(
        "Mistral 7B",
        n_layer=32,
        kept=KeysAndValues(n_head=32, n_kv_head=8, head_dim=128),
        parameters=7_241_732_096,
        longest_text=8192,
        source="https://arxiv.org/abs/2310.06825",
        window=4096,
    ),
    KnownModel(
        "Qwen2.5 7B",
        n_layer=28,
        kept=KeysAndValues(n_head=28, n_kv_head=4, head_dim=128),
        parameters=7_615_616_512,
        longest_text=131_072,
        source="https://arxiv.org/abs/2412.15115",
    ),
    KnownModel(
        "DeepSeek-V3",
        n_layer=61,
        kept=Latent(kv_lora_rank=512, qk_rope_head_dim=64),
        parameters=671_000_000_000,
        longest_text=131_072,
        source="https://arxiv.org/abs/2412.19437",
        bytes_per_weight=1,
    ),
)


@dataclass(frozen=True)
class Card:
    """A graphics card by its name, and its memory in bytes; makers of memory count by 1,024."""

    name: str
    memory: int
    source: str


CARDS = (
    Card("RTX 3090", 24 * 2**30, "https://huggingface.co/hardware/rtx-3090"),
    Card("H100", 80 * 2**30, "https://huggingface.co/hardware/h100"),
)
