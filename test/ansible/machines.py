"""Says which machines a test boots, and what is different about them, from the
inventory that was rendered.

usage: machines.py INVENTORY WORK GROUP...

It writes WORK/machines/list (name and address of each), WORK/machines/hosts (for
/etc/hosts), and WORK/overrides.yml, an inventory that is read beside INVENTORY.
"""

import json
import os
import pathlib
import subprocess
import sys


def main():
    """Reads one inventory and writes three files."""
    inventory, work, *groups = sys.argv[1:]
    listed = json.loads(subprocess.run(["ansible-inventory", "-i", inventory, "--list"], check=True, capture_output=True, text=True).stdout)
    facts = listed["_meta"]["hostvars"]
    names = sorted({name for group in groups for name in listed[group]["hosts"]})
    at = pathlib.Path(work)
    secret = {"ca_certificate": (at / "ca.crt").read_text(), "ca_key": (at / "ca.key").read_text()}
    hosts, lines, everybody = {}, [], ["127.0.0.1 localhost"]
    for name in names:
        have = facts[name]
        address = have["paddock_address"]
        lines.append(f"{name} {address}")
        everybody.append(f"{address} {have['paddock_role']}-{have['paddock_index']}.{have['paddock_store']}.{have['paddock_domain']} {name}")
        hosts[name] = {
            # Namespaces are entered the way a change root is.
            "ansible_connection": "community.general.chroot",
            "ansible_host": f"{work}/machines/{name}/root",
            "ansible_chroot_exe": f"{work}/machines/enter",
            "paddock_cluster_secret": secret,
            # Debian's names, and files from a folder in place of the bucket.
            "artifact_source": "/packages",
            "zookeeper_source": "/packages",
            "zookeeper_java": "openjdk-17-jre-headless",
            "kafka_packages": ["openjdk-17-jre-headless", "jq"],
            **json.loads(os.environ.get("OVERRIDES", "{}")),
        }
    (at / "machines" / "list").write_text("\n".join(lines) + "\n")
    (at / "machines" / "hosts").write_text("\n".join(everybody) + "\n")
    (at / "overrides.yml").write_text(json.dumps({"all": {"hosts": hosts}}))


if __name__ == "__main__":
    main()
