"""A folder of reward programs that worked, as plain files that people can share."""

from text2reward.agent.library.library import VARIABLE, Entry, Library, library_folder, search

__all__ = ["VARIABLE", "Entry", "Library", "library_folder", "search"]
