"""Initializers, dropout, optimizers and augmentation, each against its definition."""

import math

import numpy as np
import oracles
import pytest

from dlrun.nn.activations import ACTIVATIONS
from dlrun.nn.augmentation import Augmentation, Augmenter, resample
from dlrun.nn.dropout import Masks, realised_keep_prob
from dlrun.nn.initializers import INITIALIZERS
from dlrun.nn.optimizers import OPTIMIZERS, Optimizer, penalty_of
from dlrun.nn.parameters import Parameters, initial_parameters, l2_slope

N_IN, N_OUT = 300, 200
VARIANCES = {
    "zeros": 0.0,
    "normal": 0.01**2,
    "he": 2 / N_IN,
    "linear": 2 / N_IN,
    "xavier": 1 / N_IN,
    "glorot": 2 / (N_IN + N_OUT),
    "orthogonal": 1 / N_IN,  # each of N_OUT unit columns spreads a sum of squares of 1 over N_IN entries
}


@pytest.mark.parametrize("init", INITIALIZERS)
def test_initial_weights_have_the_mean_and_variance_of_their_formula(init, rng):
    W = INITIALIZERS[init].weights(N_IN, N_OUT, rng=rng, scale=0.01)
    assert W.shape == (N_IN, N_OUT)
    variance = VARIANCES[init]
    assert INITIALIZERS[init].spread(N_IN, N_OUT, 0.01) ** 2 == pytest.approx(variance, rel=1e-14)
    # Five standard errors: of a mean, sigma / sqrt(n); of a Gaussian variance, sigma^2 sqrt(2 / n).
    assert abs(W.mean()) <= 5 * math.sqrt(variance / W.size)
    assert abs(W.var() - variance) <= 5 * variance * math.sqrt(2 / W.size)


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_a_row_names_rows_and_its_two_slopes_agree(row, rng):
    assert row.init in INITIALIZERS
    assert {row.instead, row.instead_of_dead or row.instead} <= ACTIVATIONS.keys()
    Z = rng.standard_normal((40, 5))
    A, slope = np.empty_like(Z), np.empty_like(Z)
    row.value(Z, A)
    row.slope(Z if row.homogeneous else A, slope)
    np.testing.assert_allclose(slope, row.textbook_slope(Z), rtol=1e-12)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5)])
def test_orthogonal_weights_are_orthonormal_along_their_shorter_side(shape, rng):
    W = INITIALIZERS["orthogonal"].weights(*shape, rng=rng, scale=1.0)
    product = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_layers_start_different_and_biases_at_zero(rng):
    parameters = initial_parameters((6, 6, 6, 6), "he", rng=rng)
    first, second, _ = parameters.layers
    assert not np.array_equal(first.W, second.W)
    assert all((layer.b == 0).all() for layer in parameters.layers)
    assert parameters.tensors().keys() == {"W1", "b1", "W2", "b2", "W3", "b3"}


def test_layers_view_the_flat_vector(rng):
    parameters = Parameters((2, 3, 1), np.float64)
    parameters.flat[:] = np.arange(13)
    np.testing.assert_array_equal(parameters.layers[0].W, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(parameters.layers[0].b, [6, 7, 8])
    np.testing.assert_array_equal(parameters.layers[1].Wb.ravel(), [9, 10, 11, 12])


def test_the_penalty_is_lambda_over_2m_and_spares_biases(rng):
    parameters = initial_parameters((3, 4, 2), "he", rng=rng, dtype=np.float64)
    for layer in parameters.layers:
        layer.b[:] = 100
    slope = l2_slope(parameters, 0.7, m_train=50)
    squares = sum((layer.W**2).sum() for layer in parameters.layers)
    assert penalty_of(parameters, slope) == pytest.approx(0.7 / (2 * 50) * squares, rel=1e-14)
    assert penalty_of(parameters, None) == 0


@pytest.mark.parametrize("keep_prob", [0.1, 0.5, 0.8, 0.97])
def test_masks_keep_the_stated_share_and_their_scaling_keeps_the_mean(keep_prob, rng):
    masks = Masks([(1000, 333)], [keep_prob])
    masks.draw(rng)
    (mask,) = masks.views
    standard_error = math.sqrt(keep_prob * (1 - keep_prob) / mask.size)
    assert abs(mask.mean() - realised_keep_prob(keep_prob)) < 5 * standard_error
    assert realised_keep_prob(keep_prob) == pytest.approx(keep_prob, abs=2**-17)
    # Neighbours are independent: along both axes the correlation of a mask with itself one step on is noise.
    centred = mask - mask.mean()
    for shifted in (centred[:, 1:] * centred[:, :-1], centred[1:] * centred[:-1]):
        assert abs(shifted.mean()) < 5 * keep_prob * (1 - keep_prob) / math.sqrt(mask.size)


def test_each_layer_drops_units_by_its_own_keep_prob(rng):
    masks = Masks([(500, 90), (500, 80), (500, 70), (500, 60)], [0.5, 1, 0.5, 0.9])
    masks.draw(rng)
    first, none, second, third = masks.views
    assert none is None
    assert [view.shape for view in (first, second, third)] == [(500, 90), (500, 70), (500, 60)]
    assert [round(view.mean(), 1) for view in (first, second, third)] == [0.5, 0.5, 0.9]
    assert not np.shares_memory(first, second)


def test_the_least_keep_prob_still_keeps_something():
    assert realised_keep_prob(1e-9) == 2**-16


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_agree_with_their_textbook_form(name, rng, monkeypatch):
    monkeypatch.setattr("dlrun.nn.optimizers.CHUNK", 7)
    parameters = initial_parameters((3, 4, 2), "he", rng=rng, dtype=np.float64)
    gradients = rng.standard_normal((20, parameters.flat.size)) * 10.0 ** rng.integers(-6, 2, (20, 1))
    expected = getattr(oracles, f"textbook_{name}")(parameters.flat.copy(), gradients, 0.01)
    optimizer, gradient = Optimizer(name, parameters), Parameters(parameters.sizes, np.float64)
    for g in gradients:
        gradient.flat[:] = g
        assert optimizer.step(parameters, gradient, 0.01) == 0
    # Measured: 2e-14 relative at most; the order of the operations differs.
    np.testing.assert_allclose(parameters.flat, expected, rtol=1e-11, atol=1e-14)


def test_a_step_adds_the_slope_of_the_penalty_and_returns_the_penalty(rng):
    parameters = initial_parameters((3, 4, 2), "he", rng=rng, dtype=np.float64)
    before = parameters.copy()
    slope = l2_slope(parameters, 0.7, m_train=10)
    penalty = Optimizer("gd", parameters, slope).step(parameters, Parameters(parameters.sizes, np.float64), 0.5)
    assert penalty == pytest.approx(penalty_of(before, slope), rel=1e-14)
    for now, then in zip(parameters.layers, before.layers, strict=True):
        np.testing.assert_allclose(now.W, then.W * (1 - 0.5 * 0.7 / 10), rtol=1e-14)
        np.testing.assert_array_equal(now.b, then.b)


def decayed(rng, name, weight_decay, sizes=(3, 4, 2)):
    """(first, gradients, last): parameters before and after twenty steps at rate 0.01, biases not zero."""
    parameters = initial_parameters(sizes, "he", rng=rng, dtype=np.float64)
    for layer in parameters.layers:
        layer.b[:] = rng.normal(size=layer.b.shape)
    first, gradient = parameters.flat.copy(), Parameters(sizes, np.float64)
    optimizer = Optimizer(name, parameters, weight_decay=weight_decay)
    gradients = rng.standard_normal((20, first.size))
    for g in gradients:
        gradient.flat[:] = g
        assert optimizer.step(parameters, gradient, 0.01) == 0
    return first, gradients, parameters.flat


IS_WEIGHT = l2_slope(Parameters((3, 4, 2)), 1.0, 1) > 0


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_takes_a_share_of_the_weights_before_each_step_and_spares_biases(name, rng, monkeypatch):
    monkeypatch.setattr("dlrun.nn.optimizers.CHUNK", 7)
    first, gradients, last = decayed(rng, name, 3.0)
    descend, theta, after = getattr(oracles, f"textbook_{name}"), first, first
    for t in range(1, len(gradients) + 1):
        step = descend(first, gradients[:t], 0.01) - descend(first, gradients[: t - 1], 0.01)
        theta = theta - 0.01 * 3.0 * theta * IS_WEIGHT + step
        after = (after + step) * np.where(IS_WEIGHT, 1 - 0.03, 1.0)
    # Measured: 2e-15 at most.
    np.testing.assert_allclose(last, theta, rtol=1e-11, atol=1e-13)
    assert np.abs(last - after).max() > 1e-4  # a decay that comes after the step is told from it
    with_biases = descend(first, gradients, 0.01)[~IS_WEIGHT]
    np.testing.assert_allclose(last[~IS_WEIGHT], with_biases, rtol=1e-11, atol=1e-13)


def test_adam_with_weight_decay_is_adamw_as_printed_and_not_adam_with_a_penalty(rng):
    first, gradients, last = decayed(rng, "adam", 3.0)
    np.testing.assert_allclose(last, oracles.textbook_adamw(first, gradients, 0.01, 3.0 * IS_WEIGHT), rtol=1e-11)
    coupled = first
    m, v = np.zeros_like(first), np.zeros_like(first)
    for t, g in enumerate(gradients, start=1):
        slope = g + 3.0 * IS_WEIGHT * coupled
        m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
        coupled = coupled - 0.01 * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    assert np.abs(last - coupled).max() > 0.05


def test_under_plain_descent_a_penalty_and_weight_decay_take_the_same_steps(rng):
    first = initial_parameters((3, 4, 2), "he", rng=rng, dtype=np.float64)
    penalised, shrunk, gradient = first.copy(), first.copy(), Parameters(first.sizes, np.float64)
    by_penalty = Optimizer("gd", penalised, l2_slope(penalised, 0.7, m_train=10))
    by_decay = Optimizer("gd", shrunk, weight_decay=0.7 / 10)
    for _ in range(20):
        gradient.flat[:] = rng.standard_normal(first.flat.size)
        by_penalty.step(penalised, gradient, 0.5)
        by_decay.step(shrunk, gradient, 0.5)
    np.testing.assert_allclose(penalised.flat, shrunk.flat, rtol=1e-12, atol=1e-13)


def test_pytorchs_adamw_ends_at_the_same_parameters(rng):
    torch = pytest.importorskip("torch")
    first, gradients, last = decayed(rng, "adam", 3.0)
    for is_weight in (True, False):
        mine = torch.tensor(first[is_weight == IS_WEIGHT], requires_grad=True)
        optimizer = torch.optim.AdamW([mine], lr=0.01, weight_decay=3.0 * is_weight)
        for g in gradients:
            mine.grad = torch.tensor(g[is_weight == IS_WEIGHT])
            optimizer.step()
        np.testing.assert_allclose(mine.detach().numpy(), last[is_weight == IS_WEIGHT], rtol=1e-10)


def still(m, angle=0.0, zoom=1.0):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
    return np.repeat(turn[None], m, axis=0)


def test_resampling_by_nothing_changes_nothing(rng):
    images = rng.random((3, 5, 5))
    np.testing.assert_allclose(resample(images, still(3), np.zeros((3, 2))), images, atol=1e-12)


def test_a_shift_moves_pixels_and_fills_with_zero(rng):
    images = rng.random((2, 4, 4))
    moved = resample(images, still(2), np.array([[1.0, 0.0], [0.0, -2.0]]))
    np.testing.assert_allclose(moved[0, 1:], images[0, :-1], atol=1e-12)
    np.testing.assert_allclose(moved[0, 0], 0, atol=1e-12)
    np.testing.assert_allclose(moved[1, :, :2], images[1, :, 2:], atol=1e-12)
    np.testing.assert_allclose(moved[1, :, 2:], 0, atol=1e-12)


def test_a_quarter_turn_is_numpys_rot90(rng):
    images = rng.random((1, 6, 6))
    turned = resample(images, still(1, np.pi / 2), np.zeros((1, 2)))
    assert any(np.allclose(turned[0], np.rot90(images[0], k), atol=1e-9) for k in (1, 3))


def test_resampling_agrees_with_scipys_affine_transform(rng):
    from scipy.ndimage import affine_transform

    image = rng.random((9, 9))
    matrix = still(1, 0.4, 1.2)[0]
    centre = np.array([4.0, 4.0])
    theirs = affine_transform(image, matrix, centre - matrix @ centre, order=1, mode="grid-constant")
    np.testing.assert_allclose(resample(image[None], matrix[None], np.zeros((1, 2)))[0], theirs, atol=1e-9)


def test_flip_mirrors_about_half_of_the_rows(rng):
    X = np.arange(9.0).reshape(1, 9).repeat(400, axis=0)
    batch = X.copy()
    Augmenter(Augmentation(flip=True), rng=rng, side=3)(batch)
    mirrored = X[0].reshape(3, 3)[:, ::-1].ravel()
    flipped = np.isclose(batch, mirrored).all(axis=1)
    assert (flipped | np.isclose(batch, X).all(axis=1)).all()
    assert abs(flipped.mean() - 0.5) < 5 * 0.5 / math.sqrt(400)


def test_a_normalised_batch_is_moved_as_pixels(rng):
    pixels = rng.random((5, 16)) * 10
    mean, scale = pixels.mean(axis=0), pixels.std(axis=0)
    normalised = (pixels - mean) / scale
    raw = pixels.copy()
    Augmenter(Augmentation(shift_pixels=1), rng=np.random.default_rng(1), side=4)(raw)
    again = Augmenter(Augmentation(shift_pixels=1), rng=np.random.default_rng(1), side=4, mean=mean, scale=scale)
    again(normalised)
    np.testing.assert_allclose(normalised, (raw - mean) / scale, atol=1e-9)
    assert not np.allclose(raw, pixels)


@pytest.mark.parametrize("scaled", [False, True])
def test_a_picture_in_colour_moves_as_its_three_colours_move_alone(rng, scaled):
    every_way = Augmentation(shift_pixels=2, rotate_degrees=20, zoom_fraction=0.2, flip=True)
    pixels = rng.random((6, 5, 5, 3)) * 255
    mean, scale = (pixels.mean(axis=0), pixels.std(axis=0)) if scaled else (None, None)
    X = pixels.reshape(6, -1) if mean is None else ((pixels - mean) / scale).reshape(6, -1)
    expected = X.reshape(6, 25, 3).copy()
    for colour in range(3):
        alone = np.ascontiguousarray(expected[:, :, colour])
        of_colour = {} if mean is None else {"mean": mean[..., colour].ravel(), "scale": scale[..., colour].ravel()}
        Augmenter(every_way, rng=np.random.default_rng(4), side=5, **of_colour)(alone)
        expected[:, :, colour] = alone
    moved = X.copy()
    together = {} if mean is None else {"mean": mean.ravel(), "scale": scale.ravel()}
    Augmenter(every_way, rng=np.random.default_rng(4), side=5, channels=3, **together)(moved)
    np.testing.assert_array_equal(moved, expected.reshape(6, -1))
    assert not np.allclose(moved, X)


def test_noise_has_the_stated_spread(rng):
    X = np.zeros((200, 100))
    Augmenter(Augmentation(noise=0.3), rng=rng, side=None)(X)
    assert X.std() == pytest.approx(0.3, rel=5 / math.sqrt(2 * X.size))
