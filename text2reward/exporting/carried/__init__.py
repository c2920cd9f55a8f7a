"""Source files that an export is put together from.

They import nothing of this package that is not carried along, and are rewritten only where they import one another; see
:mod:`text2reward.exporting.assemble`.
"""
