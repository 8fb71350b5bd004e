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


def test_its_gradient_by_hand_is_the_one_that_autograd_finds() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 6, dtype=torch.float64, generator=generator, requires_grad=True)
    norm = RMSNorm(6, eps=1e-2).double()
    with torch.no_grad():
        norm.gain.normal_(generator=generator)
    assert torch.autograd.gradcheck(norm, (x,))
    by_hand = torch.autograd.grad(norm(x).cos().sum(), (x, norm.gain))
    plain = torch.nn.functional.rms_norm(x, (6,), norm.gain, eps=1e-2)
    by_autograd = torch.autograd.grad(plain.cos().sum(), (x, norm.gain))
    assert all(torch.allclose(a, b, rtol=1e-12) for a, b in zip(by_hand, by_autograd, strict=True))


def test_with_and_without_a_gradient_it_gives_the_same_bits() -> None:
    x = torch.randn(4, 9, generator=torch.Generator().manual_seed(0))
    for dtype in (torch.float32, torch.bfloat16):
        norm = RMSNorm(9, eps=1e-6)
        with torch.no_grad():
            alone = norm(x.to(dtype))
        assert torch.equal(norm(x.to(dtype)), alone)
