# Archives as the projects of Apache release them. Their own are in no registry of
# packages, so they are put together from the jars that are, with commands that
# start the same classes. To be sourced.

# jars PROFILE VERSION FOLDER fetches what belongs to a release (releases.xml).
jars() {
  if [ -d "$3" ]; then return; fi
  mvn -q -B -f "$here/releases.xml" "-P$1" "-Drelease=$2" dependency:copy-dependencies -DincludeScope=runtime \
    "-DoutputDirectory=$3.part" >"$3.log" || { tail -5 "$3.log"; return 1; }
  mv "$3.part" "$3"
}

# release_file FILE PACKAGES puts a file beside the archives as it is.
release_file() {
  cp "$1" "$2/"
  (cd "$2" && sha256sum "$(basename "$1")" >"$(basename "$1").sha256")
}

# pack FOLDER NAME ARCHIVE makes the archive of a folder, and its sum beside it.
pack() {
  tar -C "$1" -czf "$3" --owner=0 --group=0 "$2"
  (cd "$(dirname "$3")" && sha256sum "$(basename "$3")" >"$(basename "$3").sha256")
}

# release_zookeeper VERSION JARS PACKAGES
release_zookeeper() {
  local name=apache-zookeeper-$1-bin at
  at=$(mktemp -d)
  mkdir -p "$at/$name/lib"
  cp "$2"/*.jar "$at/$name/lib/"
  pack "$at" "$name" "$3/$name.tar.gz"
  rm -rf "$at"
}

# release_kafka VERSION JARS PACKAGES
release_kafka() {
  local name=kafka_2.13-$1 at command class
  at=$(mktemp -d)
  mkdir -p "$at/$name/libs" "$at/$name/bin"
  cp "$2"/*.jar "$at/$name/libs/"
  while read -r command class; do
    printf '#!/bin/sh\nexec java %s -cp "$(dirname "$0")/../libs/*" %s "$@"\n' \
      '${KAFKA_HEAP_OPTS--Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC} $KAFKA_JVM_PERFORMANCE_OPTS $KAFKA_OPTS $KAFKA_LOG4J_OPTS' \
      "$class" >"$at/$name/bin/$command.sh"
    chmod 0755 "$at/$name/bin/$command.sh"
  done <<'TXT'
kafka-server-start kafka.Kafka
kafka-storage kafka.tools.StorageTool
kafka-topics org.apache.kafka.tools.TopicCommand
kafka-configs kafka.admin.ConfigCommand
kafka-acls kafka.admin.AclCommand
kafka-broker-api-versions kafka.admin.BrokerApiVersionsCommand
kafka-metadata-quorum org.apache.kafka.tools.MetadataQuorumCommand
kafka-consumer-groups org.apache.kafka.tools.consumer.group.ConsumerGroupCommand
kafka-console-producer kafka.tools.ConsoleProducer
kafka-console-consumer org.apache.kafka.tools.consumer.ConsoleConsumer
zookeeper-shell org.apache.zookeeper.ZooKeeperMainWithTlsSupportForKafka -server
TXT
  pack "$at" "$name" "$3/$name.tgz"
  rm -rf "$at"
}
