import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wnin_desktop.errors import InputError
from wnin_desktop.noise import keyed, philox
from wnin_desktop.noise.keyed import KeyedNoise, StackedNoise, Stream


def test_that_a_draw_is_the_same_whenever_it_is_asked_for():
    noise = KeyedNoise(7)
    first = noise.normal(Stream.GRADIENT, 3, "w", (40, 50))
    noise.uniform(Stream.GRADIENT, 3, "w", (11,))
    noise.integers(Stream.BATCH, 1, "x", 10, (3,))
    assert torch.equal(first, noise.normal(Stream.GRADIENT, 3, "w", (40, 50)))
    assert torch.equal(first, KeyedNoise(7).normal(Stream.GRADIENT, 3, "w", (40, 50)))


draw_requests = st.tuples(
    st.sampled_from(["normal", "uniform", "rademacher", "integers", "permutation"]),
    st.integers(0, 3),
    st.sampled_from(list(Stream)),
    st.integers(0, 5),
    st.sampled_from(["", "w", "b", "layer.0.weight"]),
    st.sampled_from([0, 1, 2, 63, 64, 65, philox.ZIGGURAT_BELOW, philox.BLOCK + 1]),
)


def _answer(request):
    kind, seed, stream, step, name, size = request
    noise = KeyedNoise(seed)
    if kind == "integers":
        return noise.integers(stream, step, name, 7, (size,))
    if kind == "permutation":
        return noise.permutation(stream, step, name, size)
    return getattr(noise, kind)(stream, step, name, (size,))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(draw_requests, min_size=1, max_size=8).flatmap(
        lambda r: st.tuples(st.just(r), st.permutations(r))
    )
)
def test_that_the_order_of_draws_changes_no_bit(orders):
    asked, reordered = orders
    alone = {request: _answer(request) for request in asked}
    for request in reordered:
        assert torch.equal(alone[request], _answer(request))


def test_that_the_order_law_can_fail_when_draws_share_one_generator(monkeypatch):
    # Protection removed: nothing seeks to the key's stream, so each draw goes on where the last one stopped.
    noise = KeyedNoise(7)
    first = noise.normal(Stream.GRADIENT, 3, "w", (40,))
    monkeypatch.setattr(philox.PhiloxDrawer, "seek", lambda self, key: None)
    assert not torch.equal(first, noise.normal(Stream.GRADIENT, 3, "w", (40,)))


@pytest.mark.parametrize("size", [5, 3000])
def test_that_every_part_of_the_key_counts(size):
    base = (1, Stream.SGLD, 4, "w")
    others = [
        (2, Stream.SGLD, 4, "w"),
        (1, Stream.GRADIENT, 4, "w"),
        (1, Stream.SGLD, 5, "w"),
        (1, Stream.SGLD, 4, "v"),
    ]
    reference = KeyedNoise(base[0]).normal(*base[1:], (size,))
    for seed, stream, step, name in others:
        assert not torch.any(KeyedNoise(seed).normal(stream, step, name, (size,)) == reference)


def test_that_kinds_of_draw_with_one_key_are_independent():
    noise = KeyedNoise(3)
    normal = noise.normal(Stream.PROBE, 0, "w", (100_000,)).numpy()
    uniform = noise.uniform(Stream.PROBE, 0, "w", (100_000,)).numpy()
    signs = noise.rademacher(Stream.PROBE, 0, "w", (100_000,)).numpy()
    for a, b in ((normal, uniform), (normal, signs), (uniform, signs), (np.abs(normal), uniform)):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4.0 / math.sqrt(100_000)


@pytest.mark.parametrize("method", ["normal", "uniform", "rademacher"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (3,), (7, 5), (40_000,)])
def test_that_slices_of_a_stack_are_the_single_draws(method, dtype, shape):
    seeds = (5, 0, 5, 2**63 - 1)
    stacked = getattr(StackedNoise(seeds), method)(Stream.INPUT_JITTER, 9, "x", shape, dtype)
    assert stacked.shape == (4, *shape)
    for row, seed in enumerate(seeds):
        assert torch.equal(
            stacked[row], getattr(KeyedNoise(seed), method)(Stream.INPUT_JITTER, 9, "x", shape, dtype)
        )


def test_that_slices_of_stacked_integers_and_orders_are_the_single_draws():
    stack = StackedNoise((1, 2, 1))
    integers = stack.integers(Stream.BATCH, 2, "i", 1000, (4, 3))
    orders = stack.permutation(Stream.BATCH, 2, "i", 50)
    for row, seed in enumerate(stack.seeds):
        assert torch.equal(integers[row], KeyedNoise(seed).integers(Stream.BATCH, 2, "i", 1000, (4, 3)))
        assert torch.equal(orders[row], KeyedNoise(seed).permutation(Stream.BATCH, 2, "i", 50))


def test_that_a_given_tensor_is_written_in_place():
    stack = StackedNoise((1, 2))
    out = torch.zeros(2, 5000)
    result = stack.normal(Stream.SGLD, 0, "w", (5000,), out=out)
    assert result.data_ptr() == out.data_ptr()
    assert torch.equal(out, stack.normal(Stream.SGLD, 0, "w", (5000,)))
    single = torch.zeros(5000)
    KeyedNoise(2).normal(Stream.SGLD, 0, "w", (5000,), out=single)
    assert torch.equal(single, out[1])


def test_that_a_parameter_can_be_filled():
    weight = torch.nn.Parameter(torch.zeros(4, 4))
    KeyedNoise(0).normal(Stream.INIT, 0, "w", (4, 4), out=weight)
    assert torch.equal(weight.detach(), KeyedNoise(0).normal(Stream.INIT, 0, "w", (4, 4)))


@pytest.mark.parametrize(
    "out",
    [torch.zeros(2, 4), torch.zeros(1, 5), torch.zeros(2, 5, dtype=torch.float64), torch.zeros(5, 2).T],
)
def test_that_an_unfit_target_is_refused(out):
    with pytest.raises(InputError, match="contiguous"):
        StackedNoise((1, 2)).normal(Stream.SGLD, 0, "w", (5,), out=out)


def test_that_threads_do_not_disturb_each_other():
    def draw(step):
        return KeyedNoise(1).normal(Stream.SGLD, step, "w", (50_000,))

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(draw, list(range(8)) * 4))
    for step, answer in zip(list(range(8)) * 4, together, strict=True):
        assert torch.equal(answer, draw(step))


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: KeyedNoise(-1).normal(Stream.INIT, 0, "w", (1,)), "seed"),
        (lambda: KeyedNoise(2**64).normal(Stream.INIT, 0, "w", (1,)), "seed"),
        (lambda: KeyedNoise(0).normal(Stream.INIT, -1, "w", (1,)), "step"),
        (lambda: KeyedNoise(0).normal(Stream.INIT, 0, "w", (1,), torch.bfloat16), "dtype"),
        (lambda: KeyedNoise(0).integers(Stream.INIT, 0, "w", 0, (1,)), "high"),
        (lambda: KeyedNoise(0, "meta"), "device"),
    ],
)
def test_that_bad_input_names_its_field(call, field):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.problems[0].field == field


@pytest.mark.parametrize("size", [500, 400_000])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_that_normals_are_standard_normal(size, dtype):
    sample = KeyedNoise(11).normal(Stream.GRADIENT, 1, "w", (size,), dtype).double().numpy()
    assert abs(sample.mean()) < 4.0 / math.sqrt(size)
    assert abs(sample.var() - 1.0) < 4.0 * math.sqrt(2.0 / size)
    assert abs((sample**4).mean() - 3.0) < 4.0 * math.sqrt(96.0 / size)
    assert stats.kstest(sample, "norm").pvalue > 1e-3


def test_that_neighbours_and_pair_partners_are_uncorrelated():
    sample = KeyedNoise(12).normal(Stream.GRADIENT, 1, "w", (philox.BLOCK,)).double().numpy()
    half = philox.BLOCK // 2
    bound = 4.0 / math.sqrt(half)
    for shifted in (np.roll(sample, 1), np.roll(sample, half)):
        assert abs((sample * shifted)[:half].mean()) < bound
        assert abs(np.corrcoef(sample[:half] ** 2, shifted[:half] ** 2)[0, 1]) < bound


def test_that_the_tail_is_there_and_finite():
    sample = torch.cat([KeyedNoise(s).normal(Stream.SGLD, 0, "w", (4_000_000,)) for s in range(2)]).abs()
    expected = 8_000_000 * 2 * stats.norm.sf(4.5)
    assert torch.isfinite(sample).all()
    assert abs(int((sample > 4.5).sum()) - expected) < 4.0 * math.sqrt(expected)
    assert float(sample.max()) < 6.7


def test_that_extreme_random_words_give_finite_normals(monkeypatch):
    drawer = philox.PhiloxDrawer()

    class Extreme:
        def random_raw(self, count):
            pattern = [0, 2**64 - 1, 0x7FFFFFFF_80000000, 0x80000000_7FFFFFFF]
            return np.resize(np.array(pattern, np.uint64), count)

    drawer._philox = Extreme()
    out = np.empty(philox.ZIGGURAT_BELOW, np.float32)
    drawer.normal(out)
    assert np.isfinite(out).all()


def test_that_uniforms_lie_in_their_half_open_interval():
    sample = KeyedNoise(1).uniform(Stream.LABEL_NOISE, 0, "y", (200_000,)).double().numpy()
    assert sample.min() >= 0.0
    assert sample.max() < 1.0
    assert stats.kstest(sample, "uniform").pvalue > 1e-3


def test_that_signs_are_fair_and_nothing_else():
    sample = KeyedNoise(1).rademacher(Stream.PROBE, 0, "w", (100_001,))
    assert set(sample.unique().tolist()) == {-1.0, 1.0}
    assert abs(float(sample.mean())) < 4.0 / math.sqrt(100_001)


def test_that_integers_are_uniform_on_their_range():
    sample = KeyedNoise(1).integers(Stream.REPLAY, 0, "i", 7, (70_000,)).numpy()
    assert stats.chisquare(np.bincount(sample, minlength=7)).pvalue > 1e-3


def test_that_orders_are_permutations_and_all_equally_likely():
    orders = [tuple(KeyedNoise(1).permutation(Stream.BATCH, k, "o", 3).tolist()) for k in range(3000)]
    counts = {order: orders.count(order) for order in set(orders)}
    assert len(counts) == 6
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3


def test_that_no_two_keys_of_a_long_run_agree():
    keys = {
        keyed.key_of(seed, stream, step, name, "normal")
        for seed in range(5)
        for stream in Stream
        for step in range(100)
        for name in ("w", "b", "1w")
    }
    assert len(keys) == 5 * len(Stream) * 100 * 3


def test_that_published_draws_stay_what_they_are():
    # A change here changes the meaning of every recorded run: raise the version in the key instead.
    assert keyed.key_of(0, Stream.INIT, 0, "w", "normal").hex() == "603df655ab904e64c0790f45be73f560"
    draw = KeyedNoise(0).integers(Stream.INIT, 0, "w", 1000, (4,))
    assert draw.tolist() == [647, 427, 127, 804]
    for size, values in (
        (3, [-2.4348664, -0.3874044, -0.2724938]),
        (2000, [0.4514282, -1.5003365, 1.4621211]),
    ):
        normals = KeyedNoise(0).normal(Stream.INIT, 0, "w", (size,))[:3].tolist()
        assert normals == pytest.approx(values, abs=1e-6)


SIMD_PROBE = """
import hashlib
import numpy as np
from wnin_desktop.noise.philox import PhiloxDrawer
drawer, out = PhiloxDrawer(), np.empty(100_001, np.float32)
drawer.seek(bytes(range(16)))
drawer.normal(out)
print(hashlib.sha256(out.tobytes()).hexdigest())
"""


@pytest.mark.skipif(
    "X86_V4" not in np.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
    reason="needs a processor with AVX-512 to compare with",
)
def test_that_vector_width_changes_no_bit():
    def digest(**disabled):
        command = [sys.executable, "-c", SIMD_PROBE]
        environment = os.environ | disabled
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert digest() == digest(NPY_DISABLE_CPU_FEATURES="X86_V4")


def rows_of_gpu_route(seeds, kind, shape, dtype, high=0):
    """The route of CUDA tensors, on CPU tensors: the same calls, other numbers."""
    stack = StackedNoise(seeds)
    target = torch.empty((len(seeds), *shape), dtype=dtype)
    keyed._fill_cuda(target, stack._keys(kind, Stream.SGLD, 3, "w"), kind, high)
    return target


@pytest.mark.parametrize("kind", ["normal", "uniform", "rademacher", "integers", "permutation"])
def test_that_the_gpu_route_fills_each_row_from_its_own_key(kind):
    dtype = torch.int64 if kind in ("integers", "permutation") else torch.float32
    stacked = rows_of_gpu_route((1, 2, 1), kind, (600,), dtype, high=9)
    for row, seed in enumerate((1, 2, 1)):
        assert torch.equal(stacked[row], rows_of_gpu_route((seed,), kind, (600,), dtype, high=9)[0])
    assert not torch.equal(stacked[0], stacked[1])
    low, high = {"uniform": (0, 1), "rademacher": (-1, 1), "integers": (0, 8)}.get(kind, (-9, 599))
    assert low <= stacked.min()
    assert stacked.max() <= high
    if kind == "permutation":
        assert torch.equal(stacked[0].sort().values, torch.arange(600))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("method", ["normal", "uniform", "rademacher"])
def test_that_stacks_on_a_gpu_hold_the_single_draws(method):
    stacked = getattr(StackedNoise((1, 2, 1), "cuda"), method)(Stream.SGLD, 0, "w", (100_000,))
    for row, seed in enumerate((1, 2, 1)):
        alone = getattr(KeyedNoise(seed, "cuda"), method)(Stream.SGLD, 0, "w", (100_000,))
        assert torch.equal(stacked[row], alone)
