"""A mixture of experts: many small FFNs, of which a router picks a few for each token.

Shapes: `B` batch, `T` tokens, `D` d_model, `E` experts, `K` experts a token, `F` neurons of an
expert, `N` tokens times the experts of each, B T K.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from lab.model.call import Call
from lab.model.config import MixtureOfExpertsConfig
from lab.model.ffn.dense import FUNCTION_OF, FUNCTIONS, DenseFFN
from lab.model.roles import Meaning, Role
from lab.model.rules import Contract, Function, Largest, Map, Rule, Rules, Sum, with_names
from lab.model.trace import TraceLike


class MixtureOfExperts(nn.Module):
    """y = FFN_shared(x) + sum over the chosen e of g_e FFN_e(x),  g_e = scale s_e / sum of chosen s

    with scores s = sigmoid(x W). Chosen are the K experts with the largest s + b; the bias b, which
    no gradient moves, evens out how many tokens each expert gets, and is no part of the weights g
    (arXiv:2412.19437, equations 12 to 16). The neurons of expert e are rows e F ... of W_in.
    """

    meanings: ClassVar[dict[str, Meaning]] = {
        "bias": Meaning(("expert",), "evens out the load of the experts; no gradient moves it"),
        "router": Meaning(("expert", "d_model"), "a row for each expert: which tokens suit it"),
        "w_in": Meaning(("d_ff", "d_model"), "what each neuron listens for"),
        "w_gate": Meaning(("d_ff", "d_model"), "what opens the gate of each neuron"),
        "w_out": Meaning(("d_model", "d_ff"), "what each neuron writes"),
    }
    roles: ClassVar[dict[str, Role]] = {
        "router.weight": "router",
        "w_in.weight": "reads",
        "w_gate.weight": "reads",
        "w_out.weight": "writes",
    }
    bias: Tensor

    def __init__(self, config: MixtureOfExpertsConfig, d_model: int) -> None:
        super().__init__()
        self.config, self.n_expert = config, config.n_routed_experts
        width = self.n_expert * config.moe_intermediate_size
        self.router = nn.Linear(d_model, self.n_expert, bias=False)
        # A buffer, since no gradient moves it, and a checkpoint must hold it all the same.
        self.register_buffer("bias", torch.zeros(self.n_expert))
        self.w_in = nn.Linear(d_model, width, bias=False)
        self.w_gate = nn.Linear(d_model, width, bias=False) if config.is_gated else None
        self.w_out = nn.Linear(width, d_model, bias=False)
        self.shared = Shared(config.shared, d_model) if config.n_shared_experts else None
        self.function: Function = FUNCTION_OF[config.activation]
        self.activation = FUNCTIONS[self.function]

    def forward(self, x: Tensor, call: Call) -> Tensor:  # (B, T, D) -> (B, T, D)
        # Sigmoid, not softmax: an expert's score does not fall because another's rises.
        scores = call.trace("router_scores", self.router(x).sigmoid())  # (B, T, E)
        index = call.trace("expert_index", self.choose(scores))  # (B, T, K)
        # Without the bias: it decides who is chosen, and not how much that one counts.
        chosen = scores.gather(-1, index)
        share = chosen / chosen.sum(-1, keepdim=True)
        weight = call.trace("expert_weight", self.config.routed_scaling_factor * share)
        out = self.experts(x, Dispatch(index, self.n_expert), weight, call.trace)
        return out if self.shared is None else out + self.shared(x, call)

    # Which experts are chosen has no slope; the router learns through their weights.
    @torch.no_grad()
    def choose(self, scores: Tensor) -> Tensor:
        """The K experts with the largest s + b in the open groups, (B, T, E) -> (B, T, K)

        Open are the groups whose best two experts have the largest sums.
        """
        config, biased = self.config, scores + self.bias
        if config.topk_group < config.n_group:
            groups = biased.unflatten(-1, (config.n_group, -1))  # (B, T, groups, E / groups)
            best = groups.topk(min(2, groups.shape[-1])).values.sum(-1)
            is_open = torch.zeros_like(best, dtype=torch.bool)
            is_open.scatter_(-1, best.topk(config.topk_group).indices, True)
            biased = groups.masked_fill(~is_open[..., None], float("-inf")).flatten(-2)
        return biased.topk(config.num_experts_per_tok).indices

    def experts(self, x: Tensor, sent: Dispatch, weight: Tensor, trace: TraceLike) -> Tensor:
        """The weighted sum of what the chosen experts say; each meets all its tokens at once."""
        heard = sent.to_experts(x, self.of_expert(self.w_in))  # (B, T, K F)
        if self.w_gate is None:
            post = self.activation(trace("ffn_pre", heard))
        else:
            gate = sent.to_experts(x, self.of_expert(self.w_gate))
            post = self.activation(trace("ffn_pre", gate)) * heard
        post = trace("ffn_post", post).unflatten(-1, (weight.shape[-1], -1))  # (B, T, K, F)
        return sent.from_experts(post * weight[..., None], self.of_expert(self.w_out, dim=1))

    def of_expert(self, matrix: nn.Linear, dim: int = 0) -> list[Tensor]:
        """The part of a matrix that is each expert's own."""
        return list(matrix.weight.chunk(self.n_expert, dim))

    # ------------------------------------------------------------ what is no gradient of its loss

    watches = frozenset({"router_scores", "expert_index"})

    def after_step(self, seen: Mapping[str, Tensor], real: Tensor) -> None:
        """b_e += speed sign(mean load - load_e): whoever got too many gets fewer next time.

        Load: how many real tokens of the batch were sent to each expert (arXiv:2408.15664).
        """
        load = loads(seen["expert_index"][real], self.n_expert).to(self.bias)
        self.bias += self.config.bias_update_speed * (load.mean() - load).sign()

    def own_loss(self, seen: Mapping[str, Tensor], real: Tensor) -> Tensor | None:
        """alpha sum_e f_e P_e, the mean over texts; None without a `balance_factor` alpha.

        f_e = E / K times the share of the choices of a text that fell on e, P_e the mean share of e
        in the scores of its tokens (arXiv:2412.19437, equations 17 to 20). 1 alpha if all is even.
        """
        if not self.config.balance_factor:
            return None
        scores, index, is_real = seen["router_scores"], seen["expert_index"], real[..., None]
        n_token = is_real.sum(1).clamp(min=1)  # (B, 1)
        choices = torch.zeros_like(scores).scatter_(-1, index, 1.0) * is_real  # (B, T, E)
        f = self.n_expert / index.shape[-1] * choices.sum(1) / n_token
        p = (scores / scores.sum(-1, keepdim=True) * is_real).sum(1) / n_token
        return self.config.balance_factor * (f * p).sum(-1).mean()

    # ------------------------------------------------------------ what it says of itself

    def emits(self, reads: str) -> Rules:
        """Of all that it forms and writes, from the activation called `reads`."""
        scores = Contract((reads, "ffn.router.weight"), "t d, e d -> t e")
        heard, fires = self.heard(reads, "w_in"), Map(("ffn_pre",), self.function)
        shared = {} if self.shared is None else dict(self.shared.emits(reads))
        say = [self.said, *(rule for rule in [shared.pop("shared_out", None)] if rule)]
        return {
            "router_scores": Map((scores,), "sigmoid"),
            "expert_index": self.chosen,
            "expert_weight": self.weighed,
            "ffn_pre": heard if self.w_gate is None else self.heard(reads, "w_gate"),
            "ffn_post": fires if self.w_gate is None else Map((fires, heard), "multiply"),
            **shared,
            "ffn_out": Sum(tuple(say)),
        }

    @property
    def chosen(self) -> Rule | None:
        """The largest s + b; of groups that may be closed no operation tells."""
        if self.config.topk_group < self.config.n_group:
            return None
        biased = Sum(("router_scores", Contract(("ffn.bias",), "e -> t e")))
        return Largest((biased,), self.config.num_experts_per_tok)

    @property
    def weighed(self) -> Rule:
        """scale s_e / sum of the chosen s"""
        chosen = Contract(("router_scores",), "t expert_index[t,k] -> t k")
        sizes = {"k": self.config.num_experts_per_tok}
        every = Contract(("router_scores",), "t expert_index[t,m] -> t k", sizes=sizes)
        share = Map((chosen, Map((every,), "reciprocal")), "multiply")
        return Contract((share,), "t k -> t k", self.config.routed_scaling_factor)

    def heard(self, reads: str, matrix: str) -> Rule:
        """What is read times the rows of the chosen experts; neuron j is one of choice j // F."""
        sizes = {"j": self.config.num_experts_per_tok * self.config.moe_intermediate_size}
        operands = (reads, f"ffn.{matrix}.weight")
        return Contract(operands, f"t d, {self.row} d -> t j", sizes=sizes)

    @property
    def said(self) -> Rule:
        """What the chosen experts say, by their weights."""
        size = self.config.moe_intermediate_size
        operands = ("expert_weight", "ffn_post", "ffn.w_out.weight")
        return Contract(operands, f"t j//{size}, t j, d {self.row} -> t d")

    @property
    def row(self) -> str:
        """Which row of W_in neuron j of a token is."""
        size = self.config.moe_intermediate_size
        return f"expert_index[t,j//{size}]*{size}+j%{size}"


class Shared(DenseFFN):
    """The FFN that every token has, whoever else it is sent to."""

    def forward(self, x: Tensor, call: Call) -> Tensor:  # (B, T, D) -> (B, T, D)
        if self.w_gate is None:
            post = self.activation(call.trace("shared_pre", self.w_in(x)))
        else:
            post = self.activation(call.trace("shared_pre", self.w_gate(x))) * self.w_in(x)
        return self.w_out(call.trace("shared_post", post))

    def emits(self, reads: str) -> Rules:
        matrices = ("w_in", "w_gate", "w_out")
        called = {"ffn_pre": "shared_pre", "ffn_post": "shared_post", "ffn_out": "shared_out"}
        called |= {f"ffn.{name}.weight": f"ffn.shared.{name}.weight" for name in matrices}
        rules = super().emits(reads)
        return {called[name]: with_names(rule, called) for name, rule in rules.items() if rule}


class Dispatch:
    """Choices (B, T, K) sorted by expert: each expert meets all its tokens in one product."""

    def __init__(self, index: Tensor, n_expert: int) -> None:
        flat = index.flatten()  # (N,)
        self.shape = index.shape
        # Stable: an expert's tokens stay in order, so the same batch is summed the same way.
        self.order = flat.argsort(stable=True)
        self.inverse = self.order.argsort()
        self.counts: list[int] = loads(flat, n_expert).tolist()

    def to_experts(self, x: Tensor, matrices: Sequence[Tensor]) -> Tensor:
        """x times the matrix of each of its experts: (B, T, D), E of (F, D) -> (B, T, K F)"""
        rows = x.flatten(0, 1)[self.order // self.shape[-1]]
        return self.products(rows, matrices).view(*self.shape[:2], -1)

    def from_experts(self, x: Tensor, matrices: Sequence[Tensor]) -> Tensor:
        """The sum over the experts of a token: (B, T, K, F), E of (D, F) -> (B, T, D)"""
        rows = x.flatten(0, 2)[self.order]
        return self.products(rows, matrices).view(*self.shape, -1).sum(-2)

    def products(self, rows: Tensor, matrices: Sequence[Tensor]) -> Tensor:
        """Rows that are sorted by expert, each times its expert's matrix; as they came before."""
        parts = zip(rows.split(self.counts), matrices, strict=True)
        return torch.cat([part @ matrix.T for part, matrix in parts if len(part)])[self.inverse]


def loads(index: Tensor, n_expert: int) -> Tensor:
    """How many of some choices fell on each expert, (E,)."""
    return torch.bincount(index.flatten(), minlength=n_expert)
