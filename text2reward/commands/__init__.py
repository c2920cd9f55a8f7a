"""The commands of the command line: what each takes. What they do stands in the terminal room."""
