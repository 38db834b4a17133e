"""Writes the logs of this folder with the packages themselves; README.md says which versions wrote those that are kept.

Not a test: `python tests/elsewhere/write_logs.py FOLDER` needs keras, torch, lightning, tensorboard, scikit-learn and
transformers, which dlrun does not.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import numpy as np
import torch

EPOCHS = 30


def noisy_rows(rows, seed, columns=8):
    """Rows (rows, columns) and classes (rows,) of which a fifth is drawn at random."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, columns)).astype(np.float32)
    y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(np.int64)
    drawn = rng.random(rows) < 0.2
    y[drawn] = rng.integers(0, 2, int(drawn.sum()))
    return X, y


TRAIN, DEV = noisy_rows(120, 0), noisy_rows(300, 1)


def keras_csv(folder):
    """An overfitted network, and one that leaves the finite numbers; dev measured every third epoch in one of them."""
    import keras

    def fit(path, rate, epochs, every=1, **settings):
        keras.utils.set_random_seed(0)
        layers = keras.layers
        model = keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(1, **settings)])
        loss = "binary_crossentropy" if settings else "mean_squared_error"
        optimizer = keras.optimizers.Adam(rate) if settings else keras.optimizers.SGD(rate)
        model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"] if settings else [])
        model.fit(
            *(part.astype("float32") for part in TRAIN),
            validation_data=DEV,
            validation_freq=every,
            batch_size=16,
            epochs=epochs,
            verbose=0,
            callbacks=[keras.callbacks.CSVLogger(str(path))],
        )

    fit(folder / "keras_overfitted.csv", 0.01, EPOCHS, activation="sigmoid")
    fit(folder / "keras_sparse.csv", 0.001, 12, every=3, activation="sigmoid")
    fit(folder / "keras_diverged.csv", 0.6, 8)


def lightning_logs(folder):
    """The CSV and the events of one training; train figures a step, dev figures an epoch."""
    import lightning
    from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
    from torch.utils.data import DataLoader, TensorDataset

    class Net(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))

        def figures(self, batch, split, **how):
            X, y = batch
            Z = self.net(X)
            loss = torch.nn.functional.cross_entropy(Z, y)
            self.log(f"{split}_loss", loss, **how)
            self.log(f"{split}_acc", (Z.argmax(1) == y).float().mean(), on_step=False, on_epoch=True)
            return loss

        def training_step(self, batch, _):
            return self.figures(batch, "train", on_step=True, on_epoch=True)

        def validation_step(self, batch, _):
            self.figures(batch, "val")

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), 3e-3)

    sets = [TensorDataset(*(torch.from_numpy(part) for part in rows)) for rows in (TRAIN, DEV)]
    lightning.seed_everything(0, verbose=False)
    with tempfile.TemporaryDirectory() as kept:
        loggers = [CSVLogger(kept, name="csv", version=0), TensorBoardLogger(kept, name="events", version=0)]
        trainer = lightning.Trainer(
            max_epochs=10,
            accelerator="cpu",
            logger=loggers,
            log_every_n_steps=5,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        trainer.fit(Net(), DataLoader(sets[0], batch_size=16, shuffle=True), DataLoader(sets[1], batch_size=100))
        shutil.copy(Path(kept, "csv", "version_0", "metrics.csv"), folder / "lightning_metrics.csv")
        events = next(Path(kept, "events", "version_0").glob("events.out.tfevents.*"))
        shutil.copy(events, folder / "lightning.tfevents")


def torch_events(folder):
    """Events of torch.utils.tensorboard: plain scalars, scalars as tensors, and a folder for each split."""
    from torch.utils.tensorboard import SummaryWriter

    def write(path, tags, new_style):
        shutil.rmtree(path, ignore_errors=True)
        with SummaryWriter(str(path)) as writer:
            for epoch in range(1, 21):
                figures = (1.5 * 0.8**epoch + 0.1, 0.5 + 0.02 * epoch)
                for tag, figure in zip(tags, figures, strict=True):
                    writer.add_scalar(tag, figure, epoch, walltime=float(epoch), new_style=new_style)
        for file in path.glob("events*"):
            file.rename(path / "torch.tfevents")

    write(folder / "torch_plain", ("Loss/train", "Accuracy/val"), False)
    write(folder / "torch_tensors", ("Loss/train", "Accuracy/val"), True)
    write(folder / "two_folders" / "train", ("epoch_loss", "epoch_accuracy"), True)
    write(folder / "two_folders" / "validation", ("epoch_loss", "epoch_accuracy"), True)


def sklearn_curves(folder):
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((32,), early_stopping=True, n_iter_no_change=10, max_iter=80, random_state=0).fit(*DEV)
    curves = {"loss_curve_": model.loss_curve_, "validation_scores_": [float(one) for one in model.validation_scores_]}
    (folder / "sklearn_curves.json").write_text(json.dumps(curves) + "\n")
    (folder / "sklearn_loss_curve.json").write_text(json.dumps(model.loss_curve_) + "\n")
    np.save(folder / "sklearn_loss_curve.npy", model.loss_curve_)
    np.savetxt(folder / "sklearn_loss_curve.csv", model.loss_curve_)


def trainer_state(folder):
    """Hugging Face's Trainer on a net of two layers."""
    from transformers import Trainer, TrainingArguments
    from transformers.modeling_outputs import SequenceClassifierOutput

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))

        def forward(self, inputs, labels):
            logits = self.net(inputs)
            return SequenceClassifierOutput(loss=torch.nn.functional.cross_entropy(logits, labels), logits=logits)

    def rows(part):
        return [{"inputs": x, "labels": y} for x, y in zip(*part, strict=True)]

    with tempfile.TemporaryDirectory() as kept:
        arguments = TrainingArguments(
            kept,
            num_train_epochs=6,
            per_device_train_batch_size=16,
            learning_rate=3e-3,
            eval_strategy="epoch",
            logging_steps=4,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            seed=0,
        )
        trainer = Trainer(
            Net(),
            arguments,
            train_dataset=rows(TRAIN),
            eval_dataset=rows(DEV),
            compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(1) == p.label_ids).mean())},
        )
        trainer.train()
        trainer.state.save_to_json(str(folder / "trainer_state.json"))


WRITERS = (keras_csv, lightning_logs, torch_events, sklearn_curves, trainer_state)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for write in WRITERS:
        write(folder)


if __name__ == "__main__":
    main()
