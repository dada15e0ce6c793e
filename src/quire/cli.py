"""The `quire` command."""

from __future__ import annotations

import asyncio
import gc
import getpass
import math
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from email_validator import EmailNotValidError, validate_email
from pydantic import TypeAdapter, ValidationError

from quire import __version__
from quire.settings import Settings, SettingsError, read_settings, unknown_variables
from quire.validation import reason_of

if TYPE_CHECKING:
    from quire.server.services import Services

app = typer.Typer(
    help="Documents that many people write at once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
user = typer.Typer(help="People.", no_args_is_help=True)
token = typer.Typer(help="API tokens.", no_args_is_help=True)
app.add_typer(user, name="user")
app.add_typer(token, name="token")

# No path yet: of an empty one, as an unset variable of a script gives, that would make the current folder.
DataOption = Annotated[
    str | None, typer.Option("--data", metavar="FOLDER", help="The data folder; default: QUIRE_DATA, or ./data.")
]
UNFINISHED = 3
"""Exit status of a check that found nothing and came not to its end; 2 is that of a wrong command line."""
PortOption = Annotated[int | None, typer.Option(min=0, max=65535, help="Port; default: QUIRE_PORT, or 8000.")]


def _settings(data: str | None, host: str | None = None, port: int | None = None, *, remarks: bool = True) -> Settings:
    for unknown in unknown_variables(os.environ) if remarks else ():
        typer.echo(unknown, err=True)
    try:
        return read_settings(data=data, host=host, port=port)
    except SettingsError as error:
        raise _fail(str(error)) from None


def _fail(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(1)


@asynccontextmanager
async def _storage(data: str | None) -> AsyncIterator[Services]:
    """Open the catalogue, beside a server of this release perhaps; under any other it stays as it is."""
    from quire.ops.folder import CATALOGUE, CannotStart, DataFolderBusy
    from quire.server.services import Services

    services = Services(_settings(data))
    folder, database = services.folder, services.database
    try:
        with folder.opening(CATALOGUE):
            if not await database.current():
                try:
                    folder.lock()
                except DataFolderBusy:
                    raise CannotStart(
                        f"{folder.path.resolve()} is served by an older release of Quire, or by a server that is just "
                        "starting. Stop it, or wait until it has started, and run this again."
                    ) from None
                await database.migrate()
                folder.unlock()
        yield services
    finally:
        await database.close()


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Documents that many people write at once."""
    # Text, accounts and the key are for the server's own user.
    os.umask(0o077)
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; default: QUIRE_HOST, or 127.0.0.1. All: 0.0.0.0.")
    ] = None,
    port: PortOption = None,
    data: DataOption = None,
) -> None:
    """Serve documents until stopped."""
    # Modules are read by the hundred and none of them is garbage; the server starts the collector again.
    gc.disable()
    from quire.server.process import serve as run

    run(_settings(data, host, port, remarks=False))


@user.command("create")
def user_create(
    email: str,
    name: Annotated[str | None, typer.Option(help="The person's name; default: from the address.")] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    data: DataOption = None,
) -> None:
    """Make an account; the first one owns the workspace."""
    from quire.accounts.passwords import Password
    from quire.accounts.service import EmailTaken
    from quire.http.forms import Name

    address = _email(email)
    called = _field(TypeAdapter(Name), name or address.split("@")[0], "The name cannot be used", "No account was made.")
    password = _line() if password_stdin else _prompt("Password: ")
    password = _field(TypeAdapter(Password), password, "The password cannot be used", "No account was made.")
    if not password_stdin and _prompt("The same again: ") != password:
        raise _fail("The two passwords differ. No account was made.")

    async def work() -> str:
        async with _storage(data) as services:
            first = not await services.people.any()
            await services.spaces.add(address, called, password)
            kind = "the first account, which owns the workspace" if first else "a member of the workspace"
            return f"Created {address} in {services.folder.path.resolve()}: {kind}."

    try:
        typer.echo(asyncio.run(work()))
    except EmailTaken:
        raise _fail(f"There is an account with the address {address} already. Nothing was changed.") from None


@token.command("create")
def token_create(
    email: str,
    scope: Annotated[list[str] | None, typer.Option(help="documents:read or documents:write; repeatable.")] = None,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    expires: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Days until it expires; default: never.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Make an API token and print it, once."""
    from quire.accounts.api_tokens import UnknownScope
    from quire.accounts.service import UnknownAccount
    from quire.http.forms import Name

    name = _field(TypeAdapter(Name), name, "The name cannot be used", "No token was made.")
    until = datetime.now(UTC) + timedelta(days=expires) if expires is not None else None
    address = _email(email)
    folder = _settings(data).data
    _require_folder(folder)

    async def work() -> str:
        async with _storage(data) as services:
            account = await services.people.by_email(address)
            moment = int(until.timestamp() * 1_000_000) if until else None
            secret, _ = await services.people.tokens.create(account.id, name, scope or [], moment)
            return secret

    try:
        typer.echo(asyncio.run(work()))
    except UnknownAccount:
        raise _fail(
            f"There is no account with the address {address} in {folder.resolve()}. `quire user create {address}` "
            "makes one."
        ) from None
    except UnknownScope as error:
        raise _fail(f"No token was made: --scope {error}.") from None


@app.command()
def doctor(
    data: DataOption = None,
    port: PortOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Check all that is stored, however long it takes.")] = False,
    unused: Annotated[
        bool, typer.Option("--unused", help="Only list the files that nothing names, a line for each.")
    ] = False,
) -> None:
    """Check this machine and the data folder; say how to mend what is wrong.

    Exit status: 0 all is well, 1 something is wrong, 3 nothing was found but not all could be checked in time.
    """
    from quire.ops import logs
    from quire.ops.doctor.machine import examine
    from quire.ops.doctor.stored import CHECK_SECONDS
    from quire.ops.doctor.unused import unused as files_unused

    settings = _settings(data, None, port, remarks=False)
    # What reading the text logs is said as a finding.
    logs.configure("critical", settings.log_format)
    if unused:
        _require_folder(settings.data)
        for file in files_unused(settings.data, math.inf)[0]:
            typer.echo(str(file))
        return
    findings = examine(settings, seconds=math.inf if everything else CHECK_SECONDS)
    for finding in findings:
        state = "FAIL" if not finding.ok else "ok  " if finding.whole else "PART"
        typer.echo(f"{state} {finding.part}: {finding.text}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
    if not all(finding.whole for finding in findings):
        raise typer.Exit(UNFINISHED)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")], data: DataOption = None
) -> None:
    """Copy the data folder, also while a server works on it."""
    from quire.ops.backup import back_up

    back_up(_settings(data).data, target)
    typer.echo(f"Backed up to {target}")


def _email(address: str) -> str:
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise _fail(f"{address!r} is not an email address. {error}") from None


def _require_folder(folder: Path) -> None:
    from quire.ops.folder import CATALOGUE

    if not (folder.is_file() or (folder / CATALOGUE).exists()):
        raise _fail(f"{folder.resolve()} is no data folder of Quire: it has no {CATALOGUE}. Name one with --data.")


def _prompt(words: str) -> str:
    try:
        return getpass.getpass(words)
    except EOFError:
        raise _fail(
            "There is nobody to ask for a password. Hand it in with --password-stdin. No account was made."
        ) from None


def _line() -> str:
    try:
        # The app's passwords are UTF-8, whatever the locale of this terminal.
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise _fail("The password cannot be used: it is no text in UTF-8. No account was made.") from None


def _field(rule: TypeAdapter[str], text: str, wrong: str, then: str) -> str:
    """Read what the app's forms read too, by their rule: nobody gets a password that no form lets in."""
    try:
        return rule.validate_python(text)
    except ValidationError as error:
        why = reason_of(error.errors()[0])
        raise _fail(f"{wrong}: {why[:1].lower() + why[1:]}. {then}") from None


def _words(error: Exception) -> str | None:
    """Say what an operator has to mend; None for what is a fault of ours."""
    from alembic.util.exc import CommandError
    from sqlalchemy.exc import DBAPIError

    from quire.ops.folder import CannotGoOn, CannotStart
    from quire.storage.failure import StorageUnavailable, reason_of

    if isinstance(error, CannotStart | CannotGoOn):
        return str(error)
    if isinstance(error, StorageUnavailable):
        return f"Storage cannot be used: {error}. `quire doctor` says more."
    if isinstance(error, CommandError):
        return f"The catalogue was written by a newer release of Quire ({error}). Run that one."
    if isinstance(error, DBAPIError) and isinstance(error.orig, Exception):
        error = error.orig
    if isinstance(error, sqlite3.Error):
        return f"Storage cannot be used: {reason_of(error)} ({error}). `quire doctor` says more."
    if isinstance(error, MemoryError):
        return "There is not enough memory. Raise the limit of this process (`ulimit -v`, `MemoryMax=`), or free some."
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"Cannot go on: {where}{error.strerror or error}. `quire doctor` says more."
    return None


def main() -> None:
    """Run the command; what an operator can mend is one line and no traceback."""
    try:
        app()
    except Exception as error:
        text = _words(error)
        if text is None:
            raise
        with suppress(OSError):
            typer.echo(text, err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
