#!/bin/bash
# Forms a replica set of one member and makes its first user, through the door
# that MongoDB keeps open for the machine itself until there is a user. It does
# nothing where that is done.
set -euo pipefail
shell() {
  mongosh --quiet --host localhost --tls --tlsCAFile /etc/mongodb/pki/authorities.pem \
    --tlsCertificateKeyFile /etc/mongodb/pki/node.pem "$@"
}
state=$(shell --eval 'try { rs.status().ok } catch (e) { e.codeName }')
case $state in
NotYetInitialized)
  shell --eval '
    const m = JSON.parse(process.env.MEMBER)
    rs.initiate({_id: process.env.REPLICA_SET, members: [{_id: m.id, host: m.host + ":27017"}]})
    while (!db.hello().isWritablePrimary) sleep(200)' >/dev/null
  echo formed
  ;;
1 | Unauthorized) ;;
*)
  echo "the set is in no state that is known: $state" >&2
  exit 1
  ;;
esac
made=$(shell --eval '
  if (db.hello().isWritablePrimary) {
    try {
      db.getSiblingDB("admin").createUser({user: "admin", pwd: process.env.ADMIN_PASSWORD, roles: ["root"]})
      print("made")
    } catch (e) {
      // 13 is Unauthorized: there is a user already, and the door is closed.
      if (e.code !== 13 && e.code !== 51003) throw e
    }
  }')
echo "$made"
