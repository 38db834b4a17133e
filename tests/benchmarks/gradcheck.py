"""`python -m tests.benchmarks.gradcheck confusion | nets | timing`: is the gradient check right, and is it fast?

`confusion` plants every bug in every net that it fits and prints what the check made of it; `nets` looks for a false
alarm in random correct nets; `timing` measures the block-wise differences beside the loop over parameters and, where
PyTorch is installed, torch.autograd.gradcheck. One core, float64; those that are compared take turns, A B A B.
"""

import argparse
import os
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy loads
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np  # noqa: E402
from gradcheck_faults import FAULTS  # noqa: E402
from gradcheck_nets import KINDS, problem_of, random_problem, score  # noqa: E402

from dlrun.gradcheck import BlockDifferences, check_problem, loop_gradient  # noqa: E402

RANDOM_NETS = 1000
COUNTED = ("at_first", "caught", "named", "hinted")
# Sizes, examples: the nets that the figures in the README are about.
TIMED = [((64, 64, 64, 10), 8), ((784, 128, 64, 10), 8), ((784, 128, 64, 10), 32)]
LONG = ((32,) * 150 + (10,), 8)


def confusion(options) -> int:
    """A row a bug: nets it was planted in, seen in the first situation, caught, named, hinted, and the first hints."""
    totals, rows = Counter(), []
    for fault in FAULTS:
        nets = [kind for kind in KINDS if fault.fits(kind.activation, kind.loss)]
        scores = [score(fault, kind, seed) for kind in nets for seed in range(options.seeds)]
        counts = [len(scores), *(sum(getattr(s, name) for s in scores) for name in COUNTED)]
        totals.update(dict(zip(("planted", *COUNTED), counts, strict=True)))
        hints = Counter(s.first_hint or "none" for s in scores)
        rows.append((fault.name, *counts, ", ".join(f"{hint} {n}" for hint, n in hints.most_common())))
    clean = [kind.check(None, seed) for kind in KINDS for seed in range(options.seeds)]
    print(f"{'planted bug':46}{'planted':>9}" + "".join(f"{name:>9}" for name in COUNTED) + "  first hint")
    for name, *counts, hints in rows:
        print(f"{name:46}" + "".join(f"{n:9}" for n in counts) + f"  {hints}")
    print(f"{f'all {len(FAULTS)}':46}" + "".join(f"{totals[k]:9}" for k in ("planted", *COUNTED)))
    alarms = sum(report.verdict == "fail" for report in clean)
    share = totals["hinted"] / totals["planted"]
    print(f"hinted {share:.1%}; without a bug: {len(clean)} nets, {alarms} alarms")
    return int(totals["caught"] < totals["planted"] or totals["named"] < totals["planted"] or share < 0.8 or alarms > 0)


def nets(options) -> int:
    """Verdicts on random correct nets, net by net and tensor by tensor."""
    by_net, by_tensor, kinks = Counter(), Counter(), 0
    for seed in range(options.nets):
        report = check_problem(random_problem(seed))
        by_net[report.verdict] += 1
        by_tensor.update(tensor.verdict for tensor in report.tensors)
        kinks += report.n_kinks
        if report.verdict == "fail":
            print(f"false alarm: seed {seed}, {[tensor.name for tensor in report.failed]}")
    print(f"{options.nets} random correct nets: {dict(by_net)}; tensors: {dict(by_tensor)}; {kinks} kinks")
    return int(by_net["fail"] > 0)


def seconds_of(contestants: dict, rounds: int) -> dict[str, list[float]]:
    """Processor seconds of each contestant, in turns: each is one thread, and the machine may have other work."""
    taken = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            began = time.process_time()
            run()
            taken[name].append(time.process_time() - began)
    return taken


def timed_problem(sizes, m, activation):
    return problem_of(sizes, activation, "softmax", rng=np.random.default_rng(0), m=m)


def torch_check(problem, *, fast: bool):
    """torch.autograd.gradcheck of the same net at the same point, or None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    X, Y = torch.tensor(problem.X), torch.tensor(problem.Y)
    tensors = [torch.tensor(t, requires_grad=True) for t in problem.parameters.tensors().values()]
    activation = getattr(torch, problem.network.activation)

    def cost(*flat):
        A = X
        for W, b in zip(flat[:-2:2], flat[1:-2:2], strict=True):
            A = activation(A @ W + b)
        return torch.nn.functional.cross_entropy(A @ flat[-2] + flat[-1], Y)

    return lambda: torch.autograd.gradcheck(cost, tensors, eps=1e-5, atol=1e-6, fast_mode=fast)


def timing(options) -> int:
    """Seconds and ratios, every parameter checked by each but the fast mode, which checks one random direction."""
    for sizes, m in TIMED[: 1 if options.quick else None]:
        problem = timed_problem(sizes, m, options.activation)
        n, everything = problem.parameters.flat.size, np.arange(problem.parameters.flat.size)
        blocks = BlockDifferences(problem).of(everything, 1e-5).slope
        loop = loop_gradient(problem, 1e-5)
        contestants = {
            "dlrun": lambda p=problem: check_problem(p),
            "dlrun, differences alone": lambda p=problem, e=everything: BlockDifferences(p).of(e, 1e-5),
            "loop": lambda p=problem: loop_gradient(p, 1e-5),
        }
        slow, fast = torch_check(problem, fast=False), torch_check(problem, fast=True)
        if slow and (m <= 8 or options.slow):
            contestants["torch slow"] = slow
        if fast:
            contestants["torch fast (one direction)"] = fast
        taken = seconds_of(contestants, options.rounds)
        print(
            f"{'-'.join(map(str, sizes))}, {options.activation}, {m} examples, {n} parameters, {options.rounds} rounds"
        )
        print(f"  agreement with the loop {np.abs(blocks - loop).max():.1e}")
        for name, seconds in taken.items():
            ratio = statistics.median(its / ours for its, ours in zip(seconds, taken["dlrun"], strict=True))
            print(f"  {name:28}{statistics.median(seconds):10.3f} s{ratio:10.1f} x dlrun")
    if not options.quick:
        problem = timed_problem(*LONG, options.activation)
        began = time.perf_counter()
        report = check_problem(problem)
        taken = time.perf_counter() - began
        print(
            f"150 layers of width 32, {options.activation}, 8 examples, {report.n_parameters} parameters: {taken:.1f} s"
        )
        print(f"  {report.verdict}, relative difference {report.relative_difference:.1e}, {report.n_kinks} kinks")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(required=True)
    for verb in (confusion, nets, timing):
        command = verbs.add_parser(verb.__name__, help=verb.__doc__.splitlines()[0])
        command.set_defaults(run=verb)
        if verb is confusion:
            command.add_argument("--seeds", type=int, default=3)
        elif verb is nets:
            command.add_argument("--nets", type=int, default=RANDOM_NETS)
        else:
            command.add_argument("--rounds", type=int, default=2)
            command.add_argument("--activation", default="relu", choices=["relu", "tanh", "sigmoid"])
            command.add_argument("--quick", action="store_true", help="the smallest net alone")
            command.add_argument("--slow", action="store_true", help="torch's slow mode on 32 examples too")
    options = parser.parse_args()
    return options.run(options)


if __name__ == "__main__":
    raise SystemExit(main())
