"""The house's contracts and budgets hold: who may import whom, how long things may be, and what is never written."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("engine", "api", "tests", "benchmarks")
PURE = ("engine/language", "engine/incident", "engine/analysis", "engine/authoring", "engine/exchange")
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
UNKEPT = {".venv", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache", "__pycache__"}
FORBIDDEN_NAMES = {"service", "manager", "helper", "helpers", "utils", "util", "common", "base", "misc", "data"}
FORBIDDEN_CALLS = {"open", "print", "input", "eval", "exec", "compile", "__import__", "breakpoint"}
BROAD_EXCEPT_ALLOWED = {
    "engine/runtime/worker.py": "one delivery's bug must not stop the others",
    "engine/runtime/aside.py": "whatever the work raises belongs to whoever waits for it, on another thread",
    "engine/store/group_commit.py": "whatever a unit raises belongs to its caller, on another thread",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (file for file in sorted((ROOT / folder).rglob("*.py")) if not UNKEPT & set(file.parts))


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), filename=str(file))


def kept_texts() -> Iterator[tuple[str, str]]:
    for file in sorted(ROOT.rglob("*")):
        if file.is_file() and not UNKEPT & set(file.relative_to(ROOT).parts) and file.suffix not in (".db", ".lock", ".pyc", ".png"):
            try:
                yield name_of(file), file.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)


def test_imports_keep_every_contract() -> None:
    contracts = run(str(Path(sys.executable).with_name("lint-imports")), "--no-logo")

    assert contracts.returncode == 0, contracts.stdout


def test_no_function_is_too_tangled() -> None:
    tangled = run(sys.executable, "-m", "ruff", "check", "--select", "C901", "--quiet", *CODE)

    assert tangled.returncode == 0, tangled.stdout


def test_no_file_is_longer_than_its_budget() -> None:
    lengths = {name_of(file): len(file.read_text("utf-8").splitlines()) for file in modules(*CODE)}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_its_budget() -> None:
    functions = ((file, node) for file in modules(*CODE) for node in ast.walk(tree_of(file)) if isinstance(node, Function))
    lengths = {f"{name_of(file)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1 for file, node in functions}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_every_module_says_what_it_promises() -> None:
    silent = [name_of(file) for file in modules(*CODE) if file.read_text("utf-8").strip() and not ast.get_docstring(tree_of(file))]

    assert silent == []


def test_the_pure_rooms_open_nothing_and_print_nothing() -> None:
    calls = ((file, node) for file in modules(*PURE) for node in ast.walk(tree_of(file)) if isinstance(node, ast.Call))
    impure = [
        f"{name_of(file)}:{node.lineno}" for file, node in calls if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS
    ]

    assert impure == []


def test_the_pure_rooms_never_ask_what_time_it_is() -> None:
    clocks = {"now", "utcnow", "today", "localtime", "monotonic", "perf_counter"}
    calls = ((file, node) for file in modules(*PURE) for node in ast.walk(tree_of(file)) if isinstance(node, ast.Call))
    asked = [f"{name_of(file)}:{n.lineno}" for file, n in calls if isinstance(n.func, ast.Attribute) and n.func.attr in clocks]

    assert asked == []


def test_nothing_has_a_name_that_says_nothing() -> None:
    classes = ((file, node.name) for file in modules(*CODE) for node in ast.walk(tree_of(file)) if isinstance(node, ast.ClassDef))
    words = [(name_of(file), file.stem) for file in modules(*CODE)] + [(name_of(file), snake(name)) for file, name in classes]
    folders = [(name_of(folder), folder.name) for room in ("engine", "api") for folder in (ROOT / room).rglob("*") if folder.is_dir()]

    assert [(where, word) for where, word in (*words, *folders) if FORBIDDEN_NAMES & set(word.split("_"))] == []


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_imports_are_absolute_and_by_name() -> None:
    imports = ((file, node) for file in modules(*CODE) for node in ast.walk(tree_of(file)) if isinstance(node, ast.ImportFrom))
    hidden = [f"{name_of(file)}:{node.lineno}" for file, node in imports if node.level or any(alias.name == "*" for alias in node.names)]

    assert hidden == []


def test_a_broad_except_stands_only_where_it_is_explained() -> None:
    broad = {
        name_of(file)
        for file in modules("engine", "api")
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    }

    assert broad <= set(BROAD_EXCEPT_ALLOWED)


def catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or (isinstance(each, ast.Name) and each.id in ("Exception", "BaseException")) for each in caught)


@pytest.mark.parametrize("escape", ["mark.skip", "mark.xfail", "mark.skipif", "monkeypatch.setattr", "unittest.mock", "MagicMock"])
def test_no_test_escapes_or_mocks(escape: str) -> None:
    found = [name_of(file) for file in modules("tests") if file != Path(__file__) and escape in file.read_text("utf-8")]

    assert found == []


def test_no_test_waits_for_time_to_pass() -> None:
    calls = ((file, node) for file in modules("tests") for node in ast.walk(tree_of(file)) if isinstance(node, ast.Call))

    assert [f"{name_of(file)}:{node.lineno}" for file, node in calls if is_long_sleep(node)] == []


def is_long_sleep(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "sleep" or not call.args:
        return False
    span = call.args[0]
    return isinstance(span, ast.Constant) and isinstance(span.value, int | float) and span.value >= 1


def test_nothing_names_a_machine() -> None:
    places = re.compile(r"(?<![\w.~-])/(work|root|home/\w+|Users/\w+)/")

    assert [name for name, text in kept_texts() if places.search(text)] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_a_lock_file_pins_by_hash_and_names_no_host(lock: str) -> None:
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]

    assert pins
    assert all(re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+ (; .* )?\\$", pin) for pin in pins)
    assert not [line for line in lines if "://" in line or line.lstrip().startswith(("--index", "--extra", "--find", "--trusted"))]


def test_no_dependency_claims_our_import_names() -> None:
    installed = [Path(folder) for folder in sys.path if folder.endswith("site-packages")]

    assert [name for folder in installed for name in ("engine", "api") if (folder / name).exists()] == []


def test_what_the_wheel_ships_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["sources"]

    assert [source for source in shipped if not (ROOT / source).is_dir()] == []
    assert {target.rpartition("/")[0] for target in shipped.values()} == {"api/shipped"}


def test_the_image_runs_without_rights_and_says_whether_it_is_well() -> None:
    image = (ROOT / "Dockerfile").read_text("utf-8")
    final = image[image.rindex("\nFROM ") :]

    assert "\nUSER firebreak\n" in final
    assert "\nHEALTHCHECK " in final
    assert 'ENTRYPOINT ["firebreak"]' in final


def test_the_image_is_made_of_what_is_there() -> None:
    image = (ROOT / "Dockerfile").read_text("utf-8")
    copies = [line.split()[1:-1] for line in image.splitlines() if line.startswith("COPY ") and "--from=" not in line]
    sources = [source for copy in copies for source in copy]
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}

    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) <= let_in
