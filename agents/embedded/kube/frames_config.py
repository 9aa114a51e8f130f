"""Namespaces, service accounts, config maps and secrets that are made, and secrets that are written to files."""

from __future__ import annotations

from agents.embedded.kube.filenames import is_file
from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.making import CREATE, drop_kinds, evident, makes, making, named, release, space
from agents.embedded.kube.orders import ordered
from agents.embedded.kube.outcome import missing
from agents.embedded.kube.paths import file_path
from agents.embedded.kube.people import person
from agents.embedded.kube.slots import arguments, literal, pairs, spoken_pairs, strict_name, target
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

CONFIG = Table()


@makes(CONFIG, "kube.create_namespace", "namespace", "label labelled tag", bonus=0.6)
def namespace(v: View) -> Filled:
    """A namespace, with its labels."""
    labelled = v.free(Shape.PAIR) and set(v.moods) <= {"name"} and v.seen("label labelled tag new")
    if any(m.kind not in {"namespace", ""} for m in v.mentions) or not ((making(v) and evident(v)) or labelled):
        return None
    if v.seen("annotate annotation"):
        return None
    if v.location is not None and v.location.at and any(v.lemmas[at] == "namespace" for at in v.location.at):
        v.mentions.append(v.location)
        v.location = None
    if not v.seen("namespace") or (
        v.seen("label") and not labelled and not v.seen("create make new spinup provision need want")
    ):
        return None
    labels = pairs(v)
    if labels:
        v.take("label tag")
    if len([m for m in v.mentions if m.kind == "namespace" and m.names]) > 1:
        return None
    several = next((m for m in v.mentions if m.kind == "namespace" and len(m.names) > 1), None)
    if several is not None:
        v.claim(*several.at)
        return [arguments(name=name, labels=labels) for name in several.names if strict_name(name)]
    name = named(v, "namespace")
    return arguments(name=name, labels=labels) if name else None


@makes(
    CONFIG,
    "kube.create_service_account",
    "serviceaccount",
    "token automountserviceaccounttoken automount auto-mounted auto-mount mount mounted into pod pull imagepull "
    "account just",
)
def service_account(v: View) -> Filled:
    """A service account, with its pull secret; without a mounted token it is made from a manifest."""
    if not any(m.kind == "serviceaccount" for m in v.mentions) or not making(v):
        return None
    if _gives_rights(v) or any(m.kind not in {"serviceaccount", "", "pod", "secret"} for m in v.mentions):
        return None
    pulls = [m for m in v.mentions if m.kind == "secret"]
    if pulls and (len(pulls) > 1 or len(pulls[0].names) != 1 or not v.seen("pull imagepull")):
        return None
    for one in pulls:
        v.claim(*one.at)
    name = named(v, "serviceaccount", aliases="account")
    if not name:
        return None
    drop_kinds(v, "pod")
    where = space(v, f"the service account {name}")
    if not _no_automount(v):
        return arguments(name=name, namespace=where, image_pull_secret=pulls[0].names[0] if pulls else "")
    manifest: JsonObject = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": where},
        "automountServiceAccountToken": False,
    }
    if pulls:
        manifest["imagePullSecrets"] = [{"name": pulls[0].names[0]}]
    return {"@skill": "kube.create", "manifest": manifest}


def _gives_rights(v: View) -> bool:
    """Whether more than the bare account is wished; `no rights for now` is what it has anyway."""
    found = [at for at, lemma in enumerate(v.lemmas) if lemma in {"right", "access", "permission", "role"}]
    denied = {"no", "without", "any"}
    if found and all(at and v.tokens[at - 1].low in denied for at in found) and not v.seen("read grant allow"):
        v.claim(*[n for at in found for n in (at - 1, at)])
        v.claim(*[at for at, t in enumerate(v.tokens) if t.low == "without"])
        return False
    return bool(found) or v.seen("read grant allow rolebinding") or any(t.low in {"able", "allowed"} for t in v.tokens)


def _no_automount(v: View) -> bool:
    mount = [at for at, t in enumerate(v.tokens) if "automount" in t.low or t.low.startswith("auto-mount")]
    if not mount:
        return False
    denied = {"not", "off", "false", "no", "without", "never", "disabled", "n't"}
    off = [at for at, token in enumerate(v.tokens) if token.low in denied]
    v.claim(*mount, *off)
    for at, token in enumerate(v.tokens):
        if token.lemma in {"token", "disable"} or token.low in {"so", "whose"}:
            v.claim(at)
    return bool(off)


@makes(
    CONFIG,
    "kube.create_config_map",
    "configmap",
    "key value entry data two three one holding containing config pair setting to is",
    bonus=0.6,
)
def config_map(v: View) -> Filled:
    """A config map with its entries."""
    if not any(m.kind == "configmap" for m in v.mentions) or not making(v) or v.seen("env label"):
        return None
    if v.seen("set add put") and not v.seen("create make") and not _one_more(v):
        return None
    data = pairs(v) | data_words(v)
    for at in v.free(Shape.NUMBER):
        if v.after(at) in {"key", "entry", "value"}:
            v.claim(at)
    v.mentions = [m for m in v.mentions if not m.at & v.used]
    name = named(v, "configmap")
    return arguments(name=name, data=data, namespace=space(v, f"the config map {name}")) if name else None


def _one_more(v: View) -> bool:
    """`a config map`, `the new one`: not the one that is there; what a statement tells of does not count."""
    kind = v.find("configmap")
    return any(t.low in {"a", "an", "new"} for t in v.tokens[max(0, kind - 3) : kind]) or v.seen("need")


def data_words(v: View) -> dict[str, str]:
    """`slot_minutes = 45, cutoff = 20:00`; `LEVEL: debug`; `key mode with value fast`."""
    found: dict[str, str] = {}
    for at in range(len(v.tokens) - 2):
        if at in v.used or v.tokens[at + 1].text not in {"=", ":"} or v.tokens[at].shape is Shape.MARK:
            continue
        keyed = v.tokens[at + 1].text == "=" or v.tokens[at].shape is Shape.KEY or _upper(v, at) or _entry(v, at)
        if not keyed or v.tokens[at + 2].shape is Shape.MARK:
            continue
        found[literal(v, at)] = literal(v, at + 2)
        release(v, at, at + 1, at + 2)
    for at, lemma in enumerate(v.lemmas):
        if lemma != "key" or at + 2 >= len(v.tokens) or at in v.used or v.tokens[at + 1].shape is Shape.MARK:
            continue
        step = at + 2
        while step < len(v.tokens) and v.tokens[step].low in {"with", "value", "set", "to", "the", "=", ":", "of"}:
            step += 1
        if at + 2 < step < len(v.tokens) and v.tokens[step].shape is not Shape.MARK:
            found[literal(v, at + 1)] = literal(v, step)
            release(v, *range(at, step + 1))
    return found | spoken_pairs(v)


def _entry(v: View, at: int) -> bool:
    """`holding color: blue`: a word before a colon, behind a word for what the map holds."""
    before = v.tokens[at - 1].low if at else ""
    return (
        v.tokens[at].word and v.nameable(at) and before in {"holding", "containing", "entry", "key", "data", "and", ","}
    )


def _upper(v: View, at: int) -> bool:
    return v.tokens[at].text.isupper() and len(v.tokens[at].text) > 2


@makes(
    CONFIG,
    "kube.create_secret",
    "secret",
    "generic opaque key random generate generated password value token fresh holding file credential from containing "
    "entry tls certificate under into at as",
    bonus=0.6,
)
def secret(v: View) -> Filled:
    """A secret of generated values or of files. Literal values are not taken: they would stay on record."""
    if not any(m.kind == "secret" for m in v.mentions) or not making(v) or v.seen("env read save label pull"):
        return None
    files = _files(v)
    generated = v.seen("generate random generated") or any(t.low in {"random", "generated"} for t in v.tokens)
    if v.free(Shape.PAIR) or (not files and not generated):
        raise missing(
            "the value of a secret is not taken from a request, where it would stay on record: ask for "
            "generated values "
            '("with a random password"), or name a file of the workspace'
        )
    keys = _keys(v) if generated else []
    name = named(v, "secret")
    if not name:
        return None
    keys += [word for word in ("password", "token") if generated and not keys and v.seen(word)][:1]
    if not keys and not files:
        return None
    tls = "kubernetes.io/tls" if v.seen("tls") and set(files) == {"tls.crt", "tls.key"} else ""
    if v.seen("tls") and not tls:
        return None
    where = space(v, f"the secret {name}")
    return arguments(name=name, generate=keys, files=files, type=tls, namespace=where)


def _files(v: View) -> dict[str, str]:
    """Files by key: `edge.crt (tls.crt)`, `from file certs/ca.pem`; the key is else the file's name."""
    if not v.seen("file") and not any(t.low == "from" for t in v.tokens):
        return {}
    found: dict[str, str] = {}
    paths = [at for at in v.free(Shape.PATH, Shape.NAME, Shape.QUOTED) if is_file(literal(v, at)) or _of_file(v, at)]
    skip = -1
    for at in paths:
        if at == skip:
            continue
        path = literal(v, at)
        key = path.rpartition("/")[2]
        if at + 3 < len(v.tokens) and v.tokens[at + 1].text == "(" and v.tokens[at + 3].text == ")":
            key, skip = literal(v, at + 2), at + 2
            release(v, at + 2)
        elif at + 2 < len(v.tokens) and v.tokens[at + 1].low == "as" and at + 2 in paths:
            key, skip = literal(v, at + 2), at + 2
            release(v, at + 1, at + 2)
        found[key] = path
        release(v, at)
    return found


def _of_file(v: View, at: int) -> bool:
    return v.before(at) == "file" or (v.before(at) == "from" and v.seen("file"))


_KEYED = words("key keys under entry entries field fields")


def _keys(v: View) -> list[str]:
    """`under the key db-password`, `keys user and pass`, `a random value under signing-key`."""
    keys: list[str] = []
    for at, token in enumerate(v.tokens):
        if token.low not in _KEYED or at in v.used:
            continue
        step = at + 1
        while step < len(v.tokens):
            if v.tokens[step].low in {"the", "key", "keys", "called", "named", ",", "and", ":", "&", "entry", "both"}:
                step += 1
            elif step not in v.used and _keyable(v, step):
                keys.append(literal(v, step))
                release(v, at, step)
                step += 1
            else:
                break
    return list(dict.fromkeys(keys))


def _keyable(v: View, at: int) -> bool:
    own = next((m for m in v.mentions if at in m.at and m.kind), None)
    word = v.tokens[at].word and (v.nameable(at) or v.tokens[at].low in {"password", "token", "username", "user"})
    return own is None and (v.tokens[at].shape in {Shape.NAME, Shape.KEY, Shape.QUOTED} or word)


@makes(CONFIG, "kube.create_token", "token", "serviceaccount file save valid into to write issue", heads="issue")
def token(v: View) -> Filled:
    """A token of a service account, written into a file."""
    if not v.seen("token") or v.seen("secret automount") or not ordered(v, CREATE, "issue save write"):
        return None
    path = file_path(v)
    who = person(v)
    if not who or "service_account" not in who:
        return None
    if not path:
        raise missing("a token is written into a file, never into an answer: say which file of the workspace")
    times = v.free(Shape.DURATION)
    seconds = int(float(str(v.tokens[times[0]].value))) if times else None
    v.claim(*times[:1])
    where, _, name = who["service_account"].rpartition("/")
    return arguments(service_account=name, path=path, namespace=where or space(v, "the token"), seconds=seconds)


@CONFIG.writes(
    "kube.save_secret",
    heads="save write store export dump put download extract",
    bonus=0.9,
    may="secret key value file into to of from workspace as",
    talk=True,
)
def save_secret(v: View) -> Filled:
    """The value of a key of a secret, written into a file."""
    if not ordered(v, "save write store export dump put download extract"):
        return None
    if not any(m.kind == "secret" and len(m.names) == 1 for m in v.mentions):
        return None
    key = ""
    for at in range(len(v.tokens)):
        if at not in v.used and v.before(at) == "key" and v._any_name(at):
            key = literal(v, at)
            release(v, at)
    path = file_path(v)
    if not path or not key:
        return None
    one = target(v, frozenset({"secret"}))
    return arguments(name=one.names[0], key=key, path=path, namespace=one.namespace) if one else None
