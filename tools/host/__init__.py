"""What a server can do besides files, commands and system facts: services, packages, users, cron, logs, databases.

machine      the machine that the skills work on, and how its programs are asked
services     `service.*`, over systemd, init scripts and supervising
packages     `package.*`, over dpkg and apt
accounts     `user.*` and `group.*`
cron         `cron.*`
journal      `journal.read`
databases    `sql.*`, over sqlite and postgres
backup       `backup.*`
sandbox      `python.run`, in the jail of jail.py
containers   `container.*`
skills       all of them, and which cannot be used on this machine
"""
