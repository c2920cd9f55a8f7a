"""Loads, before a trainer is forked, what PyTorch loads at its first optimiser step: two seconds each time."""

from __future__ import annotations

import torch
import torch.utils.tensorboard

torch.set_num_threads(1)
# No backward pass here: its threads would not survive the fork.
_parameter = torch.nn.Parameter(torch.zeros(1))
_parameter.grad = torch.zeros(1)
torch.optim.Adam([_parameter]).step()
