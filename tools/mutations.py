"""The short list of mistakes that `mutants.py` plants, each as a change of one place of a source.

Left alone: texts, annotations, decorators, what an error says, and `if __name__ == "__main__"`.
"""

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARED = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_PAIRS = ("min max", "argmin argmax", "any all", "mean sum", "zeros ones", "sin cos", "add sub")
SWAPPED = {a: b for pair in _PAIRS for a, b in (pair.split(), reversed(pair.split()))}
DELETED = (ast.AugAssign, ast.Raise)
PLACES = (ast.Attribute, ast.Subscript)

Change = tuple[ast.AST, ast.AST | None]  # a node, and what takes its place; None: `pass`


@dataclass(frozen=True)
class Mutation:
    """One planted mistake: `text` is the line it is in, `change` says `before -> after`."""

    line: int
    text: str
    change: str
    source: str  # the whole mutated source

    @property
    def key(self) -> tuple[str, str]:
        return self.text, self.change


def mutations(source: str) -> list[Mutation]:
    """Return all mutations of a module's source, in its order; those alike are numbered."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    tree = ast.parse(source)
    for node, new in _changes(tree, _imported(tree)):
        mutation = planted(source, node, new)
        if mutation:
            seen[mutation.key] += 1
            found.append(_numbered(mutation, seen[mutation.key]))
    return sorted(found, key=lambda m: m.line)


def _numbered(mutation: Mutation, number: int) -> Mutation:
    if number == 1:
        return mutation
    change = f"{mutation.change} #{number}"
    return Mutation(mutation.line, mutation.text, change, mutation.source)


def planted(source: str, node: ast.AST, new: ast.AST | None) -> Mutation | None:
    """Return the mutation that puts `new` where `node` stands; None where nothing would change."""
    lines = source.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    before = source.encode()[start:end].decode()
    after = "pass" if new is None else ast.unparse(new)
    put = f"({after})" if isinstance(node, ast.expr) else after
    mutated = (source.encode()[:start] + put.encode() + source.encode()[end:]).decode()
    if after == ast.unparse(node) or not _parses(mutated):
        return None
    text = lines[node.lineno - 1].decode().strip()
    return Mutation(node.lineno, text, f"{_short(before)} -> {_short(after)}", mutated)


def _parses(source: str) -> bool:
    try:
        return bool(ast.parse(source))
    except SyntaxError:
        return False


def _short(code: str) -> str:
    return " ".join(code.split())


def _imported(tree: ast.Module) -> set[str]:
    """Return the names of modules, functions and classes that the module imports."""
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    return {(a.asname or a.name).split(".")[0] for n in imports for a in n.names}


def _changes(node: ast.AST, imported: set[str]) -> Iterator[Change]:
    for kind, rule in RULES:
        if isinstance(node, kind):
            yield from rule(node)
    if isinstance(node, ast.Call):
        yield from _first_alone(node, imported)
    for child in _looked_at(node):
        yield from _changes(child, imported)


def _looked_at(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node in which mistakes are planted."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.If) and "__main__" in ast.dump(node.test):
        return
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list"):
            parts = value if isinstance(value, list) else [value]
            yield from (part for part in parts if isinstance(part, ast.AST))


def _with(node: ast.AST, **fields) -> ast.AST:
    """Return a copy of a node with other fields."""
    new = copy.deepcopy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _compare(node: ast.Compare) -> Iterator[Change]:
    for i, old in enumerate(node.ops):
        for new in COMPARED[type(old)]:
            yield node, _with(node, ops=[*node.ops[:i], new(), *node.ops[i + 1 :]])


def _compute(node: ast.BinOp) -> Iterator[Change]:
    if type(node.op) in COMPUTED:
        yield node, _with(node, op=COMPUTED[type(node.op)]())


def _constant(node: ast.Constant) -> Iterator[Change]:
    """Whole numbers by one up and down, others doubled and halved, True and False exchanged."""
    value = node.value
    if isinstance(value, bool):
        yield node, ast.Constant(not value)
    elif isinstance(value, int):
        yield from ((node, ast.Constant(other)) for other in (value + 1, value - 1))
    elif isinstance(value, float):
        yield from ((node, ast.Constant(other)) for other in (value * 2, value / 2))


def _unary(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield node, node.operand


def _and_or(node: ast.BoolOp) -> Iterator[Change]:
    yield node, _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _condition(node: ast.If | ast.IfExp | ast.While) -> Iterator[Change]:
    if not isinstance(node.test, ast.Compare | ast.UnaryOp):
        yield node.test, ast.UnaryOp(ast.Not(), node.test)


def _returned(node: ast.Return) -> Iterator[Change]:
    if isinstance(node.value, ast.BinOp) and not isinstance(node.value.op, ast.BitOr):
        yield node.value, ast.UnaryOp(ast.USub(), node.value)


def _deleted(node: ast.stmt) -> Iterator[Change]:
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    put = isinstance(node, ast.Assign) and isinstance(
        node.targets[0], ast.Attribute | ast.Subscript
    )
    if called or put or isinstance(node, DELETED):
        yield node, None


def _called(node: ast.Call) -> Iterator[Change]:
    """Swap the first two arguments; leave out each keyword; exchange the like of min and max."""
    first, *rest = node.args or [None]
    if rest and not isinstance(first, ast.Starred) and not isinstance(rest[0], ast.Starred):
        yield node, _with(node, args=[rest[0], first, *rest[1:]])
    for i, keyword in enumerate(node.keywords):
        if keyword.arg:
            yield node, _with(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])
    if isinstance(node.func, ast.Name) and node.func.id in SWAPPED:
        yield node.func, ast.Name(SWAPPED[node.func.id])
    if isinstance(node.func, ast.Attribute) and node.func.attr in SWAPPED:
        yield node.func, _with(node.func, attr=SWAPPED[node.func.attr])


def _first_alone(node: ast.Call, imported: set[str]) -> Iterator[Change]:
    """Put x in place of f(x, ...) and of x.f(...)."""
    func = node.func
    root = func
    while isinstance(root, ast.Attribute):
        root = root.value
    on_module = isinstance(root, ast.Name) and (root.id in imported or root.id == "self")
    if isinstance(func, ast.Attribute) and not on_module:
        yield node, func.value
    elif node.args and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
        yield node, node.args[0]


Rule = Callable[[ast.AST], Iterator[Change]]
RULES: list[tuple[type, Rule]] = [
    (ast.Compare, _compare),
    (ast.BinOp, _compute),
    (ast.Constant, _constant),
    (ast.UnaryOp, _unary),
    (ast.BoolOp, _and_or),
    ((ast.If, ast.IfExp, ast.While), _condition),
    (ast.Return, _returned),
    (ast.stmt, _deleted),
    (ast.Call, _called),
]
