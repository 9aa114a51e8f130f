"""Puts deeds into a plan: devices chosen or asked for, `it` resolved, content moved as artifacts, conditions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from agents.embedded.draft import Draft, step_name
from agents.embedded.kinds.acts import (
    Act,
    Choice,
    Convert,
    Deed,
    Install,
    Narrow,
    Part,
    Places,
    Save,
    Send,
    Tell,
    Verify,
)
from agents.embedded.kinds.conditions import Condition
from agents.embedded.kinds.files import machines, phones_of
from agents.embedded.kinds.line import Mention
from agents.embedded.kinds.sentences import Clause
from agents.embedded.kinds.world import World
from agents.embedded.outcome import Stop, ask, decline, lacking
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import Clarification, Plan, Selector, Step, StepDependency
from orchestrator.core.references import escape, find
from orchestrator.core.tasks import On
from protocol.vocabulary import JsonObject, Risk, SkillSpec

DOWNLOADS: Final = "/sdcard/Download"
PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf", ".mp3", ".wav", ".bin", ".zip")
WAIT_S: Final = 3600
"""How long `when` waits for what it speaks of, in seconds; a run has an end, a rule of the box has none."""
OPPOSITE: Final = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}


COUNTED: Final = ("lines", "words", "bytes", "files")


@dataclass(frozen=True, slots=True)
class Made:
    """What a deed left: its step, and the file on a device that it made or is about, where there is one."""

    step: str
    skill: str
    devices: tuple[str, ...]
    file: str | None = None
    measure: str = ""
    reads: bool = True
    label: str = ""
    unit: str = ""


@dataclass
class Composer:
    world: World
    draft: Draft = field(init=False)
    made: list[Made] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    occasion: str = ""
    probed: tuple[str, ...] = ()
    """Where the service runs that a condition looks at."""

    def __post_init__(self) -> None:
        self.draft = Draft(self.world.skills)

    def plan(self, clauses: Sequence[Clause]) -> Plan:
        tails: list[str] = []
        for clause in clauses:
            tails = self._clause(clause, tails)
        wanted = self.draft.answering(self.answers)
        why = ". ".join(["every word of the request has its place, by the grammar of devices", *self.notes])
        return self.draft.plan(wanted, why)

    # --- clauses ------------------------------------------------------------------------------------------------

    def _clause(self, clause: Clause, tails: list[str]) -> list[str]:
        self.occasion = clause.occasion
        if clause.condition is None:
            return self._deeds(clause.deeds, tails, ())
        standing = self._rule(clause)
        if standing is not None:
            return self._deeds((("then", standing),), tails, ())
        return self._gated(clause, clause.condition, tails)

    def _gated(self, clause: Clause, condition: Condition, tails: list[str]) -> list[str]:
        if clause.mark in {"when", "once"}:
            probe, compare = self._awaited(condition, tails)
        else:
            op = OPPOSITE[condition.op] if clause.mark == "unless" else condition.op
            self.draft.begin(tails, ())
            probed = self._act(condition.probe)
            probe = probed.step
            if condition.probe.skill == "service.status":
                self.probed = probed.devices
            compare = Compare.model_validate({"path": condition.path, "op": op, "value": condition.value})
        gates = [StepDependency(step=probe, on=On.CONDITION, when=compare)]
        if clause.also:
            gates += self._also(clause, tails)
        before = list(self.made)
        ends = self._deeds(clause.deeds, [], tuple(gates))
        if clause.otherwise:
            self.made = before
            negated = Compare.model_validate({"path": compare.path, "op": OPPOSITE[compare.op], "value": compare.value})
            gate = StepDependency(step=probe, on=On.CONDITION, when=negated)
            self._deeds(clause.otherwise, [], (gate,))
        if probe not in self.answers:
            self.answers.append(probe)
        return ends if not clause.otherwise else ["?"]

    def _also(self, clause: Clause, tails: list[str]) -> list[StepDependency]:
        """The gates of further conditions, which must hold too."""
        if clause.mark not in {"if"} or clause.otherwise:
            raise decline("several conditions are read with `if`, and without `otherwise`")
        gates = []
        for one in clause.also:
            self.draft.begin(tails, ())
            probe = self._act(one.probe).step
            when = Compare.model_validate({"path": one.path, "op": one.op, "value": one.value})
            gates.append(StepDependency(step=probe, on=On.CONDITION, when=when))
            self.answers.append(probe)
        if len({gate.step for gate in gates}) < len(gates):
            raise decline("two conditions about one value are not read")
        return gates

    def _awaited(self, condition: Condition, tails: list[str]) -> tuple[str, Compare]:
        """`when the temperature is above 30, ...` in a run: the sensor is followed until then, for an hour at most."""
        sides = {">": "above", "<": "below"}
        if condition.probe.skill != "edge.read" or condition.op not in sides or "edge.watch" not in self.world.skills:
            raise decline("waiting for this is not something that a skill does; say `if`, or make it a rule of the box")
        more: JsonObject = {"seconds": WAIT_S, sides[condition.op]: condition.value}
        choices = tuple(Choice({**one.arguments, **more}, one.device) for one in condition.probe.choices)
        self.draft.begin(tails, ())
        probe = self._act(Act("edge.watch", choices, condition.probe.places)).step
        self.notes.append("it is waited for an hour at most")
        return probe, Compare.model_validate({"path": "output.crossed", "op": "==", "value": True})

    def _rule(self, clause: Clause) -> Act | None:
        """`when the temperature is above 30, open the window`: the box does that by itself, from now on."""
        condition = clause.condition
        always = clause.mark == "whenever"
        if condition is None or clause.mark not in {"when", "whenever"}:
            return None
        if clause.also:
            raise decline("a rule of a box sets one actuator by one sensor of the same box")
        deeds = [deed for _, deed in (*clause.deeds, *clause.otherwise)]
        sets = [deed for deed in deeds if isinstance(deed, Act) and deed.skill == "edge.set"]
        fits = len(clause.deeds) == 1 and len(clause.otherwise) <= 1 and len(sets) == len(deeds)
        fits = fits and condition.probe.skill == "edge.read" and "edge.add_rule" in self.world.skills
        if not fits:
            if always:
                raise decline("a rule of a box sets one actuator by one sensor of the same box")
            return None
        choices = tuple(rule for one in condition.probe.choices for rule in _rules(condition, one, sets))
        if not choices:
            raise decline("a rule of a box sets one actuator by one sensor of the same box")
        self.notes.append("the box follows this rule by itself until it is removed")
        return Act("edge.add_rule", choices, (*condition.probe.places, *sets[0].places))

    def _deeds(
        self, deeds: Sequence[tuple[str, Deed]], tails: list[str], gates: tuple[StepDependency, ...]
    ) -> list[str]:
        if "?" in tails:
            raise decline("what should follow a condition's branches cannot be ordered after them")
        for joint, deed in deeds:
            first = not joint
            self.draft.begin((), gates)
            made = self._deed(deed)
            fresh = list(self.draft.fresh)
            ordered = tails and (joint == "then" or first or self.draft.risky(tails) or self.draft.risky(fresh))
            if ordered and (self.draft.risky(tails) or self.draft.risky(fresh)):
                self._after(fresh, tails)
            elif self._one_screen(fresh, tails):
                ordered = True
                self._after(fresh, tails)
            self.made.append(made)
            self.answers.append(made.step)
            tails = [made.step] if ordered or not tails else [*tails, made.step]
        return tails

    def _one_screen(self, fresh: Sequence[str], before: Sequence[str]) -> bool:
        """Whether both look at one screen: what is looked at first is there first, though both only read."""
        seen = {self.draft.steps[id].skill.partition(".")[0] for id in before} & SCREENS
        return any(self.draft.steps[id].skill.partition(".")[0] in seen for id in fresh if id not in before)

    def _after(self, fresh: Sequence[str], before: Sequence[str]) -> None:
        """The first of these steps wait for those, where nothing orders them yet."""
        own = set(fresh)
        for id in fresh:
            step = self.draft.steps[id]
            upstream = {edge.step for edge in step.after}
            if upstream & own:
                continue
            edges = tuple(StepDependency(step=one) for one in before if one not in upstream and one != id)
            self.draft.steps[id] = step.model_copy(update={"after": (*step.after, *edges)})

    def _deed(self, deed: Deed) -> Made:
        match deed:
            case Act():
                return self._act(deed)
            case Save():
                return self._save(deed)
            case Send():
                return self._send(deed)
            case Tell():
                return self._tell(deed)
            case Install():
                return self._install(deed)
            case Convert():
                return self._convert(deed)
            case Verify():
                return self._verify(deed)
            case Part():
                return self._part(deed)
            case Narrow():
                raise decline("it is not clear what so much is wanted of")

    # --- one skill ----------------------------------------------------------------------------------------------

    def perform(self, act: Act) -> Made:
        """The step of one act, for a grammar that puts it among steps of its own. Raises Stop."""
        return self._act(act)

    def _act(self, act: Act, **more: str) -> Made:
        choice, names, many = self._chosen(act)
        if not any(mention.names for _, mention in act.places):
            names = self.where(act, choice) or names
        arguments: JsonObject = {**choice.arguments, **more}
        if act.skill == "desktop.notify" and not arguments["title"]:
            if not self.occasion:
                raise decline("a notification needs its text: say what, in quotes or behind `that`")
            arguments["title"] = escape(self.occasion)
        for id, step in self.draft.steps.items():
            same = (step.skill, step.arguments, step.devices.names) == (act.skill, arguments, names)
            again = same and self.world.skills[act.skill].risk is Risk.READ and not self.draft.gates and not more
            if again and not self._changed_since(id):
                return Made(id, act.skill, names, None, act.measure, True, *_called(act, arguments))
        selector = Selector(mode="each" if many else "one", names=names)
        id = self.draft.add(step_name(act.skill), act.skill, arguments, selector, title=_title(act, names))
        reads = self.world.skills[act.skill].risk is Risk.READ
        file = str(arguments["target"]) if act.skill == "backup.create" and len(names) == 1 and not many else None
        return Made(id, act.skill, names, file, act.measure, reads, *_called(act, arguments))

    def where(self, act: Act, choice: Choice) -> tuple[str, ...] | None:
        """Where the service or container is that was spoken of by the same name, and is not named a device again."""
        family = act.skill.partition(".")[0]
        name = choice.arguments.get("name")
        if family not in ("service", "container") or not name:
            return None
        known = (one for one in self.draft.steps.values() if one.skill.partition(".")[0] == family)
        found = {one.devices.names for one in known if one.arguments.get("name") == name}
        return found.pop() if len(found) == 1 else None

    def _changed_since(self, id: str) -> bool:
        later = list(self.draft.steps)[list(self.draft.steps).index(id) + 1 :]
        return self.draft.risky(later)

    def _chosen(self, act: Act) -> tuple[Choice, tuple[str, ...], bool]:
        """The choice with the devices it runs on; asks where it is not clear. Raises Stop."""
        named, many = self._named(act.places)
        choices = [one for one in act.choices if one.device is None or named is None or one.device in named]
        if not choices:
            raise decline(f"{', '.join(named or ())} has nothing of that name", [])
        fixed = [one for one in choices if one.device is not None]
        if fixed:
            if len(fixed) > 1:
                labels = [f"{next(iter(one.arguments.values()))} of {one.device}" for one in fixed]
                chosen = ask("Which one do you mean?", labels, self.world.answers)
                fixed = [fixed[labels.index(chosen)]]
            device = fixed[0].device or ""
            if not self.world.able(act.skill, (device,)):
                raise lacking(self.world.fleet, act.skill, [device])
            return fixed[0], (device,), False
        able = self.world.able(act.skill, named)
        if not able:
            raise lacking(self.world.fleet, act.skill, named or ())
        if many:
            return choices[0], able, len(able) > 1
        return choices[0], (self._one(able),), False

    def _named(self, places: Places) -> tuple[tuple[str, ...] | None, bool]:
        names: list[str] = []
        many = False
        for _, mention in places:
            if mention.there:
                if not self.made:
                    raise decline("no device was named before", ["there"])
                return self.made[-1].devices, False
            names += [name for name in mention.names if name not in names]
            many = many or mention.many
        if len([mention for _, mention in places if mention.names]) > 1 and not many:
            sets = [set(mention.names) for _, mention in places]
            common = set.intersection(*sets)
            if not common:
                raise decline("it is not clear which of the devices is meant", [mention.text for _, mention in places])
            names = [name for name in names if name in common]
        return (tuple(names), many) if names else (None, False)

    def _one(self, able: tuple[str, ...]) -> str:
        if len(able) == 1:
            return able[0]
        spoken = [name for one in reversed(self.made) for name in one.devices if len(one.devices) == 1]
        if spoken and spoken[0] in able:
            return spoken[0]
        if len(self.probed) == 1 and self.probed[0] in able:
            return self.probed[0]
        if self.world.client in able:
            return str(self.world.client)
        return ask("On which device?", able, self.world.answers)

    # --- content that moves ---------------------------------------------------------------------------------------

    def _target(self, mention: Mention | None, skill: str) -> tuple[tuple[str, ...], bool]:
        """The devices that something is kept on."""
        if mention is not None and mention.there:
            names, _ = self._named((("", mention),))
            return tuple(names or ()), False
        able = self.world.able(skill, mention.names if mention is not None else None)
        if not able:
            raise lacking(self.world.fleet, skill, *((mention.names, mention.text) if mention is not None else ()))
        if mention is not None and mention.many:
            return able, len(able) > 1
        return (self._one(able),), False

    def _save(self, save: Save) -> Made:
        source = self._act(save.what) if save.what is not None else self._last()
        self._as_table(source, save.path)
        mention = save.places[0][1] if save.places else None
        outputs = self.world.skills[source.skill].output_schema.get("properties", {})
        path = save.path
        if "artifact" in outputs:
            return self._kept(f"${{{source.step}.output.artifact}}", source, mention, path, "name" in outputs)
        if "files" in outputs and path.casefold().endswith(PICTURES) and "data" in outputs:
            return self._kept(f"${{{source.step}.output.files[0].artifact}}", source, mention, path, False)
        if source.file is not None and save.what is None:
            return self._copied(source, mention, path)
        if not path:
            raise decline("the file needs a name: say `as NAME`", [])
        names, many = self._target(mention, "file.write")
        text = self._written(source, path, outputs, save.counted)
        step = self.draft.add(
            "write", "file.write", {"path": path, "text": text}, _selector(names, many), title=f"write {path}"
        )
        return Made(step, "file.write", names, path, reads=False)

    def _as_table(self, source: Made, path: str) -> None:
        """A skill that gives its rows as CSV where it is told so, is told so for a file of that kind."""
        spec, step = self.world.skills[source.skill], self.draft.steps[source.step]
        formats = spec.input_schema.get("properties", {}).get("format", {})
        if path.casefold().endswith(".csv") and "csv" in formats.get("enum", ()) and "csv" in _outputs(spec):
            arguments: JsonObject = {**step.arguments, "format": "csv"}
            self.draft.steps[source.step] = step.model_copy(update={"arguments": arguments})

    def _kept(self, artifact: str, source: Made, mention: Mention | None, path: str, has_name: bool) -> Made:
        if not path or path.endswith("/"):
            if not has_name:
                raise decline("the file needs a name: say `as NAME`", [])
            path = f"{path}${{{source.step}.output.name}}"
        names, many = self._target(mention, "artifact.save")
        step = self.draft.add(
            "save", "artifact.save", {"artifact": artifact, "path": path}, _selector(names, many), title=f"save {path}"
        )
        return Made(step, "artifact.save", names, path, reads=False)

    def _copied(self, source: Made, mention: Mention | None, path: str) -> Made:
        """`put it on beta`: the file that was made before, on another device."""
        if len(source.devices) != 1 or mention is None:
            raise decline("it is not clear which file is meant", ["it"])
        file = str(source.file)
        publish = self._publish(file, source.devices[0])
        goal = path if path and not path.endswith("/") else f"{path}{file.rsplit('/', 1)[-1]}" if path else file
        return self._kept(f"${{{publish}.output.artifact}}", source, mention, goal, False)

    def _publish(self, path: str, device: str) -> str:
        return self.draft.add(
            "publish",
            "artifact.publish",
            {"path": path},
            Selector(names=(device,)),
            title=f"publish {path} of {device}",
        )

    def _written(self, source: Made, path: str, outputs: JsonObject, counted: frozenset[str]) -> str:
        """What is told, as text: JSON for a .json, the value or the text that was asked for, else a report."""
        ending = path.rsplit("/", 1)[-1].rpartition(".")[2].casefold()
        several = self.draft.steps[source.step].devices.mode == "each"
        if several and (counted or source.measure or ending not in {"md", "txt"} or {"text", "stdout"} & set(outputs)):
            raise decline("what several devices tell is no single value for a file", [path])
        if ending == "csv" and "csv" in outputs:
            return f"${{{source.step}.output.csv}}"
        if ending == "json":
            return f"${{{source.step}.output}}\n"
        if source.measure:
            return f"${{{source.step}.{source.measure}}}\n"
        if counted:
            return f"${{{source.step}.output.{_number(source, outputs, counted)}}}\n"
        if "text" in outputs:
            return f"${{{source.step}.output.text}}\n"
        if "stdout" in outputs and ending != "md":
            return f"${{{source.step}.output.stdout}}"
        if ending not in {"txt", "md", "log"}:
            raise decline(
                f"what {source.skill} tells cannot be put into a .{ending} file; .json or .md can hold it", [path]
            )
        title = source.skill.replace(".", " ").replace("_", " ").capitalize()
        content = f"${{{source.step}[*]}}" if several else f"${{{source.step}.output}}"
        section: JsonObject = {"heading": title, "content": content}
        report = self.draft.add("report", "text.report", {"title": title, "sections": [section]}, Selector())
        return f"${{{report}.output.text}}"

    def _last(self) -> Made:
        if not self.made:
            raise decline("nothing was made before that `it` could be", ["it"])
        return self.made[-1]

    def _send(self, send: Send) -> Made:
        phones = phones_of(self.world)
        to_phone = send.target is not None and bool(set(send.target.names) & phones)
        if send.source is not None and set(send.source.names) & phones:
            return self._pulled(send, to_phone)
        file, device, artifact = self._origin(send)
        if artifact is None:
            artifact = f"${{{self._publish(file, device)}.output.artifact}}"
        return self._pushed(send, artifact, file)

    def _origin(self, send: Send) -> tuple[str, str, str | None]:
        """(file, its device, its artifact where it is one already) of what is sent."""
        if send.path is None:
            last = self._last()
            outputs = self.world.skills[last.skill].output_schema.get("properties", {})
            if "artifact" in outputs and last.skill != "artifact.publish":
                return (
                    f"${{{last.step}.output.name}}" if "name" in outputs else "",
                    "",
                    f"${{{last.step}.output.artifact}}",
                )
            if last.file is None or len(last.devices) != 1:
                raise decline("it is not clear which file is meant", ["it"])
            return last.file, last.devices[0], None
        names = self.world.able("artifact.publish", send.source.names if send.source is not None else None)
        if not names:
            what = send.source.text if send.source is not None else "no device"
            raise decline(f"{what} cannot send files", [what])
        if send.source is None:
            here = [one.devices[0] for one in self.made if one.file == send.path and len(one.devices) == 1]
            if here:
                return send.path, here[-1], None
        return send.path, self._one(names), None

    def _pushed(self, send: Send, artifact: str, file: str) -> Made:
        goal = self._on_phone(send.goal, file)
        names, many = self._target(send.target, "phone.push")
        step = self.draft.add(
            "push",
            "phone.push",
            {"artifact": artifact, "target": goal},
            _selector(names, many),
            title=f"copy {file} to {', '.join(names)}",
        )
        return Made(step, "phone.push", names, None, reads=False)

    def _on_phone(self, goal: str, file: str) -> str:
        name = file.rsplit("/", 1)[-1]
        if not goal:
            return f"{DOWNLOADS}/{name}"
        if not goal.startswith("/"):
            raise decline(
                f'where on the phone is "{goal}"? A path there begins with /, such as {DOWNLOADS}/{goal}', [goal]
            )
        last = goal.rsplit("/", 1)[-1]
        return f"{goal.rstrip('/')}/{name}" if goal.endswith("/") or "." not in last else goal

    def _pulled(self, send: Send, to_phone: bool) -> Made:
        assert send.source is not None
        path = str(send.path)
        if not path.startswith("/"):
            path = f"{DOWNLOADS}/{path}"
        name = path.rsplit("/", 1)[-1]
        (phone,), _ = self._target(send.source, "phone.pull")
        pull = self.draft.add(
            "pull",
            "phone.pull",
            {"source": path, "target": name},
            Selector(names=(phone,)),
            title=f"copy {name} from {phone}",
        )
        artifact = f"${{{pull}.output.artifact}}"
        if to_phone:
            return self._pushed(send, artifact, name)
        if send.target is None and not send.goal:
            return Made(pull, "phone.pull", (phone,), None, reads=False)
        goal = send.goal or name
        if goal.endswith("/") or "." not in goal.rsplit("/", 1)[-1]:
            goal = f"{goal.rstrip('/')}/{name}"
        return self._kept(artifact, Made(pull, "phone.pull", (phone,)), send.target, goal, False)

    def _install(self, install: Install) -> Made:
        source = install.source
        names = self.world.able("artifact.publish", source.names if source is not None else None)
        if not names:
            raise decline("it is not said on which device the package is", [install.path])
        publish = self._publish(install.path, self._one(names))
        targets, many = self._target(install.target, "phone.install")
        step = self.draft.add(
            "install",
            "phone.install",
            {"artifact": f"${{{publish}.output.artifact}}"},
            _selector(targets, many),
            title=f"install {install.path}",
        )
        return Made(step, "phone.install", targets, None, reads=False)

    def _tell(self, tell: Tell) -> Made:
        source = self._act(tell.what) if tell.what is not None else self._last()
        if not source.measure:
            raise decline("what is to be sent is no single value", ["it"])
        return self._act(tell.act, **{tell.argument: self._told(source, tell.act.skill)})

    def _told(self, source: Made, skill: str) -> str:
        """A value as text: with its name for people, bare for machines. A number alone would stay a number."""
        reference = f"${{{source.step}.{source.measure}}}"
        if source.measure == "output.text":
            return reference
        if skill == "edge.publish":
            return f"{reference} "
        # A phone's keyboard has no degree sign.
        unit = source.unit if skill != "phone.type" or source.unit.isascii() else ""
        return f"{source.label}: {reference} {unit}".removeprefix(": ").strip()

    # --- documents and backups --------------------------------------------------------------------------------------

    def _convert(self, deed: Convert) -> Made:
        named, many = self._named(deed.places)
        both = tuple(n for n in self.world.able(deed.skill, named) if n in self.world.able(deed.reads.skill))
        if not both or many:
            what = ", ".join(named) if named is not None else "no device"
            raise decline(f"{what} cannot make {deed.arguments['path']} of {deed.file}", [deed.file])
        here = [one.devices for one in self.made if one.file == deed.file and len(one.devices) == 1]
        name = here[-1][0] if here and here[-1][0] in both else self._one(both)
        place = Selector(names=(name,))
        (choice,) = deed.reads.choices
        title = f"read {deed.file} on {name}"
        read = self.draft.add(step_name(deed.reads.skill), deed.reads.skill, choice.arguments, place, title=title)
        whole = Compare.model_validate({"path": "output.truncated", "op": "==", "value": False})
        path = str(deed.arguments["path"])
        step = self.draft.add(
            step_name(deed.skill),
            deed.skill,
            {**_content(deed, f"${{{read}.output.{deed.whole}}}"), **deed.arguments},
            place,
            title=f"write {path} on {name}",
            edges=(StepDependency(step=read, on=On.CONDITION, when=whole),),
        )
        return Made(step, deed.skill, (name,), path, reads=False)

    def _verify(self, deed: Verify) -> Made:
        made = self._last()
        backups = [one for one in self.made if one.skill == "backup.create" and one.file is not None]
        if not backups or made.file != backups[-1].file or len(made.devices) != 1:
            raise decline("no backup was made before that could be verified", ["it"])
        named, many = self._named(deed.places)
        target = named or made.devices
        if many or len(target) != 1 or not self.world.able("backup.verify", target):
            raise decline(f"{', '.join(target)} cannot verify a backup", list(target))
        after = made.step
        if target != made.devices:
            artifact = f"${{{self._publish(str(made.file), made.devices[0])}.output.artifact}}"
            after = self._kept(artifact, made, deed.places[0][1], str(made.file), False).step
        step = self.draft.add(
            "verify",
            "backup.verify",
            {"backup_path": str(made.file)},
            Selector(names=target),
            after=(after,),
            title=f"verify {made.file} on {target[0]}",
        )
        return Made(step, "backup.verify", target, made.file)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _part(self, part: Part) -> Made:
        """The steps of another grammar's plan, with ids of their own here."""
        if isinstance(part.plan, Clarification):
            raise Stop(part.plan)
        ids: dict[str, str] = {}
        for step in part.plan.steps:
            ids[step.id] = self.draft.fresh_id(step.id)
            self._adopted(step, ids)
        answer = [ids[id] for id in part.plan.answer] or [ids[part.plan.steps[-1].id]]
        self.answers += answer[:-1]
        last = self.draft.steps[answer[-1]]
        names = tuple(
            name for name in self.world.able(last.skill) if not last.devices.names or name in last.devices.names
        )
        value = next((last.arguments.get(one) for one in ("target", "path") if one in last.arguments), None)
        file = str(value) if isinstance(value, str) and last.skill in FILES and len(names) == 1 else None
        reads = not self.draft.risky(ids.values())
        return Made(last.id, last.skill, names, file, "output.text" if last.skill in TEXTS else "", reads)

    def _adopted(self, step: Step, ids: dict[str, str]) -> None:
        def edge(one: StepDependency) -> StepDependency:
            return one.model_copy(update={"step": ids[one.step]})

        after = [edge(one) for one in step.after]
        if not any(one.step in self.draft.fresh for one in after):
            after += [gate for gate in self.draft.gates if gate.step not in {one.step for one in after}]
        devices = step.devices
        if devices.same_as is not None:
            devices = devices.model_copy(update={"same_as": ids[devices.same_as]})
        if devices == Selector() and step.skill not in ANYWHERE and not step.skill.startswith(("data.", "text.")):
            devices = Selector(names=tuple(sorted(machines(self.world))))
        renamed = _renamed(step.arguments, ids)
        assert isinstance(renamed, dict)
        self.draft.steps[ids[step.id]] = step.model_copy(
            update={"id": ids[step.id], "arguments": renamed, "devices": devices, "after": tuple(after)}
        )
        self.draft.fresh.append(ids[step.id])


SCREENS: Final = frozenset({"browser", "desktop", "phone"})
ANYWHERE: Final = frozenset({"http.fetch"})
FILES: Final = frozenset(
    {"file.write", "file.append", "file.copy", "file.move", "archive.create", "artifact.save", "http.download",
     "file.read", "file.replace"}
)  # fmt: skip
"""What is about a whole file, which may be sent on then; some lines of one are a text."""
TEXTS: Final = frozenset({"file.read", "file.head", "file.tail", "http.fetch"})


def _number(source: Made, outputs: JsonObject, said: frozenset[str]) -> str:
    """The output that is the number of what was counted. Raises Stop where there is none, or several may be meant."""
    names = COUNTED if source.skill == "file.count" else ("count",)
    named = [name for name in names if name in outputs and (len(names) == 1 or name.removesuffix("s") in said)]
    if len(named) != 1:
        raise decline(f"it is not clear which number of {source.skill} is meant", ["number"])
    return named[0]


def _content(deed: Convert, content: str) -> JsonObject:
    """What was read, as the arguments of the skill that writes it."""
    if deed.skill == "pdf.write":
        title = deed.file.rsplit("/", 1)[-1].rpartition(".")[0]
        return {"title": title, "sections": [{"content": content}]}
    return {"markdown" if deed.skill == "html.write" else "items": content}


def _renamed(value: object, ids: dict[str, str]) -> object:
    if isinstance(value, str):
        if not any(True for _ in find(value)):
            return value
        return re.sub(r"\$\{([A-Za-z][A-Za-z0-9_-]*)(?=[.\[])", lambda m: "${" + ids.get(m[1], m[1]), value)
    if isinstance(value, dict):
        return {key: _renamed(one, ids) for key, one in value.items()}
    return [_renamed(one, ids) for one in value] if isinstance(value, list) else value


def _called(act: Act, arguments: JsonObject) -> tuple[str, str]:
    """(name, unit) of the value that an act tells."""
    unit = {"percent": "%", "°c": "°C"}.get(act.unit, act.unit)
    return str(arguments.get("sensor", act.skill.rpartition(".")[2].replace("_", " "))), unit


def _outputs(spec: SkillSpec) -> JsonObject:
    found: JsonObject = spec.output_schema.get("properties", {})
    return found


def _selector(names: tuple[str, ...], many: bool) -> Selector:
    return Selector(mode="each" if many else "one", names=names)


def _title(act: Act, names: tuple[str, ...]) -> str:
    what = act.skill.replace(".", " ").replace("_", " ")
    return f"{act.title or what} on {', '.join(names)}"


def _rules(condition: Condition, probe: Choice, sets: Sequence[Act]) -> list[Choice]:
    """The rules of one box: its sensor, and what each of its actuators of that name is set to."""
    out = []
    for one in sets[0].choices:
        if one.device != probe.device:
            continue
        more: JsonObject = {}
        if len(sets) > 1:
            others = [
                c
                for c in sets[1].choices
                if (c.device, c.arguments["actuator"]) == (one.device, one.arguments["actuator"])
            ]
            if not others:
                continue
            more["otherwise"] = others[0].arguments["value"]
        arguments: JsonObject = {
            "sensor": probe.arguments["sensor"],
            "op": condition.op,
            "value": condition.value,
            "actuator": one.arguments["actuator"],
            "set": one.arguments["value"],
            **more,
        }
        out.append(Choice(arguments, one.device))
    return out
