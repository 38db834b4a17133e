"""Contestant: PyTorch eager on the processor, by a hand-written loop (no DataLoader) and the fused Adam.

Choices that favour PyTorch: the fused optimizer; L2 as the optimizer's weight decay, on weights only, which has the
same slope but leaves the penalty out of the recorded cost, saving a pass; index_select, its quickest gather.
"""

import torch
from torch import nn

from .shapes import KEEP_PROB, L2_LAMBDA, LEARNING_RATE, SEED, Shape, examples, initial_weights, targets


def make(shape: Shape):
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    X, classes = examples(shape)
    X, Y = torch.from_numpy(X), torch.from_numpy(targets(shape, classes))
    loss_function = nn.BCEWithLogitsLoss() if shape.binary else nn.CrossEntropyLoss()
    model = network(shape)
    optimizer = adam(model, shape.rows)
    costs = []

    def run(epochs: int) -> None:
        model.train()
        for _ in range(epochs):
            order, total = torch.randperm(shape.rows), 0.0
            # The full batch is not shuffled: dlrun does not either.
            batches = [None] if shape.steps_an_epoch == 1 else order.split(shape.batch)
            for rows in batches:
                total += step(model, optimizer, loss_function, *pick(X, Y, rows))
            costs.append(total / shape.steps_an_epoch)

    return run


def pick(X, Y, rows):
    return (X, Y) if rows is None else (X.index_select(0, rows), Y.index_select(0, rows))


def step(model, optimizer, loss_function, X, Y) -> float:
    """One step on one batch. Returns its loss."""
    optimizer.zero_grad(set_to_none=True)
    loss = loss_function(model(X), Y)
    loss.backward()
    optimizer.step()
    return loss.item()


def network(shape: Shape) -> nn.Sequential:
    """Linear, ReLU and dropout for each hidden layer, and a linear output, from the contest's initial weights."""
    layers = []
    for W in map(torch.from_numpy, initial_weights(shape)):
        linear = nn.Linear(*W.shape)
        with torch.no_grad():
            linear.weight.copy_(W.T)
            linear.bias.zero_()
        layers += [linear, nn.ReLU(), nn.Dropout(1 - KEEP_PROB)]
    return nn.Sequential(*layers[:-2])


def adam(model: nn.Module, m_train: int) -> torch.optim.Adam:
    """Adam whose decay of the weights, not of the biases, is the slope of lambda / (2 m_train) * sum W^2."""
    weights = [p for p in model.parameters() if p.ndim == 2]
    biases = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": L2_LAMBDA / m_train}, {"params": biases}]
    return torch.optim.Adam(groups, lr=LEARNING_RATE, fused=True)
