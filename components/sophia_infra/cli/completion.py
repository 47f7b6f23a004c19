"""`sophia completion`: what a shell reads to complete this command; it asks the table of subcommands itself."""

import click

from sophia_infra.cli.command import Command

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_SOPHIA_COMPLETE"
"""The variable by which a shell asks: click has it of the command's name."""


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """What a shell reads to complete subcommands, options, formats and file names.

    exit codes: 0 printed, 2 wrong usage

    examples:
      eval "$(sophia completion bash)"       # in ~/.bashrc; bash 4.4 or newer
      eval "$(sophia completion zsh)"        # in ~/.zshrc
      sophia completion fish | source        # in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class  # no other subcommand needs it

    root = ctx.find_root()
    if found := get_completion_class(shell):
        print(found(root.command, {}, str(root.info_name), VARIABLE).source())
    return 0
