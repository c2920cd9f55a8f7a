"""Taking a reward home: a folder that needs this package no more."""
