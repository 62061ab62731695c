"""The wire format between judge and child: JSON for the structure, raw buffers for the arrays.

A message is

    b"GANK" | uint32 length of the JSON | uint64 length of the buffers | JSON | buffers

with little-endian numbers. An array stands in the JSON as `{"$array": [offset, dtype, shape,
kind, requires_grad]}`, offset in bytes into the buffers. Nothing is ever unpickled, every length
is checked against a cap before memory is taken for it, and `unpack` answers any bytes at all with
a value or a `WireError`. What Python and JSON do not share (a generator, a module, a function)
travels as its type's name only.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from checks.engine.errors import WireError

if TYPE_CHECKING:
    import numpy as np
# At run time NumPy is imported where it is used: the command and the judge come by here on their
# way to starting their children, and those load while these do.

MAGIC = b"GANK"
HEADER = struct.Struct("<4sIQ")
MAX_JSON = 8 * 2**20
MAX_BUFFERS = 64 * 2**20
MAX_DEPTH = 16
MAX_TEXT = 20_000

DTYPES = frozenset(
    ["bool", "float16", "float32", "float64"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
)


@dataclass(frozen=True, eq=False)
class Array:
    """An array or tensor as the judge sees it.

    `values` holds the numbers (read-only where they came in a message); `kind` is "tensor",
    "array" or "scalar" (a NumPy scalar); `dtype` is the original's, which differs from that of
    `values` for bfloat16 only. Two of them are equal only if they are one object.
    """

    values: np.ndarray[Any, Any]
    kind: str = "array"
    dtype: str = ""
    requires_grad: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self.values.shape)


@dataclass(frozen=True)
class Other:
    """A value that does not travel: only the name of its type does."""

    type_name: str


def pack(value: Any) -> bytes:
    """The message for a value.

    Raises:
        WireError: the value is larger than a message may be, or nested too deeply.
    """
    buffers: list[bytes] = []
    tree = _encode(value, buffers, [0], 0)
    text = json.dumps(tree).encode()
    if len(text) > MAX_JSON:
        raise WireError(f"{len(text):,} bytes of text; at most {MAX_JSON:,} travel")
    body = b"".join(buffers)
    return HEADER.pack(MAGIC, len(text), len(body)) + text + body


def unpack(message: bytes) -> Any:
    """The value of a message; arrays come back as `Array`.

    Raises:
        WireError: whatever else the bytes are.
    """
    if len(message) < HEADER.size:
        raise WireError("the message ends within its header")
    json_size, buffers_size = _sizes(message[: HEADER.size])
    if len(message) != HEADER.size + json_size + buffers_size:
        raise WireError("the message is not as long as it says")
    body = memoryview(message)[HEADER.size + json_size :]
    try:
        tree = json.loads(message[HEADER.size : HEADER.size + json_size])
        return _decode(tree, body, [0], 0)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise WireError(f"the message does not parse: {type(error).__name__}") from None


def read(stream: BinaryIO) -> bytes | None:
    """One message's bytes from a stream, or None where it ends before the first byte.

    Raises:
        WireError: it ends within the message, or what comes is none.
    """
    header = stream.read(HEADER.size)
    if not header:
        return None
    if len(header) < HEADER.size:
        raise WireError("the message ends within its header")
    size = sum(_sizes(header))
    body = stream.read(size)
    if len(body) < size:
        raise WireError("the message ends early")
    return header + body


def _sizes(header: bytes) -> tuple[int, int]:
    magic, json_size, buffers_size = HEADER.unpack(header)
    if magic != MAGIC:
        raise WireError("this is not a message")
    if json_size > MAX_JSON or buffers_size > MAX_BUFFERS:
        raise WireError(f"the message claims {json_size + buffers_size:,} bytes")
    return json_size, buffers_size


def _encode(value: Any, buffers: list[bytes], used: list[int], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise WireError("the value is nested too deeply")
    if value is None or type(value) in (bool, int, float, str):
        return _plain(value)
    if type(value) is dict:
        items = list(value.items())
        return {
            "$dict": [
                [_plain_key(key), encoded]
                for key, encoded in (
                    (key, _encode(item, buffers, used, depth + 1)) for key, item in items
                )
            ]
        }
    if type(value) in (list, tuple):
        tag = "$list" if type(value) is list else "$tuple"
        return {tag: [_encode(item, buffers, used, depth + 1) for item in value]}
    import numpy as np

    # The type itself is asked: `isinstance` would believe an object's own `__class__`.
    kind = type(value)
    if kind is Array:
        return _encode_array(value.values, value.kind, value.requires_grad, "", buffers, used)
    if issubclass(kind, np.ndarray):
        return _encode_array(value, "array", False, "", buffers, used)
    if issubclass(kind, np.generic):
        return _encode_array(np.asarray(value), "scalar", False, "", buffers, used)
    torch = sys.modules.get("torch")
    if torch is not None and issubclass(kind, torch.Tensor):
        return _encode_tensor(torch, value, buffers, used)
    if issubclass(kind, (dict, list, tuple)):  # OrderedDict, namedtuple, …: by their base class
        plain = dict(value) if issubclass(kind, dict) else list(value)
        return _encode(plain, buffers, used, depth + 1)
    return {"$other": _type_name(value)}


def _plain(value: Any) -> Any:
    if type(value) is int and abs(value) >= 2**63:
        return {"$other": "a very large int"}
    if type(value) is float and not math.isfinite(value):
        return {"$float": repr(value)}
    if type(value) is str:
        return value[:MAX_TEXT].encode("utf-8", "replace").decode()
    return value


def _plain_key(key: Any) -> int | str:
    if type(key) is str or (type(key) is int and abs(key) < 2**63):
        return _plain(key)  # type: ignore[no-any-return]
    return _type_name(key)


def _type_name(value: Any) -> str:
    return str(type(value).__name__)[:100]


def _encode_tensor(torch: Any, tensor: Any, buffers: list[bytes], used: list[int]) -> Any:
    # Tensor's own methods and attributes: a subclass of the learner's has no say here.
    def own(attribute: str) -> Any:
        return getattr(torch.Tensor, attribute).__get__(tensor)

    with torch._C.DisableTorchFunctionSubclass():
        if own("layout") != torch.strided or own("is_meta") or own("is_quantized"):
            return {"$other": "Tensor without plain values"}
        name = str(own("dtype")).removeprefix("torch.")
        if own("is_nested") or (name != "bfloat16" and name not in DTYPES):
            return {"$other": f"tensor of {name}"}
        requires_grad = own("requires_grad") is True
        plain = torch.Tensor.as_subclass(torch.Tensor.detach(tensor), torch.Tensor)
        size = plain.numel() * plain.element_size()
        _take(size, used)  # before anything is copied
        used[0] -= size
        plain = plain.cpu().resolve_conj().resolve_neg()
        values = (plain.float() if name == "bfloat16" else plain).numpy()
        return _encode_array(values, "tensor", requires_grad, name, buffers, used)


def _encode_array(
    array: np.ndarray[Any, Any],
    kind: str,
    requires_grad: bool,
    dtype: str,
    buffers: list[bytes],
    used: list[int],
) -> Any:
    import numpy as np

    # ndarray's own methods: a subclass of the learner's has no say here.
    plain = np.ndarray.view(array, np.ndarray)
    name = plain.dtype.name
    if name not in DTYPES:
        return {"$other": f"array of {name}"}
    offset = used[0]
    _take(plain.size * plain.itemsize, used)
    buffers.append(plain.astype(np.dtype(name)).tobytes())
    info = [offset, name, list(plain.shape), kind, requires_grad, dtype]
    return {"$array": info}


def _take(size: int, used: list[int]) -> None:
    if used[0] + size > MAX_BUFFERS:
        raise WireError(f"{used[0] + size:,} bytes of numbers; at most {MAX_BUFFERS:,} travel")
    used[0] += size


def _decode(tree: Any, body: memoryview, used: list[int], depth: int) -> Any:
    if depth > 2 * MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(tree, str):
        return _text(tree)
    if isinstance(tree, int):
        return _number(tree)
    if tree is None or isinstance(tree, float):
        return tree
    if not isinstance(tree, dict) or len(tree) != 1:
        raise ValueError("not a node")
    ((tag, content),) = tree.items()
    if tag == "$dict":
        return {
            _key(key): _decode(item, body, used, depth + 1)
            for key, item in (pair for pair in content)
        }
    if tag in ("$list", "$tuple"):
        items = [_decode(item, body, used, depth + 1) for item in _as_list(content)]
        return items if tag == "$list" else tuple(items)
    if tag == "$float" and content in ("nan", "inf", "-inf"):
        return float(content)
    if tag == "$other":
        return Other(_text(content)[:200])
    if tag == "$array":
        return _decode_array(content, body, used)
    raise ValueError("unknown node")


def _key(key: Any) -> int | str:
    if type(key) is int:
        return _number(key)
    return _text(key)


def _number(number: int) -> int:
    if abs(number) >= 2**63:
        raise ValueError("not a number that `pack` lets through")
    return number


def _text(text: Any) -> str:
    if type(text) is not str or len(text) > MAX_TEXT:
        raise ValueError("not a text that `pack` lets through")
    return text.encode("utf-8", "replace").decode()


def _as_list(content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise ValueError("not a list")
    return content


def _decode_array(content: Any, body: memoryview, used: list[int]) -> Array:
    import numpy as np

    offset, dtype_name, shape, kind, requires_grad, original = content
    if dtype_name not in DTYPES or kind not in ("tensor", "array", "scalar"):
        raise ValueError("not an array's description")
    if not all(type(n) is int and n >= 0 for n in (offset, *_as_list(shape))) or len(shape) > 16:
        raise ValueError("not a shape")
    if offset != used[0]:  # each has bytes of its own, or a few would pass for a flood of numbers
        raise ValueError("not where `pack` puts it")
    dtype = np.dtype(dtype_name)
    end = offset + math.prod(shape) * dtype.itemsize
    if end > len(body):
        raise ValueError("the array is larger than what came")
    used[0] = end
    values = np.frombuffer(body[offset:end], dtype=dtype).reshape(shape)
    return Array(values, kind, _text(original)[:40] or dtype_name, requires_grad is True)
