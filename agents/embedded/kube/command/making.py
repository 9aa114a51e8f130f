"""`kubectl create` and `kubectl run`: what is made, by its kind."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from agents.embedded.kube.command.flags import Call, Step, command
from agents.embedded.kube.slots import arguments
from agents.embedded.kube.tokens import IMAGE
from agents.embedded.wordset import words

_PROGRAMS = words(
    "sh bash ash sleep echo ls cat env id date true false wget curl nslookup dig ping nc python python3 node printenv "
    "tail head top ps sed grep awk psql mysql redis-cli openssl"
)
"""Programs that are said whole behind `run ... --`, where an image has no program of its own before them."""


def _image(call: Call) -> str:
    said = call.flags.get("image", ())
    if len(said) != 1 or not IMAGE.fullmatch(said[0]):
        raise call.no("of which image? Say one --image", *said)
    return said[0]


def _command(call: Call) -> list[str]:
    return list(call.rest or ())


@command("create namespace", also="ns")
def _namespace(call: Call) -> list[Step]:
    if "namespace" in call.flags:
        raise call.no("a namespace is in none", "-n")
    return [("kube.create_namespace", {"name": call.one()})]


@command("create deployment", "image= r|replicas= port=", also="deploy deployments")
def _deployment(call: Call) -> list[Step]:
    return [
        (
            "kube.create_deployment",
            arguments(
                name=call.one(),
                image=_image(call),
                replicas=call.number("replicas"),
                port=call.number("port"),
                command=_command(call),
                namespace=call.where("deployment"),
            ),
        )
    ]


@command("run", "image= l|labels= restart= command")
def _run(call: Call) -> list[Step]:
    said = _command(call)
    if call.flag("restart", "Never") != "Never":
        raise call.no("the pod is not run again: make a deployment for that", call.flag("restart"))
    if said and not call.on("command") and said[0] not in _PROGRAMS and not said[0].startswith("/"):
        raise call.no("say --command where the program of the image is replaced", said[0])
    return [
        (
            "kube.create_pod",
            arguments(
                name=call.one(),
                image=_image(call),
                command=said,
                namespace=call.where("pod"),
                labels=call.pairs("labels"),
            ),
        )
    ]


@command("create job", "image= from=")
def _job(call: Call) -> list[Step]:
    source = call.flag("from")
    if not source:
        named = arguments(name=call.one(), image=_image(call), command=_command(call), namespace=call.where("job"))
        return [("kube.run_job", named)]
    kind, slash, name = source.partition("/")
    if not slash or call.kind(kind) != "cronjob" or call.rest or "image" in call.flags:
        raise call.no("--from takes cronjob/NAME, and nothing beside it", source)
    job = arguments(name=call.name(name), namespace=call.namespace, job_name=call.one())
    return [("kube.run_cron_job_now", job)]


@command("create cronjob", "image= schedule=", also="cj")
def _cron_job(call: Call) -> list[Step]:
    if not call.flag("schedule"):
        raise call.no("when? Say --schedule")
    return [
        (
            "kube.create_cron_job",
            arguments(
                name=call.one(),
                schedule=call.flag("schedule"),
                image=_image(call),
                command=_command(call),
                namespace=call.where("cronjob"),
            ),
        )
    ]


@command("create configmap", "from-literal=", also="cm")
def _config_map(call: Call) -> list[Step]:
    data = call.paired(call.flags.get("from-literal", ()))
    return [("kube.create_config_map", arguments(name=call.one(), data=data, namespace=call.where("configmap")))]


def _files(call: Call, said: dict[str, str], **more: object) -> list[Step]:
    if not said or any(path.startswith(("/", "~", "..")) for path in said.values()):
        raise call.no("which files of the workspace?", *said.values())
    return [("kube.create_secret", arguments(name=call.one(), files=said, namespace=call.where("secret"), **more))]


@command("create secret generic", "from-literal= from-file= type=")
def _secret(call: Call) -> list[Step]:
    if "from-literal" in call.flags:
        raise call.no(
            "the value of a secret is not taken from a request, where it would stay on record: have it generated, "
            "or take it from a file",
            "--from-literal",
        )
    given = [one.rpartition("=") for one in call.flags.get("from-file", ())]
    found = {key or PurePosixPath(path).name: path.removeprefix("./") for key, _, path in given}
    return _files(call, found, type=call.flag("type"))


@command("create secret tls", "cert= key=")
def _tls(call: Call) -> list[Step]:
    if not call.flag("cert") or not call.flag("key"):
        raise call.no("which files? Say --cert and --key")
    return _files(
        call,
        {"tls.crt": call.flag("cert").removeprefix("./"), "tls.key": call.flag("key").removeprefix("./")},
        type="kubernetes.io/tls",
    )


@command("create quota", "hard=", also="resourcequota")
def _quota(call: Call) -> list[Step]:
    hard = call.pairs("hard")
    if not hard:
        raise call.no("how much? Say --hard=cpu=4,memory=8Gi")
    return [("kube.create_quota", arguments(name=call.one(), hard=hard, namespace=call.where("resourcequota")))]


@command("create poddisruptionbudget", "selector= min-available= max-unavailable=", also="pdb")
def _budget(call: Call) -> list[Step]:
    limits = [call.flag("min-available"), call.flag("max-unavailable")]
    if (
        not call.flag("selector")
        or sum(map(bool, limits)) != 1
        or not all(re.fullmatch(r"\d*%?", one) for one in limits)
    ):
        raise call.no("say --selector, and --min-available or --max-unavailable")
    least, most = (int(one) if one.isdigit() else one for one in limits)
    return [
        (
            "kube.create_disruption_budget",
            arguments(
                name=call.one(),
                selector=call.pairs("selector"),
                min_available=least,
                max_unavailable=most,
                namespace=call.where("poddisruptionbudget"),
            ),
        )
    ]


def _service(call: Call, type_: str) -> list[Step]:
    ports = call.listed("tcp")
    found = re.fullmatch(r"(\d{1,5})(?::(\d{1,5}))?", ports[0]) if len(ports) == 1 else None
    if found is None:
        raise call.no("on which port? Say one --tcp=PORT:TARGET", *ports)
    name = call.one()
    return [
        (
            "kube.create_service",
            arguments(
                name=name,
                port=int(found[1]),
                target_port=int(found[2]) if found[2] and found[2] != found[1] else None,
                selector={"app": name},
                type=type_,
                namespace=call.where("service"),
            ),
        )
    ]


@command("create service clusterip", "tcp=", also="svc")
def _internal(call: Call) -> list[Step]:
    return _service(call, "")


@command("create service nodeport", "tcp=")
def _on_nodes(call: Call) -> list[Step]:
    return _service(call, "NodePort")


@command("create service loadbalancer", "tcp=")
def _balanced(call: Call) -> list[Step]:
    return _service(call, "LoadBalancer")


@command("create ingress", "rule= class=", also="ing")
def _ingress(call: Call) -> list[Step]:
    rules = call.flags.get("rule", ())
    found = re.fullmatch(r"([a-z0-9.-]+)/\*=([a-z0-9-]+):(\d{1,5})", rules[0]) if len(rules) == 1 else None
    if found is None:
        raise call.no("one --rule=HOST/*=SERVICE:PORT, for the whole host", *rules)
    return [
        (
            "kube.create_ingress",
            arguments(
                name=call.one(),
                host=found[1],
                service=found[2],
                port=int(found[3]),
                class_name=call.flag("class"),
                namespace=call.where("ingress"),
            ),
        )
    ]


def _manifests(call: Call, skill: str, **more: object) -> list[Step]:
    """One step for each file of the workspace."""
    paths = [path.removeprefix("./") for path in call.listed("filename")]
    if not paths or call.args or not all(re.fullmatch(r"(?![/~.])[\w./-]+\.(?:ya?ml|json)", path) for path in paths):
        raise call.no("of which files of the workspace? Say -f FILE.yaml", *call.args, *paths)
    return [(skill, arguments(manifest=path, namespace=call.namespace, **more)) for path in paths]


@command("apply", "f|filename= server-side force-conflicts")
def _apply(call: Call) -> list[Step]:
    return _manifests(call, "kube.apply", force=call.on("force-conflicts") or None)


@command("create", "f|filename=")
def _create(call: Call) -> list[Step]:
    return _manifests(call, "kube.create")


@command("replace", "f|filename=")
def _replace(call: Call) -> list[Step]:
    return _manifests(call, "kube.replace")
