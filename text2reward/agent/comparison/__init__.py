"""Runs and programs side by side."""

from text2reward.agent.comparison.compare import compare
from text2reward.agent.comparison.result import Comparison

__all__ = ["Comparison", "compare"]
