"""Runs the program that compares Kafka with what is wanted against commands that
answer as Kafka's do and remember what they were told.

usage: reconcile_test.py PROGRAM
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

FAKE = r'''#!/usr/bin/env python3
"""Answers as the command of this name does, from a state in a file."""
import json, os, pathlib, sys

name, args = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
place = pathlib.Path(os.environ["STATE"])
state = json.loads(place.read_text())


def values(flag):
    return [args[i + 1] for i, a in enumerate(args) if a == flag]


def pairs(text):
    depth, parts, part = 0, [], ""
    for c in text:
        depth += (c == "[") - (c == "]")
        if c == "," and depth == 0:
            parts.append(part)
            part = ""
        elif c not in "[]":
            part += c
    return dict(p.split("=", 1) for p in parts + [part])


assert values("--bootstrap-server") == ["b:9094"] and values("--command-config") == ["/c"], args
if name == "kafka-topics.sh" and "--describe" in args:
    for topic, t in state["topics"].items():
        config = ",".join(f"{k}={v}" for k, v in t["config"].items())
        print(f"Topic: {topic}\tTopicId: x4\tPartitionCount: {t['partitions']}\tReplicationFactor: {t['replication']}\tConfigs: {config}")
        print(f"\tTopic: {topic}\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKnownElr: ")
elif name == "kafka-topics.sh" and "--create" in args:
    state["topics"][values("--topic")[0]] = {
        "partitions": int(values("--partitions")[0]), "replication": int(values("--replication-factor")[0]),
        "config": dict(c.split("=", 1) for c in values("--config"))}
elif name == "kafka-topics.sh" and "--alter" in args:
    state["topics"][values("--topic")[0]]["partitions"] = int(values("--partitions")[0])
elif name == "kafka-configs.sh" and "--describe" in args:
    for user, quota in state["quotas"].items():
        print(f"Quota configs for user-principal '{user}' are " + ", ".join(f"{k}={float(v)}" for k, v in quota.items()))
elif name == "kafka-configs.sh" and values("--entity-type") == ["users"]:
    state["quotas"].setdefault(values("--entity-name")[0], {}).update(pairs(values("--add-config")[0]))
elif name == "kafka-configs.sh":
    state["topics"][values("--entity-name")[0]]["config"].update(pairs(values("--add-config")[0]))
elif name == "kafka-acls.sh" and "--list" in args:
    for kind, thing, user, operation in state["rights"]:
        print(f"Current ACLs for resource `ResourcePattern(resourceType={kind}, name={thing}, patternType=LITERAL)`: ")
        print(f" \t(principal={user}, host=*, operation={operation}, permissionType=ALLOW)")
elif name == "kafka-acls.sh":
    kind = "topic" if "--topic" in args else "group"
    right = [kind.upper(), values("--" + kind)[0], values("--allow-principal")[0], values("--operation")[0].upper()]
    if "--add" in args:
        state["rights"].append(right)
    else:
        assert "--remove" in args and "--force" in args, args
        state["rights"].remove(right)
else:
    sys.exit(f"{name} {args} is not understood")
place.write_text(json.dumps(state))
'''

WANTED = {
    "topics": [
        {"name": "booking.events", "partitions": 24, "replication": 3,
         "config": {"cleanup.policy": "delete", "min.insync.replicas": "2", "retention.ms": "604800000"}},
        {"name": "trip.state", "partitions": 48, "replication": 3,
         "config": {"cleanup.policy": "compact,delete", "min.insync.replicas": "2", "retention.ms": "604800000"}},
    ],
    "principals": [
        {"name": "booking", "produce": ["booking.events"], "consume": []},
        {"name": "host-market", "produce": [], "consume": ["booking.events"]},
    ],
    "quota": {"producer_byte_rate": 20971520, "consumer_byte_rate": 41943040},
}
RIGHTS = [["GROUP", "host-market", "User:host-market", "READ"],
          ["TOPIC", "booking.events", "User:booking", "WRITE"],
          ["TOPIC", "booking.events", "User:host-market", "READ"]]


class World:
    """A folder with commands, a state and what is wanted."""

    def __init__(self, at, program):
        self.at, self.program = pathlib.Path(at), program
        for name in ("kafka-topics.sh", "kafka-configs.sh", "kafka-acls.sh"):
            (self.at / name).write_text(FAKE)
            (self.at / name).chmod(0o755)
        self.put({"topics": {}, "rights": [], "quotas": {}})

    def put(self, state):
        """Sets the cluster's state."""
        (self.at / "state.json").write_text(json.dumps(state))

    def state(self):
        """Returns the cluster's state."""
        return json.loads((self.at / "state.json").read_text())

    def run(self, wanted, *more):
        """Runs the program and returns how it ended, its lines and its complaint."""
        (self.at / "wanted.json").write_text(json.dumps(wanted))
        done = subprocess.run(
            [sys.executable, self.program, f"--bin={self.at}", "--bootstrap=b:9094", "--command-config=/c",
             f"--wanted={self.at}/wanted.json", *more],
            check=False, text=True, capture_output=True, env={**os.environ, "STATE": str(self.at / "state.json")})
        return done.returncode, done.stdout.splitlines(), done.stderr


def main():
    """Tells the story of a cluster."""
    with tempfile.TemporaryDirectory() as at:
        world = World(at, sys.argv[1])

        # A check says all, and does nothing.
        code, lines, _ = world.run(WANTED, "--check")
        assert code == 0 and len(lines) == 7, lines
        assert world.state() == {"topics": {}, "rights": [], "quotas": {}}

        # The first run does all; the second has nothing to do.
        code, lines, complaint = world.run(WANTED)
        assert code == 0 and len(lines) == 7, (lines, complaint)
        state = world.state()
        assert sorted(state["rights"]) == RIGHTS, state["rights"]
        assert state["topics"]["trip.state"]["config"]["cleanup.policy"] == "compact,delete"
        assert world.run(WANTED)[:2] == (0, [])

        # What was granted by hand is taken back; what was changed is put right.
        state["rights"].append(["TOPIC", "trip.state", "User:booking", "READ"])
        state["topics"]["trip.state"]["config"]["retention.ms"] = "1"
        state["topics"]["booking.events"]["partitions"] = 12
        world.put(state)
        code, lines, _ = world.run(WANTED)
        assert code == 0 and len(lines) == 3, lines
        assert sorted(world.state()["rights"]) == RIGHTS
        assert world.state()["topics"]["booking.events"]["partitions"] == 24
        assert world.run(WANTED)[:2] == (0, [])

        # A service that goes loses what it had; its topic and the data stay.
        fewer = {**WANTED, "principals": WANTED["principals"][:1]}
        code, lines, _ = world.run(fewer)
        assert code == 0 and len(lines) == 2 and all(line.startswith("take back ") for line in lines), lines
        assert len(world.state()["topics"]) == 2

        # What would lose data is refused, before anything is changed.
        less = json.loads(json.dumps(WANTED))
        less["topics"][0]["partitions"] = 6
        before = world.state()
        code, _, complaint = world.run(less)
        assert code != 0 and "cannot be taken away" in complaint, complaint
        assert world.state() == before
    print("reconcile: seven changes, none twice, rights taken back, loss refused")


if __name__ == "__main__":
    main()
