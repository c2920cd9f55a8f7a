"""Runs and candidates to work with in Python and in a notebook."""
