"""Tools that a model writes: one Python function, checked, shown, run in a sandbox, kept once it worked.

check      what such a function may consist of: an allow-list over its syntax tree
names      the names that it may use
child      the sandboxed process: limits first, then the function
sandbox    starts the child and serves what it asks for, over pipes
client     the device's end of the pipes: questions answered as the caller may have it
library    functions that worked and were approved, by name and hash
skills     `kube.run_tool`, `kube.use_tool`, `kube.tools`
"""
