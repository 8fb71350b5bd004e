"""lab.model.norm against torch's own RMSNorm."""

import torch

from lab.model.norm import RMSNorm


def test_rms_norm_is_torchs_rms_norm() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 5, 7, dtype=torch.float64, generator=generator)
    norm = RMSNorm(7, eps=1e-3).double()
    with torch.no_grad():
        norm.gain.normal_(generator=generator)
    reference = torch.nn.functional.rms_norm(x, (7,), norm.gain, eps=1e-3)
    assert torch.allclose(norm(x), reference, rtol=1e-12, atol=0)


def test_rms_norm_forgets_the_length_of_a_vector() -> None:
    x = torch.randn(4, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    norm = RMSNorm(9, eps=1e-30).double()
    assert torch.allclose(norm(x), norm(1000 * x), rtol=1e-12, atol=0)
    assert torch.allclose(norm(x).square().mean(-1), torch.ones(4, dtype=torch.float64))
