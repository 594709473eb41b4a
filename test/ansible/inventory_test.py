"""Asks the inventory plugin for machines that a simulated EC2 has, and compares
names and groups with the machines as they are planned.

usage: inventory_test.py FOLDER ENVIRONMENT, where AWS_ENDPOINT_URL leads to moto
"""

import json
import os
import subprocess
import sys

import boto3
import yaml


def listed(inventory):
    """Returns what ansible-inventory says about a file."""
    done = subprocess.run(["ansible-inventory", "-i", inventory, "--list"], check=False, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{inventory}: {done.stderr}")
    return json.loads(done.stdout)


def groups(inventory, host):
    """Returns the groups of a host, without those that hold everybody."""
    return {g for g, v in inventory.items() if host in v.get("hosts", []) and g not in ("all", "ungrouped", "aws_ec2")}


def plain(value):
    """Returns a value without Ansible's mark that it came from outside."""
    return value["__ansible_unsafe"] if isinstance(value, dict) else value


def main():
    """Makes the planned machines and asks for them."""
    folder, environment = sys.argv[1:]
    base = f"{folder}/inventory/{environment}"
    planned = listed(f"{base}/hosts.yml")
    facts = planned["_meta"]["hostvars"]
    with open(f"{base}/aws_ec2.yml", encoding="utf-8") as file:
        regions = yaml.safe_load(file)["regions"]

    def run(region, name, tags):
        ec2 = boto3.client("ec2", region_name=region)
        tags = {"Name": name, "paddock:env": environment, **tags}
        ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}])

    for name, have in facts.items():
        cluster = next(g for g in groups(planned, name) if g.startswith("cluster_")).removeprefix("cluster_").removesuffix("_recovery")
        store = have["paddock_store"]
        run(have["paddock_region"], name, {
            "paddock:role": have["paddock_role"], "paddock:index": str(have["paddock_index"]), "paddock:az": have["paddock_zone"],
            "paddock:store": store, "paddock:cluster": store + cluster.removeprefix(store.replace("-", "_")).replace("_", "-")})
    for _ in range(2):
        run(regions[0], "a-service", {"paddock:role": "legacy_app", "paddock:service": "legacy-invoicing"})
    # Somebody else's machine is nobody's host.
    run(regions[0], "foreign", {"paddock:env": "other", "paddock:role": "member", "paddock:store": "mongo-core"})

    found = listed(f"{base}/aws_ec2.yml")
    if found["_meta"]["hostvars"].keys() != facts.keys():
        sys.exit(f"found {sorted(found['_meta']['hostvars'])}, planned {sorted(facts)}")
    for name, have in facts.items():
        if groups(found, name) != groups(planned, name):
            sys.exit(f"{name} is in {groups(found, name)} and planned in {groups(planned, name)}")
        for key in ("paddock_index", "paddock_role", "paddock_store", "paddock_zone"):
            if plain(found["_meta"]["hostvars"][name][key]) != have[key]:
                sys.exit(f"{name}: {key} is {found['_meta']['hostvars'][name][key]!r}, planned {have[key]!r}")
    services = listed(f"{base}/services.aws_ec2.yml")
    if len(services["service_legacy_invoicing"]["hosts"]) != 2:
        sys.exit(f"services are {services}")
    print(f"inventory: {len(facts)} machines of {environment} are found in the groups that are planned")


if __name__ == "__main__":
    assert "AWS_ENDPOINT_URL" in os.environ, "without an endpoint this would ask AWS"
    main()
