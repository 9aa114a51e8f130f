"""Kubernetes as a device's skills: typed operations through the official client, and one way for every write.

    settings   what the device's owner allows          api       requests as the caller, errors in our words
    kinds      discovery: words to kinds, kinds to URLs objects   manifests as values: paths, hashes, references
    resolve    names to the objects that they mean      secrecy   no secret value leaves this package
    verbs      `@reads` and `@writes` make skills       change    what a write is, before it is one
    diff, ownership, guard, tier    what a change touches, whether it may, and how grave it is
    preview, commit                 the one way for writes, in two halves with an approval between them
    trail      what was changed, hash-chained on disk

`kubernetes` is imported when a device connects, never before: importing it takes over a second.
"""
