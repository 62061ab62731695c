"""The top-level statements of a file: what each of them says, uses and runs.

Read with `ast` and compiled, never run. Comments, layout and docstrings are left out of what a
piece says, so that only code counts.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from checks.engine.errors import FileError
from checks.engine.learner.source import parsed

NO_CODE = (FileError, SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (*FUNCTIONS, ast.ClassDef)
UNSAID = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


@dataclass(frozen=True)
class Import:
    """One imported name: `module` is "" where it is relative, `name` "" for the module itself."""

    module: str
    name: str
    bound: str


@dataclass(frozen=True)
class Piece:
    """A bit of code: a fingerprint of what it says, the names that it uses, what it imports."""

    key: str
    uses: frozenset[str]
    imports: tuple[Import, ...]


@dataclass
class Item:
    """One top-level statement.

    `bound` are the names that it defines. What runs when the file is imported is `on_import`
    (decorators, defaults, the statements in a class), or with `always` all of it. `decorators` are
    the names in decorators: these have the function in hand, and may call it on the spot.
    """

    bound: frozenset[str]
    piece: Piece
    always: bool
    on_import: tuple[Piece, ...] = ()
    decorators: frozenset[str] = frozenset()

    @property
    def is_import(self) -> bool:
        """Nothing but an import statement."""
        return bool(self.bound) and self.bound == {each.bound for each in self.piece.imports}


@dataclass
class Statements:
    """A file's statements, and for each name the numbers of those that define it.

    `opaque` stands for the whole where there is no code to be read: then it has no statements.
    """

    items: list[Item] = field(default_factory=list)
    defined: dict[str, list[int]] = field(default_factory=dict)
    opaque: str = ""


def statements(contents: bytes) -> Statements:
    """The statements of a file; where it is no Python, a fingerprint of its bytes."""
    try:
        tree = parsed(contents, "").tree
        compile(tree, "<solution>", "exec", dont_inherit=True)  # a `return` outside, …
        items = list(items_of(tree))
    except NO_CODE:
        return Statements(opaque=hashlib.sha256(contents).hexdigest())
    defined: dict[str, list[int]] = {}
    for number, item in enumerate(items):
        for name in item.bound:
            defined.setdefault(name, []).append(number)
    return Statements(items, defined)


def items_of(tree: ast.Module) -> Iterator[Item]:
    """The statements that count: no docstrings, and nothing that runs only in a script."""
    own = {name for node in tree.body for name in bound_by(node)}
    for node in tree.body:
        if is_constant(node) or ("__name__" not in own and is_main_block(node)):
            continue
        bound = bound_by(node)
        always = not bound or isinstance(node, (ast.Import, ast.ImportFrom))
        pieces = () if always else tuple(piece_of(each) for each in run_by(node))
        decorators = [piece_of(each).uses for each in getattr(node, "decorator_list", [])]
        yield Item(frozenset(bound), piece_of(node), always, pieces, frozenset().union(*decorators))


def bound_by(node: ast.stmt) -> set[str]:
    """The names that a definition, an import or a plain assignment defines; else none."""
    if isinstance(node, DOCUMENTED):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {each.bound for each in imports_of(node)}
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return names_in([node.target])
    if isinstance(node, ast.Assign):
        return names_in(node.targets)
    return set()


def names_in(targets: list[ast.expr]) -> set[str]:
    """The names that are assigned to; none if anything else is among them, like `a.b`."""
    names = set()
    for target in targets:
        if isinstance(target, ast.Name):
            names.add(target.id)
        elif isinstance(target, (ast.Tuple, ast.List)) and (inner := names_in(target.elts)):
            names |= inner
        else:
            return set()
    return names


def imports_of(node: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    """What an import statement imports, name by name."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield Import(alias.name, "", alias.asname or alias.name.split(".")[0])
        else:
            module = "" if node.level else node.module or ""
            yield Import(module, alias.name, alias.asname or alias.name)


def run_by(node: ast.stmt) -> Iterator[ast.AST]:
    """What of a definition is evaluated when its file is imported, but for bare literals."""
    if isinstance(node, FUNCTIONS):
        given = node.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        found = [*node.decorator_list, *given.defaults, *given.kw_defaults, node.returns]
        found += [each.annotation for each in every if each]
        yield from (each for each in found if each and not is_literal(each))
    elif isinstance(node, ast.ClassDef):
        yield from (*node.decorator_list, *node.bases, *node.keywords)
        for inner in node.body:
            yield from run_by(inner)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and bound_by(node):
        if isinstance(node, ast.AnnAssign):
            yield node.annotation
        if node.value and not is_literal(node.value):
            yield node.value
    elif not is_constant(node) and not isinstance(node, ast.Pass):
        yield node


def is_literal(node: ast.expr) -> bool:
    """Numbers, texts and tables of these: nothing that could fail, or do anything."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(map(is_literal, node.elts))
    if isinstance(node, ast.Dict):
        keys = all(isinstance(key, ast.Constant) for key in node.keys)
        return keys and all(map(is_literal, node.values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
        return isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
    return isinstance(node, ast.Constant)


def is_constant(node: ast.stmt) -> bool:
    """A docstring, or another value that stands there for nobody."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_main_block(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`, with no else."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    texts = [side.value for side in sides if isinstance(side, ast.Constant)]
    is_equal = [type(each) for each in node.test.ops] == [ast.Eq]
    return is_equal and names == ["__name__"] and texts == ["__main__"]


def piece_of(node: ast.AST) -> Piece:
    """What a piece of code says, uses and imports."""
    said: list[str] = []
    uses: set[str] = set()
    imports: list[Import] = []
    say(node, said, uses, imports)
    key = hashlib.sha256("".join(said).encode("utf-8", "backslashreplace")).hexdigest()[:24]
    return Piece(key, frozenset(uses), tuple(imports))


def say(node: ast.AST, said: list[str], uses: set[str], imports: list[Import]) -> None:
    """Spell a piece of code, without places and docstrings, the same in every Python version."""
    said.append(f"{type(node).__name__}(")
    if isinstance(node, ast.Constant):
        said.append(f"{node.value!r})")
        return
    if isinstance(node, ast.Name):
        uses.add(node.id)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        imports += imports_of(node)
    for name in node._fields:
        value = getattr(node, name, None)
        if value is None or name in UNSAID:
            continue
        if name == "body" and isinstance(node, DOCUMENTED) and is_constant(value[0]):
            value = value[1:]
        if isinstance(value, list):
            if not value:
                continue
            said.append(f"{name}=[")
            for each in value:
                if isinstance(each, ast.AST):
                    say(each, said, uses, imports)
                else:
                    said.append(f"{each!r}")
                said.append(",")
            said.append("]")
        elif isinstance(value, ast.AST):
            said.append(f"{name}=")
            say(value, said, uses, imports)
        else:
            said.append(f"{name}={value!r}")
    said.append(")")
