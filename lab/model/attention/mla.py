"""Multi-head latent attention: keys and values of all heads are made from one short latent.

Shapes: `B` batch, `T` tokens of this call, `S` tokens seen so far, `H` heads, `D` d_model, `R`
size of a latent, `Dn` numbers of a query or key that positions leave alone, `Dr` those that they
turn, `Dv` size of a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lab.model.attention.kernels import Kernel
from lab.model.attention.mha import Heads
from lab.model.call import Call
from lab.model.config import LatentAttentionConfig
from lab.model.norm import RMSNorm
from lab.model.positions import Position, Relation
from lab.model.roles import Meaning, Role
from lab.model.rules import Choose, Contract, Rule, Rules, Softmax, Sum, with_names


class LatentAttention(Heads):
    """q_h = [c_q W_UQ_h ; turn(c_q W_QR_h)],  k_h = [c W_UK_h ; turn(x W_KR)],  v_h = c W_UV_h

    with the latents c_q = norm(x W_DQ) and c = norm(x W_DKV), and scores divided by
    sqrt(Dn + Dr) (arXiv:2412.19437, equations 1 to 11, whose names the matrices have). The rotated
    key is one for all heads. This form makes keys and values, and keeps them.
    """

    meanings: ClassVar[dict[str, Meaning]] = {
        "w_dq": Meaning(("latent", "d_model"), "compresses what queries are made from"),
        "w_uq": Meaning(
            ("width", "latent"), "makes queries from their latent; rows head * size + i"
        ),
        "w_qr": Meaning(("width", "latent"), "makes the part of queries that is rotated"),
        "w_dkv": Meaning(("latent", "d_model"), "compresses what keys and values are made from"),
        "w_uk": Meaning(("width", "latent"), "makes keys from the latent; rows head * size + i"),
        "w_uv": Meaning(("width", "latent"), "makes values from the latent; rows head * size + i"),
        "w_kr": Meaning(("width", "d_model"), "makes the one key that is rotated"),
        "wo": Meaning(
            ("d_model", "width"), "writes what the heads found; columns head * head_dim + i"
        ),
        "q_norm": Meaning(("head_dim",), "the gain of the queries' norm"),
        "kv_norm": Meaning(("latent",), "the gain of the latent's norm"),
    }
    roles: ClassVar[dict[str, Role]] = {
        **{f"w_{name}.weight": "reads" for name in ("dq", "uq", "qr", "dkv", "uk", "uv", "kr")},
        "wo.weight": "writes",
    }

    def __init__(
        self, config: LatentAttentionConfig, d_model: int, norm_eps: float, kernel: Kernel
    ) -> None:
        super().__init__(config.n_head, config.v_head_dim, kernel)
        self.sizes = (config.qk_nope_head_dim, config.qk_rope_head_dim)  # Dn, Dr
        n_head, (nope, rope) = config.n_head, self.sizes
        self.w_dq = nn.Linear(d_model, config.q_lora_rank, bias=False)
        # A norm at each bottleneck keeps training stable (DeepSeek-V2, arXiv:2405.04434).
        self.q_norm = RMSNorm(config.q_lora_rank, norm_eps)
        self.w_uq = nn.Linear(config.q_lora_rank, n_head * nope, bias=False)
        self.w_qr = nn.Linear(config.q_lora_rank, n_head * rope, bias=False)
        self.w_dkv = nn.Linear(d_model, config.kv_lora_rank, bias=False)
        self.kv_norm = RMSNorm(config.kv_lora_rank, norm_eps)
        self.w_uk = nn.Linear(config.kv_lora_rank, n_head * nope, bias=False)
        self.w_uv = nn.Linear(config.kv_lora_rank, n_head * config.v_head_dim, bias=False)
        # Apart: a rotation between W_UQ and W_UK would forbid to absorb one in the other
        # (arXiv:2405.04434, section 2.1.3).
        self.w_kr = nn.Linear(d_model, rope, bias=False)
        self.wo = nn.Linear(n_head * config.v_head_dim, d_model, bias=False)
        self.scale = sum(self.sizes) ** -0.5

    def forward(self, x: Tensor, call: Call) -> tuple[Tensor, None]:  # (B, T, D) -> (B, T, D)
        nope, rope = self.sizes
        c_q = call.trace("c_q", self.q_norm(self.w_dq(x)))  # (B, T, R)
        q = call.trace("q", split(self.w_uq(c_q), nope))  # (B, H, T, Dn)
        q_rope = call.trace("q_rope", split(self.w_qr(c_q), rope))  # (B, H, T, Dr)
        c = call.trace("c_kv", self.kv_norm(self.w_dkv(x)))
        k_rope = call.trace("k_rope", split(self.w_kr(x), rope))  # (B, 1, T, Dr)
        q_rope = call.relation.rotate_queries(q_rope, call.trace)
        k_rope = call.relation.rotate_keys(k_rope, call.trace)
        z = self.attend(q, q_rope, c, k_rope, call)  # (B, H, T, Dv)
        return self.wo(self.join(call.trace("z", z))), None

    def attend(self, q: Tensor, q_rope: Tensor, c: Tensor, k_rope: Tensor, call: Call) -> Tensor:
        """Every head's mix of values, from parts of queries and keys: (B, H, T, Dv)"""
        k = call.trace("k", split(self.w_uk(c), self.sizes[0]))  # (B, H, T, Dn)
        v = call.trace("v", split(self.w_uv(c), self.head_dim))  # (B, H, T, Dv)
        k, k_rope, v = call.cache.extend(call.layer, k=k, rot_k=k_rope, v=v)
        shared = k_rope.expand(-1, self.n_head, -1, -1)
        return self.matched(join_parts(q, q_rope), join_parts(k, shared), v, q.shape[-1], call)

    def matched(self, q: Tensor, k: Tensor, v: Tensor, n_content: int, call: Call) -> Tensor:
        """The kernel's mix, of queries and keys whose first numbers positions leave alone."""
        apart = Apart.of(call.relation, n_content)
        return self.kernel(
            q, k, v, scale=self.scale, slots=call.slots, relation=apart, trace=call.trace
        )

    # ------------------------------------------------------------ what it says of itself

    keeps = ("k", "rot_k", "v")

    def emits(self, position: Position, reads: str) -> Rules:
        nope, rope = self.sizes
        compressed = "t d, c d -> t c"
        c_q = Contract((reads, "attention.w_dq.weight"), compressed)
        c_kv = Contract((reads, "attention.w_dkv.weight"), compressed)
        return {
            "c_q": self.q_norm.of(c_q, "attention.q_norm"),
            "q": in_heads("c_q", "w_uq", self.n_head, nope),
            "q_rope": in_heads("c_q", "w_qr", self.n_head, rope),
            "c_kv": self.kv_norm.of(c_kv, "attention.kv_norm"),
            "k_rope": in_heads(reads, "w_kr", 1, rope),
            **{name: of_parts(rule) for name, rule in position.turned.items() if rule},
            **self.makes(),
            **self.matches(position),
            "attn_out": self.writes,
        }

    def makes(self) -> Rules:
        """Keys and values, where it makes any."""
        return {
            "k": in_heads("c_kv", "w_uk", self.n_head, self.sizes[0]),
            "v": in_heads("c_kv", "w_uv", self.n_head, self.head_dim),
        }

    def matches(self, position: Position) -> Rules:
        """Scores, shares and what is handed on, where the kernel forms them."""
        if "scores" not in self.kernel.emits:
            return {"z": None}
        # All heads share key head 0, as h // H is.
        place = of_parts(position.scores_rule(f"h//{self.n_head}", self.scale))
        return {
            "scores": Choose((None, Sum((self.content, place))), "h t s", self.sees),
            "pattern": Softmax(("scores",)),
            "z": self.handed_on,
        }

    @property
    def content(self) -> Rule:
        """The part of a score that positions leave alone."""
        return Contract(("q", "k"), "h t i, h s i -> h t s", self.scale)

    @property
    def handed_on(self) -> Rule:
        return Contract(("pattern", "v"), "h t s, h s i -> h t i")


class AbsorbedLatentAttention(LatentAttention):
    """score_h = (q_h W_UK_h') c + q_rope_h k_rope,  z_h = (sum over s of pattern_h c_s) W_UV_h:

    the same numbers with no key and no value ever made. All heads read one short list, the latents,
    which is all that is kept (arXiv:2405.04434, section 2.1.2).
    """

    def attend(self, q: Tensor, q_rope: Tensor, c: Tensor, k_rope: Tensor, call: Call) -> Tensor:
        c, k_rope = call.cache.extend(call.layer, c_kv=c[:, None], rot_k=k_rope)  # (B, 1, S, .)
        w_uk, w_uv = (w.weight.unflatten(0, (self.n_head, -1)) for w in (self.w_uk, self.w_uv))
        # Applied to the few new queries, and not to every latent in the cache.
        q = q @ w_uk  # (B, H, T, Dn) (H, Dn, R) -> (B, H, T, R)
        mix = self.matched(join_parts(q, q_rope), join_parts(c, k_rope), c, q.shape[-1], call)
        return mix @ w_uv.mT  # (B, H, T, R) (H, R, Dv) -> (B, H, T, Dv)

    keeps = ("c_kv", "rot_k")

    def makes(self) -> Rules:
        return {}

    @property
    def content(self) -> Rule:
        absorbed = Contract(
            ("q", "attention.w_uk.weight"), f"h t i, h*{self.sizes[0]}+i c -> h t c"
        )
        return Contract((absorbed, "c_kv"), "h t c, s c -> h t s", self.scale)

    @property
    def handed_on(self) -> Rule:
        return Contract(
            ("pattern", "c_kv", "attention.w_uv.weight"),
            f"h t s, s c, h*{self.head_dim}+i c -> h t i",
            sizes={"i": self.head_dim},
        )


# ---------------------------------------------------------------- two parts of a query and a key


@dataclass(frozen=True)
class Apart(Relation):
    """A relation in which positions leave the first `n_content` numbers of q and k alone."""

    whole: Relation | None = None
    n_content: int = 0

    @classmethod
    def of(cls, whole: Relation, n_content: int) -> Apart:
        return cls(whole.position, whole.i, whole.j, whole.dtype, whole, n_content)

    @cached_property
    def table(self) -> Any:
        """That of the whole relation, which all layers share."""
        assert self.whole is not None
        return self.whole.table

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        n = self.n_content
        return q[..., :n] @ k[..., :n].mT + super().scores(q[..., n:], k[..., n:])


def join_parts(content: Tensor, place: Tensor) -> Tensor:
    return torch.cat([content, place], dim=-1)


def split(x: Tensor, size: int) -> Tensor:
    """(B, T, H * size) -> (B, H, T, size)"""
    return x.unflatten(-1, (-1, size)).transpose(1, 2)


def in_heads(read: str, matrix: str, n_head: int, size: int) -> Rule:
    """What is read times a matrix whose rows are h * size + i, as (H, T, size)."""
    operands = (read, f"attention.{matrix}.weight")
    sizes = {"h": n_head, "i": size}
    return Contract(operands, f"t d, h*{size}+i d -> h t i", sizes=sizes)


def of_parts(rule: Rule) -> Rule:
    """The rule of a position, which speaks of queries and keys, of the parts that it turns."""
    return with_names(rule, {"q": "q_rope", "k": "k_rope"})
