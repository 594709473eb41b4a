#!/usr/bin/env python3
"""Brings topics, rights and quotas of a Kafka cluster to what is wanted.

It asks the cluster through Kafka's own commands, prints one line for each
difference, and makes the change unless --check is given. Nothing is printed when
nothing differs. What is not in the wanted state loses its rights; topics are
never deleted, and partitions never taken away, because both lose data.
"""

import argparse
import json
import re
import subprocess
import sys


class Cluster:
    """A cluster as its commands show it."""

    def __init__(self, args):
        self.args = args

    def run(self, command, *options):
        """Returns what a command prints; ends with its words when it fails."""
        done = subprocess.run(
            [f"{self.args.bin}/{command}", "--bootstrap-server", self.args.bootstrap,
             "--command-config", self.args.command_config, *options],
            check=False, text=True, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"{command} {' '.join(options)}: {done.stderr or done.stdout}")
        return done.stdout

    def topics(self):
        """Returns partitions, replication and settings by topic."""
        found = {}
        for line in self.run("kafka-topics.sh", "--describe").splitlines():
            fields = dict(re.findall(r"(\w+): ?([^\t]*)", line))
            if "PartitionCount" not in fields:
                continue
            settings = fields.get("Configs", "").strip()
            found[fields["Topic"].strip()] = {
                "partitions": int(fields["PartitionCount"]),
                "replication": int(fields["ReplicationFactor"]),
                # Values may hold commas; names are what comes before a sign.
                "config": dict(p.split("=", 1) for p in re.split(r",(?=[a-z.]+=)", settings) if p),
            }
        return found

    def rights(self):
        """Returns rights as (kind, name, principal, operation)."""
        found, resource = set(), None
        for line in self.run("kafka-acls.sh", "--list").splitlines():
            head = re.search(r"resourceType=(\w+), name=([^,]+), patternType=(\w+)", line)
            if head:
                resource = head.groups()
                continue
            entry = re.search(r"principal=(\S+), host=(\S+), operation=(\w+), permissionType=(\w+)", line)
            if entry and resource:
                principal, host, operation, permission = entry.groups()
                if (resource[2], host, permission) != ("LITERAL", "*", "ALLOW"):
                    sys.exit(f"a right that was made by hand is in the way: {resource} {entry.group(0)}")
                found.add((resource[0], resource[1], principal, operation))
        return found

    def quotas(self):
        """Returns quotas by user."""
        found = {}
        for line in self.run("kafka-configs.sh", "--describe", "--entity-type", "users").splitlines():
            match = re.search(r"user-principal '([^']+)' are (.*)", line)
            if match:
                pairs = (p.strip().split("=", 1) for p in match.group(2).split(",") if "=" in p)
                found[match.group(1)] = {k: float(v) for k, v in pairs if k.endswith("_byte_rate")}
        return found


def wanted_rights(principals):
    """Writers write, readers read and commit how far they came, as the group of their name."""
    rights = set()
    for one in principals:
        user = f"User:{one['name']}"
        for topic in one["produce"]:
            rights.add(("TOPIC", topic, user, "WRITE"))
        for topic in one["consume"]:
            rights.add(("TOPIC", topic, user, "READ"))
        if one["consume"]:
            rights.add(("GROUP", one["name"], user, "READ"))
    return rights


def topic_steps(wanted, have):
    """Yields (what, command, options) for topics."""
    for topic in wanted:
        name, now = topic["name"], have.get(topic["name"])
        if now is None:
            options = ["--create", "--topic", name, "--partitions", str(topic["partitions"]),
                       "--replication-factor", str(topic["replication"])]
            for key, value in sorted(topic["config"].items()):
                options += ["--config", f"{key}={value}"]
            yield f"topic {name}: create", "kafka-topics.sh", options
            continue
        if now["replication"] != topic["replication"]:
            sys.exit(f"topic {name} has {now['replication']} copies and {topic['replication']} are wanted; "
                     "move its partitions with kafka-reassign-partitions.sh")
        if now["partitions"] > topic["partitions"]:
            sys.exit(f"topic {name} has {now['partitions']} partitions and {topic['partitions']} are wanted; "
                     "partitions cannot be taken away, so put the number back into the platform file")
        if now["partitions"] < topic["partitions"]:
            yield (f"topic {name}: {now['partitions']} to {topic['partitions']} partitions", "kafka-topics.sh",
                   ["--alter", "--topic", name, "--partitions", str(topic["partitions"])])
        differing = {k: v for k, v in topic["config"].items() if now["config"].get(k) != v}
        if differing:
            text = ",".join(f"{k}=[{v}]" for k, v in sorted(differing.items()))
            yield (f"topic {name}: {text}", "kafka-configs.sh",
                   ["--alter", "--entity-type", "topics", "--entity-name", name, "--add-config", text])


def right_steps(wanted, have):
    """Yields (what, command, options) for rights, new ones first: nobody loses one between."""
    def options(right, verb, principal):
        kind, name, user, operation = right
        return [verb, principal, user, "--operation", operation.capitalize(), f"--{kind.lower()}", name]

    for right in sorted(wanted - have):
        yield "allow " + " ".join(right), "kafka-acls.sh", options(right, "--add", "--allow-principal")
    for right in sorted(have - wanted):
        if right[0] not in ("TOPIC", "GROUP"):
            continue
        yield ("take back " + " ".join(right), "kafka-acls.sh",
               ["--force"] + options(right, "--remove", "--allow-principal"))


def quota_steps(principals, quota, have):
    """Yields (what, command, options) for quotas: the same for everybody."""
    for one in principals:
        if have.get(one["name"]) != {k: float(v) for k, v in quota.items()}:
            text = ",".join(f"{k}={int(v)}" for k, v in sorted(quota.items()))
            yield (f"quota {one['name']}: {text}", "kafka-configs.sh",
                   ["--alter", "--entity-type", "users", "--entity-name", one["name"], "--add-config", text])


def main():
    """Compares and changes."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bin", "bootstrap", "command-config", "wanted"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--check", action="store_true", help="print what would change, and change nothing")
    args = parser.parse_args()
    with open(args.wanted, encoding="utf-8") as file:
        wanted = json.load(file)
    cluster = Cluster(args)
    steps = [
        *topic_steps(wanted["topics"], cluster.topics()),
        *right_steps(wanted_rights(wanted["principals"]), cluster.rights()),
        *quota_steps(wanted["principals"], wanted["quota"], cluster.quotas()),
    ]
    for what, command, options in steps:
        print(what, flush=True)
        if not args.check:
            cluster.run(command, *options)


if __name__ == "__main__":
    main()
