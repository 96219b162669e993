"""The pytest plugin: the audit of a test run.

pytest loads this module in every run. So it imports the rest only if an option asks for the audit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, and settings for those that make sense in every run."""
    group = parser.getgroup("functorch-compat", "the audit of the calls of functorch")
    group.addoption(
        "--functorch-audit",
        action="store_true",
        help="list the lines that call a legacy name of functorch in this run",
    )
    group.addoption(
        "--functorch-baseline",
        metavar="FILE",
        help="list only the lines that FILE does not list, and fail if there are any",
    )
    group.addoption(
        "--functorch-write-baseline", metavar="FILE", help="write what is found into FILE"
    )
    group.addoption(
        "--functorch-report", metavar="FILE", help="write what is found into FILE, as JSON"
    )
    parser.addini("functorch_audit", "as --functorch-audit", type="bool", default=False)
    parser.addini("functorch_baseline", "as --functorch-baseline; FILE is relative to the rootdir")
    parser.addini("functorch_report", "as --functorch-report; FILE is relative to the rootdir")


@pytest.hookimpl(tryfirst=True)  # A conftest.py may call functorch while it is imported.
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin to record, if an option or a setting asks for the audit."""
    options = _options(early_config)
    if any(options):
        audit = _Audit(options)
        early_config.add_cleanup(audit.stop)
        early_config.pluginmanager.register(audit)


class _Options(NamedTuple):
    is_asked_for: bool
    baseline: str | None
    written_baseline: str | None
    report: str | None


def _options(config: pytest.Config) -> _Options:
    given = config.known_args_namespace

    def setting(name: str) -> str | None:
        file = config.getini(name)
        return os.path.relpath(config.rootpath / file) if file else None

    return _Options(
        given.functorch_audit or config.getini("functorch_audit"),
        given.functorch_baseline or setting("functorch_baseline"),
        given.functorch_write_baseline,
        given.functorch_report or setting("functorch_report"),
    )


class _Audit:
    """Records this process and those that it starts, and reports what they have recorded."""

    def __init__(self, options: _Options) -> None:
        import tempfile

        from functorch_compat import deprecation
        from functorch_compat.recording import VARIABLE, Recorder

        self._options = options
        self._text = ""
        self._outer_recorder = deprecation.recorder
        # If the variable is set, the user wants the records too, or this is a worker of
        # pytest-xdist, which records for its controller.
        self._is_folder_ours = not os.environ.get(VARIABLE)
        if self._is_folder_ours:
            os.environ[VARIABLE] = tempfile.mkdtemp(prefix="functorch-audit-")
            deprecation.recorder = None
        self._recorder = deprecation.recorder or Recorder(os.environ[VARIABLE])
        deprecation.recorder = self._recorder
        self._recorder.write()  # What was called before this run is not reported.
        self._recorder.begin()
        try:
            self._older_records = os.listdir(self._recorder.folder)
        except OSError as error:
            raise pytest.UsageError(f"{VARIABLE}: {error.filename}: {error.strerror}") from None

    def stop(self) -> None:
        """Remove the records, unless the user wants them, and restore the environment."""
        import shutil

        from functorch_compat import deprecation
        from functorch_compat.recording import VARIABLE

        deprecation.recorder = self._outer_recorder
        if self._is_folder_ours:
            del os.environ[VARIABLE]
            self._recorder.begin()  # It then has nothing to write at exit.
            shutil.rmtree(self._recorder.folder, ignore_errors=True)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Read the baseline, so that a mistake ends the run before the tests."""
        from functorch_compat.audit import baseline
        from functorch_compat.findings import ToolError

        self._is_worker = hasattr(config, "workerinput")  # pytest-xdist sets this.
        self._baseline = None
        options = self._options
        try:
            if options.written_baseline:
                self._baseline = baseline.to_write(options.written_baseline)
            elif options.baseline and not self._is_worker:
                self._baseline = baseline.read(options.baseline)
        except ToolError as error:
            raise pytest.UsageError(str(error).replace("--write", "--functorch-write")) from None

    # This place is after pytest-xdist has waited for its workers, and before the summary.
    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Read the records, and make the run fail if there are new uses."""
        yield
        self._recorder.write()
        if not self._is_worker and self._fails(session.config) and session.exitstatus in (0, 5):
            session.exitstatus = 1

    def _fails(self, config: pytest.Config) -> bool:
        """Prepare the report, and return whether the run has to fail."""
        from functorch_compat.activation import is_active
        from functorch_compat.audit import formats
        from functorch_compat.audit.recorded import audit_recorded
        from functorch_compat.files import replace
        from functorch_compat.findings import Result, ToolError

        listed = self._baseline
        gone: Sequence[object] = ()
        try:
            # The settings decide what the project is, wherever in it pytest was started.
            project = str(config.rootpath)
            result = audit_recorded(self._recorder.folder, self._older_records, project)
            if self._options.report:
                replace(self._options.report, formats.as_json(result).encode())
            if listed and self._options.written_baseline:
                listed = listed.write(result, "run")
                result = Result([], [])
            elif listed:
                result, gone = listed.compare(result, "run")
        except ToolError as error:
            self._text = f"{error}\n"
            return True
        except OSError as error:
            self._text = f"{self._options.report} cannot be written: {error.strerror}\n"
            return True
        self._text = formats.as_text(result, listed and listed.sums, is_source=False)
        if listed and gone:
            self._text += f"{formats.many(len(gone), 'use')} in {listed.file} did not occur.\n"
        if not is_active():
            self._text += "The shim is not active, so calls were not recorded: activate it.\n"
        return listed is not None and bool(result.findings)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the report."""
        if self._text:
            terminalreporter.section("functorch audit")
            terminalreporter.write(self._text)
