"""From files to tables: one module for each kind of file.

A reader of tables returns a `Sheet`, a frame with names, and `columns` says what its cells mean; readers of arrays
return a `Table` themselves.
"""
