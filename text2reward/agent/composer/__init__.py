"""The composer: a coder that needs no language model."""

from __future__ import annotations

from text2reward.agent.composer.composer import Composer

__all__ = ["Composer"]
