"""Language models, coders and the loop."""
