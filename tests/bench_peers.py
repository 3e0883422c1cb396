# SPDX-License-Identifier: MIT
# The models of tests/bench_peers.c in PyTorch, and how long torch.autograd.gradcheck takes for them,
# on one core, in double: every entry, and one projection (fast_mode). A line each:
#     MODEL WEIGHTS ENTRY_MS PROJECTION_MS
# The median of several runs. The loss is a scalar in both languages: the outputs times fixed
# random numbers.
import statistics
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(1)
torch.set_default_dtype(torch.float64)


def parameters(*shapes):
    return [torch.randn(shape).mul_(0.5).requires_grad_() for shape in shapes]


def lstm(T, D, H):
    x = torch.randn(T, 1, D)
    zero = torch.zeros(1, 1, H)
    up = torch.randn(T, 1, H)
    none = torch.zeros(4 * H)

    def loss(W, U, b):
        h, _, _ = torch._VF.lstm(x, (zero, zero), [W, U, b, none], True, 1, 0.0, False, False, False)
        return (h * up).sum()

    return loss, parameters((4 * H, D), (4 * H, H), (4 * H,))


def attention(T, D):
    up = torch.randn(T, D)

    def loss(q, k, v):
        return (torch.softmax(q @ k.T / D**0.5, 1) @ v * up).sum()

    return loss, parameters((T, D), (T, D), (T, D))


def additive(T, H):
    s = torch.randn(H)
    h = torch.randn(T, H)
    up = torch.randn(H)

    def loss(W, U, v):
        w = torch.softmax(torch.tanh(W @ s + h @ U.T) @ v, 0)
        return (w @ h * up).sum()

    return loss, parameters((H, H), (H, H), (H,))


def milliseconds(run, times):
    taken = []
    for _ in range(times):
        begin = time.process_time()
        run()
        taken.append(1000 * (time.process_time() - begin))
    return statistics.median(taken)


MODELS = (
    ("lstm-3-4-5", lstm(5, 3, 4)),
    ("lstm-8-16-10", lstm(10, 8, 16)),
    ("attention-8-16", attention(8, 16)),
    ("additive-8-16", additive(8, 16)),
)

for name, (loss, inputs) in MODELS:
    check = torch.autograd.gradcheck
    every = milliseconds(lambda: check(loss, inputs), 5)
    fast = milliseconds(lambda: check(loss, inputs, fast_mode=True), 25)
    print(name, sum(x.numel() for x in inputs), every, fast, flush=True)
