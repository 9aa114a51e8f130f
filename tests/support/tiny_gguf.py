"""Makes a tiny Llama model of random weights as a GGUF file: it knows nothing, and llama.cpp serves it like any other.

    python -m tests.support.tiny_gguf PATH

The format: a header, typed key-value pairs, tensor descriptions, then the tensors, each aligned to 32 bytes; all
numbers little-endian (github.com/ggml-org/ggml, docs/gguf.md). Standard library only; the same bytes at every call.
"""

from __future__ import annotations

import random
import struct
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path

WIDTH, HEADS, LAYERS, INNER = 32, 2, 1, 64
CONTEXT = 8192
ALIGNMENT = 32
CONSTANT = 3.0
_UINT32, _INT32, _FLOAT32, _STRING, _ARRAY = 4, 5, 6, 8, 9
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6
CHAT = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "


def _string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def _array(kind: int, packed: Sequence[bytes]) -> bytes:
    return struct.pack("<IQ", kind, len(packed)) + b"".join(packed)


def _vocabulary() -> tuple[list[bytes], list[int]]:
    """The tokens and their types: three marks, every byte, every printable character."""
    tokens = [b"<unk>", b"<s>", b"</s>", *(b"<0x%02X>" % value for value in range(256))]
    kinds = [_UNKNOWN, _CONTROL, _CONTROL, *([_BYTE] * 256)]
    printable = ["▁" if value == 32 else chr(value) for value in range(32, 127)]
    return tokens + [char.encode() for char in printable], kinds + [_NORMAL] * len(printable)


def _metadata(tokens: list[bytes], kinds: list[int]) -> list[tuple[str, int, bytes]]:
    """(key, type, packed value) in the order in which they are written."""

    def number(key: str, value: int) -> tuple[str, int, bytes]:
        return key, _UINT32, struct.pack("<I", value)

    def text(key: str, value: str) -> tuple[str, int, bytes]:
        return key, _STRING, _string(value.encode())

    return [
        text("general.architecture", "llama"),
        text("general.name", "tiny-random"),
        number("general.file_type", 0),
        number("llama.context_length", CONTEXT),
        number("llama.embedding_length", WIDTH),
        number("llama.block_count", LAYERS),
        number("llama.feed_forward_length", INNER),
        number("llama.attention.head_count", HEADS),
        number("llama.attention.head_count_kv", HEADS),
        ("llama.attention.layer_norm_rms_epsilon", _FLOAT32, struct.pack("<f", 1e-5)),
        number("llama.rope.dimension_count", WIDTH // HEADS),
        number("llama.vocab_size", len(tokens)),
        text("tokenizer.ggml.model", "llama"),
        ("tokenizer.ggml.tokens", _ARRAY, _array(_STRING, [_string(token) for token in tokens])),
        ("tokenizer.ggml.scores", _ARRAY, _array(_FLOAT32, [struct.pack("<f", 0.0)] * len(tokens))),
        ("tokenizer.ggml.token_type", _ARRAY, _array(_INT32, [struct.pack("<i", kind) for kind in kinds])),
        number("tokenizer.ggml.bos_token_id", 1),
        number("tokenizer.ggml.eos_token_id", 2),
        number("tokenizer.ggml.unknown_token_id", 0),
        text("tokenizer.chat_template", CHAT),
    ]


def _tensors(vocabulary: int) -> list[tuple[str, tuple[int, ...]]]:
    """(name, shape) with the fastest dimension first, as the format has it."""
    shapes: list[tuple[str, tuple[int, ...]]] = [
        ("token_embd.weight", (WIDTH, vocabulary)),
        ("output_norm.weight", (WIDTH,)),
        ("output.weight", (WIDTH, vocabulary)),
    ]
    for layer in range(LAYERS):
        block: list[tuple[str, tuple[int, ...]]] = [
            ("attn_norm", (WIDTH,)),
            *((f"attn_{part}", (WIDTH, WIDTH)) for part in ("q", "k", "v", "output")),
            ("ffn_norm", (WIDTH,)),
            ("ffn_gate", (WIDTH, INNER)),
            ("ffn_up", (WIDTH, INNER)),
            ("ffn_down", (INNER, WIDTH)),
        ]
        shapes += [(f"blk.{layer}.{name}.weight", shape) for name, shape in block]
    return shapes


def _bias(token: bytes) -> float:
    """How much likelier than others a token is: it would rather say letters than signs, and no single bytes."""
    if len(token) > 1:
        return 0.0 if token == b"</s>" else -12.0
    return 2.5 if token.isalpha() else 0.0


def _values(name: str, shape: tuple[int, ...], dice: random.Random, tokens: list[bytes]) -> bytes:
    if len(shape) == 1:
        return array("f", [1.0] * shape[0]).tobytes()
    width, _ = shape
    values = array("f", [dice.gauss(0, 0.3) for _ in range(shape[0] * shape[1])])
    # The first two dimensions belong to us, no layer adds to them: a weight on the first, which never changes, is a
    # bias, and one on the second is a bias after a letter, where a quotation mark shall end the string.
    if name.endswith(("attn_output.weight", "ffn_down.weight")):
        values[: 2 * width] = array("f", [0.0] * 2 * width)
    if name == "token_embd.weight":
        values[::width] = array("f", [CONSTANT] * len(tokens))
        values[1::width] = array("f", [CONSTANT if token.isalpha() else 0.0 for token in tokens])
    if name == "output.weight":
        values[::width] = array("f", [_bias(token) for token in tokens])
        values[1::width] = array("f", [8.0 if token == b'"' else 0.0 for token in tokens])
    return values.tobytes()


def _aligned(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGNMENT)


def make(path: Path, seed: int = 0) -> None:
    """Write the model: about 0.1 MB."""
    assert sys.byteorder == "little"
    dice = random.Random(seed)
    tokens, kinds = _vocabulary()
    pairs, tensors = _metadata(tokens, kinds), _tensors(len(tokens))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs))
    head += b"".join(_string(key.encode()) + struct.pack("<I", kind) + value for key, kind, value in pairs)
    data = b""
    for name, shape in tensors:
        head += _string(name.encode()) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", 0, len(data))
        data += _aligned(_values(name, shape, dice, tokens))
    path.write_bytes(_aligned(head) + data)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
