"""fourier_shift: our waves against numpy's FFT, and the theorem against moving the samples."""

import numpy as np
import pytest
from tiny import failures

from lab.interp.fourier_shift import shifted, signal_of, spectrum, speeds, turn_waves


@pytest.mark.parametrize("n", [1, 7, 16, 33])
def test_the_spectrum_is_numpys_fft(n: int) -> None:
    signal = np.random.default_rng(n).normal(size=n)
    theirs = np.fft.fft(signal)
    assert np.allclose(spectrum(signal), np.stack([theirs.real, theirs.imag], axis=1), atol=1e-12)
    assert np.allclose(np.exp(1j * speeds(n)), np.exp(2j * np.pi * np.fft.fftfreq(n)), atol=1e-12)


def test_turning_every_wave_moves_the_signal() -> None:
    def holds(n: int, by: int) -> None:
        signal = np.random.default_rng(n).normal(size=n)
        assert np.allclose(shifted(signal, by), np.roll(signal, by), atol=1e-12)
        theirs = np.fft.ifft(np.fft.fft(signal) * np.exp(-2j * np.pi * np.fft.fftfreq(n) * by)).real
        assert np.allclose(shifted(signal, by), theirs, atol=1e-12)

    assert failures(holds, [(x, y) for x in [1, 7, 16, 33] for y in [0, 1, -3, 40]]) == []


def test_half_a_sample_twice_is_one_sample() -> None:
    signal = np.random.default_rng(0).normal(size=15)
    assert np.allclose(shifted(shifted(signal, 0.5), 0.5), np.roll(signal, 1), atol=1e-12)


def test_turning_keeps_the_length_of_every_wave_and_a_signal_survives_its_spectrum() -> None:
    signal = np.random.default_rng(0).normal(size=16)
    waves = spectrum(signal)
    lengths = np.linalg.norm(waves, axis=1)
    assert np.allclose(np.linalg.norm(turn_waves(waves, 2.7), axis=1), lengths)
    assert np.allclose(signal_of(waves), signal, atol=1e-12)
