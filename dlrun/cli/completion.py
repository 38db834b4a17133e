"""What Typer's completion lacks, found by typing in the shells themselves: one line for zsh, and Nushell."""

from typer import _completion_shared as typer_scripts

# The first time, zsh reads the file in order to complete, which Typer's only gets ready for: the first Tab of a session
# did nothing.
ZSH_AT_ONCE = """
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  %(complete_func)s "$@"
fi
"""

# Where nothing is found, null lets Nushell complete files. The answers come in the form that fish has.
NUSHELL = """
def "nu-complete %(prog_name)s" [words: list<string>] {
  let asked = {
    %(autocomplete_var)s: complete_fish
    _TYPER_COMPLETE_FISH_ACTION: get-args
    _TYPER_COMPLETE_ARGS: ($words | str join " ")
  }
  let lines = with-env $asked { ^%(prog_name)s } | lines | where $it != ""
  if ($lines | is-empty) { null } else { $lines | split column "\\t" value description }
}

@complete "nu-complete %(prog_name)s"
extern %(prog_name)s []
"""


def add_scripts() -> None:
    """Let Typer know the scripts that it lacks. A Typer that keeps its own elsewhere goes on with those."""
    scripts = getattr(typer_scripts, "_completion_scripts", {})
    if "zsh" in scripts:
        scripts |= {"zsh": f"{scripts['zsh'].rstrip()}\n{ZSH_AT_ONCE}", "nu": NUSHELL}
