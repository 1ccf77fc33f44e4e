"""The command tree of `firebreak`, in plain sight. A command's module is loaded only when it runs, so that `check` starts fast.

What is written here of a command is the first line of its own help, so that listing them loads none.

The `incident` commands are the same commands as everywhere else, sent to a server over HTTP.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand
from typer.main import get_command

from api.cli.trouble import Commands, Trouble


def _check() -> Callable[..., None]:
    from api.cli.check import check

    return check


def _fmt() -> Callable[..., None]:
    from api.cli.fmt import fmt

    return fmt


def _new() -> Callable[..., None]:
    from api.cli.new import new

    return new


def _schema() -> Callable[..., None]:
    from api.cli.schema import schema

    return schema


def _graph() -> Callable[..., None]:
    from api.cli.graph import graph

    return graph


def _diff() -> Callable[..., None]:
    from api.cli.diff import diff

    return diff


def _explain() -> Callable[..., None]:
    from api.cli.explain import explain

    return explain


def _test() -> Callable[..., None]:
    from api.cli.stories import play_stories

    return play_stories


def _simulate() -> Callable[..., None]:
    from api.cli.simulate import simulate

    return simulate


def _export() -> Callable[..., None]:
    from api.cli.exchange import export_playbook

    return export_playbook


def _import() -> Callable[..., None]:
    from api.cli.exchange import import_file

    return import_file


def _verify() -> Callable[..., None]:
    from api.cli.verify import verify

    return verify


def _incident() -> typer.Typer:
    commands = {**_looks(), **_steps(), **_course()}
    return _group("Start, work and watch incidents on a server (FIREBREAK_SERVER, FIREBREAK_TOKEN).", commands)


def _looks() -> dict[str, Callable[..., None]]:
    from api.cli import incident

    return {
        "declare": incident.declare,
        "list": incident.list_incidents,
        "show": incident.show,
        "steps": incident.steps,
        "step": incident.step,
        "timeline": incident.timeline,
        "deliveries": incident.deliveries,
        "retry": incident.retry,
    }


def _steps() -> dict[str, Callable[..., None]]:
    from api.cli import incident_steps

    return {
        "start": incident_steps.start,
        "tick": incident_steps.tick,
        "complete": incident_steps.complete,
        "skip": incident_steps.skip,
        "assign": incident_steps.assign,
        "answer": incident_steps.answer_step,
        "submit": incident_steps.submit,
        "approve": incident_steps.approve,
        "reject": incident_steps.reject,
        "withdraw": incident_steps.withdraw,
        "confirm": incident_steps.confirm,
        "decline": incident_steps.decline,
        "snooze": incident_steps.snooze,
        "evidence": incident_steps.evidence,
        "record": incident_steps.record,
        "comment": incident_steps.comment,
    }


def _course() -> dict[str, Callable[..., None]]:
    from api.cli import incident_course

    return {
        "raise": incident_course.raise_severity,
        "lower": incident_course.lower_severity,
        "contain": incident_course.contain,
        "close": incident_course.close,
        "cancel": incident_course.cancel,
        "reopen": incident_course.reopen,
        "note": incident_course.note,
        "add-task": incident_course.add_task,
        "fill": incident_course.fill,
        "add": incident_course.add,
        "metrics": incident_course.metrics,
        "hold": incident_course.hold,
        "release": incident_course.release,
        "merge": incident_course.merge,
        "restrict": incident_course.restrict,
        "migrate": incident_course.migrate,
        "invite": incident_course.invite,
        "name": incident_course.name_role,
        "acknowledge": incident_course.acknowledge,
        "hand-over": incident_course.hand_over,
    }


def _serve() -> Callable[..., None]:
    from api.cli.serve import serve

    return serve


def _worker() -> Callable[..., None]:
    from api.cli.serve import work

    return work


def _token() -> typer.Typer:
    from api.cli import token

    commands: dict[str, Callable[..., None]] = {
        "create": token.create,
        "list": token.list_all,
        "rotate": token.rotate,
        "revoke": token.revoke,
    }
    return _group("Make, list, rotate and revoke API tokens.", commands)


def _db() -> typer.Typer:
    from api.cli.copying import copy_database
    from api.cli.database import check_database, upgrade_database

    return _group("Look after the database.", {"upgrade": upgrade_database, "check": check_database, "copy": copy_database})


def _backup() -> Callable[..., None]:
    from api.cli.backup import backup

    return backup


def _pack() -> Callable[..., None]:
    from api.cli.pack import pack

    return pack


def _restore() -> Callable[..., None]:
    from api.cli.backup import restore

    return restore


def _keys() -> typer.Typer:
    from api.cli import rotation

    return _group("Change the secret that seals what is personal.", {"rotate": rotation.rotate, "status": rotation.status})


def _audit() -> typer.Typer:
    from api.cli.database import verify_audit

    return _group("Check the stored history.", {"verify": verify_audit})


def _erase() -> Callable[..., None]:
    from api.cli.database import erase

    return erase


def _slack() -> typer.Typer:
    from api.cli.slack import print_manifest

    return _group("Set up the way to Slack.", {"manifest": print_manifest})


def _demo() -> Callable[..., None]:
    from api.cli.demo import demo

    return demo


COMMANDS: Final[Mapping[str, Callable[[], Callable[..., None] | typer.Typer]]] = {
    "check": _check,
    "verify": _verify,
    "explain": _explain,
    "graph": _graph,
    "diff": _diff,
    "fmt": _fmt,
    "new": _new,
    "schema": _schema,
    "test": _test,
    "simulate": _simulate,
    "export": _export,
    "import": _import,
    "incident": _incident,
    "serve": _serve,
    "worker": _worker,
    "token": _token,
    "slack": _slack,
    "db": _db,
    "backup": _backup,
    "restore": _restore,
    "pack": _pack,
    "keys": _keys,
    "audit": _audit,
    "erase": _erase,
    "demo": _demo,
}


ABOUT: Final[Mapping[str, str]] = {
    "check": "Check playbooks and organisation files; exit 0 when sound, 1 with errors, 2 when it could not look.",
    "verify": "Prove the policies of a playbook over every path; exit 0 when all hold, 1 with a story where one does not.",
    "explain": "Explain a code that `firebreak check` reports, with an example and what to write instead.",
    "graph": "Draw a playbook, or write its plan in plain words; exit 1 when the playbook has errors.",
    "diff": "Say in words what changed between two playbooks; exit 0 when nothing did, 1 when something did, 2 when one has errors.",
    "fmt": "Format playbooks: one style, comments kept, meaning untouched.",
    "new": "Write a first playbook that checks and proves, with notes that teach.",
    "schema": "Give the JSON Schema (2020-12) of a playbook or of the organisation file.",
    "test": "Play the stories beside playbooks, and say which branches none of them tells.",
    "simulate": "Run a playbook ahead many times: how likely is each deadline, who is the bottleneck, what would help.",
    "export": "Write a playbook for other tools: the same playbook always gives the same bytes.",
    "import": "Make a playbook of another tool's file, or bring our own export back byte for byte.",
    "incident": "Start, work and watch incidents on a server (FIREBREAK_SERVER, FIREBREAK_TOKEN).",
    "serve": "Serve HTTP, Slack and the worker, in one process or several. The first run prints an admin token, once.",
    "worker": "Only send what is owed and act when time passes, without serving HTTP.",
    "token": "Make, list, rotate and revoke API tokens.",
    "slack": "Set up the way to Slack.",
    "db": "Look after the database.",
    "backup": "Copy the whole database into one file, also while the server runs; checked before it gets its name. Exit 1 with findings.",
    "restore": "Check a backup and put it where this machine's settings say that the database is; the server must be stopped.",
    "audit": "Check the stored history.",
    "keys": "Change the secret that seals what is personal.",
    "erase": "Destroy the key that everything personal about somebody is sealed with. It can't be undone.",
    "pack": "Write the offline pack now (FIREBREAK_PACK_FOLDER, FIREBREAK_PACK_PASSPHRASE) and say where; beside a running server, too.",
    "demo": "Watch one incident from the first clip to the last follow-up, on a throw-away database.",
}
"""What each command is for."""


def _group(about: str, commands: Mapping[str, Callable[..., None]]) -> typer.Typer:
    group = typer.Typer(help=about, no_args_is_help=True, add_completion=False)
    group.callback()(_stay_a_group)
    for name, command in commands.items():
        group.command(name)(command)
    return group


def _stay_a_group() -> None:
    """Keep Typer from taking a group of one command for that command."""


class Late(TyperCommand):
    """A command by its name and the first line of its help; the rest is loaded when it is called."""

    def __init__(self, name: str) -> None:
        super().__init__(name, help=ABOUT[name])

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        command = built(str(self.name), COMMANDS[str(self.name)]())
        return command.make_context(info_name, args, parent, **extra)


class Firebreak(Commands):
    """Finds a command by its name, and only then loads it."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            near = get_close_matches(cmd_name, COMMANDS, n=1)
            advice = f"did you mean {near[0]}?" if near else "'firebreak --help' lists them"
            raise Trouble(f"there is no command '{cmd_name}'; {advice}")
        return Late(cmd_name)


def built(name: str, command: Callable[..., None] | typer.Typer) -> Any:
    """Make what Typer runs of a function or of a group of them."""
    if isinstance(command, typer.Typer):
        group = get_command(command)
        group.name = name
        return group
    single = typer.Typer(add_completion=False)
    single.command(name)(command)
    return get_command(single)


def _say_version(wanted: bool) -> None:
    if wanted:
        from api.release import release

        typer.echo(f"firebreak {release()}")
        raise typer.Exit


def firebreak(
    _: Annotated[bool, typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)] = False,
) -> None:
    """Playbooks for viral incidents: who does what, by when, and who must approve before anything is said."""


app = typer.Typer(cls=Firebreak, no_args_is_help=True, pretty_exceptions_enable=False)
app.callback()(firebreak)
