"""How fast dlrun is, and how much memory it takes, beside other ways to train the same network.

Run by hand, from the project's root; nothing here is timed by the tests. Four commands: `engine` (a step against the
peers), `scaling` (how a step grows), `large` (a million rows) and `cold` (the whole command, start to exit).
"""
