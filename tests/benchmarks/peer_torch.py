"""Contestant: PyTorch eager on the processor, by a hand-written loop (no DataLoader) and the fused Adam.

Choices that favour PyTorch: the fused optimizer; L2 as the optimizer's weight decay, on weights only, which has the
same slope but leaves the penalty out of the recorded cost, saving a pass; index_select, its quickest gather.
"""

import torch
from torch import nn

from .shapes import KEEP_PROB, L2_LAMBDA, LEARNING_RATE, SEED, Shape, examples, initial_weights, targets


def make(shape: Shape):
    X, Y = tensors(*prepared(shape))
    return epochs_of(shape, lambda: gathered(shape, X, Y))


def prepared(shape: Shape):
    X, classes = examples(shape)
    return X, targets(shape, classes)


def tensors(X, Y) -> tuple[torch.Tensor, torch.Tensor]:
    """The same memory, as tensors."""
    return torch.from_numpy(X), torch.from_numpy(Y)


def epochs_of(shape: Shape, batches):
    """run(epochs) of a new model; batches() yields the X and Y of each batch of an epoch, reshuffled."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    loss_function = nn.BCEWithLogitsLoss() if shape.binary else nn.CrossEntropyLoss()
    model = network(shape).train()
    optimizer = adam(model, shape.rows)
    costs = []

    def run(epochs: int) -> None:
        for _ in range(epochs):
            losses = [step(model, optimizer, loss_function, X, Y) for X, Y in batches()]
            costs.append(sum(losses) / len(losses))

    return run


def gathered(shape: Shape, X, Y):
    """Each batch of an epoch, by index; the full batch as it is, since dlrun does not shuffle it either."""
    if shape.batch == shape.rows:
        yield X, Y
        return
    for rows in torch.randperm(shape.rows).split(shape.batch):
        yield X.index_select(0, rows), Y.index_select(0, rows)


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
