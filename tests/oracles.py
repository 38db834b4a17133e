"""Slow, obvious re-statements of the formulas, in another notation than the package's. Used by tests alone."""

import numpy as np

VALUES = {
    "relu": lambda z: z if z > 0 else 0.0,
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "tanh": lambda z: float(np.tanh(z)),
    "sigmoid": lambda z: 1 / (1 + float(np.exp(-z))),
    "identity": lambda z: z,
}


def forward_one(weights, activation, x, masks=(), keep_probs=()):
    """Logits of one row x, unit by unit. weights: [(W, b), ...]; masks, keep_probs: one a hidden layer, or none."""
    a = list(x)
    for number, (W, b) in enumerate(weights):
        z = [sum(a[i] * W[i, j] for i in range(len(a))) + b[j] for j in range(len(b))]
        if number == len(weights) - 1:
            return np.array(z)
        a = [VALUES[activation](value) for value in z]
        if masks:
            a = [value * bool(masks[number][j]) / keep_probs[number] for j, value in enumerate(a)]
    raise AssertionError("a network has an output layer")


def loss_one(loss, z, y):
    """The loss of one row of logits z (k,), from probabilities, not from logits."""
    if loss == "sigmoid":
        p = 1 / (1 + np.exp(-z[0]))
        return -(y * np.log(p) + (1 - y) * np.log(1 - p))
    if loss == "softmax":
        p = np.exp(z) / np.exp(z).sum()
        return -np.log(p[int(y)])
    return (z[0] - y) ** 2


def cost(weights, activation, loss, X, Y, l2_lambda=0.0, m_train=None, masks=(), keep_probs=()):
    """(1/m) sum loss + lambda/(2 m_train) sum W^2, row by row and entry by entry. masks: one (m, n) a hidden layer."""
    rows = []
    for i, (x, y) in enumerate(zip(X, np.ravel(Y), strict=True)):
        z = forward_one(weights, activation, x, [mask[i] for mask in masks], keep_probs)
        rows.append(loss_one(loss, z, y))
    squares = sum(float(w) ** 2 for W, _ in weights for w in W.ravel())
    return sum(rows) / len(rows) + l2_lambda / (2 * (m_train or len(rows))) * squares


def central_slope(value, parameters, at):
    """The slope of value(parameters) at one number of their flat vector, by central differences.

    Its round-off, where the value is about 3 in float64, is that divided by the step: 1e-9.
    """
    moved = []
    for step in (1e-6, -1e-6):
        changed = parameters.copy()
        changed.flat[at] += step
        moved.append(value(changed))
    return (moved[0] - moved[1]) / 2e-6


def textbook_adam(theta, gradients, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Parameters after the given gradients, as algorithm 1 of Kingma and Ba 2015 is printed."""
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return theta


def textbook_adamw(theta, gradients, rate, decay, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Algorithm 2 of Loshchilov and Hutter 2019, line 12, eta times alpha the rate; decay (n,) : lambda of each."""
    m, v, x = np.zeros_like(theta), np.zeros_like(theta), theta
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        x = x - rate * (m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon) + decay * x)
    return x


def textbook_momentum(theta, gradients, rate, beta=0.9):
    v = np.zeros_like(theta)
    for g in gradients:
        v = beta * v + (1 - beta) * g
        theta = theta - rate * v
    return theta


def textbook_rmsprop(theta, gradients, rate, beta2=0.999, epsilon=1e-8):
    s = np.zeros_like(theta)
    for g in gradients:
        s = beta2 * s + (1 - beta2) * g**2
        theta = theta - rate * g / (np.sqrt(s) + epsilon)
    return theta


def textbook_gd(theta, gradients, rate):
    for g in gradients:
        theta = theta - rate * g
    return theta


def schedule_constant(total):
    """The factors of all steps of a training: (total,)."""
    return np.ones(total)


def schedule_cosine(total):
    """By the half angle: (1 + cos 2a) / 2 = cos^2 a."""
    return np.cos(np.pi / 2 * np.arange(total) / total) ** 2


def schedule_flat_cosine(total):
    """1 up to the middle, and sin^2 after it, whose top is in the middle."""
    steps = np.arange(total)
    return np.where(2 * steps <= total, 1.0, np.sin(np.pi * steps / total) ** 2)
