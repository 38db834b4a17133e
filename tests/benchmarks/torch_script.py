"""What one would write in PyTorch instead of `dlrun train configs/digits.yaml`: a script for `cold` to run.

`python torch_script.py SETTINGS`, the settings being the config's own, as JSON, so that both train the same network for
the same epochs. In its favour: it splits and scales by hand, since importing scikit-learn's splitters and scalers is
slow; it writes no run folder, measures no intervals and gives no diagnosis.
"""

import itertools
import json
import sys

import torch
from sklearn.datasets import load_digits
from torch import nn


def main(settings: dict) -> None:
    torch.manual_seed(settings["seed"])
    train, dev = split_and_scaled(settings["train_share"], settings["dev_share"])
    model = network((train[0].shape[1], *settings["hidden"], 10), settings["keep_probs"])
    optimizer = adam(model, settings, len(train[0]))
    for epoch in range(settings["epochs"]):
        run_epoch(model, optimizer, *train, settings["batch_size"])
        if (epoch + 1) % settings["evaluate_every"] == 0 or epoch + 1 == settings["epochs"]:
            train_error, dev_error = error(model, *train), error(model, *dev)
    print(f"train error {train_error:.1%}, dev error {dev_error:.1%}")


def split_and_scaled(train_share: float, dev_share: float):
    """(X, Y) of train and dev, scaled by the training rows' mean and sigma; constant inputs are left alone."""
    X, Y = load_digits(return_X_y=True)
    X, Y = torch.tensor(X, dtype=torch.float32), torch.tensor(Y)
    order = torch.randperm(len(X))
    n_train, n_dev = round(train_share * len(X)), round(dev_share * len(X))
    train, dev = order[:n_train], order[n_train : n_train + n_dev]
    mean, sigma = X[train].mean(0), X[train].std(0, correction=0)
    X = (X - mean) / torch.where(sigma > 0, sigma, 1.0)
    return (X[train], Y[train]), (X[dev], Y[dev])


def network(sizes: tuple[int, ...], keep_probs: list[float]) -> nn.Sequential:
    layers = []
    for i, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        linear = nn.Linear(n_in, n_out)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers.append(linear)
        if i < len(sizes) - 2:
            layers.append(nn.ReLU())
            if keep_probs[i] < 1:
                layers.append(nn.Dropout(1 - keep_probs[i]))
    return nn.Sequential(*layers)


def adam(model: nn.Module, settings: dict, m_train: int) -> torch.optim.Adam:
    weights = [p for p in model.parameters() if p.ndim == 2]
    biases = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": settings["lambda"] / m_train}, {"params": biases}]
    return torch.optim.Adam(groups, lr=settings["learning_rate"], fused=True)


def run_epoch(model: nn.Module, optimizer, X, Y, batch_size: int) -> float:
    """Returns the epoch's mean loss."""
    model.train()
    total = 0.0
    for rows in torch.randperm(len(X)).split(batch_size):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X[rows]), Y[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    return total / len(X)


@torch.no_grad()
def error(model: nn.Module, X, Y) -> float:
    model.eval()
    return (model(X).argmax(1) != Y).float().mean().item()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
