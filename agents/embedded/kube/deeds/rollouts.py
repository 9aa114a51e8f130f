"""Which revision of a workload runs, and whether its pods are renewed: restart, roll back, hold, go on."""

from __future__ import annotations

import re

from agents.embedded.kube.deeds.grammar import Deeds, Said
from agents.embedded.kube.lexicon import SCALABLE
from protocol.vocabulary import JsonObject

ROLLOUTS = Deeds()
ROLLED = SCALABLE | {"daemonset"}


@ROLLOUTS(
    "kube.restart",
    "<V> <o>",
    "<V> [all|every|each|both] [of] [<the>] {Kpod*|Kpod} {of|in|behind|from} <o>",
    "<V> [<the>] {rollout|Kdeployment} <of> <o>",
    "<have> [<the>] [Kpod* of] <o> <Ved>",
    "[<the>] [Kpod* of] <o> <must> [be] {<Ved>|<V>}",
    "<o> {needs|need|wants|want|gets|deserves|requires|could use|is due for|has to get} [<the>] [fresh|good|"
    "quick|full|clean|rolling] {<V>|<Ving>}",
    "{do|perform|make|trigger|run|issue|start|initiate|execute|launch|carry_out} [<the>] [quick|clean|full|fresh|"
    "graceful] <V> {of|on|for} <o>",
    "{give|grant|do} <o> [<the>] [fresh|good|quick|full|clean|graceful|proper|little] <V>",
    "[<the>] <V> {of|for|on|:} <o>",
    "<o> [: |, |- ] [<the>] <V>",
    "[do|perform|trigger|run|give it|needs] [<the>] <V>",
    verbs="restart reboot bounce recycle relaunch respawn cycle reload",
)
def restart(said: Said) -> list[JsonObject] | None:
    """A rolling restart, of a pod a new one in its place."""
    if said.says("Knode", "Knode*", "Kjob", "Kcronjob"):
        return None
    return said.objects(ROLLED | {"pod"})


_BEFORE = "{previous|last|prior|earlier|older|former|preceding}"
_REVISION = "{revision|rev|version|release|state|one|Kdeployment|Kreplicaset|image|build|rollout}"
_LATEST = "[last|latest|previous|newest|most recent|recent|current]"
_BACK = "{go|bring|put|take|set|get|move|switch|return|reset|change|send|step}"
_NUMBERED = "[<the>] {revision|rev|version|release|number} [number|no|: |#] <n>"
_ASBEFORE = (
    "{what it was|what it was before|the state before|how it was|how it was before|what ran before|where it was}"
)


@ROLLOUTS(
    "kube.rollout_undo",
    f"<V> <o> [to [<the>] [last] [working|good|known good|stable] {_BEFORE} [working|good|stable] [{_REVISION}]]",
    f"<V> <o> [to {_ASBEFORE}|by one revision|one revision|one step|a revision|one version|by one|by one version]",
    f"<V> <o> [to] {{{_NUMBERED}|to <n>}}",
    f"<V> [<the>] {_LATEST} {{rollout|release|update|rollouts|Kdeployment|deploy}} <of> <o>",
    "roll <o> back [by {one|a|one revision|a revision|one version|one release|one step}]",
    f"{_BACK} <o> back [on|in|at|to|into] [<the>] {_BEFORE} [{_REVISION}]",
    f"{_BACK} <o> back [on|in|at|to|into] {_NUMBERED}",
    f"{_BACK} [back] to {_NUMBERED} {{of|for|on|with}} <o>",
    f"{_BACK} [back] to [<the>] {_BEFORE} {_REVISION} {{of|for|on|with}} <o>",
    f"{_BACK} <o> [back] {{to|on}} {{{_NUMBERED}|[<the>] {_BEFORE} {_REVISION}}}",
    f"[<have>] <o> [<must>] [to] [be|go|come|get] [set|put|brought|taken|moved|rolled|<Ved>] [back] [to|at|on|"
    f"in] {{{_NUMBERED}|[<the>] {_BEFORE} {_REVISION}}}",
    f"<have> <o> to be [what it was|as it was|how it was|where it was] [in|at|on|before] {_NUMBERED}",
    f"<o> [: |, |- ] [<V>|back] [to] {{{_NUMBERED}|[<the>] {_BEFORE} {_REVISION}}}",
    "<have> <o> <Ved>",
    "<o> <must> be <Ved>",
    f"<o> <must> [be <Ved>|go back] to {{<n>|{_NUMBERED}|[<the>] {_BEFORE} {_REVISION}}}",
    verbs="rollback revert undo",
)
def rollback(said: Said) -> list[JsonObject] | None:
    """Back to the revision before, or to a given one."""
    if said.says("revert", "undo") and not said.says("rollout", "update", "release", *_said_kinds()) and _bare(said):
        return None
    found = said.objects(ROLLED)
    if found is None or any(re.fullmatch(r"k\d+", str(one["name"])) for one in found):
        return None
    number = said.number()
    return [one if number is None else {**one, "to_revision": number} for one in found]


def _said_kinds() -> tuple[str, ...]:
    return tuple(f"K{kind}" for kind in ROLLED)


def _bare(said: Said) -> bool:
    """`undo it`, `revert that`: of the last change, not of a rollout."""
    tokens = said.tokens("o")
    return len(tokens) == 1 and tokens[0].low in {"it", "that", "this", "them", "those"} and said.number() is None


_ROLLOUT = "{rollout|rollouts|update|updates|release|deploy|rolling update|rollout process}"


@ROLLOUTS(
    "kube.rollout_pause",
    f"<V> [<the>] {_LATEST} [ongoing] {_ROLLOUT} <of> <o>",
    f"<V> <own> [ongoing|running|current] {_ROLLOUT}",
    f"{{put|place|set}} [<the>] {_ROLLOUT} <of> <o> on {{hold|ice|pause}}",
    f"{{put|place|set}} <own> {_ROLLOUT} on {{hold|ice|pause}}",
    f"[<have>] [<the>] {_ROLLOUT} <of> <o> <Ved>",
    f"[<the>] {_ROLLOUT} <of> <o> <must> {{be <Ved>|<V>|wait|stop}}",
    f"<own> {_ROLLOUT} <must> {{be <Ved>|<V>|wait|stop}}",
    "{put|place|set} <o> on {hold|ice|pause}",
    "<V> <o>",
    verbs="pause freeze hold halt stop suspend",
)
def pause(said: Said) -> list[JsonObject] | None:
    """The rollout of a deployment on hold."""
    found = said.objects(frozenset({"deployment"}))
    spoken = said.says("rollout", "rollouts", "update", "updates", "release", "deploy")
    if found is None or not (spoken or all(one.get("kind") for one in found)):
        return None
    return None if not spoken and said.says("stop", "suspend", "halt") else found


@ROLLOUTS(
    "kube.rollout_resume",
    f"<V> [with] [<the>] {_LATEST} [paused|held|frozen] {_ROLLOUT} <of> <o>",
    f"<V> [with] <own> [paused|held|frozen] {_ROLLOUT}",
    f"{{let|have}} [<the>] {_ROLLOUT} <of> <o> {{continue|go on|proceed|resume|go ahead|carry on|run}}",
    f"{{let|have}} <own> {_ROLLOUT} {{continue|go on|proceed|resume|go ahead|carry on|run}}",
    f"[<the>] [paused|held|frozen] {_ROLLOUT} <of> <o> <must> {{continue|go on|proceed|resume|go ahead|carry on|"
    f"be <Ved>}}",
    f"<own> {_ROLLOUT} <must> {{continue|go on|proceed|resume|go ahead|carry on|be <Ved>}}",
    "<V> <o>",
    verbs="resume continue unpause unfreeze carry_on go_on proceed",
)
def resume(said: Said) -> list[JsonObject] | None:
    """A held rollout that goes on."""
    found = said.objects(frozenset({"deployment"}))
    spoken = said.says("rollout", "rollouts", "update", "updates", "release", "deploy", "unpause", "unfreeze")
    return found if found and (spoken or all(one.get("kind") for one in found)) else None


@ROLLOUTS(
    "kube.rollout_status",
    f"{{tell me|let me know|say|report|notify me|inform me|shout|ping me}} [when|once|as soon as|whether] [the] "
    f"[own] {_ROLLOUT} <of> <o> "
    "{is|has} {through|done|complete|completed|finished|over|up|out}".replace("[the] [own]", "[<the>]"),
    f"{{tell me|let me know|say|report|notify me|inform me|shout|ping me}} [when|once|as soon as|whether] <own> "
    f"{_ROLLOUT} {{is|has}} "
    "{through|done|complete|completed|finished|over|up|out}",
    f"{{wait|wait for}} [until|till|for] [<the>] {_ROLLOUT} [<of> <o>] [{{to {{finish|complete|end|be done|be "
    f"through}}|is {{through|done|complete|completed|finished|over}}}}]",
    f"{{wait|wait for}} [until|till|for] <own> {_ROLLOUT} [{{to {{finish|complete|end|be done|be through}}|is "
    f"{{through|done|complete|completed|finished|over}}}}]",
    verbs="wait",
)
def status(said: Said) -> list[JsonObject] | None:
    """How far a rollout is, said when it is through."""
    return said.objects(ROLLED)
