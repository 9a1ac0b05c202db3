"""The stubs say what the module has: every name, setting, parameter and default, so that none is forgotten."""

import ast
import inspect
import keyword
import re
from pathlib import Path

import pytest

import chandelier
from chandelier import _core

STUB = Path(chandelier.__file__).parent / "_core.pyi"
TREE = ast.parse(STUB.read_text())
CLASSES = {node.name: node for node in TREE.body if isinstance(node, ast.ClassDef)}
FUNCTIONS = {node.name: node for node in TREE.body if isinstance(node, ast.FunctionDef)}
SETTINGS = [name + "_" * keyword.iskeyword(name) for name in chandelier.Settings().to_dict()]
SPECIAL = {"__init__", "__eq__"}  # what people use of the names with underscores


def public(names):
    return {name for name in names if not name.startswith("_") or name in SPECIAL}


def members(name):
    return {node.name: node for node in CLASSES[name].body if isinstance(node, ast.FunctionDef)}


def own_members(name):
    """Of a class of the module; a constructor only where it has one of its own."""
    own = vars(getattr(_core, name))
    return {key: value for key, value in own.items() if key in public(own) and value is not None and
            not (key == "__init__" and type(value).__name__ == "wrapper_descriptor")}  # fmt: skip


def decorators(node):
    return {decorator.id for decorator in node.decorator_list}


def keywords(typed_dict):
    """Of a TypedDict in the stub."""
    value = next(node.value for node in TREE.body if isinstance(node, ast.Assign) and node.targets[0].id == typed_dict)
    return [key.value for key in value.args[1].keys]


def shape(arguments):
    """Names, kinds and defaults, without types and without self; **more counts by its being there."""
    text = {
        "positional only": [a.arg for a in arguments.posonlyargs],
        "positional": [a.arg for a in arguments.args],
        "keyword only": [a.arg for a in arguments.kwonlyargs],
        "defaults": [ast.dump(d) for d in arguments.defaults],
        "keyword defaults": [d and ast.dump(d) for d in arguments.kw_defaults],
        "more": arguments.kwarg is not None,
    }
    for kind in ("positional only", "positional"):
        if text[kind][:1] == ["self"]:
            del text[kind][0]
    return text


def signature(function):
    """As the module itself says it: in the first line of a docstring of pybind11, or by inspection."""
    if inspect.isfunction(function):
        text = f"{function.__name__}{inspect.signature(function)}"
    else:
        text = function.__doc__.splitlines()[0]
    return ast.parse(f"def {text}: ...").body[0].args


FUNCTIONS_OF_CLASSES = [
    (owner, name)
    for owner in CLASSES
    for name, node in members(owner).items()
    if "property" not in decorators(node) and name != "__eq__"
]


def test_every_public_name_is_there():
    in_stub = public(CLASSES) | public(FUNCTIONS)
    in_stub |= {node.target.id for node in TREE.body if isinstance(node, ast.AnnAssign)}
    assert in_stub == public(vars(_core)) | {"__version__"}
    assert (STUB.parent / "py.typed").exists()


@pytest.mark.parametrize("name", CLASSES)
def test_every_member_is_there(name):
    if issubclass(getattr(_core, name), Exception):
        assert [base.id for base in CLASSES[name].bases] == [getattr(_core, name).__base__.__name__]
        return
    in_stub, own = members(name), own_members(name)
    assert set(in_stub) == set(own)
    for key, node in in_stub.items():
        assert ("property" in decorators(node)) == isinstance(own[key], property), key
        assert ("staticmethod" in decorators(node)) == isinstance(own[key], staticmethod), key


@pytest.mark.parametrize("owner, name", FUNCTIONS_OF_CLASSES)
def test_every_parameter_is_there(owner, name):
    in_stub, own = shape(members(owner)[name].args), shape(signature(getattr(getattr(_core, owner), name)))
    if (owner, name) == ("Settings", "__init__"):
        named = in_stub.pop("keyword only"), in_stub.pop("keyword defaults")
        assert named[0] == SETTINGS
        assert own.pop("more") and not in_stub.pop("more")  # by name there, as whatever it is given here
        assert own.pop("keyword only") == own.pop("keyword defaults") == []
    assert in_stub == own


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_every_parameter(name):
    assert shape(FUNCTIONS[name].args) == shape(signature(getattr(_core, name)))


def test_every_setting_is_there():
    assert keywords("_Given") == SETTINGS
    properties = members("Settings")
    for name in SETTINGS:
        help_ = getattr(chandelier.Settings, name).__doc__
        # Its sentences; values that are allowed grow with the registry, so they stand in `help(Settings)` alone.
        said = " ".join(ast.get_docstring(properties[name]).split())
        sentence, default = help_.split(".")[0], help_.rpartition("Default: ")[2]
        assert said.startswith(sentence) and said.endswith(f"efault: {default}"), name


def words(documentation, name):
    """Without the signatures, which pybind11 puts into a docstring."""
    lines = [line for line in (documentation or "").splitlines() if not re.match(rf"\s*(\d+\. )?{name}\(", line)]
    return " ".join(lines).split()


def test_help_says_the_same():
    for owner in CLASSES:
        for name, node in members(owner).items():
            if name not in SPECIAL and not (owner == "Settings" and name in SETTINGS):
                help_ = getattr(getattr(_core, owner), name).__doc__
                assert words(help_, name) == words(ast.get_docstring(node), name), f"{owner}.{name}"
    for name, node in FUNCTIONS.items():
        assert words(getattr(_core, name).__doc__, name) == words(ast.get_docstring(node), name), name


def test_everything_is_described():
    nodes = [*CLASSES.values(), *FUNCTIONS.values()]
    nodes += [node for name in CLASSES for node in members(name).values() if node.name != "__eq__"]
    missing = [node.name for node in nodes if not ast.get_docstring(node)]
    assert not missing


def test_functions_in_python_are_annotated():
    functions = {name: value for name, value in vars(chandelier).items() if inspect.isfunction(value)}
    assert set(functions) <= set(chandelier.__all__)
    assert len(functions) == 9
    for owner in (chandelier.Run, chandelier.Study, chandelier.Comparison):
        for key in public(vars(owner)):
            if inspect.isroutine(getattr(owner, key)):
                functions[f"{owner.__name__}.{key}"] = getattr(owner, key)
    for name, function in functions.items():
        described = inspect.signature(function)
        assert described.return_annotation is not inspect.Signature.empty, name
        bare = [p.name for p in described.parameters.values() if p.annotation is p.empty and p.name != "self"]
        assert not bare, (name, bare)
