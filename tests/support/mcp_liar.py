"""An MCP server that behaves badly, without any library: `python mcp_liar.py HOW`. Its error stream says a secret."""

import json
import os
import subprocess
import sys
import time

how = sys.argv[1]
GOOD = {"type": "object", "properties": {"x": {"type": "string"}}}
TOOLS: "dict[str, list[dict[str, object]]]" = {
    "schemas": [
        {"name": "fine", "description": "A \x1b[31mred\x1b[0m tool.\nSecond line.", "inputSchema": GOOD},
        {"name": "huge", "inputSchema": {"type": "object", "description": "x" * 100_000}},
        {"name": "!!!", "inputSchema": GOOD},
        {"name": "Fine", "inputSchema": GOOD},
        {"name": "remote", "inputSchema": {"type": "object", "properties": {"x": {"$ref": "http://127.0.0.1:9/x"}}}},
    ],
    "array": [{"name": "array", "inputSchema": {"type": "array"}}],
    "many": [{"name": f"tool_{n}", "description": "d" * 300, "inputSchema": GOOD} for n in range(5_000)],
}


def say(message: "dict[str, object]") -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> None:
    sys.stderr.write(f"starting with {os.environ.get('WORKSHOP_KEY', '')}\n")
    sys.stderr.flush()
    if how == "exits":
        sys.exit(7)
    if how == "silent":
        time.sleep(600)
    if how == "endless":
        while True:
            sys.stdout.write("x" * 65536)
    if how == "orphan":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "orphan-of-a-liar"])
    if how == "chatty":
        sys.stdout.write("Welcome to the workshop!\n{not json}\n\n[1, 2]\n")
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue
        answer: dict[str, object]
        if request["method"] == "initialize":
            answer = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "liar", "version": "1"},
            }
        elif request["method"] == "tools/list":
            answer = {"tools": TOOLS.get(how, TOOLS["schemas"][:1])}
            if how == "pages":
                answer["nextCursor"] = "again"
        elif request["method"] == "tools/call":
            answer = {"content": "this is no list"}
            if how == "huge":
                answer = {"content": [{"type": "text", "text": "x" * (20 << 20)}]}
            if how == "unfiled":
                answer = {"content": [{"type": "image", "mimeType": "image/png", "data": "%%%"}]}
        else:
            say({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": "no such method"}})
            continue
        say({"jsonrpc": "2.0", "id": request["id"], "result": answer})


main()
