"""The embedded rung's grammar of Kubernetes: from a request in plain words to steps of the `kube.*` skills.

`tokens` reads words and the literals that Kubernetes has (quantities, images, labels, paths of kind and name); `view`
finds which object, namespace and person a clause speaks of; the frames (`frames_*`) say what each skill is asked for
with; `compose` puts clauses together; `asides` holds what the request forbids against the plan; and `door` decides
whether a request is one for a cluster, and for which. Loaded only where a cluster is in the fleet.
"""
